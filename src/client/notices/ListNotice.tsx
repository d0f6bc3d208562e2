import { Alert } from 'antd';
import type { ReactNode } from 'react';
import { styles } from '../parts/styles';

interface Props {
  readonly type: 'info' | 'warning';
  readonly title: string;
  readonly text?: string;
  readonly lines: readonly { readonly key: string; readonly text: ReactNode }[];
}

/** A few that fit are seen at once. */
const FEW = 4;

/** What there is to know, line by line; nothing where there is none. A long list is scrolled, also by keys. */
export function ListNotice({ type, title, text, lines }: Props) {
  if (lines.length === 0) return null;
  return (
    <Alert
      type={type}
      showIcon
      style={styles.top}
      message={
        <>
          <b>{title}</b>
          {text !== undefined && <div>{text}</div>}
          <ul aria-label={title} style={styles.longList} tabIndex={lines.length > FEW ? 0 : undefined}>
            {lines.map((line) => (
              <li key={line.key}>{line.text}</li>
            ))}
          </ul>
        </>
      }
    />
  );
}
