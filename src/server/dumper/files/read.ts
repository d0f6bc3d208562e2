import { reasonText } from '../../errors/reasons';
import { notIncluded, type NotIncluded } from '../schema/notIncluded';
import { constants } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import { throwIfCancelled } from '../../errors/errors';
import type { ArchiveWriter } from '../archive/writeArchive';
import type { ArchivedFile, ArchivedFolder, FilePart } from '../archive/manifest';
import { OWN_PREFIX, type AppFiles } from './folders';

/** Bytes of a file in one entry: large files are several entries, so that memory stays bounded. */
export const PART_BYTES = 8 * 1024 * 1024;
const AT_ONCE = 3;
/** Windows has no such thing. */
const { O_NOFOLLOW: NOFOLLOW = 0 } = constants as Partial<typeof constants>;

export interface FilesRead {
  readonly folders: ArchivedFolder[];
  readonly keyFile?: FilePart;
  readonly notIncluded: readonly NotIncluded[];
}

export interface ReadOptions {
  /** The key travels only where nobody can read it. */
  readonly withKey: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onFile: (bytes: number) => void;
}

/** Every file of the app's folders into the archive. The app goes on: what vanishes meanwhile is said. */
export async function readFiles(
  archive: ArchiveWriter,
  app: AppFiles,
  options: ReadOptions,
): Promise<FilesRead> {
  const left: NotIncluded[] = app.left.map((part) => ({ what: 'uploaded files', ...part }));
  const folders: ArchivedFolder[] = [];
  for (const { storage, folder } of app.folders) {
    const reason = await app.refuses(folder);
    if (reason !== undefined) {
      left.push({ what: 'uploaded files', name: storage, reason: reasonText(reason) });
      continue;
    }
    const walked = await walk(folder);
    for (const path of walked.special) {
      left.push(notIncluded('uploaded file', `${storage}/${path}`, { code: 'no-file' }));
    }
    const files: ArchivedFile[] = [];
    const take = async (path: string): Promise<void> => {
      throwIfCancelled(options.signal);
      const file = await readOne(archive, storage, folder, path, options);
      if (file) files.push(file);
      else left.push(notIncluded('uploaded file', `${storage}/${path}`, { code: 'file-vanished' }));
    };
    await pMap(walked.files, take, { concurrency: AT_ONCE });
    folders.push({ storage, files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) });
  }
  const key =
    options.withKey && app.keyFile !== undefined
      ? await readFile(app.keyFile).catch(() => undefined)
      : undefined;
  return { folders, notIncluded: left, ...(key && { keyFile: await archive.add('files/aes_key', key) }) };
}

/** Paths below a folder with `/` between names, sorted. */
export async function walk(folder: string): Promise<{ files: string[]; special: string[] }> {
  const files: string[] = [];
  const special: string[] = [];
  for await (const { path, isFile } of contentOf(folder)) (isFile ? files : special).push(path);
  return { files: files.sort(), special: special.sort() };
}

/** Looks no further than the first. */
export async function hasFiles(folder: string): Promise<boolean> {
  for await (const { isFile } of contentOf(folder)) if (isFile) return true;
  return false;
}

async function* contentOf(folder: string): AsyncGenerator<{ path: string; isFile: boolean }, void, void> {
  const queue = [''];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    const entries = await readdir(join(folder, at), { withFileTypes: true }).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    });
    for (const entry of entries) {
      if (entry.name.startsWith(OWN_PREFIX)) continue;
      const path = at === '' ? entry.name : `${at}/${entry.name}`;
      if (entry.isDirectory()) queue.push(path);
      else yield { path, isFile: entry.isFile() };
    }
  }
}

/** Undefined: it is not there any more. */
async function readOne(
  archive: ArchiveWriter,
  storage: string,
  folder: string,
  path: string,
  { signal, onFile }: ReadOptions,
): Promise<ArchivedFile | undefined> {
  const handle = await open(join(folder, path), constants.O_RDONLY | NOFOLLOW).catch((error: unknown) => {
    if (
      (error as NodeJS.ErrnoException).code === 'ENOENT' ||
      (error as NodeJS.ErrnoException).code === 'ELOOP'
    )
      return undefined;
    throw error;
  });
  if (!handle) return undefined;
  try {
    const { mtime, size: announced } = await handle.stat();
    const parts: FilePart[] = [];
    const name = entryName(storage, path);
    let size = 0;
    // As far as it reached when it was opened: a file that grows all the time would never end.
    while (size < announced) {
      throwIfCancelled(signal);
      const buffer = Buffer.allocUnsafe(Math.min(PART_BYTES, announced - size));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, size);
      if (bytesRead === 0) break;
      const entry = announced > PART_BYTES ? `${name}/${String(parts.length + 1).padStart(5, '0')}` : name;
      parts.push(await archive.add(entry, buffer.subarray(0, bytesRead)));
      size += bytesRead;
      onFile(bytesRead);
    }
    return { path, size, modifiedAt: mtime.toISOString(), parts };
  } finally {
    await handle.close();
  }
}

/** Letters that not every disk can have in a name are written as %XX; the manifest has the name itself. */
const entryName = (storage: string, path: string): string =>
  `files/${[storage, ...path.split('/')].map((part) => part.replace(/[^\p{L}\p{N}._ -]|^\.+|[. ]$/gu, encoded)).join('/')}`;

const encoded = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
