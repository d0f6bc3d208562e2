import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { replaceFile, syncFolder } from '../../storage/files';
import { asideName, OWN_PREFIX, type AppFiles } from './folders';

/** `incoming` takes the place of `live`, which goes to `aside`; all three on one disk. */
export const Exchange = z.object({ live: z.string(), incoming: z.string(), aside: z.string() });
export type Exchange = z.infer<typeof Exchange>;

const Note = z.object({ job: z.string(), exchanges: z.array(Exchange) });

/**
 * Files change places right after the tables' commit, and only the database knows for certain whether that
 * happened. So what is going to change places is written down before the commit; whoever finds the note later asks
 * the database and goes on from there.
 */
export async function announce(app: AppFiles, job: string, exchanges: readonly Exchange[]): Promise<void> {
  await mkdir(app.journal, { recursive: true });
  await replaceFile(noteFile(app, job), JSON.stringify({ job, exchanges }));
  await syncFolder(app.journal);
}

const noteFile = (app: AppFiles, job: string): string => join(app.journal, `${job}.json`);

/** The tables are committed: the files follow. Can be done again from wherever it was interrupted. */
export async function follow(app: AppFiles, job: string, exchanges: readonly Exchange[]): Promise<void> {
  for (const { live, incoming, aside } of exchanges) {
    if (!(await exists(incoming))) continue;
    if ((await exists(live)) && !(await exists(aside))) await rename(live, aside);
    await rename(incoming, live);
    await syncFolder(dirname(live));
  }
  await rm(noteFile(app, job), { force: true });
}

/** The tables stayed: so do the files. What was staged goes, what was kept for an undo stays. */
export async function withdraw(app: AppFiles, job: string, exchanges: readonly Exchange[]): Promise<void> {
  for (const { incoming } of exchanges) {
    if (basename(incoming).startsWith(`${OWN_PREFIX}stage-`))
      await rm(incoming, { recursive: true, force: true });
  }
  await rm(noteFile(app, job), { force: true });
}

/** What a job moved aside, to be put back by another. */
export async function exchangesBack(app: AppFiles, undone: string, job: string): Promise<Exchange[]> {
  const found: Exchange[] = [];
  for (const live of liveOf(app)) {
    const incoming = join(dirname(live), asideName('undo', undone, live));
    if (await exists(incoming)) {
      found.push({ live, incoming, aside: join(dirname(live), asideName('undo', job, live)) });
    }
  }
  return found;
}

/** Notes of jobs that are dead now; `committed` tells whether a job's tables were. */
export async function settleFiles(app: AppFiles, committed: (job: string) => boolean): Promise<void> {
  for (const name of await readdir(app.journal).catch(() => [] as string[])) {
    if (!name.endsWith('.json')) continue;
    const note = Note.parse(JSON.parse(await readFile(join(app.journal, name), 'utf8')));
    await (committed(note.job) ? follow : withdraw)(app, note.job, note.exchanges);
  }
  for (const { path, job } of await leftovers(app)) {
    if (!committed(job)) await rm(path, { recursive: true, force: true });
  }
}

/** What Ark has put beside the live folders, and for which job. */
export async function leftovers(
  app: AppFiles,
): Promise<{ path: string; job: string; what: 'stage' | 'undo' }[]> {
  const found: { path: string; job: string; what: 'stage' | 'undo' }[] = [];
  for (const live of liveOf(app)) {
    for (const name of await readdir(dirname(live)).catch(() => [] as string[])) {
      const match = /^\.ark-(stage|undo)-(\d{8}_\d{6}_[0-9a-f]{6})-(.+)$/.exec(name);
      if (match?.[3] !== basename(live)) continue;
      found.push({
        path: join(dirname(live), name),
        job: match[2] ?? '',
        what: match[1] as 'stage' | 'undo',
      });
    }
  }
  return found;
}

export const hasNotes = async (app: AppFiles): Promise<boolean> =>
  (await readdir(app.journal).catch(() => [] as string[])).some((name) => name.endsWith('.json'));

const liveOf = (app: AppFiles): string[] => [
  ...app.folders.map((one) => one.folder),
  ...(app.keyFile === undefined ? [] : [app.keyFile]),
];

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
