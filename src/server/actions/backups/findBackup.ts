import { existsSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { storageSource } from '../../dumper/container/storageSource';
import type { Archive } from '../../dumper/archive/archive';
import type { Keys } from '../../dumper/container/cipher';
import { openBackup } from '../../dumper/legacy/open';
import { type ByteSource } from '../../dumper/container/zip';
import { BackupError, damaged, refused, refusedNear } from '../../errors/errors';
import type { Host } from '../../host';
import { nearest } from '../../near';
import { isUnknown } from '../../storage/failure';
import { fileError } from '../../storage/files';
import { checkKey, withEnding } from '../../storage/key';
import type { Storage, StoredObject } from '../../storage/storage';

export type Where = Pick<Host, 'storages'>;

/** An archive of a storage by its name: never a file elsewhere, whatever the name says. */
export async function openStored(
  where: Where,
  key: string,
  storageName: string | undefined,
  keys: Keys = {},
): Promise<Archive> {
  const { storage, object } = await locate(where, key, storageName);
  return openBackup(await storageSource(storage, object.key), keys, object.key);
}

/** Without a storage's name, the first that has it. */
export async function locate(
  where: Where,
  reference: string,
  storageName?: string,
): Promise<{ storage: Storage; object: StoredObject }> {
  const key = checkKey(withEnding(reference));
  const candidates = await chosenStorages(where, storageName);
  let failure: { readonly error: unknown } | undefined;
  for (const storage of candidates) {
    const object = await storage.stat(key).catch((error: unknown) => {
      // Another storage may have it even if this one cannot be asked.
      if (!isUnknown(error)) failure ??= { error };
      return undefined;
    });
    if (object) return { storage, object };
  }
  if (failure) throw failure.error;
  const storages = candidates.map((candidate) => candidate.name);
  const [backup, near] = [JSON.stringify(key), await nearBackups(candidates, key)];
  throw refusedNear('backup-none', { backup, storages }, near);
}

/** Only what is at hand is looked through: nobody waits for a storage on the network to hear of a slip of the hand. */
export async function nearBackups(storages: readonly Storage[], key: string): Promise<string[]> {
  const local = storages.filter((storage) => !storage.remote);
  const listed = await Promise.all(local.map((storage) => storage.list().catch(() => [])));
  return nearest(
    key.replace(/\.\w+$/, ''),
    listed.flat().map((object) => object.key),
  );
}

export const chosenStorages = async (where: Where, name?: string): Promise<readonly Storage[]> =>
  name === undefined ? where.storages.list() : [await where.storages.find(name)];

/** An archive by file path, or by name in a storage; without a storage's name, in the first that has it. */
export async function findArchive(
  where: Where,
  reference: string,
  keys: Keys = {},
  storageName?: string,
): Promise<Archive> {
  return openBackup(await findSource(where, reference, storageName), keys, reference);
}

/** Where `findArchive` finds it, so that it can be found again from anywhere. */
export async function placeOf(
  where: Where,
  reference: string,
  storageName?: string,
): Promise<{ readonly backup: string; readonly storage?: string }> {
  if (isFile(reference, storageName)) return { backup: resolve(reference) };
  const { storage, object } = await locate(where, reference, storageName);
  return { backup: object.key, storage: storage.name };
}

const isFile = (reference: string, storageName: string | undefined): boolean =>
  storageName === undefined && (reference.includes(sep) || existsSync(reference));

/** Its bytes, not looked at yet. */
export async function findSource(
  where: Where,
  reference: string,
  storageName?: string,
  signal?: AbortSignal,
): Promise<ByteSource> {
  if (isFile(reference, storageName)) return fileSource(reference);
  try {
    const { storage, object } = await locate(where, reference, storageName);
    return await storageSource(storage, object.key, signal);
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'BACKUP_UNKNOWN') throw error;
    const looked = await chosenStorages(where, storageName);
    const there = { file: reference, storages: looked.map((storage) => storage.name) };
    const near = await nearBackups(looked, reference);
    throw refusedNear('backup-no-file', there, near, { way: 'seeList' });
  }
}

export async function fileSource(path: string): Promise<ByteSource> {
  // Node says no more of a NUL than that it is an argument.
  if (path.includes('\0')) throw refused('name-no-path', { path: JSON.stringify(path) });
  const info = await stat(path).catch((error: unknown) => {
    throw fileError(error, path);
  });
  if (!info.isFile()) throw refused('archive-no-file', { path });
  return {
    size: info.size,
    async read(start, end) {
      const handle = await open(path, 'r').catch((error: unknown) => {
        throw fileError(error, path);
      });
      try {
        const buffer = Buffer.allocUnsafe(end - start);
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
        if (bytesRead === buffer.length) return buffer;
        throw damaged('cut-within', { at: start + bytesRead });
      } finally {
        await handle.close();
      }
    },
  };
}
