import type { Client } from 'pg';
import { hasRows } from '../../../schema/structure';
import type { Column, Relation } from '../structure/structure';
import { literal, quote } from '../sql/quote';
import { rows } from '../connection/connection';

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

/** Tables that are counted in one statement: so many, and no larger than this, so that the limit holds for each. */
const [BATCH, SMALL_BYTES] = [100, 1024 * 1024];

export interface Counted {
  readonly relation: Relation;
  /** The planner's guess of its rows, and its bytes on disk. */
  readonly estimate: number;
  readonly bytes: number;
}

/**
 * The rows of tables, and by the dates that they bear, those that are newer than a moment. Nothing for a view. Small
 * tables many at a time; where that fails, each by itself.
 */
export async function countRows(
  client: Client,
  schema: string,
  tables: readonly Counted[],
  since?: Date,
): Promise<ReadonlyMap<string, Counts>> {
  const counts = new Map<string, Counts>();
  const counted = tables.filter(({ relation }) => hasRows(relation));
  const small = counted.filter(({ bytes }) => bytes <= SMALL_BYTES);
  for (let at = 0; at < small.length; at += BATCH) {
    const some = small.slice(at, at + BATCH).map(({ relation }) => relation);
    const rows = await countAll(client, schema, some, since);
    for (const [i, { name }] of some.entries()) if (rows?.[i]) counts.set(name, rows[i]);
  }
  for (const { relation, estimate } of counted) {
    if (counts.has(relation.name)) continue;
    const [alone] = (await countAll(client, schema, [relation], since)) ?? [];
    const guess: Counts = { rowsNow: Math.max(0, Math.round(estimate)), rowsNowGuessed: true };
    counts.set(relation.name, alone ?? guess);
  }
  return counts;
}

const COLUMNS = ['rowsNow', 'createdSince', 'changedSince', 'undated'] as const;

/** One row for each table, in their order; undefined if one of them cannot be counted, or not in time. */
async function countAll(
  client: Client,
  schema: string,
  relations: readonly Relation[],
  since: Date | undefined,
): Promise<Counts[] | undefined> {
  const selects = relations.map((relation, i) => selectOf(schema, relation, i, since));
  const counts = await limited<Record<(typeof COLUMNS)[number], number | null>>(
    client,
    `${selects.join(' UNION ALL ')} ORDER BY at`,
  );
  return counts?.map((row) =>
    Object.fromEntries(COLUMNS.flatMap((name) => (row[name] === null ? [] : [[name, row[name]]]))),
  );
}

function selectOf(schema: string, relation: Relation, at: number, since: Date | undefined): string {
  const created = since && timeColumn(relation, CREATED);
  const updated = since && timeColumn(relation, UPDATED);
  const newer = ({ name, type }: Column) =>
    `${quote(name)} OPERATOR(pg_catalog.>) pg_catalog.${type} ${literal(since?.toISOString() ?? '')}`;
  const among = (condition: string) => `pg_catalog.count(*) FILTER (WHERE ${condition})`;
  const parts: Record<(typeof COLUMNS)[number], string> = {
    rowsNow: 'pg_catalog.count(*)',
    createdSince: created ? among(newer(created)) : 'NULL',
    changedSince: updated
      ? among(`${newer(updated)}${created ? ` AND (${newer(created)}) IS NOT TRUE` : ''}`)
      : 'NULL',
    undated: created ? among(`${quote(created.name)} IS NULL`) : 'NULL',
  };
  const list = COLUMNS.map((name) => `(${parts[name]})::pg_catalog.float8 AS ${quote(name)}`);
  return `SELECT ${at} AS at, ${list.join(', ')} FROM ONLY ${quote(schema)}.${quote(relation.name)}`;
}

const timeColumn = (relation: Relation, names: readonly string[]): Column | undefined =>
  relation.columns.find(
    (column) => names.includes(column.name) && (column.type === 'timestamptz' || column.type === 'timestamp'),
  );

async function limited<T>(client: Client, sql: string): Promise<T[] | undefined> {
  try {
    await client.query(`SET statement_timeout = ${COUNT_LIMIT_MS}`);
    return await rows<T>(client, sql);
  } catch {
    return undefined;
  } finally {
    await client.query('SET statement_timeout = 0');
  }
}
