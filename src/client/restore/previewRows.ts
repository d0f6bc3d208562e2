import type { Losses, Preview } from '../api/api';

export type PreviewRow = Preview['collections'][number];

export interface PreviewSums {
  readonly replaced: number;
  readonly created: number;
  readonly aside: number;
  /** Rows of now that would go, at least. */
  readonly lost: number;
  readonly changed: number;
  /** Rows that were changed since. */
  readonly updated: number;
}

/** What the app writes by itself, at each sign-in, is no loss to anybody. */
const lostOf = (row: PreviewRow): number => (row.bookkeeping ? 0 : (row.lostAtLeast ?? 0));

/** What somebody agrees to who agrees to what is shown. */
export const lossesOf = (rows: readonly PreviewRow[]): Losses =>
  Object.fromEntries(rows.map((row) => [row.name, lostOf(row)] as const).filter(([, lost]) => lost > 0));

export function previewSums(rows: readonly PreviewRow[]): PreviewSums {
  return {
    replaced: rows.filter((row) => row.action === 'replace').length,
    created: rows.filter((row) => row.action === 'create').length,
    aside: rows.filter((row) => row.action === 'aside').length,
    lost: rows.reduce((sum, row) => sum + lostOf(row), 0),
    updated: rows.reduce((sum, row) => sum + (row.changedSince ?? 0), 0),
    changed: rows.filter((row) => row.structure.length > 0).length,
  };
}

/** How much an admin should care: rows that would be lost, then what goes, then structure, then counts. */
export function concern(row: PreviewRow): number {
  if (lostOf(row) > 0 && row.action !== 'aside') return 4;
  if (row.action === 'aside') return 3;
  if (row.structure.length > 0) return 2;
  if (row.rowsNow !== row.rowsInBackup || row.action === 'create' || (row.changedSince ?? 0) > 0) return 1;
  return 0;
}

export const byConcern = (rows: readonly PreviewRow[]): PreviewRow[] =>
  [...rows].sort((a, b) => concern(b) - concern(a) || lostOf(b) - lostOf(a) || a.name.localeCompare(b.name));
