import pMap from 'p-map';
import type { GroupName } from '../app/groups';
import type { Collection } from '../archive/manifest';
import { masksOf, type Masks } from '../look/look';
import type { Mask } from '../look/secrets';
import type { ReportProgress } from '../progress';
import { hasRows, storedColumns, type Relation } from '../schema/structure';
import { compareRows, type RowDifference, type Table } from './compareRows';
import type { Value } from './longRow';
import type { Side } from './sides';

/** What is shown of a value: its text, as much as is shown; NULL; or that nobody is to see it. */
export type ShownValue = { readonly value: Value } | { readonly masked: Mask };

export interface ShownExample {
  readonly kind: 'onlyHere' | 'changed' | 'onlyThere';
  /** By the columns of `shownBy`. */
  readonly key: readonly ShownValue[];
  readonly changes: readonly {
    readonly column: string;
    readonly here: ShownValue;
    readonly there: ShownValue;
  }[];
}

/**
 * How the rows of a collection were matched: by a `key` of both sides; as whole `rows`, where they have none in common;
 * not at all, as it is only `there`, or is no table `here`, or a side has its `structure` alone.
 */
export type MatchedBy = 'key' | 'rows' | 'there' | 'kind' | 'structure';

/** A collection of `there`, beside the one of that name that is here. */
export interface CollectionDifference extends Omit<RowDifference, 'examples'> {
  readonly name: string;
  readonly group: GroupName;
  readonly title?: string;
  readonly by: MatchedBy;
  /** The columns that a row is shown by in examples: its key, or all that both sides have. */
  readonly shownBy: readonly string[];
  /** Columns that are not compared, as only one side has them. */
  readonly columnsHere: readonly string[];
  readonly columnsThere: readonly string[];
  readonly examples: readonly ShownExample[];
}

export interface Comparison {
  readonly collections: readonly CollectionDifference[];
  /** Tables that are only here. */
  readonly beyond: readonly string[];
  /** What has no rows of its own: views, and tables that are partitioned. */
  readonly withoutRows: readonly string[];
  /** Examples were wanted, and a side does not say which of its fields are hidden. */
  readonly untold: boolean;
}

export interface CompareSettings {
  readonly examples: number;
  readonly folder: string;
  /** Collections at once. */
  readonly workers: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ReportProgress | undefined;
}

/** Bytes of rows that wait in memory, of all collections that are compared at once. */
const ROOM = 8 * 1024 * 1024;
const MOST_AT_ONCE = 2;

/** Compares these collections of `there` with what is here, by the rows of each. Throws where either cannot be read whole. */
export async function compare(
  here: Side,
  there: Side,
  chosen: readonly Collection[],
  { examples, folder, workers, signal, onProgress }: CompareSettings,
): Promise<Comparison> {
  const own = new Map(here.manifest.collections.map((collection) => [collection.name, collection]));
  const tables = chosen.filter(({ structure }) => hasRows(structure));
  const isCrossed = there.written !== undefined;
  const both = [here.rows(), there.rows()] as const;
  const total = tables.reduce(
    (sum, { name }) => sum + both.reduce((bytes, rows) => bytes + rows.bytes(name), 0),
    0,
  );
  let [rows, bytes] = [0, 0];
  const concurrency = Math.max(1, Math.min(workers, MOST_AT_ONCE, tables.length));
  const compared = await pMap(
    tables,
    async (collection) => {
      const now = own.get(collection.name);
      if (collection.structureOnly || now?.structureOnly)
        return { collection, by: 'structure', matched: undefined } as const;
      if (!now || !hasRows(now.structure))
        return { collection, by: now ? 'kind' : 'there', matched: undefined } as const;
      const key = keyOf(now.structure, collection.structure);
      const [a, b] = [tableOf(here, now), tableOf(there, collection)];
      const difference = await compareRows(a, b, key, isCrossed, {
        examples,
        folder,
        room: ROOM / concurrency,
        signal,
        onRows: (moreRows, moreBytes) => {
          rows += moreRows;
          bytes += moreBytes;
          onProgress?.({ stage: 'read', done: Math.min(bytes, total), total, rows, bytes });
        },
      });
      return { collection, by: key.length > 0 ? 'key' : 'rows', matched: { key, difference, a, b } } as const;
    },
    { concurrency, stopOnError: true },
  );
  const shown = new Set(
    compared.flatMap((result) =>
      result.matched && result.matched.difference.examples.length > 0 ? [result.collection.name] : [],
    ),
  );
  const masks = shown.size > 0 ? await bothMasks(here, there, shown, signal) : new Map<string, Masks>();
  const names = new Set(there.manifest.collections.map(({ name }) => name));
  return {
    collections: compared.map((result) => {
      const { name, group, title } = result.collection;
      const described = { name, group, ...(title !== undefined && { title }), by: result.by };
      return result.matched
        ? { ...described, ...differenceOf(result.matched, masks && (masks.get(name) ?? new Map())) }
        : { ...described, ...unmatched(result.by === 'structure' ? 0 : result.collection.rows) };
    }),
    beyond: here.manifest.collections
      .filter(({ name, structure }) => hasRows(structure) && !names.has(name))
      .map(({ name }) => name),
    withoutRows: chosen.filter(({ structure }) => !hasRows(structure)).map(({ name }) => name),
    untold: masks === undefined,
  };
}

