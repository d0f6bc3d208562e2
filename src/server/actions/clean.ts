import { hasNotes, leftovers, settleFiles } from '../dumper/files/exchange';
import type { AppFiles } from '../dumper/files/folders';
import { newJobId } from '../dumper/job';
import type { Host } from '../host';
import { mendRecords, staleJobs } from '../jobs/jobs';
import type { Storage } from '../storage/storage';

/**
 * Records and unfinished files of processes that are gone. Whether a job that changes the database got through
 * only the database knows, and it knows for certain once the job's lock is free.
 */
export async function startClean(host: Host): Promise<void> {
  // Those on the network are looked after when they are used.
  const local = (await host.storages.list()).filter((one) => !isRemote(one));
  await Promise.all(local.map((one) => one.clean().catch(() => 0)));
  const stale = await staleJobs(host.jobs, host.database.label);
  const files = await host.files();
  const beside = (await hasNotes(files)) ? true : (await leftovers(files)).length > 0;
  if (stale.length === 0 && !beside) return;
  const lock = await host.database.lock(newJobId()).catch(() => undefined);
  if (!lock) return;
  try {
    const finished = await settle(host, files);
    await mendRecords(host.jobs, (id) => finished.has(id), host.database.label);
  } finally {
    await lock.release();
  }
}

/** Files go where the tables of their jobs are. Returns the jobs whose tables are in place; the lock must be held. */
export async function settle(host: Host, files: AppFiles): Promise<ReadonlySet<string>> {
  const finished = new Set((await host.database.undos()).map((one) => one.job));
  await settleFiles(files, (id) => finished.has(id));
  return finished;
}

/** While the lock was taken nothing could be said of a dead job's end; once this job has ended it can. */
export function cleanAfter<T>(host: Host, job: Promise<T>): Promise<T> {
  return job.finally(() => startClean(host).catch(() => undefined));
}

export const isRemote = (storage: Storage): boolean => storage.kind !== 'local';
