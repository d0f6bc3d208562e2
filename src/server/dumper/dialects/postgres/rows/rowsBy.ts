import type { Client } from 'pg';
import type { RowsAsked, Texts } from '../../../dialect';
import { storedColumns, type Relation } from '../../../schema/structure';
import { quote } from '../sql/quote';
import { searchPath } from '../sql/searchPath';

/** Rows of one table alone: those of its heirs are rowsNow under their own names. */
export const only = (schema: string, { name }: Pick<Relation, 'name'>): string =>
  `ONLY ${quote(schema)}.${quote(name)}`;

export const columnsOf = (relation: Relation): string[] => storedColumns(relation).map(({ name }) => name);

/**
 * The values of rows as the server itself writes them, which is what an archive has. What they are compared with goes
 * beside the statement, and is read as the type of the column.
 */
export async function select(
  client: Client,
  schema: string,
  { relation, by, values, most }: RowsAsked,
  locked = false,
): Promise<Texts[]> {
  const columns = columnsOf(relation);
  const where = by.map((column, at) => `${quote(column)} = $${at + 1}`).join(' AND ');
  const { rows } = await client.query<(string | null)[]>({
    text: `SELECT ${columns.map((name) => quote(name)).join(', ')} FROM ${only(schema, relation)} WHERE ${where} LIMIT ${Math.floor(most)}${locked ? ' FOR UPDATE' : ''}`,
    values: [...values],
    rowMode: 'array',
    types: { getTypeParser: () => (text: string) => text },
  });
  return rows;
}

/** Types of an app may compare by operators of its own schema, or of public. */
export const appPath = (schema: string): string =>
  `SET LOCAL search_path = ${searchPath(['pg_catalog', ...new Set([schema, 'public'])])}`;

export async function rowsBy(
  client: Client,
  schema: string,
  asked: readonly RowsAsked[],
): Promise<Texts[][]> {
  await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    await client.query(appPath(schema));
    const rowsNow: Texts[][] = [];
    for (const each of asked) rowsNow.push(await select(client, schema, each));
    return rowsNow;
  } finally {
    await client.query('ROLLBACK');
  }
}
