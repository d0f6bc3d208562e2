import { setImmediate } from 'node:timers/promises';
import { BackupError, throwIfCancelled, refused, damaged } from '../../errors/errors';
import { parsing, type JsonLimits } from '../../json';
import { inTurns } from '../../turns';
import type { LentChunk } from '../dialect';
import { CHUNK_BYTES } from '../backup/dump';
import { storedColumns } from '../schema/structure';
import type { Column, Relation } from '../dialects/postgres/structure/structure';
import { unreadableJson } from '../container/unreadable';
import { type ByteSource } from '../container/zip';
import { unpacked, type DeflatedEntry } from './deflatedZip';
import type { CollectionMeta } from './meta';
import { isUnknown } from './structure';
import { encoder, Unfit, type Encode, type Origin } from './values';

/** One row is one line. */
const MAX_LINE = 64 * 1024 * 1024;
/** Shorter lines are parsed at once. */
const SHORT = 64 * 1024;
/** Of one row, with all that is in its lists and objects. */
const ROW: JsonLimits = { values: 500_000, text: 16 * 1024 * 1024 };
const LF = 10;

export interface OldTable {
  readonly meta: CollectionMeta;
  /** The rows; a collection without columns has none. */
  readonly data: DeflatedEntry | undefined;
}

/**
 * The rows of a collection as they stand in the old archive: one JSON array a line. Rejects unless there are as many
 * as announced, each with a value for every column, and the entry is whole.
 */
export async function* readLines(
  source: ByteSource,
  { meta, data }: OldTable,
  signal?: AbortSignal,
): AsyncGenerator<unknown[][], void, void> {
  let lines = 0;
  const parse = async (line: Buffer): Promise<unknown[]> => {
    lines += 1;
    let row: unknown;
    try {
      row =
        line.length <= SHORT
          ? (JSON.parse(line.toString('utf8')) as unknown)
          : await inTurns(parsing(line, ROW));
    } catch (error) {
      throw unreadableJson(`line ${lines} of ${meta.name}`, error);
    }
    if (!Array.isArray(row) || row.length !== meta.columns.length)
      throw damaged('values', { line: lines, collection: meta.name });
    if (lines > meta.count)
      throw damaged('rows', { collection: meta.name, rows: lines, announced: meta.count });
    return row as unknown[];
  };
  /** Pieces of a line whose end has not come yet. */
  let rest: Uint8Array[] = [];
  let waiting = 0;
  for await (const piece of data ? unpacked(source, data) : []) {
    throwIfCancelled(signal);
    await setImmediate();
    const rows: unknown[][] = [];
    let at = 0;
    for (let end = piece.indexOf(LF); end >= 0; end = piece.indexOf(LF, at)) {
      const line = Buffer.concat([...rest, piece.subarray(at, end)]);
      rest = [];
      waiting = 0;
      at = end + 1;
      rows.push(await parse(line));
    }
    if (at < piece.length) rest.push(Buffer.from(piece.subarray(at)));
    waiting += piece.length - at;
    if (waiting > MAX_LINE) {
      throw refused('archive-line', { line: lines + 1, entry: meta.name, most: MAX_LINE });
    }
    if (rows.length > 0) yield rows;
  }
  if (waiting > 0) yield [await parse(Buffer.concat(rest))];
  if (lines !== meta.count)
    throw damaged('rows', { collection: meta.name, rows: lines, announced: meta.count });
}

/**
 * The same rows as chunks of CSV for a table. Columns that the archive does not have are NULL. Throws VALUE_UNFIT,
 * with collection, line and column, for a value that its column cannot hold.
 */
export const readChunks = (
  source: ByteSource,
  table: OldTable,
  relation: Relation,
  origin: Origin,
  signal?: AbortSignal,
): AsyncGenerator<LentChunk, void, void> =>
  toChunks(readLines(source, table, signal), table.meta, relation, (column) =>
    isUnknown(column) ? unknownType(table.meta.name, column.name) : encoder(column, origin),
  );

/** Rows as chunks of CSV for a table; `encode`: what becomes of the values of a column. */
export async function* toChunks(
  batches: AsyncIterable<readonly (readonly unknown[])[]>,
  meta: Pick<CollectionMeta, 'name' | 'columns'>,
  relation: Relation,
  encode: (column: Column) => Encode,
): AsyncGenerator<LentChunk, void, void> {
  const cells = storedColumns(relation).map((column) => ({
    name: column.name,
    native: column.native,
    at: meta.columns.indexOf(column.name),
    encode: encode(column),
  }));
  let [csv, rows, size, line] = ['', 0, 0, 0];
  const parts: Buffer[] = [];
  const flush = (): LentChunk => {
    const chunk = { data: Buffer.concat([...parts, Buffer.from(csv)]), rows, release: () => undefined };
    parts.length = 0;
    [csv, rows, size] = ['', 0, 0];
    return chunk;
  };
  for await (const batch of batches) {
    for (const row of batch) {
      line += 1;
      let text = '';
      for (const [i, { at, encode, name, native }] of cells.entries()) {
        if (i > 0) text += ',';
        if (at < 0) continue;
        try {
          text += encode(row[at]);
        } catch (error) {
          if (!(error instanceof Unfit)) throw error;
          throw unfit(meta.name, line, name, native, row[at]);
        }
      }
      csv += `${text}\n`;
      rows += 1;
      if (csv.length < 1024 * 1024) continue;
      const part = Buffer.from(csv);
      parts.push(part);
      size += part.length;
      csv = '';
      if (size >= CHUNK_BYTES) yield flush();
    }
  }
  if (rows > 0) yield flush();
}

function unfit(
  collection: string,
  line: number,
  column: string,
  native: string,
  value: unknown,
): BackupError {
  const shown = JSON.stringify(value).slice(0, 80);
  return refused('value-unfit', { collection, line, column, value: shown, type: native });
}

const unknownType =
  (collection: string, column: string): Encode =>
  (value) => {
    if (value === null) return '';
    throw refused('field-type-unknown', { collection, column });
  };

/** The largest whole number in a column; 0 if there is none. */
export async function highest(source: ByteSource, table: OldTable, column: string): Promise<bigint> {
  const at = table.meta.columns.indexOf(column);
  let most = 0n;
  for await (const batch of readLines(source, table)) {
    for (const row of batch) {
      const value = row[at];
      const whole =
        typeof value === 'number' ? Number.isSafeInteger(value) : /^\d{1,19}$/.test(String(value));
      if (whole && BigInt(value as number | string) > most) most = BigInt(value as number | string);
    }
  }
  return most;
}
