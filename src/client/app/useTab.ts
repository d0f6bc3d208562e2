import { useEffect } from 'react';

/** The browser's tab says whose page this is and what goes on; `undefined` where it belongs to somebody else. */
export function useTab(title: string | undefined, icon: string): void {
  useEffect(() => {
    if (title !== undefined) document.title = title;
  }, [title]);
  const owned = title !== undefined;
  useEffect(() => {
    if (owned) document.querySelector('link[rel=icon]')?.setAttribute('href', icon);
  }, [icon, owned]);
}
