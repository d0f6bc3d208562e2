import { Alert } from 'antd';
import type { ReactNode } from 'react';
import { styles } from '../parts/styles';
import { LongList } from './LongList';

interface Props {
  readonly type: 'info' | 'warning';
  readonly title: string;
  readonly text?: string;
  readonly lines: readonly { readonly key: string; readonly text: ReactNode }[];
}

/** What there is to know, line by line; nothing where there is none. */
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
          <LongList label={title}>
            {lines.map((line) => (
              <li key={line.key}>{line.text}</li>
            ))}
          </LongList>
        </>
      }
    />
  );
}
