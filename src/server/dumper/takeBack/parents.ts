import type { Collection } from '../archive/manifest';
import { keyOf } from '../schema/rowKey';
import { storedColumns } from '../schema/structure';
import type { Link } from './links';
import { calledOf, keyOfRaw, targetOf, valueAfter, type Around, type Placed } from './place';
import { having, readRaw, type RawRow } from './rows';

/** A row that would point at one that is not there. */
export interface Loose {
  readonly row: Placed;
  readonly link: Link;
  /** It is in the backup, and could come along. */
  readonly inBackup: boolean;
}

export interface Parents {
  readonly coming: readonly RawRow[];
  readonly loose: readonly Loose[];
}

/**
 * What the new ones of these rows point at and is not there: the rows of the backup that can come along, and what stays
 * loose. Who has written a row comes only where the database itself needs it.
 */
export async function parentsOf(
  around: Around,
  links: readonly Link[],
  rows: readonly Placed[],
  fresh: readonly Placed[],
  along: boolean,
): Promise<Parents> {
  const { archive, live } = around;
  const pointing = fresh.flatMap((row) =>
    links
      .filter(({ from, columns }) => from === row.relation.name && columns.some((name) => row.set.has(name)))
      .flatMap((link) => {
        const values = link.columns.map((column) => valueAfter(row, column));
        return values.includes(null) ? [] : [{ row, link, values: values as string[] }];
      }),
  );
  const comes = ({ link, values }: (typeof pointing)[number]): boolean =>
    rows.some(
      (other) =>
        other.relation.name === link.to &&
        link.toColumns.every((column, at) => valueAfter(other, column) === values[at]),
    );
  const open = pointing.filter((each) => !comes(each));
  const asked = open.map(({ link, values }) => {
    const relation = live.get(link.to);
    const known = new Set(relation && storedColumns(relation).map(({ name }) => name));
    return relation?.kind === 'table' && link.toColumns.every((name) => known.has(name))
      ? { relation, by: link.toColumns, values, most: 1 }
      : undefined;
  });
  const now = await around.database.rowsBy(asked.filter((each) => each !== undefined));
  let nth = 0;
  const missing = open.filter((_, at) => (asked[at] ? (now[nth++] ?? []).length === 0 : true));
  const coming: RawRow[] = [];
  const loose: Loose[] = [];
  for (const [table, those] of by(missing, ({ link }) => link.to)) {
    const collection = archive.manifest.collections.find(({ name }) => name === table);
    const there = collection?.structure.kind === 'table' ? await read(around, collection, those) : [];
    for (const { row, link, values } of those) {
      const parent = there.find((raw) =>
        link.toColumns.every((column, at) => valueIn(raw, column) === values[at]),
      );
      const may = parent !== undefined && along && (link.held || !link.author) && canCome(around, parent);
      if (!may) loose.push({ row, link, inBackup: parent !== undefined });
      else if (!coming.includes(parent)) coming.push(parent);
    }
  }
  return { coming, loose };
}

const valueIn = ({ collection, texts }: RawRow, column: string): string | null =>
  texts[storedColumns(collection.structure).findIndex(({ name }) => name === column)] ?? null;

/** What cannot be taken back by itself does not come along either. */
function canCome(around: Around, { collection }: RawRow): boolean {
  try {
    targetOf(around, collection);
    return true;
  } catch {
    return false;
  }
}

function read(
  around: Around,
  collection: Collection,
  pointing: readonly { readonly link: Link; readonly values: readonly string[] }[],
): Promise<RawRow[]> {
  const places = [...by(pointing, ({ link }) => JSON.stringify(link.toColumns)).values()].map((those) => ({
    columns: those[0]?.link.toColumns ?? [],
    values: new Set(those.map(({ values }) => JSON.stringify(values))),
  }));
  return readRaw(around.archive, collection, {
    wants: having(collection, places),
    signal: around.signal,
  });
}

export function by<T>(items: readonly T[], of: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(of(item), [...(groups.get(of(item)) ?? []), item]);
  return groups;
}

/** The row that holds what may be there only once, for each that would come into its way. */
export async function takenBy(
  around: Around,
  rows: readonly Placed[],
): Promise<{ readonly row: Placed; readonly columns: readonly string[]; readonly by: string }[]> {
  const asked = rows.flatMap((row) => {
    const { relation, set } = row;
    const unique = [
      ...relation.uniqueKeys.map(({ columns }) => columns),
      ...relation.indexes.flatMap(({ unique, columns }) => (unique && columns ? [columns] : [])),
    ];
    return unique.flatMap((columns) => {
      const values = columns.map((column) => valueAfter(row, column));
      return values.includes(null) || !columns.some((name) => set.has(name))
        ? []
        : [{ row, relation, by: columns, values: values as string[], most: 2 }];
    });
  });
  const now = await around.database.rowsBy(asked);
  return asked.flatMap(({ row, relation, by: columns }, at) => {
    const names = storedColumns(relation).map(({ name }) => name);
    const keyIn = (texts: readonly (string | null)[]) =>
      keyOf(relation).map((column) => texts[names.indexOf(column)] ?? '');
    const own = row.before ? keyIn(row.before) : keyOfRaw(row.raw, relation);
    const other = (now[at] ?? []).map(keyIn).find((key) => key.some((part, nth) => part !== own[nth]));
    return other ? [{ row, columns, by: calledOf(row.look, relation, other) }] : [];
  });
}
