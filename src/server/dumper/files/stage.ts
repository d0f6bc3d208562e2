import { mkdir, open, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pMap from 'p-map';
import { BackupError, throwIfCancelled } from '../../errors';
import { fileError } from '../../storage/files';
import type { Archive } from '../archive';
import type { ArchivedFile } from '../manifest';
import { damaged } from '../zip';
import type { Exchange } from './exchange';
import { asideName, type AppFiles, type FileFolder } from './folders';

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
    const one = { live, incoming: at('stage'), aside: at('undo') };
    exchanges.push(one);
    return one;
  };
  try {
    for (const { storage, files } of folders) {
      const { incoming } = plan((await placeOf(app, storage)).folder);
      await mkdir(incoming);
      await pMap(files, (file) => writeOne(archive, incoming, file, options), { concurrency: AT_ONCE });
    }
    if (keyFile && app.keyFile !== undefined) {
      const key = { path: asideName('stage', options.job, app, app.keyFile), parts: [keyFile] };
      plan(app.keyFile);
      await writeOne(
        archive,
        dirname(app.keyFile),
        { ...key, modifiedAt: new Date().toISOString() },
        options,
      );
    }
    return exchanges;
  } catch (error) {
    await Promise.all(exchanges.map((one) => rm(one.incoming, { recursive: true, force: true })));
    throw fileError(error, app.folders[0]?.folder ?? 'the uploaded files');
  }
}

/** Before anything is loaded: the live folders can be exchanged for those of the archive. */
export async function checkPlaces({ manifest }: Archive, app: AppFiles): Promise<void> {
  for (const { storage } of manifest.files ?? []) await placeOf(app, storage);
}

async function placeOf(app: AppFiles, storage: string): Promise<FileFolder> {
  const target = app.folders.find((one) => one.storage === storage) ?? app.folders[0];
  if (!target) throw noFolder(storage);
  if (target.shared) {
    throw new BackupError(
      'FILES_NOT_MOVABLE',
      `${target.folder} holds the uploaded files of sub-apps too, which would be replaced with this app's. Restore without files (--no-files), or give the file storages of the sub-apps folders of their own.`,
    );
  }
  await checkMovable(target.folder);
  return target;
}

const noFolder = (storage: string): BackupError =>
  new BackupError(
    'FILES_NOT_MOVABLE',
    `The backup has the files of the storage ${JSON.stringify(storage)}, and this app keeps no files on its own disk. Restore without files (--no-files), or add a local file storage first.`,
  );

/** A folder that is a disk of its own cannot change places with one beside it. */
async function checkMovable(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const [own, parent] = await Promise.all([stat(folder), stat(dirname(folder))]);
  if (own.dev === parent.dev) return;
  throw new BackupError(
    'FILES_NOT_MOVABLE',
    `${folder} is a disk of its own, so its files cannot be exchanged all at once. Mount the folder above it instead (NocoBase: storage, not storage/uploads), or restore without files (--no-files).`,
  );
}

async function writeOne(
  archive: Archive,
  folder: string,
  file: Omit<ArchivedFile, 'size'> & { readonly size?: number },
  { signal, onBytes }: StageFilesOptions,
): Promise<void> {
  const path = join(folder, ...file.path.split('/'));
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(path, 'wx', 0o644);
  try {
    let size = 0;
    for (const part of file.parts) {
      for await (const bytes of archive.read(part.entry, part.sha256)) {
        throwIfCancelled(signal);
        await handle.writeFile(bytes);
        onBytes(bytes.length);
        size += bytes.length;
      }
    }
    if (file.size !== undefined && size !== file.size)
      throw damaged(`${file.path} has ${size} bytes, not ${file.size}`);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  const at = new Date(file.modifiedAt);
  await utimes(path, at, at);
}
