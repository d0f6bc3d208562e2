/**
 * What a user must be allowed to do. `look` is to see rows in a backup; `view` is to see the backups. `takeBack` is to bring
 * single rows back, and to see them beside those of now.
 * NocoBase's roles get these one by one; the console's user has them all.
 */
export const PERMISSIONS = [
  'view',
  'look',
  'backup',
  'download',
  'restore',
  'takeBack',
  'delete',
  'settings',
] as const;
export type Permission = (typeof PERMISSIONS)[number];
