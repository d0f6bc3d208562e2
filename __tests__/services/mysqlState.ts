import { quoted } from '../helpers/mysqlTable';
import type { Database } from '../../src/server/dumper/dialect';
import type { TestMysql } from './mysql';

/** Of an empty one. */
export const NOTHING: Record<string, unknown> = { triggers: [], routines: [], values: [], events: [] };

/** Everything that the server itself says of a database: statements, and a sum over the rows of each table. */
export async function whole(at: TestMysql): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = await tablesIn(at, `TABLE_NAME NOT LIKE '\\_ark\\_%'`);
  all.triggers = await at.query(
    `SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_STATEMENT, SQL_MODE
     FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() ORDER BY 1`,
  );
  all.routines = await at.query(
    `SELECT ROUTINE_TYPE, ROUTINE_NAME, ROUTINE_DEFINITION, IS_DETERMINISTIC, SQL_DATA_ACCESS, SECURITY_TYPE, SQL_MODE,
       ROUTINE_COMMENT FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE() ORDER BY 1, 2`,
  );
  all.values = await at.query(
    `SELECT ROUTINE_TYPE, SPECIFIC_NAME, ORDINAL_POSITION, PARAMETER_MODE, PARAMETER_NAME, DTD_IDENTIFIER,
       CHARACTER_SET_NAME, COLLATION_NAME
     FROM information_schema.PARAMETERS WHERE SPECIFIC_SCHEMA = DATABASE() ORDER BY 1, 2, 3`,
  );
  all.events = await at.query(
    `SELECT EVENT_NAME, EVENT_DEFINITION, TIME_ZONE, EVENT_TYPE, EXECUTE_AT, INTERVAL_VALUE, INTERVAL_FIELD, STARTS, ENDS,
       STATUS, ON_COMPLETION, SQL_MODE, EVENT_COMMENT
     FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() ORDER BY 1`,
  );
  return all;
}

/** The same of what an undo would bring back, by the names that it waits under. */
export const keptIn = (at: TestMysql): Promise<Record<string, unknown>> =>
  tablesIn(at, `TABLE_NAME LIKE '\\_ark\\_%\\_u\\_%'`);

async function tablesIn(at: TestMysql, which: string): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  const tables = await at.query<{ name: string; type: string }>(
    `SELECT TABLE_NAME AS name, TABLE_TYPE AS type FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = DATABASE() AND ${which} ORDER BY 1`,
  );
  for (const { name, type } of tables) {
    const [made] = await at.query<Record<string, string>>(`SHOW CREATE TABLE ${quoted(name)}`);
    const [sum] =
      type === 'VIEW'
        ? []
        : await at.query<Record<string, string>>(`CHECKSUM TABLE ${quoted(name)} EXTENDED`);
    all[name] = [made?.['Create Table'] ?? made?.['Create View'], sum?.Checksum].map((text) =>
      text?.replaceAll(`\`${at.name}\`.`, ''),
    );
  }
  return all;
}

/** What Ark has left in a database, by name. */
export const leftIn = async (at: TestMysql): Promise<string[]> =>
  (
    await at.query<{ name: string }>(
      `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE '\\_ark\\_%'
       UNION ALL SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE() AND ROUTINE_NAME LIKE '\\_ark\\_%'
       UNION ALL SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() AND EVENT_NAME LIKE '\\_ark\\_%'
       ORDER BY 1`,
    )
  ).map(({ name }) => name);

/** The same database; when all of a restore is checked and before it is swapped, something happens. */
export const beforeSwap = (database: Database, happens: () => Promise<unknown>): Database => ({
  ...database,
  async lock(job) {
    const lock = await database.lock(job);
    return {
      ...lock,
      restore: (plan, source, options) =>
        lock.restore(plan, source, {
          ...options,
          async ready(count) {
            await options.ready(count);
            await happens();
          },
        }),
    };
  },
});
