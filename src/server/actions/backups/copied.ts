import { randomUUID } from 'node:crypto';
import { BackupError, refused } from '../../errors/errors';
import type { Host } from '../../host';
import type { BackupItem, Stray } from '../../api/api';
import type { Catalog } from './catalog';
import { inTurn } from '../inTurn';
import { saveInstanceId } from '../trust/instance';
import { newInstanceKey } from '../trust/instanceKey';
import { rememberMade } from '../trust/madeBook';
import { backupItems, ownBackups } from './ownBackups';
import { addTrusted } from '../trust/trust';

/**
 * Two instances of one number and key, as a copied virtual machine or data folder makes them, take each other's
 * backups for their own. Whoever sees a backup that his key has signed and that he has not made deletes nothing, and
 * asks which of the two he is.
 */
type Where = Pick<Host, 'settings' | 'storages' | 'instance' | 'jobs' | 'exclusive' | 'seal' | 'user'>;

export function copied(strays: readonly Pick<BackupItem, 'name' | 'storage'>[]): BackupError {
  const [first] = strays;
  const where = { backup: first?.name ?? '', storage: first?.storage ?? '' };
  return strays.length > 1
    ? refused('copied-backups', { ...where, others: strays.length - 1 }, { way: 'tellCopy' })
    : refused('copied-backup', where, { way: 'tellCopy' });
}

/** In all storages that answer. */
export async function listStrays(host: Where, catalog: Catalog): Promise<Stray[]> {
  return (await straysOf(host, catalog)).map(toStray);
}

const toStray = ({ name, storage, createdAt }: BackupItem): Stray => ({ name, storage, createdAt });

async function straysOf(host: Where, catalog: Catalog): Promise<BackupItem[]> {
  const listed = await catalog.list(host);
  const [items, own] = await Promise.all([backupItems(host, listed.items), ownBackups(host)]);
  return items.filter((item) => own.isStray(item));
}

/** They are its own from now on: they count as good backups of this app, and go by the rules of its schedules. */
export async function adoptStrays(host: Where, catalog: Catalog): Promise<Stray[]> {
  const strays = await straysOf(host, catalog);
  await rememberMade(
    host,
    strays.map(({ name, storage, createdAt, size, id, origin, encrypted }) => ({
      name,
      storage,
      createdAt,
      size,
      encrypted,
      ...(id !== undefined && { id }),
      ...(origin?.schedule !== undefined && { schedule: origin.schedule }),
    })),
  );
  return strays.map(toStray);
}

/**
 * This is the copy: from now on it has a number and a key of its own. All that was made before is the other's, whom it
 * trusts. Returns the new fingerprint.
 */
export async function renewInstance(
  host: Pick<Host, 'settings' | 'exclusive' | 'seal' | 'user'>,
  now: Date,
): Promise<{ own: string }> {
  const { before, own } = await newInstanceKey(host);
  await inTurn(host, 'instance', () => saveInstanceId(host, randomUUID()));
  if (before !== undefined)
    await addTrusted(host, { fingerprint: before, name: 'the original of this copy' }, now);
  return { own };
}
