import { useCallback, useMemo } from 'react';
import type { BackupItem, Containing } from '../api/api';
import { useArk } from '../api/ark';
import { useLoaded } from '../parts/useLoaded';
import { keyOfBackup } from './many';

export type ContainingState = ReturnType<typeof useContaining>;

/** Which backups have a collection; asked again until everything was looked into, or nothing more comes of it. */
export function useContaining(collection: string | undefined, stamp: number) {
  const { api } = useArk();
  const read = useCallback(
    async (signal: AbortSignal): Promise<Containing> => {
      let left = Infinity;
      for (;;) {
        const answer = await api.listContaining(collection ?? '');
        const late = answer.unseen.filter(({ why }) => why === 'later').length;
        if (late === 0 || late >= left || signal.aborted) return answer;
        left = late;
      }
    },
    // Read again with the list.
    [api, collection, stamp],
  );
  const { data, error, loading, retry } = useLoaded(collection === undefined ? undefined : read);
  const having = useMemo(() => {
    if (collection === undefined || !data) return undefined;
    const keys = new Set(data.has.map(keyOfBackup));
    return (backup: BackupItem) => keys.has(keyOfBackup(backup));
  }, [collection, data]);
  return { having, unseen: data?.unseen ?? [], error, loading, retry };
}
