import { again, refused } from '../../errors/errors';
import type { Host } from '../../host';
import { runJob, type Job, type Watch } from '../../jobs/jobs';
import type { Storage } from '../../storage/storage';
import type { Catalog } from './catalog';
import type { Stored } from './deleteBackup';
import { transferBackup } from './targets';

/**
 * A backup into another storage too, under its own name, as a job; what arrived is opened before it counts. Rejects
 * with BACKUP_EXISTS where there is one of that name, and with why it is damaged before anything is copied.
 */
export async function copyBackup(
  host: Pick<Host, 'jobs' | 'user'>,
  catalog: Catalog,
  { storage, object }: Stored,
  to: Storage,
  watch: Watch,
): Promise<{ job: Job; result: { name: string; storage: string; size: number } }> {
  const { key, size } = object;
  const job = { ...watch, kind: 'transfer' as const, subject: key, by: host.user };
  return runJob(host.jobs, job, async ({ onProgress, signal }) => {
    if (storage.name === to.name) throw refused('backup-taken', { key });
    onProgress({ stage: 'write', done: 0, total: size, rows: 0, bytes: 0 });
    const { error } = await catalog.item(storage, object);
    if (error) throw again(error);
    const stored = await transferBackup(storage, to, key, {}, signal, (done) =>
      onProgress({ stage: 'write', done, total: size, rows: 0, bytes: done }),
    );
    return { name: stored.key, storage: to.name, size: stored.size };
  });
}
