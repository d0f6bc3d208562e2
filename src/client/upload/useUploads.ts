import { useCallback } from 'react';
import { useArk } from '../api/ark';
import { useLoaded } from '../parts/useLoaded';

/** How many uploaded files the app has and how much they take; nothing until it is known. */
export function useUploads(): { readonly files: number; readonly bytes: number } {
  const { api } = useArk();
  const count = useCallback(() => api.countFiles(), [api]);
  const { data: folders = [] } = useLoaded(count);
  return {
    files: folders.reduce((sum, folder) => sum + folder.files, 0),
    bytes: folders.reduce((sum, folder) => sum + folder.bytes, 0),
  };
}
