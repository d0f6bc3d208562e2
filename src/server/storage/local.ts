import { createReadStream } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BackupError } from '../errors';
import { cleanFolder, errno, fileError, linkNew, makeFolder, publish, syncFolder } from './files';
import { checkKey, isOurs } from './key';
import { newestFirst, type Storage, type StoredObject } from './storage';

/** Archives as files of one folder, which is made when first needed. */
export function localStorage(folder: string, name = 'local'): Storage {
  const path = (key: string) => join(folder, checkKey(key));

  return {
    name,
    kind: 'local',

    async put(key, body, signal) {
      await makeFolder(folder);
      await publish(path(key), body, signal);
      return toStored(path(key));
    },

    async adopt(key, from) {
      await makeFolder(folder);
      try {
        await linkNew(from, path(key));
      } catch (error) {
        // On another disk, or one that knows no hard links.
        if (['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK'].includes(errno(error) ?? '')) return undefined;
        throw fileError(error, path(key));
      }
      await syncFolder(folder);
      return toStored(path(key));
    },

    async *get(key, range, signal) {
      const file = path(key);
      await toStored(file);
      if (range && range.end <= range.start) return;
      const stream = createReadStream(file, {
        highWaterMark: 1 << 20,
        ...(range && { start: range.start, end: range.end - 1 }),
        ...(signal && { signal }),
      });
      try {
        yield* stream as AsyncIterable<Buffer>;
      } catch (error) {
        throw fileError(error, file);
      }
    },

    async stat(key) {
      return toStored(path(key));
    },

    async list() {
      const names = await readdir(folder).catch((error: unknown) => {
        if (errno(error) === 'ENOENT') return [];
        throw fileError(error, folder);
      });
      const found: StoredObject[] = [];
      for (const key of names) {
        if (!isOurs(key)) continue;
        // A file that another process removed between the two calls is simply no longer listed.
        const object = await toStored(join(folder, key)).catch(() => undefined);
        if (object) found.push(object);
      }
      return found.sort(newestFirst);
    },

    async remove(key) {
      await rm(path(key), { force: true }).catch((error: unknown) => {
        throw fileError(error, path(key));
      });
      await syncFolder(folder);
    },

    clean: () => cleanFolder(folder),
  };
}

async function toStored(file: string): Promise<StoredObject> {
  try {
    const info = await stat(file);
    if (!info.isFile()) throw new BackupError('BACKUP_UNKNOWN', `${file} is not a file.`);
    return { key: basename(file), size: info.size, modifiedAt: info.mtime };
  } catch (error) {
    throw fileError(error, file);
  }
}
