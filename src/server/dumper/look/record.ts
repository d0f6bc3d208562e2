import { createHash } from 'node:crypto';
import { refused } from '../../errors/errors';
import type { Archive } from '../archive/archive';
import { MASKED, type Cell, type Read } from './cells';
import { readChunks } from './chunks';
import { lookInto, type Look, type LookColumn } from './look';
import { placeOf } from './page';

/** One row of a backup, or the certainty that it is not there. */
export interface RecordSeen {
  /** Which instance made the backup, as it says itself. */
  readonly instance: string;
  readonly columns: readonly LookColumn[];
  /** By column, without those that are masked; undefined: no row has that key. */
  readonly values: ReadonlyMap<string, Cell | null> | undefined;
}

/** What was learnt of chunks by their digests: a collection that has not changed is read once, however many backups. */
export type Known = Map<string, ReadonlyMap<string, Cell | null> | undefined>;

interface Options {
  /** Bytes of a value that are kept. */
  readonly most: number;
  readonly known?: Known;
  readonly signal?: AbortSignal | undefined;
  readonly onRows?: (rows: number, bytes: number) => void;
}

/**
 * The row of that primary key, read from that collection's chunks alone. Throws COLLECTION_UNKNOWN where the archive
 * does not have the collection, and LOOK_REFUSED where rows have no key, or a masked one.
 */
export async function readRecord(
  archive: Archive,
  collection: string,
  key: string,
  { most, known, signal, onRows }: Options,
): Promise<RecordSeen> {
  const look = await lookInto(archive, collection, signal);
  // Not the archive: of hundreds nobody could hold the descriptions.
  const { columns } = look;
  const { instance } = archive.manifest;
  const where = keyOf(look, key);
  const shape = JSON.stringify([
    where,
    columns.map(({ name, mask }) => [name, mask !== undefined]),
    look.collection.chunks.map(({ sha256 }) => sha256),
  ]);
  const digest = createHash('sha256').update(shape).digest('hex');
  // Only what the archive itself gives a digest of can be known by it.
  const isKnown = look.collection.chunks.length > 0 && known?.has(digest);
  if (isKnown) return { instance, columns, values: known?.get(digest) };
  let values: Map<string, Cell | null> | undefined;
  const reading = readChunks(archive, look.collection, {
    from: 0,
    masked: columns.map(({ mask }) => mask !== undefined),
    most,
    wanted: { where },
    signal,
    take(cells) {
      values ??= new Map(columns.flatMap(({ name }, at) => shownOnly(name, cells[at] ?? null)));
    },
  });
  for await (const { read, bytes } of reading) {
    onRows?.(read, bytes);
    if (values) break;
  }
  if (look.collection.chunks.length > 0) known?.set(digest, values);
  return { instance, columns, values };
}

const shownOnly = (name: string, cell: Read): [string, Cell | null][] =>
  cell === MASKED ? [] : [[name, cell]];

/** A condition for each part of the primary key; of several parts the values are a JSON list, or have commas between. */
function keyOf({ columns, collection }: Look, key: string): { at: number; value: string }[] {
  const parts = collection.structure.primaryKey?.columns ?? [];
  if (parts.length === 0) throw refused('look-no-key', { collection: collection.name });
  const values = parts.length === 1 ? [key] : listOf(key);
  if (values.length !== parts.length)
    throw refused('look-key-parts', { collection: collection.name, columns: [...parts] });
  return parts.map((column, at) => ({
    at: placeOf(columns, column, collection.name),
    value: values[at] ?? '',
  }));
}

function listOf(key: string): string[] {
  if (!key.startsWith('[')) return key.split(',');
  try {
    const list: unknown = JSON.parse(key);
    return Array.isArray(list) ? list.map(String) : [];
  } catch {
    return [];
  }
}
