import { refused } from '../../errors/errors';
import { orderByNeed } from '../schema/order';
import type { ForeignKey, Relation } from '../schema/structure';

/** A row that comes, or goes, with all that it has. */
interface Whole {
  readonly relation: Relation;
  readonly called: string;
  readonly value: (column: string) => string | null;
}

export interface Ordered<R> {
  readonly row: R;
  /** Columns that are NULL until all rows are there. */
  readonly later: ReadonlySet<string>;
}

interface Edge {
  readonly to: number;
  readonly key: ForeignKey;
  /** It may be NULL meanwhile. */
  readonly mayWait: boolean;
}

/**
 * Rows so that each comes after those that its foreign keys point at. What closes a circle waits, where it may be NULL
 * meanwhile. Throws ROWS_REFUSED where nothing of it may.
 */
export function inOrder<R extends Whole>(rows: readonly R[]): Ordered<R>[] {
  const edges = edgesOf(rows);
  const all = placesBy(edges);
  const isKept = (places: readonly number[]) =>
    edges.every((of, at) => of.every(({ to, mayWait }) => mayWait || (places[to] ?? 0) < (places[at] ?? 0)));
  // In a circle what must not wait goes first.
  const places = isKept(all) ? all : placesBy(edges.map((of) => of.filter(({ mayWait }) => !mayWait)));
  const sorted = [...rows.keys()].sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  return sorted.flatMap((at) => {
    const row = rows[at];
    if (!row) return [];
    const waiting = (edges[at] ?? []).filter(({ to }) => (places[to] ?? 0) > (places[at] ?? 0));
    if (waiting.some(({ mayWait }) => !mayWait))
      throw refused('row-circle', { collection: row.relation.name, key: row.called });
    return [{ row, later: new Set(waiting.flatMap(({ key }) => key.columns)) }];
  });
}

/** Of each row those that it points at, among these. */
function edgesOf(rows: readonly Whole[]): Edge[][] {
  const known = new Map<string, Map<string, number>>();
  const rowsBy = (table: string, columns: readonly string[]): Map<string, number> => {
    const place = JSON.stringify([table, columns]);
    const before = known.get(place);
    if (before) return before;
    const places = new Map(
      rows.flatMap((row, at) =>
        row.relation.name === table ? [[JSON.stringify(columns.map(row.value)), at] as const] : [],
      ),
    );
    known.set(place, places);
    return places;
  };
  return rows.map(({ relation, value }, at) =>
    relation.foreignKeys.flatMap((key) => {
      const wanted = key.columns.map(value);
      if (wanted.includes(null)) return [];
      const to = rowsBy(key.references, key.referencedColumns).get(JSON.stringify(wanted));
      return to === undefined || to === at ? [] : [{ to, key, mayWait: mayBeNull(relation, key) }];
    }),
  );
}

const mayBeNull = ({ columns, primaryKey }: Relation, key: ForeignKey): boolean =>
  key.columns.every(
    (name) =>
      primaryKey?.columns.includes(name) !== true &&
      columns.some((column) => column.name === name && column.nullable),
  );

function placesBy(edges: readonly (readonly Edge[])[]): number[] {
  const needs = new Map(edges.map((of, at) => [String(at), of.map(({ to }) => String(to))]));
  const places: number[] = [];
  for (const [nth, key] of orderByNeed([...edges.keys()].map(String), needs).entries())
    places[Number(key)] = nth;
  return places;
}
