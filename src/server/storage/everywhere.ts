import type { Bytes } from '../bytes';
import { untilAborted } from './files';
import type { OnWait, Storage, Stored } from './storage';

export type Outcome =
  | { readonly storage: Storage; readonly stored: Stored }
  | { readonly storage: Storage; readonly error: unknown };

/**
 * One body into several storages at the same time, at the pace of the slowest. Each piece goes on to the next once
 * all have taken it, so memory holds one. A storage that fails is left behind; while one waits, all do (`onWait`). Rejects only with what the body itself
 * failed with.
 */
export async function putEverywhere(
  storages: readonly Storage[],
  key: string,
  body: Bytes,
  signal?: AbortSignal,
  onWait?: (storage: string, ...wait: Parameters<OnWait>) => void,
): Promise<Outcome[]> {
  const put = (storage: Storage, own: Bytes) =>
    outcomeOf(
      storage,
      storage.put(key, own, signal, (why, until) => onWait?.(storage.name, why, until)),
    );
  const [only] = storages;
  if (only && storages.length === 1) return [await put(only, body)];
  const taps = storages.map(() => tap());
  const nobody = new AbortController();
  const leave = (tap: Tap) => {
    tap.leave();
    if (taps.every((other) => other.left())) nobody.abort();
  };
  const puts = storages.map((storage, i) => {
    const own = taps[i] ?? tap();
    return put(storage, own.body).finally(() => leave(own));
  });
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const piece of untilAborted(body, nobody.signal)) {
      await Promise.all(taps.map((tap) => tap.give(piece)));
    }
    for (const tap of taps) tap.end();
  } catch (error) {
    if (!nobody.signal.aborted) failure = { error };
    for (const tap of taps) tap.fail(error);
  }
  const outcomes = await Promise.all(puts);
  if (failure) throw failure.error;
  return outcomes;
}

const outcomeOf = (storage: Storage, put: Promise<Stored>): Promise<Outcome> =>
  put.then(
    (stored) => ({ storage, stored }),
    (error: unknown) => ({ storage, error }),
  );

interface Tap {
  readonly body: Bytes;
  /** Resolves once the piece was taken and the next is asked for, or nobody takes any more. */
  give(piece: Uint8Array): Promise<void>;
  end(): void;
  fail(error: unknown): void;
  leave(): void;
  left(): boolean;
}

function tap(): Tap {
  let waiting: Uint8Array | undefined;
  let ended: { readonly error?: unknown } | undefined;
  let gone = false;
  let taken: () => void = () => undefined;
  let wake: () => void = () => undefined;
  async function* body(): Bytes {
    for (;;) {
      while (waiting === undefined && !ended) await new Promise<void>((resolve) => (wake = resolve));
      if (ended && 'error' in ended) throw ended.error;
      if (waiting === undefined) return;
      const piece = waiting;
      waiting = undefined;
      yield piece;
      taken();
    }
  }
  return {
    body: body(),
    give(piece) {
      if (gone) return Promise.resolve();
      waiting = piece;
      const done = new Promise<void>((resolve) => (taken = resolve));
      wake();
      return done;
    },
    end() {
      ended ??= {};
      wake();
    },
    fail(error) {
      ended = { error };
      waiting = undefined;
      wake();
      taken();
    },
    leave() {
      gone = true;
      taken();
    },
    left: () => gone,
  };
}
