import { BackupError } from '../errors';
import type { CollectionPreview } from './dialect';

type Counted = Pick<
  CollectionPreview,
  'action' | 'rowsNow' | 'rowsNowGuessed' | 'rowsInBackup' | 'createdSince'
>;

/**
 * How many rows of now would be gone, as far as counting can tell: those that came since, or as many as there are
 * more now than then. It may be more, as rows without a date can have taken the place of others; it is never less.
 * Undefined: nothing was counted.
 */
export function lostAtLeast(row: Counted): number | undefined {
  const { action, rowsNow, rowsNowGuessed, rowsInBackup, createdSince } = row;
  if (action === 'create' || (rowsNow === undefined && createdSince === undefined)) return undefined;
  // A guess is no count.
  const now = rowsNowGuessed ? 0 : (rowsNow ?? 0);
  const then = action === 'aside' ? 0 : (rowsInBackup ?? now);
  return Math.max(createdSince ?? 0, now - then, 0);
}

export const lostRows = (rows: readonly { readonly lostAtLeast?: number | undefined }[]): number =>
  rows.reduce((sum, row) => sum + (row.lostAtLeast ?? 0), 0);

/** Whoever accepted that so many rows go has not accepted that those go which came since he looked. */
export function refuseMoreLost(accepted: number, rows: readonly CollectionPreview[]): void {
  const lost = lostRows(rows);
  if (lost <= accepted) return;
  throw new BackupError(
    'MORE_WOULD_BE_LOST',
    `At least ${lost} rows would be lost now; when you looked it was ${accepted}. Nothing was changed. Look at the preview again.`,
  );
}
