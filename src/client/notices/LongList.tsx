import { useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { styles } from '../parts/styles';

interface Props {
  readonly label?: string;
  /** Its items. */
  readonly children: ReactNode;
}

/** A list that is scrolled where it is too long to be seen at once, then also by keys. */
export function LongList({ label, children }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const [scrolls, setScrolls] = useState(false);
  useLayoutEffect(() => {
    const { scrollHeight = 0, clientHeight = 0 } = list.current ?? {};
    setScrolls(scrollHeight > clientHeight);
  });
  return (
    <ul ref={list} aria-label={label} style={styles.longList} tabIndex={scrolls ? 0 : undefined}>
      {children}
    </ul>
  );
}
