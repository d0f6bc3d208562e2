import { storageFailure } from '../failure';
import type { Bytes } from '../../bytes';
import type { Session } from './client';

/** What every server takes and gives in one message. */
const MESSAGE = 32 * 1024;
/** What is on its way at once: a round trip is waited for once a batch, and the memory stays small. */
export const BATCH = 4 * 1024 * 1024;
const AHEAD = 64;

/** Pieces until they are many enough to be worth a round trip. */
export async function* inBatches(body: Bytes): AsyncGenerator<Uint8Array[], void, void> {
  let batch: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    for (let at = 0; at < piece.length; at += BATCH) {
      // Whoever gave it may use its memory again.
      batch.push(Uint8Array.prototype.slice.call(piece, at, at + BATCH));
      size += Math.min(BATCH, piece.length - at);
      if (size < BATCH) continue;
      yield batch;
      [batch, size] = [[], 0];
    }
  }
  if (size > 0) yield batch;
}

/** All of it, or a failure; it may be written once more at the same place. */
export async function writeBatch(
  { sftp, ask }: Session,
  handle: Buffer,
  batch: readonly Uint8Array[],
  from: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const writes: Promise<void>[] = [];
  let to = from;
  for (const piece of batch) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    for (let at = 0; at < bytes.length; at += MESSAGE) {
      const length = Math.min(MESSAGE, bytes.length - at);
      const position = to;
      writes.push(ask(signal, (done) => sftp.write(handle, bytes, at, length, position, done)));
      to += length;
    }
  }
  const results = await Promise.allSettled(writes);
  const failed = results.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

/** In order, with so much asked for in advance. */
export async function* readAhead(
  session: Session,
  handle: Buffer,
  { start, end }: { readonly start: number; readonly end: number },
  signal: AbortSignal | undefined,
  name: string,
  address: string,
): Bytes {
  const asked: Promise<Buffer>[] = [];
  let next = start;
  for (;;) {
    for (; asked.length < AHEAD && next < end; next += MESSAGE) {
      const piece = readPiece(session, handle, next, Math.min(MESSAGE, end - next), signal, name, address);
      piece.catch(() => undefined);
      asked.push(piece);
    }
    const first = asked.shift();
    if (!first) return;
    const piece = await first;
    signal?.throwIfAborted();
    yield piece;
  }
}

/** A server may give less than was asked for, but nothing at all means that the file ends there. */
async function readPiece(
  { sftp, ask }: Session,
  handle: Buffer,
  from: number,
  length: number,
  signal: AbortSignal | undefined,
  name: string,
  address: string,
): Promise<Buffer> {
  const piece = Buffer.alloc(length);
  for (let have = 0; have < length;) {
    const came = await ask<number>(signal, (done) =>
      sftp.read(handle, piece, have, length - have, from + have, (error, count) => done(error, count)),
    ).catch((error: unknown) => {
      if ((error as { code?: unknown }).code === 1) return 0;
      throw error;
    });
    if (came === 0)
      throw storageFailure({ code: 'storage-short', storage: name, address }, { transient: true });
    have += came;
  }
  return piece;
}
