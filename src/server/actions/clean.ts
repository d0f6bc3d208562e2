import type { Committed } from '../dumper/dialect';
import { hasNotes, leftovers, settleFiles } from '../dumper/files/exchange';
import type { AppFiles } from '../dumper/files/folders';
import { newJobId } from '../dumper/job';
import type { Host } from '../host';
import { mendRecords, staleJobs } from '../jobs/jobs';

/**
 * Records and unfinished files of processes that are gone. Whether a job that changes the database got through
 * only the database knows, and it knows for certain once the job's lock is free.
 */
export async function startClean(host: Host): Promise<void> {
  // Those on the network are looked after when they are used.
  const local = (await host.storages.list()).filter((storage) => !storage.remote);
  await Promise.all(local.map((storage) => storage.clean().catch(() => 0)));
  // Whoever needs the database hears from itself that it does not answer; there is nothing to be said of its jobs then.
  const id = await host.database.id().catch(() => undefined);
  if (id === undefined) return;
  const here = { id, older: host.database.label };
  const stale = await staleJobs(host.jobs, here);
  const files = await host.files();
  const beside = (await hasNotes(files)) ? true : (await leftovers(files)).length > 0;
  if (stale.length === 0 && !beside) return;
  const lock = await host.database.lock(newJobId()).catch(() => undefined);
  if (!lock) return;
  try {
    await mendRecords(host.jobs, await settle(host, files), here);
  } finally {
    await lock.release();
  }
}

/** Files go where the tables of their jobs are. The lock must be held. */
export async function settle(host: Host, files: AppFiles): Promise<Committed> {
  const committed = await host.database.committed();
  await settleFiles(files, committed);
  return committed;
}

/** While the lock was taken nothing could be said of a dead job's end; once this job has ended it can. */
export function cleanAfter<T>(host: Host, job: Promise<T>): Promise<T> {
  return job.finally(() => startClean(host).catch(() => undefined));
}
