/** What a user must be allowed to do. NocoBase's roles get these one by one; the console's user has them all. */
export const PERMISSIONS = ['view', 'backup', 'download', 'restore', 'delete', 'settings'] as const;
export type Permission = (typeof PERMISSIONS)[number];
