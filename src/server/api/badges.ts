/** What a list says of a backup, in the order of the page; each has its word as `state.BADGE` in `src/locale`. */
export const BADGES = [
  'damaged',
  'verified',
  'proven',
  'provenBeside',
  'plain',
  'encrypted',
  'oldFormat',
  'backupManager',
  'written',
  'ready',
] as const;
export type Badge = (typeof BADGES)[number];
