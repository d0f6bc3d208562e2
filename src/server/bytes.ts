import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';

/** The one currency between stages: pieces of bytes that are pulled, so that a slow reader slows the writer. */
export type Bytes = AsyncIterable<Uint8Array>;

/** All of it in memory: for what is known to be small. */
export async function whole(pieces: Bytes): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return all.length === 1 && all[0] ? all[0] : Buffer.concat(all);
}

export function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

const gzipAsync = promisify(zlib.gzip) as (data: Uint8Array, options: zlib.ZlibOptions) => Promise<Buffer>;
const gunzipAsync = promisify(zlib.gunzip) as (
  data: Uint8Array,
  options: zlib.ZlibOptions,
) => Promise<Buffer>;

/**
 * One gzip member, made in the thread pool. The output buffer is large so that the work is one visit to the pool
 * and not one for each 16 KiB. Level and memLevel were settled by measurement (docs/adr/0004). A few rows are packed
 * before the pool has heard of them, and with tables of their own size.
 */
export function gzip(data: Uint8Array, level = GZIP_LEVEL): Promise<Buffer> {
  if (data.length <= FEW_BYTES)
    return Promise.resolve(zlib.gzipSync(data, { level, windowBits: 12, memLevel: 4, chunkSize: 1024 }));
  // What is not compressed gets a little larger.
  const chunkSize = level > 0 ? data.length >> 1 : data.length + (data.length >> 8) + 1024;
  return gzipAsync(data, { level, memLevel: 9, chunkSize: Math.max(1024, chunkSize) });
}

/** Rejects if the member is damaged or does not have exactly `bytes` bytes (a zip bomb has more). */
export async function gunzip(data: Uint8Array, bytes: number): Promise<Buffer> {
  const options = { maxOutputLength: bytes + 1, chunkSize: Math.max(64, bytes + 1) };
  const plain = bytes <= FEW_BYTES ? zlib.gunzipSync(data, options) : await gunzipAsync(data, options);
  if (plain.length !== bytes) throw new Error(`${bytes} bytes were expected and ${plain.length} came out`);
  return plain;
}

const GZIP_LEVEL = 3;
const FEW_BYTES = 4096;

/** `12.3 MB`, in decimal units as disks and storages count. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[unit] ?? ''}`;
}
