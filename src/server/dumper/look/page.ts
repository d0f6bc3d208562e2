import type { ReportProgress } from '../progress';
import type { Collection } from '../archive/manifest';
import { refused, refusedNear } from '../../errors/errors';
import { nearest } from '../../near';
import { MASKED, type Read, type Wanted } from './cells';
import { readChunks } from './chunks';
import type { Look, LookColumn } from './look';
import { calledBy, shownValue } from './shown';

/** What is asked of a page; all conditions hold for each row. */
export interface Asked {
  /** Columns by name, or by title where that is one column's alone, and the value: as it is kept, shown or called. */
  readonly where?: readonly { readonly column: string; readonly value: string }[];
  /** A part of any value, capitals or not. */
  readonly search?: string | undefined;
  /** The row of the collection to begin with. */
  readonly from: number;
  readonly limit: number;
}

/** When a page ends before it is full. */
export interface Budget {
  /** Bytes of a value that are kept; the rest is cut. */
  readonly value: number;
  /** Bytes of all values of the page. */
  readonly page: number;
  /** Bytes of CSV that are read, and milliseconds; at least one chunk is. */
  readonly csv?: number | undefined;
  readonly ms?: number | undefined;
}

export interface LookRow {
  /** Its place in the collection, from 0. */
  readonly row: number;
  /** Beside the columns. */
  readonly cells: readonly Read[];
}

export interface Page {
  readonly rows: readonly LookRow[];
  /** The row to go on with; undefined: the collection has no more. */
  readonly next?: number;
  /** Rows that were looked at, of how many chunks. */
  readonly read: number;
  readonly chunks: number;
}

interface Watch {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ReportProgress | undefined;
}

/** Rows of a collection in the order in which the archive has them. */
export async function readPage(
  { archive, collection, columns }: Look,
  { where = [], search, from, limit }: Asked,
  budget: Budget,
  { signal, onProgress }: Watch = {},
): Promise<Page> {
  const wanted = wantedOf(columns, where, search, collection);
  const rows: LookRow[] = [];
  let [kept, full] = [0, false];
  let next: number | undefined;
  let passed = { rows: 0, read: 0, chunks: 0, bytes: 0 };
  const began = performance.now();
  if (from < collection.rows) {
    const reading = readChunks(archive, collection, {
      from,
      masked: columns.map(({ mask }) => mask !== undefined),
      most: budget.value,
      ...(wanted && { wanted }),
      signal,
      take(cells, row) {
        if (full) return;
        rows.push({ row, cells });
        kept += cells.reduce((sum, cell) => sum + sizeOf(cell), 0);
        full = rows.length >= limit || kept >= budget.page;
        if (full) next = row + 1;
      },
    });
    for await (passed of reading) {
      onProgress?.({
        stage: 'read',
        done: passed.rows,
        total: collection.rows,
        rows: passed.read,
        bytes: passed.bytes,
      });
      if (full) break;
      if (passed.bytes >= (budget.csv ?? Infinity) || performance.now() - began >= (budget.ms ?? Infinity)) {
        next = passed.rows;
        break;
      }
    }
  }
  return {
    rows,
    ...(next !== undefined && next < collection.rows && { next }),
    read: passed.read,
    chunks: passed.chunks,
  };
}

const sizeOf = (cell: Read): number => (cell === null || cell === MASKED ? 1 : cell.text.length);

function wantedOf(
  columns: readonly LookColumn[],
  where: NonNullable<Asked['where']>,
  search: string | undefined,
  { name }: Collection,
): Wanted | undefined {
  if (where.length === 0 && search === undefined) return undefined;
  const sought = search?.toLowerCase();
  return {
    where: where.map(({ column, value }) => {
      const at = placeOf(columns, column, name);
      const known = columns[at];
      return {
        at,
        value,
        also: (text) =>
          known !== undefined && (shownValue(known, text) === value || calledBy(known, text) === value),
      };
    }),
    search: sought,
    ...(sought !== undefined && {
      called: new Map(
        columns.map(({ choices }, at) => [
          at,
          new Set(
            [...choices].flatMap(([value, label]) => (label.toLowerCase().includes(sought) ? [value] : [])),
          ),
        ]),
      ),
    }),
  };
}

/** Of a column that may be asked for. Throws LOOK_REFUSED for one that is masked: a yes or no would tell of it. */
export function placeOf(columns: readonly LookColumn[], column: string, collection: string): number {
  const byName = columns.findIndex(({ name }) => name === column);
  const byTitle = columns.flatMap(({ title }, at) => (title === column ? [at] : []));
  const at = byName >= 0 ? byName : byTitle.length === 1 ? (byTitle[0] ?? -1) : -1;
  const known = columns[at];
  if (!known) {
    const names = columns.map(({ name }) => name);
    throw refusedNear(
      'look-no-column',
      { collection, column: JSON.stringify(column) },
      nearest(column, names),
    );
  }
  if (known.mask) throw refused('look-masked', { collection, column: known.name });
  return at;
}
