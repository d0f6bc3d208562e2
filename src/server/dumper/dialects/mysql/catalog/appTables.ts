import { APP_TABLES, type AppTables, type Wanted } from '../../../app/nocobase';
import { literal, quote } from '../sql/quote';
import { rows, type Client } from '../connection/connection';

/**
 * The tables that Ark reads to know the app. Anybody who may create things in the database may put a view there under
 * such a name, and reading that runs what its maker wrote: only tables count.
 */
export async function openAppTables(client: Client): Promise<AppTables> {
  const columns = await rows<{ table: string; column: string; type: string; json: string }>(
    client,
    `SELECT c.TABLE_NAME AS \`table\`, c.COLUMN_NAME AS \`column\`, c.COLUMN_TYPE AS type, c.DATA_TYPE IN ('json', 'longtext') AS json
     FROM information_schema.COLUMNS c JOIN information_schema.TABLES t
       ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME AND t.TABLE_TYPE = 'BASE TABLE'
     WHERE c.TABLE_SCHEMA = ? AND c.TABLE_NAME REGEXP ? ORDER BY BINARY c.TABLE_NAME`,
    [client.database, `(${APP_TABLES.join('|')})$`],
  );
  const tables = new Map<string, Map<string, { type: string; json: boolean }>>();
  for (const { table, column, type, json } of columns) {
    const known = tables.get(table) ?? new Map<string, { type: string; json: boolean }>();
    tables.set(table, known.set(column, { type, json: json === '1' }));
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
      return rows<T>(client, `SELECT ${list.join(', ')} FROM ${quote(table)}${order}`);
    },
  };
}

function valueOf(types: ReadonlyMap<string, { type: string; json: boolean }>, [column, key]: Wanted): string {
  const known = types.get(column);
  if (!known) return 'NULL';
  if (key === undefined)
    return known.type === 'tinyint(1)'
      ? `CASE WHEN ${quote(column)} IS NULL THEN NULL WHEN ${quote(column)} = 0 THEN 'false' ELSE 'true' END`
      : quote(column);
  if (!known.json) return 'NULL';
  // A text that is no JSON is none, and a null of JSON's is nothing.
  const value = `JSON_EXTRACT(CASE WHEN JSON_VALID(${quote(column)}) THEN ${quote(column)} END, ${literal(`$.${key}`)})`;
  return `CASE WHEN JSON_TYPE(${value}) = 'NULL' THEN NULL ELSE JSON_UNQUOTE(${value}) END`;
}
