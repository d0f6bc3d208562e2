import { mkdir, open, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import pMap from 'p-map';
import { BackupError, throwIfCancelled, refused, damaged } from '../../errors/errors';
import type { Reason } from '../../errors/reasons';
import { errno, fileError } from '../../storage/files';
import type { Archive } from '../archive/archive';
import type { ArchivedFile } from '../archive/manifest';
import type { Exchange } from './exchange';
import { asideName, type AppFiles, type FileFolder } from './folders';
import { apply, modesOf, newFile, type Modes } from './modes';

const AT_ONCE = 3;

export interface StageFilesOptions {
  readonly job: string;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes: (bytes: number) => void;
}

/**
 * Writes the archive's files beside the live folders, on the same disk, every byte checked and on disk when this
 * resolves. The live folders are only looked at. Returns what has to change places.
 */
export async function stageFiles(
  archive: Archive,
  app: AppFiles,
  options: StageFilesOptions,
): Promise<Exchange[]> {
  const { files: folders = [], keyFile } = archive.manifest;
  const exchanges: Exchange[] = [];
  const plan = (live: string): Exchange => {
    const at = (what: 'stage' | 'undo') => join(dirname(live), asideName(what, options.job, app, live));
    // Storages that this app does not know share its first folder.
    const before = exchanges.find((exchange) => exchange.live === live);
    if (before) return before;
    const places = { live, incoming: at('stage'), aside: at('undo') };
    exchanges.push(places);
    return places;
  };
  try {
    for (const { storage, files } of folders) {
      const { live, incoming } = plan((await placeOf(app, storage)).folder);
      await makeLike(incoming, live, { mode: 0o755 });
      await pMap(files, (file) => writeOne(archive, { live, incoming }, file, options), {
        concurrency: AT_ONCE,
      });
    }
    if (keyFile && app.keyFile !== undefined) {
      const { incoming } = plan(app.keyFile);
      const key = { path: basename(incoming), parts: [keyFile], modifiedAt: new Date().toISOString() };
      const folder = dirname(app.keyFile);
      // On a new server it has none yet, and whoever reads the folder has to read the key.
      const around = await folderFor(folder);
      const { owner } = (await modesOf(app.keyFile, 'file')) ?? around;
      await writeOne(archive, { live: folder, incoming: folder }, key, options, {
        mode: 0o600,
        ...(owner && { owner }),
      });
    }
    return exchanges;
  } catch (error) {
    await Promise.all(exchanges.map((exchange) => rm(exchange.incoming, { recursive: true, force: true })));
    const { path } = error as NodeJS.ErrnoException;
    throw fileError(error, path ?? app.folders[0]?.folder ?? 'the uploaded files');
  }
}

/** Before anything is loaded: the live folders can be exchanged for those of the archive. */
export async function checkPlaces({ manifest }: Archive, app: AppFiles): Promise<void> {
  for (const { storage } of manifest.files ?? []) await placeOf(app, storage);
}

async function placeOf(app: AppFiles, storage: string): Promise<FileFolder> {
  const target = targetOf(app, storage);
  if (!target) throw noFolder(storage);
  const reason = await app.refuses(target.folder);
  if (reason !== undefined) throw notFor(storage, reason);
  if (target.shared) {
    throw refused('files-shared', { folder: target.folder }, { way: 'withoutFiles' });
  }
  await checkMovable(target.folder);
  return target;
}

/** The folder of the same storage; of one that this app does not know the files go to its first. */
export const targetOf = (app: AppFiles, storage: string): FileFolder | undefined =>
  [...app.folders, ...(app.refused ?? [])].find((folder) => folder.storage === storage) ?? app.folders[0];

const notFor = (storage: string, reason: Reason): BackupError =>
  refused('files-refused', { storage: JSON.stringify(storage), reason }, { way: 'withoutFiles' });

const noFolder = (storage: string): BackupError =>
  refused('files-nowhere', { storage: JSON.stringify(storage) }, { way: 'withoutFiles' });

/** A folder that is a disk of its own cannot change places with one beside it. */
async function checkMovable(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const [own, parent] = await Promise.all([stat(folder), stat(dirname(folder))]);
  if (own.dev === parent.dev) return;
  throw refused('files-own-disk', { folder }, { way: 'withoutFiles' });
}

async function writeOne(
  archive: Archive,
  { live, incoming }: Pick<Exchange, 'live' | 'incoming'>,
  file: Omit<ArchivedFile, 'size'> & { readonly size?: number },
  { signal, onBytes }: StageFilesOptions,
  ownModes?: Modes,
): Promise<void> {
  const names = file.path.split('/');
  const path = join(incoming, ...names);
  const folder = await foldersLike(incoming, live, names.slice(0, -1));
  const modes = ownModes ?? (await modesOf(join(live, ...names), 'file')) ?? newFile(folder);
  const handle = await open(path, 'wx', 0o600);
  try {
    await apply(handle, modes);
    let size = 0;
    for (const part of file.parts) {
      for await (const bytes of archive.read(part)) {
        throwIfCancelled(signal);
        await handle.writeFile(bytes);
        onBytes(bytes.length);
        size += bytes.length;
      }
    }
    if (file.size !== undefined && size !== file.size)
      throw damaged('file-size', { file: file.path, size, listed: file.size });
    await handle.datasync();
  } finally {
    await handle.close();
  }
  const at = new Date(file.modifiedAt);
  await utimes(path, at, at);
}

/** Each folder is as open as the one whose place it takes, and a new one as the folder it is in. */
async function foldersLike(incoming: string, live: string, names: readonly string[]): Promise<Modes> {
  let modes = (await modesOf(incoming, 'folder')) ?? { mode: 0o700 };
  for (const depth of names.keys()) {
    const inside = names.slice(0, depth + 1);
    modes = await makeLike(join(incoming, ...inside), join(live, ...inside), modes);
  }
  return modes;
}

/** Made where it is missing, with what it lies in, each as open as the folder around it. */
async function folderFor(path: string): Promise<Modes> {
  return (await modesOf(path, 'folder')) ?? makeLike(path, path, await folderFor(dirname(path)));
}

async function makeLike(folder: string, live: string, otherwise: Modes): Promise<Modes> {
  const modes = (await modesOf(live, 'folder')) ?? otherwise;
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (errno(error) === 'EEXIST') return modes;
    throw error;
  }
  if (process.platform === 'win32') return modes;
  const handle = await open(folder, 'r');
  try {
    await apply(handle, modes);
  } finally {
    await handle.close();
  }
  return modes;
}
