import { hostname } from 'node:os';
import * as z from 'zod';
import { HOUR } from '../../durations';
import { newJobId } from '../../dumper/job';
import type { Host } from '../../host';
import type { Job, JobStore } from '../../jobs/jobs';

const Seen = z.object({ collections: z.array(z.string()) });
/** By whom and what: the records of this process, so that the store is asked once an hour. */
const recent = new WeakMap<JobStore, Map<string, Job>>();

/**
 * Says in the history that somebody is looking into a backup, before he sees anything: a line for each who, backup and
 * hour, with the collections. More lines would push out those of restores.
 */
export async function recordLook(
  { jobs, user }: Pick<Host, 'jobs' | 'user'>,
  subject: string,
  looked: string | readonly string[],
  now = new Date(),
): Promise<void> {
  const known = recent.get(jobs) ?? new Map<string, Job>();
  recent.set(jobs, known);
  const key = JSON.stringify([user, subject]);
  const fits = (job: Job) => now.getTime() - Date.parse(job.startedAt) < HOUR;
  for (const [other, job] of known) if (!fits(job)) known.delete(other);
  const before =
    known.get(key) ??
    (await jobs.list()).find(
      (job) => job.kind === 'look' && job.by === user && job.subject === subject && fits(job),
    );
  const collections = Seen.safeParse(before?.result).data?.collections ?? [];
  const more = [looked].flat().filter((collection) => !collections.includes(collection));
  if (before && more.length === 0) {
    known.set(key, before);
    return;
  }
  const at = now.toISOString();
  const job: Job = {
    ...(before ?? {
      id: newJobId(now),
      kind: 'look',
      state: 'done',
      subject,
      startedAt: at,
      ...(user !== undefined && { by: user }),
      host: hostname(),
      pid: process.pid,
    }),
    endedAt: at,
    result: { collections: [...collections, ...more] },
  };
  known.set(key, job);
  await jobs.save(job).catch((error: unknown) => {
    known.delete(key);
    throw error;
  });
}
