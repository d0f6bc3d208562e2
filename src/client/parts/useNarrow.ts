import { useLayoutEffect, useState, type RefObject } from 'react';

const NARROW = 640;

/** Whether the page itself is narrow: inside NocoBase it does not have the whole window. */
export function useNarrow(element: RefObject<HTMLElement>): boolean {
  const [narrow, setNarrow] = useState(false);
  useLayoutEffect(() => {
    const target = element.current;
    if (!target) return;
    const measure = () => setNarrow(target.clientWidth < NARROW);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return narrow;
}
