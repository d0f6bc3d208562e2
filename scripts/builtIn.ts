/**
 * Writes src/server/dumper/dialects/postgres/code/builtIn.json anew from the PostgreSQL that Ark brings along: what is known of
 * the server's own functions and types where there is no server to ask. `npx tsx scripts/builtIn.ts`.
 */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbedded } from '../src/server/hosts/embedded/postgres';

const FILE = join(__dirname, '..', 'src', 'server', 'dumper', 'dialects', 'postgres', 'code', 'builtIn.json');

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ark-built-in-'));
  // As root, the server runs as another user, who must be able to enter.
  await chmod(folder, 0o755);
  const server = await startEmbedded({ folder: join(folder, 'data'), settings: [] });
  const client = new Client({ connectionString: server.url('postgres') });
  try {
    await client.connect();
    const list = async (sql: string): Promise<string[]> =>
      (await client.query<{ name: string }>(sql)).rows.map((row) => row.name);
    const [version] = await list(`SELECT current_setting('server_version') AS name`);
    // A name is as dangerous as the worst function that bears it: which one is meant depends on types.
    const functions = await list(
      `SELECT proname AS name FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
       GROUP BY proname HAVING bool_and(provolatile <> 'v') ORDER BY proname COLLATE "C"`,
    );
    const operators = await list(
      `SELECT oprname AS name FROM pg_operator o JOIN pg_proc p ON p.oid = o.oprcode
       WHERE oprnamespace = 'pg_catalog'::regnamespace AND pronamespace = 'pg_catalog'::regnamespace
       GROUP BY oprname HAVING bool_and(provolatile <> 'v') ORDER BY oprname COLLATE "C"`,
    );
    const types = await list(
      `SELECT typname AS name FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typrelid = 0 AND typelem = 0
       ORDER BY typname COLLATE "C"`,
    );
    await writeFile(FILE, `${JSON.stringify({ version, functions, operators, types })}\n`);
  } finally {
    await client.end();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

void main();
