import { refused } from '../../errors/errors';
import type { Collection } from '../archive/manifest';
import type { Texts } from '../dialect';
import { keyOf } from '../schema/rowKey';
import { storedColumns, type Relation } from '../schema/structure';
import type { Link } from './links';
import { by } from './parents';
import { idOf, keyOfRaw, targetOf, valueAfter, type Around, type Placed } from './place';
import { having, MOST_ROWS, rawChunks, valueOf, type RawRow } from './rows';

/** Bytes of CSV of a collection that is read only to count what points at a row; more is read where it is named. */
const MOST_CSV = 128 * 1024 * 1024;

/** Rows of the backup that point at those that are taken back. */
export interface Children {
  readonly collection: string;
  /** They are not there now; where nobody can tell, all that the backup has. */
  readonly missing: number;
  /** They are there and point elsewhere, or nowhere. */
  readonly apart: number;
  /** So many and maybe more: not all were looked at. */
  readonly more?: true;
  /** They come along. */
  readonly come: boolean;
  /** Why they could not be taken back by themselves either. */
  readonly cannot?: 'no table' | 'no key';
}

export interface Pointing {
  readonly counts: readonly Children[];
  readonly coming: readonly RawRow[];
  /** Collections too large to be read only for that. */
  readonly uncounted: readonly string[];
}

/** `which`: all that there are come, or those of some tables, or none. */
export async function childrenOf(
  around: Around,
  links: readonly Link[],
  rows: readonly Placed[],
  fresh: readonly Placed[],
  which: boolean | ReadonlySet<string>,
): Promise<Pointing> {
  const tables = new Set(fresh.map(({ relation }) => relation.name));
  const leading = links.filter(({ to, author }) => tables.has(to) && !author);
  const known = new Set(rows.map(({ relation, key }) => idOf(relation.name, key)));
  const counts: Children[] = [];
  const coming: RawRow[] = [];
  const uncounted: string[] = [];
  for (const [table, own] of by(leading, ({ from }) => from)) {
    const { archive } = around;
    const collection = archive.manifest.collections.find(({ name }) => name === table);
    if (collection?.structure.kind !== 'table') continue;
    const come = which === true || (which !== false && which.has(table));
    if (!come && archive.rows().bytes(table) > MOST_CSV) {
      uncounted.push(table);
      continue;
    }
    const seen = await look(around, collection, own, fresh, known, come);
    coming.push(...seen.coming);
    if (coming.length > MOST_ROWS) throw refused('rows-many', { most: MOST_ROWS });
    const { missing, apart, more } = seen.count;
    if (missing > 0 || apart > 0 || more) counts.push(seen.count);
  }
  return { counts, coming, uncounted };
}

async function look(
  around: Around,
  collection: Collection,
  links: readonly Link[],
  fresh: readonly Placed[],
  known: ReadonlySet<string>,
  come: boolean,
): Promise<{ readonly count: Children; readonly coming: RawRow[] }> {
  const { archive, live, signal } = around;
  const table = collection.name;
  const relation = targetIn(around, collection);
  const places = links.map((link) => ({
    columns: link.columns,
    values: new Set(
      fresh
        .filter((row) => row.relation.name === link.to)
        .map((row) => JSON.stringify(link.toColumns.map((column) => valueAfter(row, column)))),
    ),
  }));
  const coming: RawRow[] = [];
  let [missing, apart, looked] = [0, 0, 0];
  for await (const rows of rawChunks(archive, collection, { wants: having(collection, places), signal })) {
    const others = rows.filter((raw) => !relation || !known.has(idOf(table, keyOfRaw(raw, relation))));
    const now = relation ? await lookFor(around, relation, others) : [];
    const gone = others.filter((_, at) => now[at] === undefined);
    missing += gone.length;
    apart += others.filter((raw, at) => isApart(relation, raw, now[at], places)).length;
    if (come && relation) coming.push(...gone);
    looked += rows.length;
    // What half of an app points at is only counted as far as anybody would take it back.
    if (coming.length > MOST_ROWS || (!come && looked > MOST_ROWS)) break;
  }
  const cannot = relation ? undefined : live.get(table)?.kind === 'table' ? 'no key' : 'no table';
  return {
    count: {
      collection: table,
      missing,
      apart,
      ...(looked > MOST_ROWS && !come && { more: true }),
      come: come && coming.length > 0,
      ...(cannot && { cannot }),
    },
    coming,
  };
}

/** The rows of now with the keys of these. */
async function lookFor(
  { database }: Around,
  relation: Relation,
  raws: readonly RawRow[],
): Promise<(Texts | undefined)[]> {
  const now = await database.rowsBy(
    raws.map((raw) => ({ relation, by: keyOf(relation), values: keyOfRaw(raw, relation), most: 1 })),
  );
  return now.map(([row]) => row);
}

function isApart(
  relation: Relation | undefined,
  raw: RawRow,
  now: Texts | undefined,
  places: readonly { readonly columns: readonly string[]; readonly values: ReadonlySet<string> }[],
): boolean {
  if (!relation || !now) return false;
  const names = storedColumns(relation).map(({ name }) => name);
  return places.some(
    ({ columns, values }) =>
      values.has(JSON.stringify(columns.map((column) => valueOf(raw, column)))) &&
      columns.some((column) => (now[names.indexOf(column)] ?? null) !== valueOf(raw, column)),
  );
}

/** Undefined: its rows cannot be taken back at all. */
function targetIn(around: Around, collection: Collection): Relation | undefined {
  try {
    return targetOf(around, collection);
  } catch {
    return undefined;
  }
}

/** Tables by the names that they were asked for; throws USAGE for those of which no row could point there. */
export function namedChildren(
  around: Around,
  links: readonly Link[],
  names: readonly string[],
  collection: string,
): ReadonlySet<string> {
  const { collections } = around.archive.manifest;
  const tables = new Map(
    names.map((name) => [
      name,
      collections.find((known) => known.name === name || known.collection === name)?.name,
    ]),
  );
  const pointing = new Set(links.filter(({ author }) => !author).map(({ from }) => from));
  const wrong = names.filter((name) => !pointing.has(tables.get(name) ?? ''));
  if (wrong.length > 0) throw refused('rows-children', { children: wrong, collection });
  return new Set([...tables.values()].flatMap((name) => (name === undefined ? [] : [name])));
}
