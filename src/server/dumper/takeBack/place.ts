import { refused } from '../../errors/errors';
import type { Collection } from '../archive/manifest';
import { isOwn } from '../app/groups';
import type { Archive } from '../archive/archive';
import type { Database, Texts } from '../dialect';
import { lookInto, type Look } from '../look/look';
import { keyOf, keyText } from '../schema/rowKey';
import { storedColumns, type Relation } from '../schema/structure';
import { valueOf, type RawRow } from './rows';

/** What is known while rows are taken back. */
export interface Around {
  readonly archive: Archive;
  readonly database: Pick<Database, 'rowsBy'>;
  /** The tables of now. */
  readonly live: ReadonlyMap<string, Relation>;
  /** What of the archive was looked into. */
  readonly looks: Map<string, Promise<Look>>;
  readonly signal?: AbortSignal | undefined;
}

export type Why = 'asked' | 'parent' | 'child';

/** A row of the backup beside the one that there is now. */
export interface Placed {
  readonly raw: RawRow;
  readonly look: Look;
  readonly why: Why;
  readonly relation: Relation;
  /** Beside the columns of the primary key of now. */
  readonly key: readonly string[];
  readonly called: string;
  readonly does: 'insert' | 'overwrite' | 'same';
  /** Beside the stored columns of now. */
  readonly before: Texts | undefined;
  /** What would be written. */
  readonly set: ReadonlyMap<string, string | null>;
}

export function lookOf({ archive, looks, signal }: Around, collection: string): Promise<Look> {
  const known = looks.get(collection) ?? lookInto(archive, collection, signal);
  looks.set(collection, known);
  return known;
}

/** The table of now that rows of a collection go into. Throws ROWS_REFUSED where there is none that they could. */
export function targetOf({ archive, live }: Around, { name, structure }: Collection): Relation {
  if (isOwn(name, archive.manifest.database)) throw refused('rows-of-ark', { collection: name });
  if (structure.kind !== 'table') throw refused('rows-no-table', { collection: name });
  const relation = live.get(name);
  if (!relation) throw refused('rows-table-gone', { collection: name });
  if (relation.kind !== 'table') throw refused('rows-no-table', { collection: name });
  const [now, then] = [keyOf(relation), keyOf(structure)];
  if (now.length === 0 || then.length === 0) throw refused('rows-no-key', { collection: name });
  if (now.length !== then.length || !now.every((column) => then.includes(column)))
    throw refused('rows-other-key', { collection: name, columns: [...now] });
  return relation;
}

/** The columns of a collection that the table of now has, and can be written. */
export function sharedColumns(collection: Collection, relation: Relation): string[] {
  const here = new Set(storedColumns(relation).map(({ name }) => name));
  return storedColumns(collection.structure).flatMap(({ name }) => (here.has(name) ? [name] : []));
}

export const idOf = (table: string, key: readonly (string | null)[]): string => JSON.stringify([table, key]);

export const keyOfRaw = (raw: RawRow, relation: Relation): string[] =>
  keyOf(relation).map((column) => valueOf(raw, column) ?? '');

/** A key for people; dots stand for what nobody is to see. */
export const calledOf = (look: Look, relation: Relation, key: readonly string[]): string => {
  const masked = new Set(look.columns.flatMap(({ name, mask }) => (mask ? [name] : [])));
  return keyText(keyOf(relation).map((column, at) => (masked.has(column) ? '••••' : (key[at] ?? ''))));
};

/** Looks for each in the database, all at one moment. */
export async function placeRows(
  around: Around,
  rows: readonly { readonly raw: RawRow; readonly why: Why }[],
): Promise<Placed[]> {
  const aimed = await Promise.all(
    rows.map(async ({ raw, why }) => {
      const relation = targetOf(around, raw.collection);
      const look = await lookOf(around, raw.collection.name);
      return { raw, why, relation, look, key: keyOfRaw(raw, relation) };
    }),
  );
  const now = await around.database.rowsBy(
    aimed.map(({ relation, key }) => ({ relation, by: keyOf(relation), values: key, most: 1 })),
  );
  return aimed.map(({ raw, why, relation, look, key }, at) => {
    const [before] = now[at] ?? [];
    const names = storedColumns(relation).map(({ name }) => name);
    const shared = sharedColumns(raw.collection, relation);
    const coming = new Map(shared.map((name) => [name, textFor(raw, relation, name)]));
    const differs = shared.filter((name) => before?.[names.indexOf(name)] !== coming.get(name));
    const set = new Map((before ? differs : shared).map((name) => [name, coming.get(name) ?? null]));
    const does = !before ? 'insert' : set.size > 0 ? 'overwrite' : 'same';
    return { raw, why, relation, look, key, called: calledOf(look, relation, key), does, before, set };
  });
}

/**
 * A moment has its zone in its text, which is UTC's, where the column that it is from knows of zones. One that does not
 * may have been made of it, by a move between kinds of databases or by hand.
 */
function textFor(raw: RawRow, relation: Relation, name: string): string | null {
  const text = valueOf(raw, name);
  const now = relation.columns.find((column) => column.name === name)?.type;
  if (now === 'timestamp') return text?.replace(/(\d)\+00$/, '$1') ?? null;
  const then = raw.collection.structure.columns.find((column) => column.name === name)?.type;
  return now === 'timestamptz' && then === 'timestamp' && text !== null && /:\d\d(\.\d+)?$/.test(text)
    ? `${text}+00`
    : text;
}

/** What a row will have in a column, whether that is written or stays. */
export function valueAfter({ relation, before, set }: Placed, column: string): string | null {
  if (set.has(column)) return set.get(column) ?? null;
  return before?.[storedColumns(relation).findIndex(({ name }) => name === column)] ?? null;
}
