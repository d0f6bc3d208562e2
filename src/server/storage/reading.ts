import type { Readable } from 'node:stream';
import type { Bytes } from '../bytes';

export interface ReadingOptions {
  readonly signal: AbortSignal | undefined;
  /** Waiting so many milliseconds for less than LEAST bytes is an end: silence, or one byte at a time. */
  readonly idleMs: number;
  readonly stalled: () => Error;
  /** What a break of the connection is called. */
  readonly broken: (cause: unknown) => Error;
  /** Bytes that were announced; fewer or more are a break. */
  readonly expected?: number | undefined;
  /** The part that was asked for, where the server sent everything. */
  readonly slice?: { readonly start: number; readonly end: number } | undefined;
}

/** 256 KiB in five minutes is what a modem did; somebody who sends less keeps us busy. */
const LEAST = 256 * 1024;

/** The body of an answer, to its announced end or with an error: never silently shorter, never waiting for ever. */
export async function* reading(stream: Readable, options: ReadingOptions): Bytes {
  const { signal, idleMs, stalled, broken, expected, slice } = options;
  let reason: Error | undefined;
  const give = (error: Error) => {
    reason ??= error;
    stream.destroy(error);
  };
  const stop = () => give(signal?.reason as Error);
  let timer: NodeJS.Timeout | undefined;
  let [left, since, fresh] = [idleMs, 0, 0];
  const wait = () => {
    since = performance.now();
    timer = setTimeout(() => give(stalled()), left);
  };
  /** What the reader does meanwhile is no waiting for the storage. */
  const came = (bytes: number) => {
    clearTimeout(timer);
    left -= performance.now() - since;
    fresh += bytes;
    if (fresh < LEAST) return;
    [left, fresh] = [idleMs, 0];
  };
  stream.on('error', () => undefined);
  signal?.addEventListener('abort', stop, { once: true });
  let taken = 0;
  try {
    if (signal?.aborted) stop();
    wait();
    for await (const piece of stream as AsyncIterable<Buffer>) {
      came(piece.length);
      const at = taken;
      taken += piece.length;
      if (!slice) yield piece;
      else {
        const part = piece.subarray(Math.max(0, slice.start - at), Math.max(0, slice.end - at));
        if (part.length > 0) yield part;
        if (taken >= slice.end) return;
      }
      if (signal?.aborted) stop();
      wait();
    }
    if (reason) throw reason;
    if (expected !== undefined && taken !== expected) {
      throw new Error(`${taken} of ${expected} bytes came`);
    }
  } catch (error) {
    throw reason ?? broken(error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
    stream.destroy();
  }
}
