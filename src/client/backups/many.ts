import type { BackupItem } from '../api/api';

export type ManyAction = 'download' | 'copy' | 'pin' | 'unpin' | 'delete';

/** Why one of several is left out; each has its words. */
export type LeftOutWhy = 'inUse' | 'pinned' | 'other' | 'there' | 'damaged';

interface Around {
  /** What jobs work with. */
  readonly inUse: ReadonlySet<string>;
  /** Where copies go, and what is there. */
  readonly to?: string | undefined;
  readonly there: ReadonlySet<string>;
}

export const keyOfBackup = ({ name, storage }: Pick<BackupItem, 'name' | 'storage'>): string =>
  `${storage}/${name}`;

/** Somebody else made it, as far as that is proven: what goes then is theirs. */
const isOfOthers = ({ maker, mine, state }: BackupItem): boolean =>
  !mine && state !== 'damaged' && maker.kind !== 'unknown';

/** What keeps a backup from that; undefined: nothing that is known. */
export function leftOutWhy(
  action: ManyAction,
  backup: BackupItem,
  { inUse, to, there }: Around,
): LeftOutWhy | undefined {
  switch (action) {
    case 'delete':
      if (backup.pinned) return 'pinned';
      if (inUse.has(backup.name)) return 'inUse';
      return isOfOthers(backup) ? 'other' : undefined;
    case 'copy':
      if (backup.state === 'damaged') return 'damaged';
      return to !== undefined && (backup.storage === to || there.has(`${to}/${backup.name}`))
        ? 'there'
        : undefined;
    case 'download':
    case 'pin':
    case 'unpin':
      return undefined;
  }
}
