import { openArchive, storageSource } from '../dumper/archive';
import type { Keys } from '../dumper/cipher';
import { BackupError } from '../errors';
import type { Host } from '../host';
import { runJob, type Watch } from '../jobs/jobs';
import type { Storage, StoredObject } from '../storage/storage';

/** Takes a backup from one storage to another under the same name; what arrived is opened before it counts. */
export async function transferBackup(
  host: Pick<Host, 'jobs' | 'user'>,
  from: Storage,
  to: Storage,
  key: string,
  request: Watch & { readonly keys?: Keys | undefined },
): Promise<StoredObject> {
  let stored: StoredObject | undefined;
  const keys = request.keys ?? {};
  await runJob(
    host.jobs,
    { ...request, kind: 'backup', subject: key, by: host.user },
    async ({ signal, onProgress }) => {
      const { size } = await from.stat(key);
      stored = await to.put(key, counted(from.get(key, undefined, signal)), signal);
      onProgress({ stage: 'read back', done: 1, total: 1, rows: 0, bytes: size });
      await compare(from, to, stored, size, keys);
      return { name: key, storage: to.name, size, copiedFrom: from.name };

      async function* counted(body: AsyncIterable<Uint8Array>) {
        let done = 0;
        for await (const piece of body) {
          done += piece.length;
          onProgress({ stage: 'read', done, total: size, rows: 0, bytes: done });
          yield piece;
        }
      }
    },
  );
  return stored as StoredObject;
}

async function compare(
  from: Storage,
  to: Storage,
  stored: StoredObject,
  size: number,
  keys: Keys,
): Promise<void> {
  const open = async (storage: Storage) =>
    openArchive(await storageSource(storage, stored.key), keys).catch((error: unknown) => {
      // Without the key only the container can be looked at; opening has checked that much.
      if (error instanceof BackupError && error.code === 'ARCHIVE_LOCKED') return undefined;
      throw error;
    });
  try {
    const [before, after] = [await open(from), await open(to)];
    if (stored.size === size && before?.manifestSha256 === after?.manifestSha256) return;
    throw new BackupError('STORAGE_REFUSED', `${to.name} has something else than what was sent to it.`);
  } catch (error) {
    await to.remove(stored.key).catch(() => undefined);
    throw error;
  }
}
