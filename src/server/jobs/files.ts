import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { refused } from '../errors/errors';
import { replaceFile } from '../storage/files';
import { Job, type JobStore } from './jobs';
import { OWN_FOLDER } from '../ownFolder';

/** Records kept at most; the oldest go. */
const KEEP = 500;

/** One small JSON file a job: they stay where they are when the database is overwritten. */
export function fileJobStore(folder: string): JobStore {
  const path = (id: string) => join(folder, `${id}.json`);
  // A record that has ended changes only by being saved again, so it is read once.
  const ended = new Map<string, Job>();
  const read = async (name: string): Promise<Job | undefined> => {
    const known = ended.get(name);
    if (known) return known;
    try {
      const job = Job.parse(JSON.parse(await readFile(join(folder, name), 'utf8')));
      if (job.state !== 'running') ended.set(name, job);
      return job;
    } catch {
      return undefined;
    }
  };
  const names = async () =>
    (await readdir(folder).catch(() => [] as string[]))
      .filter((name) => /^[0-9]{8}_[0-9]{6}_[0-9a-f]{6}\.json$/.test(name))
      .sort()
      .reverse();
  return {
    async save(job) {
      await mkdir(folder, OWN_FOLDER).catch((cause: unknown) => {
        throw refused('records-denied', { folder, why: (cause as Error).message }, { cause });
      });
      await replaceFile(path(job.id), `${JSON.stringify(job, undefined, 2)}\n`);
      ended.delete(`${job.id}.json`);
      for (const old of (await names()).slice(KEEP)) {
        await rm(join(folder, old), { force: true });
        ended.delete(old);
      }
    },
    get: (id) => (/^\w+$/.test(id) ? read(`${id}.json`) : Promise.resolve(undefined)),
    async list() {
      const records = await Promise.all((await names()).map(read));
      // Ids tell the second only.
      return records
        .filter((job) => job !== undefined)
        .sort((a, b) => (a.startedAt < b.startedAt ? 1 : a.startedAt > b.startedAt ? -1 : 0));
    },
  };
}