/** Whether anything was found that is not the same; what is beyond the question is no difference. */
export const isDifferent = ({ collections }: Pick<Comparison, 'collections'>): boolean =>
  collections.some(
    ({ by, onlyHere, onlyThere: coming, changed, columnsHere, columnsThere }) =>
      by === 'there' ||
      by === 'kind' ||
      // Nobody knows whether their rows are equal.
      by === 'structure' ||
      onlyHere + coming + changed + columnsHere.length + columnsThere.length > 0,
  );

/** The primary key, where both sides have the same. */
function keyOf(here: Relation, there: Relation): readonly string[] {
  const [ours, other] = [here.primaryKey?.columns ?? [], there.primaryKey?.columns ?? []];
  return ours.length === other.length && ours.every((name) => other.includes(name)) ? ours : [];
}

function tableOf(side: Side, { name, structure, rows }: Collection): Table {
  const written = side.written?.get(name);
  return {
    name,
    rows: side.rows(),
    columns: storedColumns(structure),
    ...(side.isArchive && { announced: rows }),
    ...(written && { written: storedColumns(written).map(({ type }) => type) }),
  };
}

const unmatched = (rows: number): Omit<CollectionDifference, 'name' | 'group' | 'title' | 'by'> => ({
  here: 0,
  there: rows,
  onlyHere: 0,
  onlyThere: rows,
  changed: 0,
  equal: 0,
  columns: [],
  shownBy: [],
  columnsHere: [],
  columnsThere: [],
  examples: [],
});

/** Masked is what either side masks. Undefined: nothing can be shown. */
async function bothMasks(
  here: Side,
  there: Side,
  tables: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Masks> | undefined> {
  const ours = await masksOf(here, tables, signal);
  const other = ours && (await masksOf(there, tables, signal));
  if (!other) return undefined;
  return new Map(
    [...tables].map((name) => [name, new Map([...(other.get(name) ?? []), ...(ours.get(name) ?? [])])]),
  );
}

interface Compared {
  readonly key: readonly string[];
  readonly difference: RowDifference;
  readonly a: Table;
  readonly b: Table;
}

function differenceOf(
  { key, difference: { examples, ...counts }, a, b }: Compared,
  masks: Masks | undefined,
): Omit<CollectionDifference, 'name' | 'group' | 'title' | 'by'> {
  const [here, there] = [a, b].map(({ columns }) => columns.map(({ name }) => name)) as [string[], string[]];
  const shared = here.filter((name) => there.includes(name));
  const shownBy = key.length > 0 ? key : shared;
  const shown = (column: string, value: Value): ShownValue => {
    const masked = masks?.get(column);
    return masked ? { masked } : { value };
  };
  return {
    ...counts,
    shownBy,
    columnsHere: here.filter((name) => !there.includes(name)),
    columnsThere: there.filter((name) => !here.includes(name)),
    examples: masks
      ? examples.map((example) => ({
          kind: example.kind,
          key: example.key.map((value, at) => shown(shownBy[at] ?? '', value)),
          changes: example.changes.map((change) => ({
            column: change.column,
            here: shown(change.column, change.here),
            there: shown(change.column, change.there),
          })),
        }))
      : [],
  };
}
