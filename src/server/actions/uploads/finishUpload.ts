import { rm } from 'node:fs/promises';
import { BackupError, refused } from '../../errors/errors';
import type { Storages } from '../../host';
import type { Storage, StoredObject } from '../../storage/storage';
import type { ByteSource } from '../../dumper/container/zip';
import { rangesOf } from '../../dumper/container/storageSource';
import { fileSource } from '../backups/findBackup';
import { FIRST_BYTES, LAST_BYTES } from '../backups/firstBytes';
import { keepUploaded, keyFor } from './keepUploaded';
import { bytesPath, digestOf, findUpload, removeUpload, saveUpload, type Unfinished } from './unfinished';
import { inUploadTurn } from './uploadTurn';

export interface Finishing {
  readonly id: string;
  readonly owner: string | undefined;
  /** Another name for the backup, where that which was announced is taken by now. */
  readonly name: string | undefined;
}

interface Kept {
  readonly storage: Storage;
  readonly object: StoredObject;
}

/** Whoever asks while it is being finished waits for the same end. */
const finishing = new Map<string, Promise<Kept>>();

/**
 * Makes a backup of an upload that is here whole, as `upload` does. Asked again, because the answer was lost, it tells
 * of the same backup. What is no backup after all is thrown away; whatever else fails leaves all as it was. It goes on
 * though nobody waits for the answer any more.
 */
export function finishUpload(folder: string, storages: Storages, request: Finishing): Promise<Kept> {
  const file = bytesPath(folder, request.id);
  const running = finishing.get(file);
  if (running) return findUpload(folder, request.id, request.owner, new Date()).then(() => running);
  const mine = inUploadTurn(file, () => finish(folder, storages, request), { whole: true });
  const end = () => finishing.delete(file);
  finishing.set(file, mine);
  mine.then(end, end);
  return mine;
}

async function finish(folder: string, storages: Storages, request: Finishing): Promise<Kept> {
  const upload = await findUpload(folder, request.id, request.owner, new Date());
  const storage = await storages.find(upload.storage);
  if (upload.key !== undefined) return { storage, object: await storage.stat(upload.key) };
  if (upload.offset < upload.size) throw refused('upload-offset', { offset: upload.offset });
  const object = await keep(folder, storage, upload, keyFor(request.name ?? upload.name));
  await saveUpload(folder, { ...upload, key: object.key, heardAt: new Date().toISOString() });
  await rm(bytesPath(folder, upload.id), { force: true });
  return { storage, object };
}

async function keep(
  folder: string,
  storage: Storage,
  upload: Unfinished,
  key: string,
): Promise<StoredObject> {
  const file = bytesPath(folder, upload.id);
  try {
    if (!(await isAnnounced(await fileSource(file), upload))) {
      throw new BackupError(
        'UPLOAD_DIFFERS',
        'What has come is not the file that was announced. Begin anew.',
      );
    }
    return await keepUploaded(storage, file, key);
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    // The process may have ended between publishing it and noting so.
    const { code, details } = error;
    const taken = code === 'BACKUP_EXISTS' && details && 'key' in details ? details.key : undefined;
    const object = taken === undefined ? undefined : await storage.stat(taken).catch(() => undefined);
    if (object && (await isAnnounced(rangesOf(storage, object.key, object.size), upload))) return object;
    // What is wrong with a file stays wrong.
    if (error.exit === 3 || code === 'UPLOAD_DIFFERS') await removeUpload(folder, upload.id);
    throw error;
  }
}

/** Whether it begins and ends as was announced, and is as large. */
async function isAnnounced(source: ByteSource, { file, size, digest }: Unfinished): Promise<boolean> {
  if (source.size !== size) return false;
  const begin = Buffer.from(await source.read(0, Math.min(size, FIRST_BYTES)));
  const end = Buffer.from(await source.read(Math.max(0, size - LAST_BYTES), size));
  return digestOf({ file, size, begin, end }) === digest;
}
