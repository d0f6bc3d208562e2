import { useCallback } from 'react';
import { useArk } from '../api/ark';
import { useLoaded } from '../parts/useLoaded';

/** Whether the app seals values with an AES key of its own; not until it is known. */
export function useHasKey(): boolean {
  const { api } = useArk();
  const ask = useCallback(() => api.getSystem(), [api]);
  return useLoaded(ask).data?.aesKey ?? false;
}
