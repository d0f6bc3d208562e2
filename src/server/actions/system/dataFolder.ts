import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { newJobId } from '../../dumper/job';
import { asBackupError, failureOf } from '../../errors/errors';
import { deadFiles } from '../../storage/files';
import type * as api from '../../api/api';
import { cleaned } from '../../cleaned';
import { startClean } from '../clean';
import type { Ark } from '../ark';
import { soon } from '../soon';
import { dropResting, restingUploads } from '../uploads/dropUpload';
import { freeSpace } from '../uploads/space';
import { uploadFolder } from '../uploads/upload';
import { OWN_FOLDER } from '../../ownFolder';

type Part = api.DataFolder['parts'][number];
type Kind = Part['kind'];

const KINDS: Readonly<Record<string, Kind>> = {
  backups: 'backups',
  uploads: 'uploads',
  jobs: 'jobs',
  settings: 'settings',
  locks: 'settings',
  cache: 'cache',
  postgres: 'database',
};

/** What lies in the data folder, and what Ark keeps in the database. */
export async function describeData({ host, dataFolder }: Ark): Promise<api.DataFolder> {
  await mkdir(dataFolder, OWN_FOLDER);
  const names = await readdir(dataFolder, { withFileTypes: true });
  const parts = await Promise.all(
    names.map(async (entry) => {
      const path = join(dataFolder, entry.name);
      return { kind: KINDS[entry.name.replace(/\..*$/, '')] ?? 'other', path, ...(await sizeOf(path)) };
    }),
  );
  const free = await freeSpace(dataFolder);
  const facts = { folder: dataFolder, free, parts: folded(parts.sort((a, b) => b.bytes - a.bytes)) };
  try {
    return { ...facts, database: await inDatabase(host) };
  } catch (cause) {
    return { ...facts, database: [], error: failureOf(cause) };
  }
}

/** The small ones that go with a large one, such as a lock or a log, are counted with it. */
function folded(parts: readonly Part[]): Part[] {
  const folderParts: Part[] = [];
  for (const part of parts) {
    const at = folderParts.findIndex(({ kind }) => kind === part.kind && kind !== 'other');
    const larger = folderParts[at];
    if (!larger) folderParts.push(part);
    else folderParts[at] = { ...larger, ...plus(larger, part) };
  }
  return folderParts;
}

type InDatabase = api.DataFolder['database'][number];

async function inDatabase({ database }: Pick<Ark['host'], 'database'>): Promise<InDatabase[]> {
  const [undos, leftovers] = [await database.undos(), await database.leftovers()];
  return [
    ...undos.map((undo): InDatabase => ({
      kind: 'undo',
      name: undo.job,
      bytes: undo.bytes,
      expiresAt: undo.expiresAt.toISOString(),
    })),
    ...leftovers.map((leftover): InDatabase => ({ kind: 'staging', ...leftover })),
  ];
}

interface Sums {
  readonly files: number;
  readonly bytes: number;
  readonly unread?: true;
}

/** All files below a path; what vanishes meanwhile is not there, and what may not be read is not nothing. */
async function sizeOf(path: string): Promise<Sums> {
  try {
    const info = await stat(path);
    if (!info.isDirectory()) return { files: 1, bytes: info.size };
    let sums: Sums = { files: 0, bytes: 0 };
    for (const name of await readdir(path)) sums = plus(sums, await sizeOf(join(path, name)));
    return sums;
  } catch (cause) {
    const gone = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    return { files: 0, bytes: 0, ...(!gone && { unread: true }) };
  }
}

const plus = (a: Sums, b: Sums): Sums => ({
  files: a.files + b.files,
  bytes: a.bytes + b.bytes,
  ...((a.unread ?? b.unread) && { unread: true }),
});

type Cleared = api.Cleared;

/** What a clearing would remove now: never a backup, a record, a setting, or an undo that still holds. */
export async function clearable(ark: Ark, app: boolean, now: Date): Promise<Omit<Cleared, 'freed'>> {
  const { host, dataFolder } = ark;
  const cache = await sizeOf(join(dataFolder, 'cache'));
  const uploads = await restingUploads(uploadFolder(dataFolder), now);
  const unfinished = [
    ...(await deadFiles(uploadFolder(dataFolder))),
    ...(await deadFiles(join(dataFolder, 'backups'))),
    ...(await deadFiles(join(dataFolder, 'jobs'))),
  ];
  const items: Cleared['items'][number][] = [
    ...(cache.bytes > 0
      ? [{ kind: 'cache' as const, name: join(dataFolder, 'cache'), bytes: cache.bytes }]
      : []),
    ...unfinished.map(({ file, size }) => ({ kind: 'unfinished' as const, name: file, bytes: size })),
    ...uploads.map(({ file, offset }) => ({ kind: 'upload' as const, name: cleaned(file), bytes: offset })),
    ...(app && host.clearAppCache ? [{ kind: 'app' as const, name: 'app', bytes: 0 }] : []),
  ];
  try {
    const kept = await inDatabase(host);
    const goes = kept.filter(
      (undo) => undo.kind === 'staging' || Date.parse(undo.expiresAt ?? '') < now.getTime(),
    );
    return { items: [...items, ...goes.map(({ kind, name, bytes }) => ({ kind, name, bytes }))] };
  } catch (cause) {
    return { items, skipped: asBackupError(cause).message };
  }
}

/** Removes it, and tells what was freed by looking what is gone. */
export async function clear(ark: Ark, app: boolean, now: Date): Promise<Cleared> {
  const { host, dataFolder, catalog } = ark;
  const before = await clearable(ark, app, now);
  await catalog.clear();
  for (const { kind, name } of before.items) if (kind === 'unfinished') await rm(name, { force: true });
  await dropResting(uploadFolder(dataFolder), now);
  await rm(join(dataFolder, 'cache'), { recursive: true, force: true });
  if (app) await host.clearAppCache?.();
  let skipped = before.skipped;
  // Whoever takes the lock removes what dead jobs left, and undos whose time is up.
  const elsewhere = await Promise.all(
    (await host.storages.list()).map((storage) =>
      soon(storage.name, (signal) => storage.clean(signal)).catch(() => 0),
    ),
  );
  try {
    await startClean(host);
    await (await host.database.lock(newJobId())).release();
  } catch (cause) {
    skipped = asBackupError(cause).message;
  }
  const left = new Set((await clearable(ark, false, now)).items.map((item) => `${item.kind} ${item.name}`));
  const items = before.items.filter((item) => !left.has(`${item.kind} ${item.name}`));
  return {
    items,
    ...(skipped !== undefined && { skipped }),
    freed: [...items.map((item) => item.bytes), ...elsewhere].reduce((sum, item) => sum + item, 0),
  };
}
