import type { PreparedItem } from '../api/api';
import { formatBytes } from '../bytes';
import { table } from './table';
import { localTime } from './time';

export function preparedText(items: readonly PreparedItem[]): string[] {
  if (items.length === 0) return ['No restore is prepared. "ark restore ARCHIVE --prepare" prepares one.'];
  return table(
    ['job', 'backup', 'collections', 'rows', 'size', 'waits until'],
    items.map(({ job, backup, collections, bytes, expiresAt, readable }) => [
      job,
      readable ? (backup ?? '') : '(prepared by another installation)',
      readable ? String(collections.length) : '',
      readable ? String(collections.reduce((sum, { rows }) => sum + rows, 0)) : '',
      formatBytes(bytes),
      localTime(expiresAt),
    ]),
    { right: [2, 3, 4] },
  );
}
