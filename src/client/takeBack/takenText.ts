import type { TakeBackItem } from '../api/api';
import { visible } from '../notices/codeText';
import type { I18n } from '../parts/i18n';

/** What was done to rows, when, and from where they came. */
export function takenText(
  { t, n, format }: I18n,
  { readable, action, at, source, collections }: TakeBackItem,
): string {
  if (!readable || at === undefined) return t('rowsUndo.unreadable');
  const rows = n(
    'count.rows',
    collections.reduce((sum, collection) => sum + collection.rows, 0),
  );
  const date = format.dateTime(at);
  return action === 'undo'
    ? t('rowsUndo.undone', { rows, date })
    : t('rowsUndo.taken', { rows, date, source: visible(source ?? '?') });
}
