import type { UndoItem } from '../api/api';
import { visible } from '../notices/codeText';
import type { I18n } from '../parts/i18n';

/** What an undo would take back: a restore comes from a backup, the undo of one from nowhere that has a name. */
export const undoText = ({ t, format }: I18n, { action, at, source }: UndoItem): string =>
  action === 'undo'
    ? t('undo.undone', { date: format.dateTime(at) })
    : t('undo.restored', { date: format.dateTime(at), source: visible(source) });
