import { hasRows, type Column, type Relation } from '../../../schema/structure';
import { rows, type Client } from '../connection/connection';
import { literal, quote } from '../sql/quote';

/** Longest that one table may be counted; then the server's guess must do. */
const LIMIT_SECONDS = 3;
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

export interface Counted {
  readonly relation: Relation;
  /** The name that it has now. */
  readonly table: string;
  /** The server's guess. */
  readonly estimate: number;
}

/** The rows of tables, and by the dates that they bear, those that are newer than a moment. Nothing for a view. */
export async function countRows(
  client: Client,
  tables: readonly Counted[],
  since?: Date,
): Promise<ReadonlyMap<string, Counts>> {
  const counts = new Map<string, Counts>();
  for (const { relation, table, estimate } of tables.filter(({ relation }) => hasRows(relation))) {
    const guess: Counts = { rowsNow: Math.max(0, estimate), rowsNowGuessed: true };
    counts.set(relation.name, (await count(client, relation, table, since)) ?? guess);
  }
  return counts;
}

const COLUMNS = ['rowsNow', 'createdSince', 'changedSince', 'undated'] as const;

/** Undefined if it cannot be counted, or not in time. */
async function count(
  client: Client,
  relation: Relation,
  table: string,
  since: Date | undefined,
): Promise<Counts | undefined> {
  const created = since && timeColumn(relation, CREATED);
  const updated = since && timeColumn(relation, UPDATED);
  const moment = literal((since ?? new Date(0)).toISOString().replace('T', ' ').replace('Z', ''));
  const newer = ({ name }: Column) => `${quote(name)} > ${moment}`;
  const among = (condition: string) => `SUM(CASE WHEN ${condition} THEN 1 ELSE 0 END)`;
  const parts: Record<(typeof COLUMNS)[number], string> = {
    rowsNow: 'COUNT(*)',
    createdSince: created ? among(newer(created)) : 'NULL',
    changedSince: updated
      ? among(`${newer(updated)}${created ? ` AND NOT COALESCE(${newer(created)}, FALSE)` : ''}`)
      : 'NULL',
    undated: created ? among(`${quote(created.name)} IS NULL`) : 'NULL',
  };
  const select = `SELECT ${COLUMNS.map((name) => `${parts[name]} AS ${name}`).join(', ')} FROM ${quote(table)}`;
  const limited =
    client.server.flavor === 'mariadb'
      ? `SET STATEMENT max_statement_time = ${LIMIT_SECONDS} FOR ${select}`
      : select.replace('SELECT', `SELECT /*+ MAX_EXECUTION_TIME(${LIMIT_SECONDS * 1000}) */`);
  try {
    const [row] = await rows<Record<(typeof COLUMNS)[number], string | null>>(client, limited);
    if (!row) return undefined;
    const isEmpty = row.rowsNow === '0';
    return Object.fromEntries(
      COLUMNS.flatMap((name) => {
        // The sum over no rows is nothing.
        const value = row[name] ?? (isEmpty && parts[name] !== 'NULL' ? '0' : null);
        return value === null ? [] : [[name, Number(value)]];
      }),
    );
  } catch {
    return undefined;
  }
}

const timeColumn = (relation: Relation, names: readonly string[]): Column | undefined =>
  relation.columns.find(
    ({ name, type }) => names.includes(name) && (type === 'timestamp' || type === 'timestamptz'),
  );
