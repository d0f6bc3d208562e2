import { damaged, refused } from '../../../errors/errors';
import { turn } from '../../../turns';
import type { ByteReader } from './byteReader';

/** What stands in the directory of a dump in pg_dump's custom format, about one thing of the database. */
export interface TocEntry {
  readonly id: number;
  /** Rows or large objects of it come after the directory. */
  readonly hasData: boolean;
  readonly name: string;
  /** Such as `TABLE`, `TABLE DATA`, `SEQUENCE SET`. */
  readonly kind: string;
  /** SQL that would make it. It is read and never run. */
  readonly definition: string;
  /** `COPY … FROM stdin;` */
  readonly copy: string;
  readonly schema: string;
  /** Where its data begin in the file, if the dump says so. */
  readonly at: number | undefined;
}

export interface Toc {
  /** Of an int, in bytes, without the sign. */
  readonly intSize: number;
  readonly compression: Compression;
  /** Of the server and of the client, as they call themselves. */
  readonly serverVersion: string;
  readonly dumpVersion: string;
  readonly entries: readonly TocEntry[];
}

export type Compression = 'none' | 'gzip' | 'zstd';

/** Formats of pg_dump 9.5 to 18: 1.12 to 1.16 (src/bin/pg_dump/pg_backup_archiver.h). */
const [OLDEST, NEWEST] = [12, 16];
const CUSTOM = 1;
const ALGORITHMS = ['none', 'gzip', 'lz4', 'zstd'];
/** A database of ten thousand tables has some 100,000 entries in 50 MB. */
const MOST_ENTRIES = 1_000_000;
const MOST_TEXT = 16 * 1024 * 1024;
const MOST_BYTES = 256 * 1024 * 1024;

/** A signed int as pg_dump writes it: a byte for the sign, then its bytes, the lowest first. */
export async function readInt(reader: ByteReader, size: number): Promise<number> {
  const bytes = await reader.take(1 + size);
  const value = bytes.readUIntLE(1, size);
  const sign = bytes[0];
  if (sign !== 0 && sign !== 1) throw damaged('dump-directory', {});
  return sign === 1 ? -value : value;
}

/** The beginning of a dump in custom format. Throws ARCHIVE_DAMAGED; ARCHIVE_UNREADABLE for another kind of file. */
export async function readToc(reader: ByteReader): Promise<Toc> {
  const head = await reader.take(11);
  if (head.toString('latin1', 0, 5) !== 'PGDMP') throw refused('nbdata-inside', { what: 'no dump' });
  const [major = 0, minor = 0, , intSize = 0, offsetSize = 0, format = 0] = head.subarray(5);
  if (major !== 1 || minor < OLDEST || minor > NEWEST || format !== CUSTOM)
    throw refused('nbdata-version', { version: `${major}.${minor}/${format}` });
  if (intSize !== 4 || offsetSize !== 8) throw damaged('dump-directory', {});
  const int = () => readInt(reader, intSize);
  const text = async (): Promise<string> => {
    const length = await int();
    if (length <= 0) return '';
    if (length > MOST_TEXT) throw refused('archive-entry', { entry: 'data', size: length, most: MOST_TEXT });
    return (await reader.take(length)).toString('utf8');
  };
  const compression = await compressionOf(reader, minor, int);
  // When it was made, in the time zone of whoever made it: the ZIP around it says so too.
  for (let part = 0; part < 7; part += 1) await int();
  await text();
  const serverVersion = await text();
  const dumpVersion = await text();
  const count = await int();
  if (count < 0) throw damaged('dump-directory', {});
  if (count > MOST_ENTRIES) throw refused('archive-entries', { entries: count, most: MOST_ENTRIES });
  const entries: TocEntry[] = [];
  const ids = new Set<number>();
  for (let i = 0; i < count; i += 1) {
    await turn();
    if (reader.position > MOST_BYTES)
      throw refused('archive-entry', { entry: 'data', size: reader.position, most: MOST_BYTES });
    const id = await int();
    const hasData = (await int()) !== 0;
    // Its catalog's number and its own.
    await text();
    await text();
    const name = await text();
    const kind = await text();
    await int();
    const definition = await text();
    await text();
    const copy = await text();
    const schema = await text();
    await text();
    if (minor >= 14) await text();
    if (minor >= 16) await int();
    await text();
    await text();
    await skipNeeds(reader, intSize);
    const at = await readOffset(reader, offsetSize);
    if (id <= 0 || ids.has(id)) throw damaged('dump-directory', {});
    ids.add(id);
    entries.push({ id, hasData, name, kind, definition, copy, schema, at });
  }
  return { intSize, compression, serverVersion, dumpVersion, entries };
}

async function compressionOf(
  reader: ByteReader,
  minor: number,
  int: () => Promise<number>,
): Promise<Compression> {
  if (minor < 15) return (await int()) === 0 ? 'none' : 'gzip';
  const [number = 0] = await reader.take(1);
  const name = ALGORITHMS[number] ?? String(number);
  if (name === 'none' || name === 'gzip' || name === 'zstd') return name;
  throw refused('nbdata-packed', { method: name });
}

/** Numbers of other entries as texts, up to one that is none. */
async function skipNeeds(reader: ByteReader, intSize: number): Promise<void> {
  for (let many = 0; many <= MOST_ENTRIES; many += 1) {
    const length = await readInt(reader, intSize);
    if (length < 0) return;
    if (length > 20) break;
    await reader.skip(length);
  }
  throw damaged('dump-directory', {});
}

const [NOT_SET, SET, NO_DATA] = [1, 2, 3];

async function readOffset(reader: ByteReader, size: number): Promise<number | undefined> {
  const bytes = await reader.take(1 + size);
  const [state] = bytes;
  if (state === NOT_SET || state === NO_DATA) return undefined;
  const at = Number(bytes.readBigUInt64LE(1));
  if (state !== SET || !Number.isSafeInteger(at)) throw damaged('dump-directory', {});
  return at;
}
