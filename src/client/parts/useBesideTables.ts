import { useCallback } from 'react';
import { useArk } from '../api/ark';
import { useLoaded, type Loaded } from './useLoaded';

export interface BesideTables {
  /** The app's uploaded files, and how much they take. */
  readonly files: number;
  readonly bytes: number;
  /** Whether the app seals values with an AES key of its own. */
  readonly hasKey: boolean;
  /** Nobody has said where the app keeps its files: they cannot be taken. */
  readonly unknown: boolean;
}

/**
 * What a backup can hold beside tables. Until it is known nothing may begin that would hold it: what is not yet seen
 * would be left out without a word.
 */
export function useBesideTables(): Loaded<BesideTables> {
  const { api } = useArk();
  const read = useCallback(async () => {
    const [folders, { aesKey, filesUnknown }] = await Promise.all([api.countFiles(), api.getSystem()]);
    return {
      files: folders.reduce((sum, folder) => sum + folder.files, 0),
      bytes: folders.reduce((sum, folder) => sum + folder.bytes, 0),
      hasKey: aesKey,
      unknown: filesUnknown,
    };
  }, [api]);
  return useLoaded(read);
}
