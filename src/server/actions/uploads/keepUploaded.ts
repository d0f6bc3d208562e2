import { formatBytes } from '../../bytes';
import type { Archive } from '../../dumper/archive/archive';
import { openBackup } from '../../dumper/legacy/open';
import { BackupError, refused } from '../../errors/errors';
import { checkKey, withEnding } from '../../storage/key';
import { readFile } from '../../storage/files';
import type { Storage, StoredObject } from '../../storage/storage';
import { fileSource } from '../backups/findBackup';

/** The key that a name asks for, whichever way its ending is written. */
export const keyFor = (name: string): string =>
  checkKey(withEnding(name.replace(/\.(ark|nbdump|nbdata)$/i, (ending) => ending.toLowerCase())));

export function checkLimit(size: number, limit: number): void {
  if (size > limit) throw refused('upload-too-large', { size: formatBytes(size), most: formatBytes(limit) });
}

export async function refuseTaken(storage: Storage, key: string): Promise<void> {
  const there = await storage.stat(key).then(
    () => true,
    () => false,
  );
  if (there) throw refused('backup-taken', { key });
}

/** Opens what has come as a restore would, and only then publishes it. The file stays where it is. */
export async function keepUploaded(
  storage: Storage,
  file: string,
  wanted: string,
  signal?: AbortSignal,
): Promise<StoredObject> {
  const format = await checkArchive(file, wanted);
  // Its name tells how it is opened without Ark.
  const key = wanted.replace(/\.(ark|nbdump|nbdata)$/, `.${format}`);
  if (key !== wanted) await refuseTaken(storage, key);
  return (await storage.adopt?.(key, file, signal)) ?? (await storage.put(key, readFile(file), signal));
}

/** An encrypted one shows no more than its container without its key. */
async function checkArchive(file: string, name: string): Promise<Archive['format']> {
  try {
    return (await openBackup(await fileSource(file), {}, name)).format;
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'ARCHIVE_LOCKED') throw error;
    return name.endsWith('.nbdata') ? 'nbdata' : 'ark';
  }
}
