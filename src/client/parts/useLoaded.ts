import { useCallback, useEffect, useRef, useState } from 'react';
import { asApiError, OFFLINE, type ApiError } from '../api/api';

export interface Loaded<T> {
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  readonly loading: boolean;
  readonly retry: () => void;
}

/** Who is away comes back: then nobody has to ask again. */
const PASSING: ReadonlySet<string> = new Set([
  OFFLINE,
  'DATABASE_CROWDED',
  'DATABASE_LOST',
  'DATABASE_UNREACHABLE',
  'STORAGE_UNAVAILABLE',
]);
const AGAIN_MS = 5000;

/**
 * Reads something once, and again when `read` changes; as long as who was asked is away, again and again.
 * `undefined` reads nothing. The signal says that nobody waits for the answer any more.
 */
export function useLoaded<T>(read: ((signal: AbortSignal) => Promise<T>) | undefined): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, 'retry'>>({
    data: undefined,
    error: undefined,
    loading: read !== undefined,
  });
  const round = useRef(0);
  const over = useRef<AbortController>();
  const ask = useCallback(
    (isQuiet: boolean) => {
      const mine = ++round.current;
      over.current?.abort();
      if (!read) {
        setState({ data: undefined, error: undefined, loading: false });
        return;
      }
      // What is shown of a failure stays until something else is known.
      if (!isQuiet) setState((before) => ({ ...before, error: undefined, loading: true }));
      over.current = new AbortController();
      read(over.current.signal).then(
        (data) => {
          if (mine === round.current) setState({ data, error: undefined, loading: false });
        },
        (error: unknown) => {
          if (mine === round.current) setState({ data: undefined, error: asApiError(error), loading: false });
        },
      );
    },
    [read],
  );
  const load = useCallback(() => ask(false), [ask]);
  useEffect(() => {
    load();
    return () => {
      round.current++;
      over.current?.abort();
    };
  }, [load]);
  const { error } = state;
  useEffect(() => {
    if (!error || !PASSING.has(error.code)) return;
    const timer = setTimeout(() => ask(true), AGAIN_MS);
    return () => clearTimeout(timer);
  }, [ask, error]);
  return { ...state, retry: load };
}
