import { basename } from 'node:path';
import { refused, refusedNear } from '../../errors/errors';
import type { Host } from '../../host';
import { activeJobs, type Job, type JobStore } from '../../jobs/jobs';
import { isUnknown } from '../../storage/failure';
import { checkKey, withEnding } from '../../storage/key';
import type { Storage, StoredObject } from '../../storage/storage';
import type { Catalog } from './catalog';
import { nearBackups } from './findBackup';
import { removeUnlessPinned } from './marks';

export interface Stored {
  readonly storage: Storage;
  readonly object: StoredObject;
}

type Where = Pick<Host, 'settings' | 'exclusive' | 'user'>;

/**
 * For good. Rejects with BACKUP_PINNED, and with JOB_BUSY while a job uses it: one of `here`, or one of another process
 * by its record.
 */
export async function deleteBackup(
  host: Where & Pick<Host, 'jobs'>,
  catalog: Catalog,
  stored: Stored,
  here?: readonly Job[],
): Promise<void> {
  await refuseInUse(host.jobs, stored.object.key, here);
  await removeBackup(host, catalog, stored);
}

/** The only place where a backup goes. Whoever calls it knows that no job uses it. */
export async function removeBackup(
  host: Where,
  catalog: Catalog,
  { storage, object }: Stored,
): Promise<void> {
  const item = await catalog.item(storage, object);
  await removeUnlessPinned(host, item, () => storage.remove(object.key));
}

export async function refuseInUse(jobs: JobStore, key: string, here: readonly Job[] = []): Promise<void> {
  const users = [...here.filter((job) => job.state === 'running'), ...(await activeJobs(jobs))];
  // Commands are given a path, or a name without its ending.
  const user = users.find(({ subject }) => subject !== '' && withEnding(basename(subject)) === key);
  if (user) throw refused('job-uses', { key, kind: user.kind });
}

/**
 * A backup in each of these storages that has it; without names in all that are set up. Rejects with BACKUP_UNKNOWN if
 * none has it, and if one cannot be asked: it may have a copy.
 */
export async function copiesOf(
  { storages }: Pick<Host, 'storages'>,
  name: string,
  names?: readonly string[],
): Promise<Stored[]> {
  const key = checkKey(withEnding(name));
  const asked = names
    ? await Promise.all([...new Set(names)].map((storage) => storages.find(storage)))
    : await storages.list();
  const copies: Stored[] = [];
  for (const storage of asked) {
    const object = await storage.stat(key).catch((error: unknown) => {
      if (isUnknown(error)) return undefined;
      throw error;
    });
    if (object) copies.push({ storage, object });
  }
  if (copies.length > 0) return copies;
  const none = { backup: JSON.stringify(key), storages: asked.map((storage) => storage.name) };
  throw refusedNear('backup-none', none, await nearBackups(asked, key));
}
