import { BackupError } from '../../errors/errors';
import type { AppInfo, CollectionPreview } from '../dialect';
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
export function markBookkeeping(
  app: AppInfo | undefined,
  rows: readonly CollectionPreview[],
): CollectionPreview[] {
  const isOne = bookkeeping(app);
  return rows.map((row) => (isOne(row.name) ? { ...row, bookkeeping: true } : row));
}

/** Of each collection that loses some, without what the app writes by itself. */
export type Losses = Readonly<Record<string, number>>;

export const lossesOf = (rows: readonly (Lost & Pick<CollectionPreview, 'name'>)[]): Losses =>
  Object.fromEntries(rows.map((row) => [row.name, lostRows([row])] as const).filter(([, lost]) => lost > 0));

export class MoreWouldBeLost extends BackupError {
  constructor(
    message: string,
    /** What it is by now. */
    readonly now: Losses,
    collections: string[],
  ) {
    super('MORE_WOULD_BE_LOST', message, { details: { code: 'more-lost', collections } });
  }
}

const NAMED = 5;

/**
 * Whoever accepted that rows of a collection go has not accepted that those go which came since he looked, nor those of
 * another one: what is not named may lose none.
 */
export function refuseMoreLost(accepted: Losses, rows: Parameters<typeof lossesOf>[0]): void {
  const now = lossesOf(rows);
  const agreed = (name: string) => (Object.hasOwn(accepted, name) ? (accepted[name] ?? 0) : 0);
  const more = Object.entries(now).filter(([name, lost]) => lost > agreed(name));
  if (more.length === 0) return;
  const said = more
    .slice(0, NAMED)
    .map(
      ([name, lost]) =>
        `at least ${lost} ${lost === 1 ? 'row' : 'rows'} of ${name}, and ${agreed(name)} when you looked`,
    );
  const rest = more.length > NAMED ? `; so do ${more.length - NAMED} more collections` : '';
  throw new MoreWouldBeLost(
    `More would be lost now: ${said.join('; ')}${rest}. Nothing was changed. Look at the preview again.`,
    now,
    more.map(([name]) => name),
  );
}
