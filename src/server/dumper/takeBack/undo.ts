import { createHash } from 'node:crypto';
import type { Database, RowChange, Texts } from '../dialect';
import { keyOf } from '../schema/rowKey';
import { storedColumns, type Relation } from '../schema/structure';
import { inOrder } from './order';
import type { KeptEntry, KeptRow } from './kept';
import { idOf } from './place';

/** What putting back does to a row. */
export interface Back {
  readonly kept: KeptRow;
  readonly does: 'insert' | 'overwrite' | 'delete' | 'same';
  /** Somebody has changed it since: it is neither as it was then nor as it was before. */
  readonly changed: boolean;
  /** By column what is there now and comes back; of a row that goes or comes all of it. */
  readonly columns: readonly {
    readonly column: string;
    readonly now: string | null;
    readonly back: string | null;
  }[];
}

export interface UndoPlan {
  readonly rows: readonly Back[];
  /** Tables that are not there any more, or whose rows are told apart by other columns now. */
  readonly gone: readonly string[];
  /** Rows that came since and point at one that goes, where they would go with it or be changed. */
  readonly pointing: readonly { readonly collection: string; readonly at: string }[];
  readonly changes: readonly RowChange[];
}

/** What putting back rows as they were before would do. Nothing is changed. */
export async function planUndo(
  database: Pick<Database, 'structure' | 'rowsBy'>,
  entry: KeptEntry,
): Promise<UndoPlan> {
  const { relations } = await database.structure();
  const live = new Map(relations.map((relation) => [relation.name, relation]));
  const known = entry.rows.flatMap((kept) => {
    const relation = live.get(kept.table);
    const key = relation && keyNow(relation, kept);
    return relation?.kind === 'table' && key ? [{ kept, relation, key }] : [];
  });
  const names = new Set(known.map(({ kept }) => kept.table));
  const now = await database.rowsBy(
    known.map(({ relation, key }) => ({ relation, by: keyOf(relation), values: key, most: 1 })),
  );
  const rows = known.map(({ kept, relation, key }, at) => {
    const [row] = now[at] ?? [];
    return { ...backOf(kept, relation, row), relation, key, row };
  });
  const coming = rows
    .filter(({ does }) => does === 'insert')
    .map((back) => ({
      back,
      relation: back.relation,
      called: back.kept.called,
      value: (column: string) => back.columns.find((each) => each.column === column)?.back ?? null,
    }));
  const change = (
    { relation, key, kept, row, does, columns }: (typeof rows)[number],
    later: ReadonlySet<string>,
  ): RowChange => ({
    relation,
    key,
    called: kept.called,
    before: row,
    set: does === 'delete' ? undefined : new Map(columns.map(({ column, back }) => [column, back])),
    later,
  });
  const going = rows.filter(({ does }) => does === 'delete');
  // Those that point at others go before them.
  const leaving = inOrder(
    going.map((back) => ({
      back,
      relation: back.relation,
      called: back.kept.called,
      value: (column: string) => valueIn(back.relation, back.row, column),
    })),
  ).reverse();
  return {
    rows,
    gone: [...new Set(entry.rows.map(({ table }) => table))].filter((table) => !names.has(table)),
    pointing: await pointingAt(database, relations, going),
    changes: [
      ...inOrder(coming).map(({ row, later }) => change(row.back, later)),
      ...rows.filter(({ does }) => does === 'overwrite').map((back) => change(back, new Set())),
      ...leaving.map(({ row, later }) => change(row.back, later)),
    ],
  };
}

const valueIn = (relation: Relation, row: Texts | undefined, column: string): string | null =>
  row?.[storedColumns(relation).findIndex(({ name }) => name === column)] ?? null;

function keyNow(relation: Relation, kept: KeptRow): string[] | undefined {
  const known = new Map(kept.key);
  const columns = keyOf(relation);
  if (columns.length === 0 || columns.length !== known.size) return undefined;
  const key = columns.map((column) => known.get(column));
  return key.every((part) => part !== undefined) ? key : undefined;
}

/** Columns that came since are nobody's business, and what the table does not have any more cannot come back. */
function backOf(kept: KeptRow, relation: Relation, row: Texts | undefined): Back {
  const here = new Set(storedColumns(relation).map(({ name }) => name));
  const shared = kept.columns.flatMap((name, at) => (here.has(name) ? [{ name, at }] : []));
  const nowOf = (name: string) => valueIn(relation, row, name);
  const is = (then: Texts | null): boolean =>
    then === null || row === undefined
      ? then === null && row === undefined
      : shared.every(({ name, at }) => nowOf(name) === then[at]);
  const { before, after } = kept;
  if (is(before)) return { kept, does: 'same', changed: false, columns: [] };
  const changed = !is(after);
  const columns = shared.map(({ name, at }) => ({
    column: name,
    now: nowOf(name),
    back: before?.[at] ?? null,
  }));
  if (before === null) return { kept, does: 'delete', changed, columns };
  if (row === undefined) return { kept, does: 'insert', changed, columns };
  return {
    kept,
    does: 'overwrite',
    changed,
    columns: columns.filter(({ now, back }) => now !== back),
  };
}

/** What a foreign key does to rows that nobody has asked about is not done. */
async function pointingAt(
  database: Pick<Database, 'rowsBy'>,
  relations: readonly Relation[],
  going: readonly {
    readonly relation: Relation;
    readonly key: readonly string[];
    readonly row: Texts | undefined;
    readonly kept: KeptRow;
  }[],
): Promise<UndoPlan['pointing']> {
  const leaves = new Set(going.map(({ relation, key }) => idOf(relation.name, key)));
  const asked = going.flatMap(({ relation, row, kept }) =>
    relations
      .filter(({ kind }) => kind === 'table')
      .flatMap((from) =>
        from.foreignKeys
          .filter(({ references }) => references === relation.name)
          .flatMap((key) => {
            const values = key.referencedColumns.map((column) => valueIn(relation, row, column));
            return values.includes(null)
              ? []
              : [
                  {
                    kept,
                    relation: from,
                    by: key.columns,
                    values: values as string[],
                    most: going.length + 1,
                  },
                ];
          }),
      ),
  );
  const there = await database.rowsBy(asked);
  return asked.flatMap(({ kept, relation }, at) => {
    const names = storedColumns(relation).map(({ name }) => name);
    const others = (there[at] ?? []).filter(
      (row) =>
        !leaves.has(
          idOf(
            relation.name,
            keyOf(relation).map((column) => row[names.indexOf(column)] ?? ''),
          ),
        ),
    );
    return others.length > 0 ? [{ collection: relation.name, at: `${kept.table} ${kept.called}` }] : [];
  });
}

/** The same for the same rows of now. */
export const digestOfUndo = ({ rows, pointing, gone }: UndoPlan): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        rows.map(({ kept, does, changed, columns }) => [kept.table, kept.key, does, changed, columns]),
        pointing,
        gone,
      ]),
    )
    .digest('hex');
