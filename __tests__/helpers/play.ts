import { parser } from '../../src/server/dumper/dialects/postgres/sql/parser';
import { withClient, type TestDatabase } from './postgres';

/** Runs a text as psql would, one statement at a time; `\set ON_ERROR_STOP 0` lets those that follow fail. */
export async function play(database: TestDatabase, text: string): Promise<void> {
  const parse = await parser();
  const lines = text.split('\n').filter((line) => !line.startsWith('--'));
  const parts = lines.join('\n').split(/^(?=\\set )/m);
  await withClient(database.url, async (client) => {
    for (const part of parts) {
      const mayFail = part.startsWith('\\set ON_ERROR_STOP 0');
      const sql = part.replace(/^\\set .*$/m, '').trim();
      for (const statement of sql === '' ? [] : parse.statements(sql)) {
        await client.query(statement.text).catch((error: unknown) => {
          if (!mayFail) throw error;
        });
      }
    }
  });
}
