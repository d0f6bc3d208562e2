import type { Details } from '../errors/details';
import { setTimeout as sleep } from 'node:timers/promises';
import { BackupError, failureOf } from '../errors/errors';
import { storageFailure, StorageFailure } from './failure';
import type { OnWait, Storage } from './storage';
import { MINUTE } from '../durations';

export interface Clock {
  now(): number;
  /** Rejects with the signal's reason when it fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    sleep(ms, undefined, { signal }).catch(() => {
      throw signal?.reason as Error;
    }),
};

/** How often and how long a storage that is not well is asked again. */
export interface Patience {
  readonly attempts: number;
  /** However often that is: so long at least, from the first failure. */
  readonly forMs?: number | undefined;
  /** That of what is under way; a quarter of an hour by default. */
  readonly lastingMs?: number | undefined;
  /** The first pause; each further one is twice as long, up to a minute. */
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
  longestMs: 10 * MINUTE,
  clock: realClock,
  random: Math.random,
};

const GROWN_MS = MINUTE;

/** For what is under way and would be lost: a backup of the night outlives a restart of its storage. */
export const persistent = (patience: Patience): Patience => ({
  ...patience,
  forMs: patience.lastingMs ?? 15 * MINUTE,
});

/** Does it again while it fails with something that passes. */
export async function retry<T>(
  work: (attempt: number) => Promise<T>,
  patience: Patience,
  signal?: AbortSignal,
  onWait?: OnWait,
): Promise<T> {
  let since: number | undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      signal?.throwIfAborted();
      return await work(attempt);
    } catch (error) {
      since ??= patience.clock.now();
      await pauseAfter(error, { attempt, since }, patience, signal, onWait);
    }
  }
}

export interface Failed {
  /** How often in a row. */
  readonly attempt: number;
  /** The moment of the first failure. */
  readonly since: number;
}

/** Rejects with the error if there is no point in trying again. */
async function pauseAfter(
  error: unknown,
  { attempt, since }: Failed,
  patience: Patience,
  signal?: AbortSignal,
  onWait?: OnWait,
): Promise<void> {
  if (!(error instanceof StorageFailure) || !error.transient || error.exhausted || signal?.aborted)
    throw error;
  const { attempts, forMs = 0, firstMs, longestMs, clock, random } = patience;
  const givingUp = (details: Details) =>
    storageFailure(details, {
      cause: error,
      status: error.httpStatus,
      providerCode: error.providerCode,
      transient: true,
      exhausted: true,
    });
  const why = failureOf(error);
  const asked = error.retryAfterMs ?? 0;
  if (asked > longestMs) throw givingUp({ code: 'storage-rest', why, minutes: Math.ceil(asked / MINUTE) });
  const until = since + forMs;
  if (attempt >= attempts && clock.now() >= until) {
    if (attempts === 1) throw error;
    throw givingUp({ code: 'storage-tried', why, times: attempt });
  }
  if (forMs > 0 && attempt === attempts) onWait?.(error, until);
  const grown = Math.min(GROWN_MS, firstMs * 2 ** (attempt - 1));
  await clock.sleep(Math.max(asked, grown * (0.5 + random() / 2)), signal);
}

/**
 * A storage that tries again. A body that comes only once cannot be put twice: what puts do about failures is the
 * business of the storage itself. A download that breaks goes on where it was.
 */
export function retrying(inner: Storage, patience: Patience = PATIENCE): Storage {
  return {
    name: inner.name,
    kind: inner.kind,
    remote: inner.remote,
    put: (...call) => inner.put(...call),
    ...(inner.adopt && { adopt: inner.adopt.bind(inner) }),
    ...(inner.ignoresRanges && { ignoresRanges: inner.ignoresRanges.bind(inner) }),
    async *get(key, range, signal) {
      let at = range?.start ?? 0;
      let since: number | undefined;
      for (let attempt = 0; ;) {
        try {
          const wanted =
            range || at > 0 ? { start: at, end: range?.end ?? Number.MAX_SAFE_INTEGER } : undefined;
          for await (const piece of inner.get(key, wanted, signal)) {
            at += piece.length;
            attempt = 0;
            since = undefined;
            yield piece;
          }
          return;
        } catch (error) {
          attempt += 1;
          since ??= patience.clock.now();
          if (error instanceof BackupError) await pauseAfter(error, { attempt, since }, patience, signal);
          else throw error;
        }
      }
    },
    stat: (key, signal) => retry(() => inner.stat(key, signal), patience, signal),
    list: (signal) => retry(() => inner.list(signal), patience, signal),
    remove: (key, signal) => retry(() => inner.remove(key, signal), patience, signal),
    clean: (signal) => retry(() => inner.clean(signal), patience, signal),
  };
}
