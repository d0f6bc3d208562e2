import type { JobItem } from '../api/api';

/** What came of taking rows back, or of putting them back. */
export interface RowsDone {
  readonly rows: number;
  readonly files: number;
  /** The job whose undo takes that back; undefined: nothing was written. */
  readonly undo: string | undefined;
  readonly expiresAt: string | undefined;
  /** Tables that the app reads only when it starts. */
  readonly restart: readonly string[];
}

const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

export function rowsDone({ result }: Pick<JobItem, 'result'>): RowsDone {
  const { rows, inserted, overwritten, files, undo, expiresAt, restart } = (
    typeof result === 'object' && result !== null ? result : {}
  ) as Readonly<Record<string, unknown>>;
  return {
    rows: typeof rows === 'number' ? rows : count(inserted) + count(overwritten),
    files: count(files),
    undo: text(undo),
    expiresAt: text(expiresAt),
    restart: Array.isArray(restart) ? restart.filter((name) => typeof name === 'string') : [],
  };
}
