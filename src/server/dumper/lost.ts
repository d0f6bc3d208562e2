import { BackupError } from '../errors';
import type { AppHints, CollectionPreview, Database } from './dialect';
import { bookkeeping } from './groups';

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

type Lost = Pick<CollectionPreview, 'lostAtLeast' | 'bookkeeping'>;

/** Of all that would be gone, the rows that somebody entered: each sign-in writes others, and nobody misses those. */
export const lostRows = (rows: readonly Lost[]): number =>
  rows.reduce((sum, row) => sum + (row.bookkeeping ? 0 : (row.lostAtLeast ?? 0)), 0);

/** Whether something of now may be gone afterwards, or whether there was too much of it to be counted. */
export const mayLose = (rows: readonly CollectionPreview[]): boolean =>
  lostRows(rows) > 0 ||
  rows.some((row) => {
    if (row.bookkeeping) return false;
    return row.action === 'aside' || (row.rowsNowGuessed && (row.rowsNow ?? 0) > (row.rowsInBackup ?? 0));
  });

/** Marks the collections that the app fills by itself, by what the app is that lives here. */
export async function markBookkeeping(
  database: Pick<Database, 'app'>,
  hints: AppHints,
  rows: readonly CollectionPreview[],
): Promise<CollectionPreview[]> {
  const isOne = bookkeeping((await database.app(hints)).app);
  return rows.map((row) => (isOne(row.name) ? { ...row, bookkeeping: true } : row));
}

/** Whoever accepted that so many rows go has not accepted that those go which came since he looked. */
export function refuseMoreLost(accepted: number, rows: readonly Lost[]): void {
  const lost = lostRows(rows);
  if (lost <= accepted) return;
  throw new BackupError(
    'MORE_WOULD_BE_LOST',
    `At least ${lost} rows would be lost now; when you looked it was ${accepted}. Nothing was changed. Look at the preview again.`,
  );
}
