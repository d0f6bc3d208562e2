import { pipeline, Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import type { Bytes } from '../../bytes';
import { BackupError } from '../../errors';
import { inTurns, type Steps } from '../../turns';
import { damaged, readEnd, type ByteSource } from '../zip';
import { crc32 } from './crc32';

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

const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const MAX32 = 0xffffffff;
const ENCRYPTED = 0x0041;
const MAX_ENTRIES = 200_000;
/** Deflate cannot do better than 1032 to 1: what claims more lies. */
const MAX_RATIO = 1032;
const PIECE = 1024 * 1024;
const HEADER = 30;

/**
 * Reads the directory of an ordinary ZIP, as other programs write it. Laxer than Ark's own (zip.ts), which knows every
 * byte: here the CRC-32 of each entry must do, so an entry counts only once it has been read to its end. Refuses what
 * only hostile files have: entries that overlap, names twice, sizes that cannot be, paths that leave the folder.
 */
export async function readDeflatedZip(source: ByteSource): Promise<Map<string, DeflatedEntry>> {
  const { entries: count, start, end } = await readEnd(source);
  if (count > MAX_ENTRIES)
    throw new BackupError('ARCHIVE_TOO_LARGE', `It has ${count} entries; at most ${MAX_ENTRIES} are read.`);
  return inTurns(readEntries(await source.read(start, end), count, start));
}

function* readEntries(directory: Buffer, count: number, start: number): Steps<Map<string, DeflatedEntry>> {
  const found: Omit<DeflatedEntry, 'to'>[] = [];
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== CENTRAL) throw broken();
    const nameLength = directory.readUInt16LE(at + 28);
    const extraLength = directory.readUInt16LE(at + 30);
    const next = at + 46 + nameLength + extraLength + directory.readUInt16LE(at + 32);
    if (next > directory.length) throw broken();
    const nameBytes = directory.subarray(at + 46, at + 46 + nameLength);
    const name = nameBytes.toString('utf8');
    const method = directory.readUInt16LE(at + 10);
    if ((method !== 0 && method !== 8) || (directory.readUInt16LE(at + 8) & ENCRYPTED) !== 0)
      throw damaged(`${name} is packed in a way that the backup-restore plugin does not use`);
    if (/^\/|\\|(^|\/)\.\.?(\/|$)|\0/.test(name))
      throw damaged(`it has an entry called ${JSON.stringify(name)}`);
    const extra = directory.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
    const [size, packed, offset] = wideNumbers(
      [directory.readUInt32LE(at + 24), directory.readUInt32LE(at + 20), directory.readUInt32LE(at + 42)],
      extra,
      name,
    );
    if (method === 0 ? size !== packed : size > packed * MAX_RATIO)
      throw new BackupError(
        'ARCHIVE_TOO_LARGE',
        `${name} claims ${size} bytes in ${packed}, which cannot be. The file is damaged or made to do harm.`,
      );
    found.push({
      name,
      size,
      packed,
      from: offset,
      crc: directory.readUInt32LE(at + 16),
      deflated: method === 8,
      at: dosTime(directory.readUInt16LE(at + 14), directory.readUInt16LE(at + 12)),
    });
    at = next;
    yield;
  }
  if (at !== directory.length) throw broken();

  const entries = new Map<string, DeflatedEntry>();
  found.sort((a, b) => a.from - b.from);
  for (const [i, entry] of found.entries()) {
    const to = found[i + 1]?.from ?? start;
    if (entry.from + HEADER + Buffer.byteLength(entry.name) + entry.packed > to)
      throw damaged(`${entry.name} reaches into what comes after it`);
    if (entries.has(entry.name)) throw damaged(`${entry.name} is in it twice`);
    entries.set(entry.name, { ...entry, to });
    yield;
  }
  return entries;
}

const broken = (): BackupError => damaged('its directory is broken');

/** ZIP64: numbers that do not fit 32 bits stand in an extra field, in this order, and only those. */
function wideNumbers(
  narrow: [number, number, number],
  extra: Buffer,
  name: string,
): [number, number, number] {
  if (!narrow.includes(MAX32)) return narrow;
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let from = at + 4;
    return narrow.map((value) => {
      if (value !== MAX32) return value;
      if (from + 8 > extra.length) throw damaged(`the directory's record of ${name} is broken`);
      from += 8;
      return Number(extra.readBigUInt64LE(from - 8));
    }) as [number, number, number];
  }
  throw damaged(`the directory's record of ${name} is broken`);
}

/** archiver writes UTC; a part that cannot be is taken over as JavaScript does. */
const dosTime = (date: number, time: number): Date =>
  new Date(
    Date.UTC(
      1980 + (date >> 9),
      ((date >> 5) & 15) - 1,
      date & 31,
      time >> 11,
      (time >> 5) & 63,
      (time & 31) * 2,
    ),
  );

/** The bytes of an entry, unpacked as they are pulled. Throws at the end unless size and CRC-32 are right. */
export async function* unpacked(source: ByteSource, entry: DeflatedEntry): Bytes {
  let crc = 0;
  let size = 0;
  async function* stored(): AsyncGenerator<Buffer> {
    const first = await source.read(entry.from, Math.min(entry.to, entry.from + PIECE));
    const begin = HEADER + first.readUInt16LE(26) + first.readUInt16LE(28);
    const named = first.toString('utf8', HEADER, HEADER + first.readUInt16LE(26)) === entry.name;
    if (first.readUInt32LE(0) !== LOCAL || !named || entry.from + begin + entry.packed > entry.to)
      throw damaged(`the header of ${entry.name} is not what the directory says`);
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
      if (size > entry.size) throw damaged(`${entry.name} has more bytes than it should`);
      crc = crc32(piece, crc);
      yield piece;
    }
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw Object.assign(damaged(`${entry.name} cannot be unpacked`), { cause: error });
  } finally {
    inflate?.destroy();
  }
  const whole = size === entry.size && crc === entry.crc && (inflate?.bytesWritten ?? size) === entry.packed;
  if (!whole) throw damaged(`${entry.name} is not what its checksum says`);
}

/** A small entry as a whole. */
export async function unpack(source: ByteSource, entry: DeflatedEntry, most: number): Promise<Buffer> {
  if (entry.size > most) {
    throw new BackupError(
      'ARCHIVE_TOO_LARGE',
      `Its ${entry.name} has ${entry.size} bytes; at most ${most} are read.`,
    );
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of unpacked(source, entry)) pieces.push(piece);
  return Buffer.concat(pieces);
}
