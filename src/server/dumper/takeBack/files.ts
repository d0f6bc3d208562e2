import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, lstat, mkdir, open, rm, unlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { damaged, throwIfCancelled } from '../../errors/errors';
import { errno, fileError, syncFolder } from '../../storage/files';
import { isWithin, realFolder } from '../../storage/realFolder';
import type { Archive } from '../archive/archive';
import { isSafePath, type ArchivedFile, type ArchivedFolder } from '../archive/manifest';
import { OWN_PREFIX, type AppFiles } from '../files/folders';
import { apply, modesOf, newFile } from '../files/modes';
import { targetOf } from '../files/stage';
import { ofApp } from '../look/fields';
import type { Placed } from './place';
import { columnsOf, readRaw, valueOf } from './rows';

/**
 * An uploaded file that a row is about. `comes`: it is not there and is in the backup; `there`: it is there as it was;
 * `unsure`: one is there, and the backup does not have it to compare; `other`: another one is there under its name, and
 * stays; `absent`: it is neither there nor in the backup; `elsewhere`: it is kept where Ark brings nothing, such as in a
 * cloud.
 */
export interface RowFile {
  readonly row: Placed;
  /** The app's storage, where it is known, and the path in it. */
  readonly storage: string | undefined;
  readonly path: string;
  readonly state: 'comes' | 'there' | 'unsure' | 'other' | 'absent' | 'elsewhere';
  readonly bytes?: number;
}

/** With what only the writing needs. */
export interface PlannedFile extends RowFile {
  readonly archived?: ArchivedFile | undefined;
  readonly folder?: string | undefined;
}

/** NocoBase's way of keeping what belongs to a file. */
const FILENAME = 'filename';
const STORAGES = ['storageId', 'storage_id'];

/** The files of rows that would be written. */
export async function filesOf(
  archive: Archive,
  rows: readonly Placed[],
  app: AppFiles,
  signal?: AbortSignal,
): Promise<PlannedFile[]> {
  const ofFiles = rows.filter(({ does, raw }) => {
    const names = columnsOf(raw.collection);
    return does !== 'same' && names.includes(FILENAME) && storageColumn(names) !== undefined;
  });
  if (ofFiles.length === 0) return [];
  const storages = await readStorages(archive, signal);
  const files: PlannedFile[] = [];
  for (const row of ofFiles) {
    throwIfCancelled(signal);
    const value = (column: string) => valueOf(row.raw, column) ?? '';
    const storage = storages.get(value(storageColumn(columnsOf(row.raw.collection)) ?? ''));
    const path = [...value('path').split('/'), value(FILENAME)].filter((part) => part !== '').join('/');
    files.push(await fileOf(archive, app, row, storage, path));
  }
  return files;
}

const storageColumn = (names: readonly string[]): string | undefined =>
  STORAGES.find((name) => names.includes(name));

interface KnownStorage {
  readonly name: string;
  readonly type: string;
}

async function readStorages(archive: Archive, signal?: AbortSignal): Promise<Map<string, KnownStorage>> {
  const collection = ofApp(archive, 'storages');
  if (collection?.structure.kind !== 'table') return new Map();
  const rows = await readRaw(archive, collection, { wants: () => true, signal });
  return new Map(
    rows.map((raw) => [
      valueOf(raw, 'id') ?? '',
      { name: valueOf(raw, 'name') ?? '', type: valueOf(raw, 'type') ?? '' },
    ]),
  );
}

async function fileOf(
  archive: Archive,
  app: AppFiles,
  row: Placed,
  storage: KnownStorage | undefined,
  path: string,
): Promise<PlannedFile> {
  const known = { row, storage: storage?.name, path };
  // A row may say anything of where its file is.
  if (!isSafePath(path) || (storage && storage.type !== 'local')) return { ...known, state: 'elsewhere' };
  const kept = folderWith(archive.manifest.files ?? [], storage?.name, path);
  const target = targetOf(app, kept?.storage ?? storage?.name ?? '');
  if (!target || (await app.refuses(target.folder)) !== undefined) return { ...known, state: 'elsewhere' };
  const file = join(target.folder, ...path.split('/'));
  // A link on the way may lead out of the folder.
  if (!isWithin(await realFolder(dirname(file)), await realFolder(target.folder)))
    return { ...known, state: 'elsewhere' };
  const now = await lstat(file).catch(() => undefined);
  const archived = kept?.files.find((each) => each.path === path);
  if (!archived) return { ...known, state: now ? 'unsure' : 'absent' };
  const whole = { ...known, archived, folder: target.folder, bytes: archived.size };
  if (!now) return { ...whole, state: 'comes' };
  const same =
    now.isFile() &&
    now.size === archived.size &&
    (await hashOf(createReadStream(file))) === (await hashOf(piecesOf(archive, archived)));
  return { ...whole, state: same ? 'there' : 'other' };
}

/** Storages that share a folder are kept under the name of the first. */
function folderWith(
  folders: readonly ArchivedFolder[],
  storage: string | undefined,
  path: string,
): ArchivedFolder | undefined {
  const having = folders.filter(({ files }) => files.some((file) => file.path === path));
  return having.find((folder) => folder.storage === storage) ?? (having.length === 1 ? having[0] : undefined);
}

async function hashOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

async function* piecesOf(archive: Archive, { parts }: ArchivedFile): AsyncGenerator<Uint8Array, void, void> {
  for (const part of parts) yield* archive.read(part);
}

/**
 * Puts the files that come where they were, each whole and on disk before it has its name, and never in the place of
 * another. Resolves with how to take them away again. What a killed process leaves is a file that no row is about.
 */
export async function placeFiles(
  archive: Archive,
  files: readonly PlannedFile[],
  job: string,
  signal?: AbortSignal,
): Promise<{ readonly placed: number; withdraw(): Promise<void> }> {
  const placed: string[] = [];
  const withdraw = async () => {
    for (const file of placed.splice(0)) await rm(file, { force: true });
  };
  try {
    for (const [at, { archived, folder, path, state }] of files.entries()) {
      throwIfCancelled(signal);
      if (state !== 'comes' || !archived || folder === undefined) continue;
      const file = join(folder, ...path.split('/'));
      await mkdir(dirname(file), { recursive: true });
      const partial = join(dirname(file), `${OWN_PREFIX}rows-${job}-${at}`);
      try {
        await write(archive, archived, partial);
        await link(partial, file);
        placed.push(file);
        await syncFolder(dirname(file));
      } catch (error) {
        // Somebody was quicker: it is theirs.
        if (errno(error) !== 'EEXIST') throw fileError(error, file);
      } finally {
        await unlink(partial).catch(() => undefined);
      }
    }
    return { placed: placed.length, withdraw };
  } catch (error) {
    await withdraw();
    throw error;
  }
}

async function write(archive: Archive, file: ArchivedFile, partial: string): Promise<void> {
  const modes = newFile((await modesOf(dirname(partial), 'folder')) ?? { mode: 0o700 });
  const handle = await open(partial, 'wx', 0o600);
  try {
    await apply(handle, modes);
    let size = 0;
    for await (const bytes of piecesOf(archive, file)) {
      await handle.writeFile(bytes);
      size += bytes.length;
    }
    if (size !== file.size) throw damaged('file-size', { file: file.path, size, listed: file.size });
    await handle.datasync();
  } finally {
    await handle.close();
  }
  const at = new Date(file.modifiedAt);
  await utimes(partial, at, at);
}
