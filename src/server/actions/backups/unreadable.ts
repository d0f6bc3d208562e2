import { failureOf, type BackupError } from '../../errors/errors';
import type { Storage, StoredObject } from '../../storage/storage';
import type { StoredItem } from './storedItem';

export type ReadItem = Omit<StoredItem, 'error'> & {
  error?: ReturnType<typeof failureOf>;
};

export function unreadable(storage: Storage, object: StoredObject, error: BackupError): ReadItem {
  return {
    name: object.key,
    storage: storage.name,
    size: object.size,
    createdAt: object.modifiedAt.toISOString(),
    groups: [],
    encrypted: false,
    state: 'damaged',
    error: failureOf(error),
  };
}
