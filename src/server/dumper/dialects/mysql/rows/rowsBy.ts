import type { RowsAsked, Texts } from '../../../dialect';
import { refused } from '../../../../errors/errors';
import { CsvRows, readsAs, type Field } from '../../../rows/csvFields';
import type { Relation } from '../../../schema/structure';
import { rows, run, type Client } from '../connection/connection';
import { loadedColumns, parameterOf, placeholder } from '../load/parameter';
import { literal, quote } from '../sql/quote';
import { readRows } from '../snapshot/readRows';
import { selectOf } from '../snapshot/snapshot';
import { columnsOf } from '../structure/neutral';

const CHUNK = 256 * 1024;

const WHOLE = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint']);

/**
 * A column and a value of it, as a statement has them. A whole number stands there as one, since the server would compare
 * a text with it as floats; everything else is a text, or bytes in hexadecimal. Undefined: no row has such a value.
 */
export function equals(relation: Relation, column: string, value: string): string | undefined {
  const known = loadedColumns(relation).find(({ name }) => name === column);
  if (!known) return undefined;
  const { coding } = known;
  let parameter;
  try {
    parameter = parameterOf(Buffer.from(value), known);
  } catch {
    return undefined;
  }
  const name = quote(column);
  if (Buffer.isBuffer(parameter)) return `${name} = X'${parameter.toString('hex')}'`;
  if (typeof parameter === 'number') return `${name} = CAST(${parameter} AS FLOAT)`;
  const text = parameter ?? '';
  const whole = columnsOf(relation).some(({ name, type }) => name === column && WHOLE.has(type.base));
  if (whole) return /^-?\d{1,20}$/.test(text) ? `${name} = ${text}` : undefined;
  return `${name} = ${placeholder(coding).replace('?', literal(text))}`;
}

/** The values of rows as an archive of this database has them. */
export async function select(
  client: Client,
  { relation, by, values, most }: RowsAsked,
  locked = false,
): Promise<Texts[]> {
  const where = by.map((column, at) => equals(relation, column, values[at] ?? ''));
  if (where.includes(undefined)) return [];
  const columns = loadedColumns(relation);
  const rowsNow: Texts[] = [];
  const csv = new CsvRows(columns.length, (row: Field[]) => {
    rowsNow.push(
      row.map((field) => {
        const text = field?.toString('utf8') ?? null;
        if (field && text !== null && !readsAs(field, text))
          throw refused('row-bytes', { collection: relation.name, key: values.join(',') });
        return text;
      }),
    );
  });
  const sql = `${selectOf(relation, relation.name, where.join(' AND '))} LIMIT ${Math.floor(most)}${locked ? ' FOR UPDATE' : ''}`;
  const chunks = readRows(
    client,
    sql,
    columns.map(({ coding }) => coding),
    CHUNK,
  );
  for await (const chunk of chunks) {
    csv.add(Buffer.from(chunk.data));
    chunk.release();
  }
  csv.end();
  return rowsNow;
}

export async function rowsBy(client: Client, asked: readonly RowsAsked[]): Promise<Texts[][]> {
  await run(client, 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
  const rowsNow: Texts[][] = [];
  for (const each of asked) rowsNow.push(await select(client, each));
  await rows(client, 'ROLLBACK');
  return rowsNow;
}
