import { useCallback, useEffect, useRef, useState } from 'react';
import type { ArkApi, UploadItem } from '../api/api';

const NONE: readonly UploadItem[] = [];

/** Uploads that were begun and not finished; none while that cannot be known. */
export function useUnfinished(
  api: ArkApi,
  may: boolean,
): { readonly items: readonly UploadItem[]; readonly reload: () => Promise<void> } {
  const [items, setItems] = useState(NONE);
  const round = useRef(0);
  const reload = useCallback(async () => {
    if (!may) return;
    const mine = ++round.current;
    const show = (now: readonly UploadItem[]) => {
      if (mine === round.current) setItems(now);
    };
    await api.listUploads().then(show, () => show(NONE));
  }, [api, may]);
  useEffect(() => void reload(), [reload]);
  return { items: may ? items : NONE, reload };
}
