import { refused } from '../../src/server/errors/errors';
import type { Storages } from '../../src/server/host';
import type { Storage } from '../../src/server/storage/storage';

/** These and no others, the first by default. */
export const fixedStorages = (all: readonly Storage[]): Storages => ({
  list: () => Promise.resolve(all),
  find(name) {
    const found = name === undefined ? all[0] : all.find((storage) => storage.name === name);
    return found
      ? Promise.resolve(found)
      : Promise.reject(refused('storage-none', { storage: JSON.stringify(name), storages: [] }));
  },
});
