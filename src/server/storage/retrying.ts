import { BackupError } from '../errors';
import { StorageFailure } from './failure';
import type { Storage } from './storage';

export interface Clock {
  now(): number;
  /** Rejects with the signal's reason when it fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, ms);
      if (signal?.aborted) stop();
      else signal?.addEventListener('abort', stop, { once: true });
    }),
};

/** How often and how long a storage that is not well is asked again. */
export interface Patience {
  readonly attempts: number;
  /** The first pause; each further one is twice as long, up to `longestMs`. */
  readonly firstMs: number;
  /** A storage that asks for a longer pause is taken at its word: the work fails and says so. */
  readonly longestMs: number;
  readonly clock: Clock;
  /** From 0 to 1: many who were refused together must not come back together. */
  readonly random: () => number;
}

export const PATIENCE: Patience = {
  attempts: 5,
  firstMs: 1000,
  longestMs: 10 * 60_000,
  clock: realClock,
  random: Math.random,
};

/** Does it again while it fails with something that passes. */
export async function retry<T>(
  work: (attempt: number) => Promise<T>,
  patience: Patience,
  signal?: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      signal?.throwIfAborted();
      return await work(attempt);
    } catch (error) {
      await pauseAfter(error, attempt, patience, signal);
    }
  }
}

/** Rejects with the error if there is no point in trying again. */
export async function pauseAfter(
  error: unknown,
  attempt: number,
  patience: Patience,
  signal?: AbortSignal,
): Promise<void> {
  if (!(error instanceof StorageFailure) || !error.transient || signal?.aborted) throw error;
  const { attempts, firstMs, longestMs, clock, random } = patience;
  const asked = error.retryAfterMs ?? 0;
  if (asked > longestMs) {
    throw new StorageFailure(
      error.code,
      `${error.message} It asks to be left alone for ${Math.ceil(asked / 60_000)} minutes.`,
      { cause: error, status: error.httpStatus, providerCode: error.providerCode },
    );
  }
  if (attempt >= attempts) {
    if (attempts === 1) throw error;
    throw new StorageFailure(error.code, `${error.message} It was tried ${attempts} times.`, {
      cause: error,
      status: error.httpStatus,
      providerCode: error.providerCode,
    });
  }
  const grown = Math.min(longestMs, firstMs * 2 ** (attempt - 1));
  await clock.sleep(Math.max(asked, grown * (0.5 + random() / 2)), signal);
}

/**
 * A storage that tries again. A body that comes only once cannot be put twice: what puts do about failures is the
 * business of the storage itself; a file can (`adopt`). A download that breaks goes on where it was.
 */
export function retrying(inner: Storage, patience: Patience = PATIENCE): Storage {
  return {
    name: inner.name,
    kind: inner.kind,
    put: (key, body, signal) => inner.put(key, body, signal),
    ...(inner.adopt && {
      adopt: (key: string, file: string, signal?: AbortSignal) =>
        retry(async () => inner.adopt?.(key, file, signal), patience, signal),
    }),
    async *get(key, range, signal) {
      let at = range?.start ?? 0;
      for (let failures = 0; ;) {
        try {
          const wanted =
            range || at > 0 ? { start: at, end: range?.end ?? Number.MAX_SAFE_INTEGER } : undefined;
          for await (const piece of inner.get(key, wanted, signal)) {
            at += piece.length;
            failures = 0;
            yield piece;
          }
          return;
        } catch (error) {
          failures += 1;
          if (error instanceof BackupError) await pauseAfter(error, failures, patience, signal);
          else throw error;
        }
      }
    },
    stat: (key) => retry(() => inner.stat(key), patience),
    list: () => retry(() => inner.list(), patience),
    remove: (key) => retry(() => inner.remove(key), patience),
    clean: () => retry(() => inner.clean(), patience),
  };
}
