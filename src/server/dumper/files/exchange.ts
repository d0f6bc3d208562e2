import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { replaceFile, syncFolder } from '../../storage/files';
import type { Committed } from '../dialect';
import { asideName, isOwner, OWN_PREFIX, type AppFiles } from './folders';

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

const noteFile = (app: AppFiles, job: string, owner = app.owner): string =>
  join(app.journal, `${job}-${owner}.json`);

async function removeNote(app: AppFiles, job: string): Promise<void> {
  for (const owner of [app.owner, app.olderOwner]) await rm(noteFile(app, job, owner), { force: true });
}

/** The tables are committed: the files follow. Can be done again from wherever it was interrupted. */
export async function follow(app: AppFiles, job: string, exchanges: readonly Exchange[]): Promise<void> {
  for (const { live, incoming, aside } of exchanges) {
    if (!(await exists(incoming))) continue;
    if ((await exists(live)) && !(await exists(aside))) await rename(live, aside);
    await rename(incoming, live);
    await syncFolder(dirname(live));
  }
  await removeNote(app, job);
}

/** The tables stayed: so do the files. What was staged goes, what was kept for an undo stays. */
export async function withdraw(app: AppFiles, job: string, exchanges: readonly Exchange[]): Promise<void> {
  for (const { incoming } of exchanges) {
    if (basename(incoming).startsWith(`${OWN_PREFIX}stage-`))
      await rm(incoming, { recursive: true, force: true });
  }
  await removeNote(app, job);
}

/** What a job moved aside, to be put back by another. */
export async function exchangesBack(app: AppFiles, undone: string, job: string): Promise<Exchange[]> {
  const kept = (await besideLive(app)).filter((file) => file.what === 'undo' && file.job === undone);
  return kept.map(({ live, path }) => ({
    live,
    incoming: path,
    aside: join(dirname(live), asideName('undo', job, app, live)),
  }));
}

/** Notes of jobs that are dead now, and what they left beside the folders. What cannot be told yet waits. */
export async function settleFiles(app: AppFiles, committed: Committed): Promise<void> {
  for (const name of await notes(app)) {
    const note = Note.parse(JSON.parse(await readFile(join(app.journal, name), 'utf8')));
    const done = committed(note.job);
    if (done !== undefined) await (done ? follow : withdraw)(app, note.job, note.exchanges);
  }
  for (const { path, job } of await leftovers(app)) {
    if (committed(job) === false) await rm(path, { recursive: true, force: true });
  }
}

interface Beside {
  readonly path: string;
  readonly live: string;
  readonly job: string;
  readonly owner: string;
  readonly what: 'stage' | 'undo';
}

/** What Ark has put beside the live folders for jobs of this database. */
export const leftovers = async (app: AppFiles): Promise<Beside[]> =>
  (await besideLive(app)).filter((file) => isOwner(app, file.owner));

async function besideLive(app: AppFiles): Promise<Beside[]> {
  const files: Beside[] = [];
  for (const live of liveOf(app)) {
    for (const name of await readdir(dirname(live)).catch(() => [] as string[])) {
      const match = /^\.ark-(stage|undo)-(\d{8}_\d{6}_[0-9a-f]{6})-([0-9a-f]{8})-(.+)$/.exec(name);
      if (match?.[4] !== basename(live)) continue;
      const [, what, job = '', owner = ''] = match;
      files.push({ path: join(dirname(live), name), live, job, owner, what: what as Beside['what'] });
    }
  }
  return files;
}

export const hasNotes = async (app: AppFiles): Promise<boolean> => (await notes(app)).length > 0;

const notes = async (app: AppFiles): Promise<string[]> =>
  (await readdir(app.journal).catch(() => [] as string[])).filter((name) =>
    isOwner(app, /-([0-9a-f]{8})\.json$/.exec(name)?.[1] ?? ''),
  );

const liveOf = (app: AppFiles): string[] => [
  ...app.folders.map((folder) => folder.folder),
  ...(app.keyFile === undefined ? [] : [app.keyFile]),
];

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
