import { StoredItem } from './storedItem';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import pMap from 'p-map';
import * as z from 'zod';
import { BackupError, again } from '../../errors/errors';
import { parsing, shaping } from '../../json';
import { inTurns } from '../../turns';
import type { Storage, StoredObject } from '../../storage/storage';
import type { Where } from './findBackup';
import { listBackups, type StorageTrouble } from './listBackups';
import { OWN_FOLDER } from '../../ownFolder';
import { unreadable } from './unreadable';

/**
 * What the archives say of themselves, remembered: a list of hundreds would otherwise open hundreds of files each
 * time. An archive never changes under its name, size and time, so nothing here can be out of date; the file on
 * disk only spares the next start the work and may be deleted.
 */
export interface Catalog {
  /** Newest first. */
  list(
    where: Where,
    storage?: string,
  ): Promise<{ readonly items: StoredItem[]; readonly failed: readonly StorageTrouble[] }>;
  item(storage: Storage, object: StoredObject): Promise<StoredItem>;
  /** Returns the bytes freed. */
  clear(): Promise<number>;
}

const OPENING = 8;
/** Our own file is parsed in larger steps than what others have written. */
const PIECE = 1024 * 1024;
const Remembered = z.record(z.string(), StoredItem);
const keyOf = (storage: string, { key, size, modifiedAt }: StoredObject): string =>
  [storage, key, size, modifiedAt.getTime()].join('/');

export function catalog(file: string): Catalog {
  let known: Promise<Map<string, StoredItem>> | undefined;
  let changed = false;
  let saving: Promise<void> = Promise.resolve();

  const load = (): Promise<Map<string, StoredItem>> =>
    (known ??= readFile(file)
      .then(async (bytes) => inTurns(shaping(Remembered, await inTurns(parsing(bytes, undefined, PIECE)))))
      .then(
        (items) => new Map(Object.entries(items)),
        () => new Map<string, StoredItem>(),
      ));

  const save = (items: ReadonlyMap<string, StoredItem>): Promise<void> => {
    changed = false;
    const text = JSON.stringify(Object.fromEntries(items));
    // A full disk must not keep anybody from seeing the list.
    return (saving = saving.then(() => writeWhole(file, text)).catch(() => undefined));
  };

  // Two who ask at once wait for the same reading.
  const opening = new Map<string, Promise<StoredItem>>();
  const remembered = async (storage: Storage, object: StoredObject): Promise<StoredItem | undefined> =>
    (await load()).get(keyOf(storage.name, object));
  const item = async (storage: Storage, object: StoredObject): Promise<StoredItem> => {
    const key = keyOf(storage.name, object);
    const kept = (await load()).get(key) ?? opening.get(key);
    if (kept) return kept;
    const reading = remember(key, storage, object).finally(() => opening.delete(key));
    opening.set(key, reading);
    return reading;
  };

  const remember = async (key: string, storage: Storage, object: StoredObject): Promise<StoredItem> => {
    const items = await load();
    const { readItem } = await import('./readItem');
    const read = await readItem(storage, object);
    // What stood in the way of opening it may be gone next time; what is damaged stays so.
    if (read.error === undefined || again(read.error).exit === 3) {
      items.set(key, read);
      changed = true;
    }
    return read;
  };

  return {
    item,

    async list(where, storageName) {
      const { backups: objects, failed } = await listBackups(where, storageName);
      // To find one may mean to look into files.
      const storages = new Map<string, Promise<Storage>>();
      const storageOf = (name: string): Promise<Storage> => {
        const finding = storages.get(name) ?? where.storages.find(name);
        storages.set(name, finding);
        return finding;
      };
      /** Nobody waits for each archive of a storage that has stopped answering. */
      const stopped = new Map<string, BackupError>();
      const listed = await pMap(
        objects,
        async (object) => {
          const storage = await storageOf(object.storage);
          const reason = stopped.get(object.storage);
          if (reason) return (await remembered(storage, object)) ?? unreadable(storage, object, reason);
          const read = await item(storage, object);
          if (read.error?.code === 'STORAGE_UNAVAILABLE') stopped.set(object.storage, again(read.error));
          return read;
        },
        { concurrency: OPENING },
      );
      if (storageName === undefined) {
        const silent = new Set(failed.map((trouble) => trouble.storage));
        await forgetAllBut(
          objects.map((object) => keyOf(object.storage, object)),
          silent,
        );
      }
      const items = listed.sort((a, b) => compare(b.createdAt, a.createdAt) || compare(a.name, b.name));
      return { items, failed };
    },

    async clear() {
      const freed = await stat(file).then(
        (info) => info.size,
        () => 0,
      );
      known = undefined;
      await saving;
      await rm(file, { force: true });
      return freed;
    },
  };

  /** A storage that does not answer may still have what it had. */
  async function forgetAllBut(keys: readonly string[], silent: ReadonlySet<string>): Promise<void> {
    const items = await load();
    const here = new Set(keys);
    for (const key of items.keys()) {
      if (here.has(key) || silent.has(key.split('/')[0] ?? '')) continue;
      items.delete(key);
      changed = true;
    }
    if (changed) await save(items);
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), OWN_FOLDER);
  const partial = `${file}.${process.pid}.part`;
  await writeFile(partial, text, { mode: 0o600 });
  await rename(partial, file);
}
