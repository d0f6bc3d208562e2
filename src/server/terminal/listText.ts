import type { BackupItem } from '../api/api';
import { makerLabel } from '../actions/trust/maker';
import { plainText } from '../actions/trust/suddenlyPlain';
import { formatBytes } from '../bytes';
import { table } from './table';
import { localTime } from './time';

type InList = Pick<BackupItem, 'size' | 'createdAt' | 'storage' | 'state' | 'maker' | 'suddenlyPlain'> & {
  readonly key: string;
};

/** `places`: where was looked, by storage. */
export function listText(backups: readonly InList[], places: readonly string[]): string[] {
  if (backups.length === 0)
    return [`No backups in ${places.join(', ')}. Make one with "ark backup"; ARK_DATA names another folder.`];
  const rows = backups.map((backup) => [
    backup.key,
    formatBytes(backup.size),
    localTime(backup.createdAt),
    backup.storage,
    backup.state === 'damaged' ? 'damaged' : makerLabel(backup.maker),
  ]);
  return [
    ...table(['name', 'size', 'made', 'storage', 'maker'], rows, { right: [1] }),
    ...backups.filter((backup) => backup.suddenlyPlain).map((backup) => `! ${plainText(backup.key)}`),
  ];
}
