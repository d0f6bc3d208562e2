import { BackupError, refused } from '../../errors/errors';
import { KEY_ENTRY } from '../../dumper/container/cipher';
import { MANIFEST_ENTRY } from '../../dumper/archive/entries';
import { firstEntryKind } from '../../dumper/legacy/open';
import { couldBeSealed } from '../../dumper/legacy/nbdata/sealed';

/** So many bytes of a file's beginning tell what it is. */
export const FIRST_BYTES = 512;
/** A ZIP's end record, and with the longest comment there can be. */
const RECORD = 22;
export const LAST_BYTES = RECORD + 65_535;

/** A file that is not here yet. */
export interface Foretold {
  readonly name: string;
  /** Of the whole, in bytes. */
  readonly size: number;
  /** Its first bytes: all of it, or FIRST_BYTES and more. */
  readonly begin: Buffer;
  /** Its last bytes: all of it, or LAST_BYTES and more; undefined where nobody has them yet. */
  readonly end?: Buffer;
}

const bytes = (...values: number[]): Buffer => Buffer.from(values);
const PACKED = [
  bytes(0x1f, 0x8b),
  bytes(0x28, 0xb5, 0x2f, 0xfd),
  bytes(0xfd, 0x37, 0x7a, 0x58, 0x5a),
  Buffer.from('BZh'),
  Buffer.from('7z\xbc\xaf', 'latin1'),
  Buffer.from('Rar!'),
];
const ZIP = bytes(0x50, 0x4b, 3, 4);
const ZIP_ENTRY = bytes(0x50, 0x4b, 1, 2);
const ZIP_END = bytes(0x50, 0x4b, 5, 6);
const WEB_PAGE = /^(<!doctype|<html|<head|<body|<\?xml|<!--|<script)/i;
const SQL = /^(--|\/\*|\\restrict|(SET|CREATE|INSERT|DROP|BEGIN|USE|LOCK|SELECT|PRAGMA)\s)/i;

const startsWith = (begin: Buffer, mark: Buffer): boolean => begin.subarray(0, mark.length).equals(mark);

/**
 * Refuses what cannot be a backup with what it is instead, before gigabytes are sent; tells whether it is encrypted,
 * where that shows. A file that passes may still be refused when all of it is there.
 */
export function refuseForeign(file: Foretold): { readonly encrypted: boolean } {
  const { name, size, begin, end } = file;
  if (size === 0) {
    throw new BackupError('ARCHIVE_EMPTY', 'The file is empty. It was probably never uploaded whole.');
  }
  if (/\.arkv$/i.test(name)) throw refused('file-is-volume', {});
  const enough = end !== undefined && end.length >= Math.min(size, LAST_BYTES);
  if (startsWith(begin, ZIP)) return enough ? zipBy(begin, end, size) : { encrypted: false };
  refuseKnown(begin);
  if (/\.nbdata$/i.test(name) && couldBeSealed(begin, size)) return { encrypted: true };
  throw refused('archive-begins-otherwise', {});
}

function refuseKnown(begin: Buffer): void {
  if (startsWith(begin, ZIP_END)) throw refused('file-is-zip', {});
  if (startsWith(begin, Buffer.from('PGDMP'))) throw refused('file-is-dump', {});
  if (PACKED.some((mark) => startsWith(begin, mark)) || begin.toString('latin1', 257, 262) === 'ustar') {
    throw refused('file-is-packed', {});
  }
  const text = begin.toString('utf8').replace(/^\uFEFF?\s*/, '');
  if (WEB_PAGE.test(text)) throw refused('file-is-page', {});
  if (SQL.test(text)) throw refused('file-is-dump', {});
}

/** By its directory, which stands at the end: whether all of it is there, and whether it is one of ours. */
function zipBy(begin: Buffer, end: Buffer, size: number): { readonly encrypted: boolean } {
  const at = endRecord(end);
  if (at === undefined) throw refused('file-is-cut', {});
  if (firstEntryKind(begin) !== 'ark') return { encrypted: false };
  // As large as it says, the directory is in these bytes; one of the larger kind says so by all ones.
  const length = end.readUInt32LE(at + 12);
  const wholly = end.length === size || length <= at;
  const directory = end.subarray(length <= at ? at - length : 0, at);
  const ours = directory.includes(MANIFEST_ENTRY);
  if (!ours && wholly && directory.includes(ZIP_ENTRY)) throw refused('file-is-zip', {});
  return { encrypted: firstName(begin) === KEY_ENTRY };
}

/** The last one that reaches to the end of the file, with its comment. */
function endRecord(end: Buffer): number | undefined {
  for (let at = end.lastIndexOf(ZIP_END); at >= 0; at = at === 0 ? -1 : end.lastIndexOf(ZIP_END, at - 1)) {
    if (at + RECORD <= end.length && at + RECORD + end.readUInt16LE(at + 20) === end.length) return at;
  }
  return undefined;
}

const firstName = (begin: Buffer): string => begin.toString('utf8', 30, 30 + begin.readUInt16LE(26));
