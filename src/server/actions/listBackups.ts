import { asBackupError, BackupError } from '../errors';
import type { StoredObject } from '../storage/storage';
import { chosenStorages, type Where } from './findBackup';

export interface Listed extends StoredObject {
  readonly storage: string;
}

/** What can be listed, and the storages that could not be asked. */
export interface BackupList {
  readonly backups: readonly Listed[];
  readonly failed: readonly StorageTrouble[];
}

export interface StorageTrouble {
  readonly storage: string;
  readonly code: string;
  readonly message: string;
}

/** How long a list waits for one of its storages. */
const LIST_MS = 20_000;

/** One storage that is out of reach does not keep the others from being listed, unless it alone was asked for. */
export async function listBackups(where: Where, storageName?: string): Promise<BackupList> {
  const storages = await chosenStorages(where, storageName);
  const failed: StorageTrouble[] = [];
  const lists = await Promise.all(
    storages.map(async (storage) => {
      try {
        const found = await soon(storage.list(), storage.name);
        return found.map((one) => ({ ...one, storage: storage.name }));
      } catch (error) {
        if (storageName !== undefined) throw error;
        const { code, message } = asBackupError(error);
        failed.push({ storage: storage.name, code, message });
        return [];
      }
    }),
  );
  const backups = lists.flat().sort((a, b) => b.modifiedAt.getTime() - a.modifiedAt.getTime());
  return { backups, failed };
}

async function soon<T>(work: Promise<T>, name: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new BackupError('STORAGE_UNAVAILABLE', `${name} has not answered within ${LIST_MS / 1000} seconds.`),
      );
    }, LIST_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
