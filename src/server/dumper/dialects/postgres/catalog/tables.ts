import type { Client } from 'pg';
import { rows } from '../connection/connection';

/** The names of what holds rows, or shows some, in a schema. */
export async function readTables(client: Client, schema: string): Promise<ReadonlySet<string>> {
  const tables = await rows<{ name: string }>(
    client,
    `SELECT c.relname AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind IN ('r','p','v','m','f')`,
    [schema],
  );
  return new Set(tables.map(({ name }) => name));
}
