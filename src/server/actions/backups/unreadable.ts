import { BackupError } from '../../errors';
import type { Storage, StoredObject } from '../../storage/storage';
import type { StoredItem } from './catalog';

export type ReadItem = Omit<StoredItem, 'error'> & {
  error?: { code: ConstructorParameters<typeof BackupError>[0]; message: string };
};

export function unreadable(storage: Storage, object: StoredObject, { code, message }: BackupError): ReadItem {
  return {
    name: object.key,
    storage: storage.name,
    size: object.size,
    createdAt: object.modifiedAt.toISOString(),
    groups: [],
    encrypted: false,
    state: 'damaged',
    error: { code, message },
  };
}
