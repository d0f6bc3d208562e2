import type { Client } from 'pg';
import { hasRows, type Column, type Relation } from '../../structure';
import { quote, rows } from './connection';

/** Longest that one table may be counted; then the planner's guess must do. */
const COUNT_LIMIT_MS = 3000;
/** The names that NocoBase gives the times of its records. */
const CREATED = ['createdAt', 'created_at'];
const UPDATED = ['updatedAt', 'updated_at'];

export interface Counts {
  readonly rowsNow?: number;
  readonly rowsNowGuessed?: true;
  readonly createdSince?: number;
  readonly changedSince?: number;
  readonly undated?: number;
}

/** The rows of a table, and by the dates that they bear, those that are newer than a moment. Nothing for a view. */
export async function countRows(
  client: Client,
  schema: string,
  relation: Relation,
  estimate: number,
  since?: Date,
): Promise<Counts> {
  if (!hasRows(relation)) return {};
  const created = since && timeColumn(relation, CREATED);
  const updated = since && timeColumn(relation, UPDATED);
  const newer = (column: Column) =>
    `${quote(column.name)} OPERATOR(pg_catalog.>) $1::pg_catalog.${column.type}`;
  const among = (condition: string) => `(pg_catalog.count(*) FILTER (WHERE ${condition}))::pg_catalog.float8`;
  const parts = [
    'pg_catalog.count(*)::pg_catalog.float8 AS "rowsNow"',
    ...(created
      ? [
          `${among(newer(created))} AS "createdSince"`,
          `${among(`${quote(created.name)} IS NULL`)} AS undated`,
        ]
      : []),
    ...(updated
      ? [
          `${among(`${newer(updated)}${created ? ` AND (${newer(created)}) IS NOT TRUE` : ''}`)} AS "changedSince"`,
        ]
      : []),
  ];
  const counted = await limited<Counts>(
    client,
    `SELECT ${parts.join(', ')} FROM ONLY ${quote(schema)}.${quote(relation.name)}`,
    created || updated ? [since.toISOString()] : [],
  );
  return counted ?? { rowsNow: Math.max(0, Math.round(estimate)), rowsNowGuessed: true };
}

const timeColumn = (relation: Relation, names: readonly string[]): Column | undefined =>
  relation.columns.find(
    (column) => names.includes(column.name) && (column.type === 'timestamptz' || column.type === 'timestamp'),
  );

async function limited<T>(client: Client, sql: string, values: unknown[]): Promise<T | undefined> {
  try {
    await client.query(`SET statement_timeout = ${COUNT_LIMIT_MS}`);
    return (await rows<T>(client, sql, values))[0];
  } catch {
    return undefined;
  } finally {
    await client.query('SET statement_timeout = 0');
  }
}
