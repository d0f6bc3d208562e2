import type { Failure } from '../../errors/details';
import { failureOf } from '../../errors/errors';
import type { StoredObject } from '../../storage/storage';
import { chosenStorages, type Where } from './findBackup';
import { soon } from '../soon';

export interface Listed extends StoredObject {
  readonly storage: string;
}

/** What can be listed, and the storages that could not be asked. */
export interface BackupList {
  readonly backups: readonly Listed[];
  readonly failed: readonly StorageTrouble[];
}

export type StorageTrouble = Readonly<Failure> & { readonly storage: string };

/** One storage that is out of reach does not keep the others from being listed, unless it alone was asked for. */
export async function listBackups(where: Where, storageName?: string): Promise<BackupList> {
  const storages = await chosenStorages(where, storageName);
  const failed: StorageTrouble[] = [];
  const lists = await Promise.all(
    storages.map(async (storage) => {
      try {
        const objects = await soon(storage.name, (signal) => storage.list(signal));
        return objects.map((object) => ({ ...object, storage: storage.name }));
      } catch (error) {
        if (storageName !== undefined) throw error;
        failed.push({ storage: storage.name, ...failureOf(error) });
        return [];
      }
    }),
  );
  const backups = lists.flat().sort((a, b) => b.modifiedAt.getTime() - a.modifiedAt.getTime());
  return { backups, failed };
}
