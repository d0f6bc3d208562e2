import type { Client } from 'pg';
import { APP_TABLES, type AppTables, type Wanted } from '../../../app/nocobase';
import { quote } from '../sql/quote';
import { rows } from '../connection/connection';

const APP_TABLE = `(${APP_TABLES.join('|')})$`;
const IS_APP_TABLE = new RegExp(APP_TABLE);

const readColumns = (
  client: Client,
  schema: string,
): Promise<{ table: string; column: string; type: string }[]> =>
  rows(
    client,
    `SELECT c.relname AS table, a.attname AS column, t.typname AS type
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
       JOIN pg_type t ON t.oid = a.atttypid
     WHERE n.nspname = $1 AND c.relkind IN ('r','p') AND a.attnum > 0 AND NOT a.attisdropped
       AND t.typnamespace = 'pg_catalog'::regnamespace AND t.typtype = 'b'
       AND c.relname ~ $2
     ORDER BY c.relname COLLATE "C"`,
    [schema, APP_TABLE],
  );

/**
 * The tables that Ark reads to know the app. Anybody who may create things in the schema may put something there
 * under such a name: a view runs what its maker wrote when it is read, and a type of somebody's own brings casts
 * along. So only plain tables count, and of them only columns of the server's own types.
 */
export async function openAppTables(
  client: Client,
  schema: string,
  /** Of all tables that are there. */
  names: ReadonlySet<string>,
): Promise<AppTables> {
  const columns = [...names].some((name) => IS_APP_TABLE.test(name)) ? await readColumns(client, schema) : [];
  const tables = new Map<string, Map<string, string>>();
  for (const { table, column, type } of columns) {
    tables.set(table, (tables.get(table) ?? new Map<string, string>()).set(column, type));
  }
  return {
    names: [...tables.keys()],
    async select<T>(table: string, wanted: Readonly<Record<keyof T & string, Wanted>>, by?: string) {
      const types = tables.get(table);
      if (!types) return [];
      const list = Object.entries<Wanted>(wanted).map(
        ([name, column]) => `${valueOf(types, column)} AS ${quote(name)}`,
      );
      const order = by !== undefined && types.has(by) ? ` ORDER BY ${quote(by)}` : '';
      return rows<T>(client, `SELECT ${list.join(', ')} FROM ${quote(schema)}.${quote(table)}${order}`);
    },
  };
}

function valueOf(types: ReadonlyMap<string, string>, [column, key]: Wanted): string {
  const type = types.get(column);
  if (type === undefined) return 'NULL';
  if (key === undefined) return `${quote(column)}::text`;
  return type === 'json' || type === 'jsonb' ? `${quote(column)} ->> '${key}'` : 'NULL';
}
