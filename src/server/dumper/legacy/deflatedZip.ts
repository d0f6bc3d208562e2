import { pipeline, Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { fromRandomAccessReaderPromise, RandomAccessReader, type Entry } from 'yauzl';
import type { Bytes } from '../../bytes';
import { BackupError, refused, damaged } from '../../errors/errors';
import { inTurns, type Steps } from '../../turns';
import { readEnd, type ByteSource } from '../container/zip';

export interface DeflatedEntry {
  readonly name: string;
  /** Bytes once unpacked. */
  readonly size: number;
  /** Bytes as they lie in the file. */
  readonly packed: number;
  readonly crc: number;
  readonly deflated: boolean;
  /** From its header to where the next entry, or the directory, begins. */
  readonly from: number;
  readonly to: number;
  readonly at: Date;
}

const LOCAL = 0x04034b50;
const MAX_ENTRIES = 200_000;
/** Deflate cannot do better than 1032 to 1: what claims more lies. */
const MAX_RATIO = 1032;
const PIECE = 1024 * 1024;
const HEADER = 30;
/** Bytes of a record of the directory, beside its three texts. */
const RECORD = 46;
/** Where yauzl looks for the end of the directory: its record, the one of ZIP64 and the longest comment. */
const LONGEST_END = 22 + 20 + 0xffff;

/**
 * Reads the directory of an ordinary ZIP, as other programs write it. Laxer than Ark's own (zip.ts), which knows every
 * byte: here the CRC-32 of each entry must do, so an entry counts only once it has been read to its end. yauzl takes
 * the records apart; refused besides is what only hostile files have: entries that overlap, names twice, sizes that
 * cannot be, paths that leave the folder.
 */
export async function readDeflatedZip(source: ByteSource): Promise<Map<string, DeflatedEntry>> {
  const { entries: count, start, end } = await readEnd(source);
  if (count > MAX_ENTRIES) throw refused('archive-entries', { entries: count, most: MAX_ENTRIES });
  const zipEntries: Omit<DeflatedEntry, 'to'>[] = [];
  let at = start;
  try {
    for await (const entry of await recordsOf(source, start)) {
      zipEntries.push(checked(entry));
      at += RECORD + entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength;
    }
  } catch (cause) {
    throw cause instanceof BackupError ? cause : damaged('directory', {}, cause);
  }
  if (at !== end) throw damaged('directory', {});
  return inTurns(inOrder(zipEntries, start));
}

/** A part of a file that was read at once, for yauzl, which asks for a few bytes at a time. */
class Part extends RandomAccessReader {
  constructor(
    private readonly bytes: Buffer,
    private readonly from: number,
  ) {
    super();
  }

  override read(
    target: Buffer,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | null, read?: number) => void,
  ): void {
    const at = position - this.from;
    const inside = at >= 0 && at + length <= this.bytes.length;
    if (inside) this.bytes.copy(target, offset, at, at + length);
    done(inside ? null : new Error('it is cut off'), inside ? length : 0);
  }
}

/** The records of the directory. */
async function recordsOf(source: ByteSource, start: number): Promise<AsyncIterable<Entry>> {
  const from = Math.min(start, Math.max(0, source.size - LONGEST_END));
  const part = new Part(await source.read(from, source.size), from);
  // Names are decoded here: yauzl would make a slash of each backslash.
  const zip = await fromRandomAccessReaderPromise(part, source.size, { decodeStrings: false });
  return zip.eachEntry();
}

function checked(entry: Entry): Omit<DeflatedEntry, 'to'> {
  const { uncompressedSize: size, compressedSize: packed, compressionMethod: method } = entry;
  const name = entry.fileNameRaw.toString('utf8');
  if ((method !== 0 && method !== 8) || entry.isEncrypted()) throw damaged('packing', { entry: name });
  if (/^\/|\\|(^|\/)\.\.?(\/|$)|\0/.test(name)) throw damaged('name', { entry: JSON.stringify(name) });
  if (size > packed * MAX_RATIO) throw refused('archive-ratio', { entry: name, size, packed });
  return {
    name,
    size,
    packed,
    from: entry.relativeOffsetOfLocalHeader,
    crc: entry.crc32,
    deflated: method === 8,
    // archiver writes UTC.
    at: entry.getLastModDate({ timezone: 'UTC' }),
  };
}

function* inOrder(zipEntries: Omit<DeflatedEntry, 'to'>[], end: number): Steps<Map<string, DeflatedEntry>> {
  const entries = new Map<string, DeflatedEntry>();
  zipEntries.sort((a, b) => a.from - b.from);
  for (const [i, entry] of zipEntries.entries()) {
    const to = zipEntries[i + 1]?.from ?? end;
    if (entry.from + HEADER + Buffer.byteLength(entry.name) + entry.packed > to)
      throw damaged('overlap', { entry: entry.name });
    if (entries.has(entry.name)) throw damaged('twice', { entry: entry.name });
    entries.set(entry.name, { ...entry, to });
    yield;
  }
  return entries;
}

/** The bytes of an entry, unpacked as they are pulled. Throws at the end unless size and CRC-32 are right. */
export async function* unpacked(source: ByteSource, entry: DeflatedEntry): Bytes {
  let crc = 0;
  let size = 0;
  async function* stored(): AsyncGenerator<Buffer> {
    const first = await source.read(entry.from, Math.min(entry.to, entry.from + PIECE));
    const begin = HEADER + first.readUInt16LE(26) + first.readUInt16LE(28);
    const named = first.toString('utf8', HEADER, HEADER + first.readUInt16LE(26)) === entry.name;
    if (first.readUInt32LE(0) !== LOCAL || !named || entry.from + begin + entry.packed > entry.to)
      throw damaged('header', { entry: entry.name });
    const end = entry.from + begin + entry.packed;
    yield first.subarray(begin, begin + entry.packed);
    for (let at = entry.from + first.length; at < end; at += PIECE)
      yield await source.read(at, Math.min(at + PIECE, end));
  }
  const inflate = entry.deflated ? createInflateRaw({ chunkSize: 256 * 1024 }) : undefined;
  if (inflate) pipeline(Readable.from(stored()), inflate, () => undefined);
  try {
    for await (const piece of (inflate ?? stored()) as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > entry.size) throw damaged('long', { entry: entry.name });
      crc = crc32(piece, crc);
      yield piece;
    }
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw damaged('unpacked', { entry: entry.name }, error);
  } finally {
    inflate?.destroy();
  }
  const whole = size === entry.size && crc === entry.crc && (inflate?.bytesWritten ?? size) === entry.packed;
  if (!whole) throw damaged('checksum', { entry: entry.name });
}

/** A small entry as a whole. */
export async function unpack(source: ByteSource, entry: DeflatedEntry, most: number): Promise<Buffer> {
  if (entry.size > most) {
    throw refused('archive-entry', { entry: entry.name, size: entry.size, most });
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of unpacked(source, entry)) pieces.push(piece);
  return Buffer.concat(pieces);
}
