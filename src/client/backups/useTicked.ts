import { useMemo, useState } from 'react';
import type { BackupItem } from '../api/api';
import { keyOfBackup } from './many';

/** What is ticked of what is shown: nothing is done with what nobody sees. */
export function useTicked(shown: readonly BackupItem[]) {
  const [keys, setTicked] = useState<readonly string[]>([]);
  const chosen = useMemo(() => {
    const wanted = new Set(keys);
    return shown.filter((backup) => wanted.has(keyOfBackup(backup)));
  }, [keys, shown]);
  const ticked = useMemo(() => chosen.map(keyOfBackup), [chosen]);
  return { chosen, ticked, setTicked };
}
