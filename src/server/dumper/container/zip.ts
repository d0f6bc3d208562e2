import { BackupError, refused, damaged } from '../../errors/errors';
import { inTurns, type Steps } from '../../turns';

/** Bytes that can be read anywhere: a file, an object in a storage. */
export interface ByteSource {
  readonly size: number;
  /** From `start` to `end` (exclusive). Rejects if there are fewer. */
  read(start: number, end: number): Promise<Buffer>;
  /** The files that these bytes lie in, where the whole is kept in several. */
  filesOf?(start: number, end: number): readonly string[];
}

export interface ZipEntry {
  readonly name: string;
  /** Of the local header. */
  readonly offset: number;
  readonly size: number;
  /** Bytes of the local header. */
  readonly before: number;
  /** Its record in the directory, of which that header can be told. */
  readonly record: { readonly directory: Buffer; readonly at: number };
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const MAX32 = 0xffffffff;
const MAX16 = 0xffff;
/** Bytes of the field of sizes that do not fit 32 bits. */
const WIDE = 28;
const UTF8_NAME = 0x0800;
const UNIX_MADE_BY = 0x032d;
const REGULAR_FILE = 0x81a40020;
/** More than a manifest can list, at some 100 bytes each. */
const MAX_ENTRIES = 400_000;
const MAX_DIRECTORY = 64 * 1024 * 1024;

/**
 * Reads the directory of a ZIP the way Ark writes one, and nothing else: stored entries, one after the other from
 * the first byte to the directory, no comments, no gaps. So no byte of the file is without a check: the entries'
 * bytes have digests in the manifest, and everything around them can be only one thing. General readers skip what
 * they do not need and would not see such a change (`__tests__/dumper/zip.test.ts` shows it; docs/adr/0002).
 */
export async function readDirectory(source: ByteSource): Promise<Map<string, ZipEntry>> {
  const { entries, start, end } = await readEnd(source);
  return inTurns(readEntries(await source.read(start, end), entries, start));
}

interface Directory {
  readonly entries: number;
  readonly start: number;
  readonly end: number;
}

/** Where the directory of a ZIP lies. Throws unless the file begins and ends like one that was written in one go. */
export async function readEnd(source: ByteSource): Promise<Directory> {
  if (source.size === 0)
    throw new BackupError('ARCHIVE_EMPTY', 'The file is empty. It was probably never uploaded whole.');
  const first = await source.read(0, Math.min(4, source.size));
  if (first.length < 4 || ![LOCAL, END].includes(first.readUInt32LE(0))) {
    throw refused('archive-no-zip', {});
  }
  return directoryOf(source);
}

async function directoryOf(source: ByteSource): Promise<Directory> {
  if (source.size < 22) throw damaged('cut-off', {});
  const end = await source.read(source.size - 22, source.size);
  if (end.readUInt32LE(0) !== END || end.readUInt16LE(20) !== 0) {
    throw damaged('no-end', {});
  }
  let entries = end.readUInt16LE(10);
  let directorySize = end.readUInt32LE(12);
  let directoryOffset = end.readUInt32LE(16);
  let directoryEnd = source.size - 22;
  if (end.readUInt32LE(4) !== 0 || end.readUInt16LE(8) !== entries) throw damaged('end', {});
  // Exactly 65,535 entries fit the narrow record; archiver fills all three fields when it writes the wide one.
  if (directorySize === MAX32 || directoryOffset === MAX32) {
    if (source.size < 22 + 20 + 56) throw damaged('cut-off', {});
    const wide = await source.read(source.size - 22 - 20 - 56, source.size - 22);
    directoryEnd = source.size - 22 - 20 - 56;
    const consistent =
      entries === MAX16 &&
      directorySize === MAX32 &&
      directoryOffset === MAX32 &&
      wide.readUInt32LE(0) === END64 &&
      wide.readBigUInt64LE(4) === 44n &&
      wide.readUInt16LE(12) === 45 &&
      wide.readUInt16LE(14) === 45 &&
      wide.readBigUInt64LE(16) === 0n &&
      wide.readBigUInt64LE(24) === wide.readBigUInt64LE(32) &&
      wide.readUInt32LE(56) === LOCATOR64 &&
      wide.readUInt32LE(60) === 0 &&
      wide.readBigUInt64LE(64) === BigInt(directoryEnd) &&
      wide.readUInt32LE(72) === 1;
    if (!consistent) throw damaged('end', {});
    entries = Number(wide.readBigUInt64LE(32));
    directorySize = Number(wide.readBigUInt64LE(40));
    directoryOffset = Number(wide.readBigUInt64LE(48));
  }
  if (directoryOffset + directorySize !== directoryEnd) throw damaged('directory-place', {});
  if (directorySize > MAX_DIRECTORY || entries > MAX_ENTRIES || entries * 46 > directorySize) {
    throw refused('archive-directory', {
      entries,
      size: directorySize,
      mostEntries: MAX_ENTRIES,
      mostSize: MAX_DIRECTORY,
    });
  }
  return { entries, start: directoryOffset, end: directoryEnd };
}

function* readEntries(
  directory: Buffer,
  count: number,
  directoryOffset: number,
): Steps<Map<string, ZipEntry>> {
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  let expected = 0;
  for (let i = 0; i < count; i += 1) {
    const entry = entryAt(directory, at, expected);
    const { name, offset, before, size } = entry;
    if (entries.has(name)) throw damaged('twice', { entry: name });
    entries.set(name, entry);
    expected = offset + before + size;
    at = recordEnd(directory, at);
    yield;
  }
  if (at !== directory.length || expected !== directoryOffset) throw damaged('stray', {});
  return entries;
}

const recordEnd = (directory: Buffer, at: number): number =>
  at + 46 + directory.readUInt16LE(at + 28) + directory.readUInt16LE(at + 30);

/** The entry whose record begins there, and whose header lies where it is expected: anywhere without that. */
function entryAt(directory: Buffer, at: number, expected?: number): ZipEntry {
  if (at + 46 > directory.length || directory.readUInt32LE(at) !== CENTRAL) throw damaged('directory', {});
  const nameLength = directory.readUInt16LE(at + 28);
  const extraLength = directory.readUInt16LE(at + 30);
  if (at + 46 + nameLength + extraLength > directory.length) throw damaged('directory', {});
  const nameBytes = directory.subarray(at + 46, at + 46 + nameLength);
  const name = nameBytes.toString('utf8');
  const extra = directory.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
  let size = directory.readUInt32LE(at + 24);
  let stored = directory.readUInt32LE(at + 20);
  let offset = directory.readUInt32LE(at + 42);
  const wide = extraLength > 0;
  if (wide) {
    const all = size === MAX32 && stored === MAX32 && offset === MAX32;
    if (!all || extraLength !== WIDE || extra.readUInt16LE(0) !== 1 || extra.readUInt16LE(2) !== 24) {
      throw damaged('record', { entry: name });
    }
    size = Number(extra.readBigUInt64LE(4));
    stored = Number(extra.readBigUInt64LE(12));
    offset = Number(extra.readBigUInt64LE(20));
  }
  const plain =
    directory.readUInt16LE(at + 4) === UNIX_MADE_BY &&
    directory.readUInt16LE(at + 6) === (wide ? 45 : 10) &&
    directory.readUInt16LE(at + 8) === (nameBytes.length === name.length ? 0 : UTF8_NAME) &&
    directory.readUInt16LE(at + 10) === 0 &&
    directory.readUInt16LE(at + 32) === 0 &&
    directory.readUInt16LE(at + 34) === 0 &&
    directory.readUInt16LE(at + 36) === 0 &&
    directory.readUInt32LE(at + 38) === REGULAR_FILE &&
    stored === size &&
    (expected === undefined || offset === expected);
  if (!plain) throw damaged('record', { entry: name });
  return { name, offset, size, before: 30 + nameLength, record: { directory, at } };
}

/**
 * The last entries of a ZIP, if these are their names, which are ASCII: nothing of the directory before them is read,
 * nor looked at. Undefined if they are not. Throws where it is no ZIP such as Ark writes.
 */
export async function readLast(
  source: ByteSource,
  names: readonly string[],
): Promise<readonly ZipEntry[] | undefined> {
  const { start, end } = await directoryOf(source);
  const most = names.reduce((sum, name) => sum + 46 + name.length + WIDE, 0);
  const directory = await source.read(Math.max(start, end - most), end);
  // Records have a beginning, and no end, that tells them: from the last one back by their lengths.
  let at = directory.length;
  for (const name of [...names].reverse()) {
    const begins = [0, WIDE].map((extra) => at - 46 - name.length - extra);
    const begin = begins.find((begin) => isRecordOf(directory, begin, at, name));
    if (begin === undefined) return undefined;
    at = begin;
  }
  const entries: ZipEntry[] = [];
  let expected: number | undefined;
  while (at < directory.length) {
    const entry = entryAt(directory, at, expected);
    entries.push(entry);
    expected = entry.offset + entry.before + entry.size;
    at = recordEnd(directory, at);
  }
  if (expected !== start) throw damaged('stray', {});
  return entries;
}

const isRecordOf = (directory: Buffer, at: number, end: number, name: string): boolean =>
  at >= 0 &&
  directory.readUInt32LE(at) === CENTRAL &&
  directory.readUInt16LE(at + 28) === name.length &&
  recordEnd(directory, at) === end &&
  directory.toString('latin1', at + 46, at + 46 + name.length) === name;

/** The same bytes, of which those from `start` to `end` are read once. */
export async function near(source: ByteSource, start: number, end: number): Promise<ByteSource> {
  const bytes = await source.read(start, end);
  return {
    size: source.size,
    read: (from, to) =>
      from >= start && from <= to && to <= end
        ? Promise.resolve(bytes.subarray(from - start, to - start))
        : source.read(from, to),
  };
}

/** The bytes of an entry, once its header has been found to be what the directory says. */
export async function readEntry(source: ByteSource, entry: ZipEntry): Promise<Buffer> {
  const start = entry.offset + entry.before;
  const all = await source.read(entry.offset, start + entry.size);
  checkHeader(entry, all);
  return all.subarray(entry.before);
}

const PIECE = 1024 * 1024;

/** The same for one of any size, piece by piece as they are pulled. */
export async function* entryPieces(source: ByteSource, entry: ZipEntry): AsyncGenerator<Buffer, void, void> {
  const start = entry.offset + entry.before;
  checkHeader(entry, await source.read(entry.offset, start));
  const end = start + entry.size;
  for (let at = start; at < end; at += PIECE) yield await source.read(at, Math.min(end, at + PIECE));
}

/** The local header as it must be, byte by byte. */
function headerOf({ before, size, record: { directory, at } }: ZipEntry): Buffer {
  const header = Buffer.alloc(before);
  header.writeUInt32LE(LOCAL, 0);
  header.writeUInt16LE(10, 4);
  directory.copy(header, 6, at + 8, at + 20); // flags, method, time, date, crc
  header.writeUInt32LE(size, 18);
  header.writeUInt32LE(size, 22);
  header.writeUInt16LE(before - 30, 26);
  directory.copy(header, 30, at + 46, at + 46 + before - 30);
  return header;
}

function checkHeader(entry: ZipEntry, start: Buffer): void {
  if (start.subarray(0, entry.before).equals(headerOf(entry))) return;
  throw damaged('header', { entry: entry.name });
}
