import { refused } from '../../errors/errors';
import type { Archive } from '../archive/archive';
import type { Collection } from '../archive/manifest';
import type { Texts } from '../dialect';
import { MASKED } from '../look/cells';
import { readChunks } from '../look/chunks';
import { keyOf } from '../schema/rowKey';
import { storedColumns } from '../schema/structure';

/** Bytes of all values that one taking back may have in memory; one value is never more. */
export const MOST_BYTES = 16 * 1024 * 1024;
/** Rows that are taken back at once. */
export const MOST_ROWS = 2000;

/** A row of an archive with everything that is in it: for writing it, and never for showing it. */
export interface RawRow {
  readonly collection: Collection;
  /** Beside the stored columns of the collection. */
  readonly texts: Texts;
}

export const columnsOf = ({ structure }: Pick<Collection, 'structure'>): string[] =>
  storedColumns(structure).map(({ name }) => name);

export const valueOf = ({ collection, texts }: RawRow, column: string): string | null =>
  texts[columnsOf(collection).indexOf(column)] ?? null;

interface Reading {
  /** Asked of every row, by the places of its columns. */
  readonly wants: (value: (at: number) => string | null) => boolean;
  /** No more can come. */
  readonly enough?: (() => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Rows of that collection's chunks alone. Throws ROWS_REFUSED where they are too many or too large. */
export async function readRaw(archive: Archive, collection: Collection, reading: Reading): Promise<RawRow[]> {
  const rows: RawRow[] = [];
  let bytes = 0;
  for await (const some of rawChunks(archive, collection, reading)) {
    rows.push(...some);
    bytes += some.reduce((sum, row) => sum + sizeOf(row), 0);
    if (rows.length > MOST_ROWS) throw refused('rows-many', { most: MOST_ROWS });
    if (bytes > MOST_BYTES) throw refused('rows-large', { most: MOST_BYTES });
  }
  return rows;
}

const sizeOf = ({ texts }: RawRow): number => texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);

/** The rows of each chunk that are wanted, chunk by chunk; good once the chunk was checked. */
export async function* rawChunks(
  archive: Archive,
  collection: Collection,
  { wants, enough, signal }: Reading,
): AsyncGenerator<RawRow[], void, void> {
  let some: { rows: RawRow[]; bytes: number; cut: boolean; replaced?: RawRow } = {
    rows: [],
    bytes: 0,
    cut: false,
  };
  const reading = readChunks(archive, collection, {
    from: 0,
    masked: columnsOf(collection).map(() => false),
    most: MOST_BYTES,
    signal,
    take(cells) {
      const textAt = (at: number): string | null => {
        const cell = cells[at] ?? null;
        return cell === null || cell === MASKED ? null : cell.text;
      };
      if (some.cut || some.bytes > MOST_BYTES || !wants(textAt)) return;
      some.cut = cells.some((cell) => cell !== null && cell !== MASKED && cell.cut !== undefined);
      const row = { collection, texts: cells.map((_, at) => textAt(at)) };
      if (cells.some((cell) => cell !== null && cell !== MASKED && cell.replaced)) some.replaced ??= row;
      some.bytes += sizeOf(row);
      some.rows.push(row);
    },
  });
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- each chunk is taken as it passes by
  for await (const _ of reading) {
    if (some.cut || some.bytes > MOST_BYTES) throw refused('rows-large', { most: MOST_BYTES });
    const { rows, replaced } = some;
    if (replaced) {
      const key = keyOf(collection.structure).map((name) => valueOf(replaced, name));
      throw refused('row-bytes', { collection: collection.name, key: key.join(',') });
    }
    some = { rows: [], bytes: 0, cut: false };
    if (rows.length > 0) yield rows;
    if (enough?.()) return;
  }
}

/** Rows that have one of these values in some of their columns: each place with the values that fit there. */
export const having = (
  collection: Collection,
  places: readonly { readonly columns: readonly string[]; readonly values: ReadonlySet<string> }[],
): Reading['wants'] => {
  const names = columnsOf(collection);
  const known = places.map(({ columns, values }) => ({
    at: columns.map((column) => names.indexOf(column)),
    values,
  }));
  return (value) => known.some(({ at, values }) => values.has(JSON.stringify(at.map(value))));
};
