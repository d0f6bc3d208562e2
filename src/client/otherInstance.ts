import type { BackupItem } from './api';

/** The instance that made it, if that is not this one. */
export const otherInstance = (backup: Pick<BackupItem, 'instance'>, instance: string): string | undefined =>
  instance === '' || backup.instance === instance ? undefined : backup.instance;
