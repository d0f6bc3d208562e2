import { useCallback, useEffect, useRef, useState } from 'react';
import { asApiError, type ApiError } from '../api/api';

export interface Loaded<T> {
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  readonly loading: boolean;
  readonly retry: () => void;
}

/** Reads something once, and again when `read` changes. `undefined` reads nothing. */
export function useLoaded<T>(read: (() => Promise<T>) | undefined): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, 'retry'>>({
    data: undefined,
    error: undefined,
    loading: read !== undefined,
  });
  const round = useRef(0);
  const load = useCallback(() => {
    const mine = ++round.current;
    if (!read) {
      setState({ data: undefined, error: undefined, loading: false });
      return;
    }
    setState((before) => ({ ...before, error: undefined, loading: true }));
    read().then(
      (data) => {
        if (mine === round.current) setState({ data, error: undefined, loading: false });
      },
      (error: unknown) => {
        if (mine === round.current) setState({ data: undefined, error: asApiError(error), loading: false });
      },
    );
  }, [read]);
  useEffect(() => {
    load();
    return () => {
      round.current++;
    };
  }, [load]);
  return { ...state, retry: load };
}
