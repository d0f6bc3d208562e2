import { constants } from 'node:fs';
import { lstat, open, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import pMap from 'p-map';
import { BackupError, refused } from '../../errors/errors';
import {
  cleanFolder,
  errno,
  fileError,
  linkNew,
  makeFolder,
  publish,
  readHandle,
  syncFolder,
} from '../files';
import { checkKey, isOurs } from '../key';
import { allowedFolder, type LocalRoots } from '../realFolder';
import { bySize, newestFirst, type Storage, type StoredObject } from '../storage';

/** Files that are looked at at once. */
const LOOKING = 16;

/**
 * Archives as files of one folder, which is made when first needed. The folder may be a link; a link in it is no
 * archive, and is neither read nor removed.
 */
export function localStorage(place: string, name = 'local', roots?: LocalRoots): Storage {
  /** Looked at each time: links may have changed since. */
  const home = () => allowedFolder(place, roots);
  const path = async (key: string) => {
    checkKey(key);
    return join(await home(), key);
  };

  return {
    name,
    kind: 'local',
    remote: false,

    async put(key, body, signal) {
      const file = await path(key);
      await makeFolder(dirname(file));
      await publish(file, body, signal);
      return bySize(await toStored(file));
    },

    async adopt(key, from, signal) {
      signal?.throwIfAborted();
      const file = await path(key);
      await makeFolder(dirname(file));
      try {
        await linkNew(from, file);
      } catch (error) {
        // On another disk, or one that knows no hard links.
        if (['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK'].includes(errno(error) ?? '')) return undefined;
        throw fileError(error, file);
      }
      await syncFolder(dirname(file));
      return bySize(await toStored(file));
    },

    async *get(key, range, signal) {
      signal?.throwIfAborted();
      const file = await path(key);
      yield* readHandle(await openFile(file), file, range, signal);
    },

    async stat(key, signal) {
      signal?.throwIfAborted();
      return toStored(await path(key));
    },

    async list(signal) {
      signal?.throwIfAborted();
      const folder = await home();
      const names = await readdir(folder).catch((error: unknown) => {
        if (errno(error) === 'ENOENT') return [];
        throw fileError(error, folder);
      });
      const objects = await pMap(
        names.filter(isOurs),
        (key) => {
          signal?.throwIfAborted();
          // A file that another process removed between the two calls is simply no longer listed.
          return toStored(join(folder, key)).catch(() => undefined);
        },
        { concurrency: LOOKING },
      );
      return objects.filter((object) => object !== undefined).sort(newestFirst);
    },

    async remove(key, signal) {
      signal?.throwIfAborted();
      const file = await path(key);
      // Somebody else has put it there.
      if ((await lstat(file).catch(() => undefined))?.isSymbolicLink()) return;
      await rm(file, { force: true }).catch((error: unknown) => {
        throw fileError(error, file);
      });
      await syncFolder(dirname(file));
    },

    async clean(signal) {
      signal?.throwIfAborted();
      return cleanFolder(await home());
    },
  };
}

async function toStored(file: string): Promise<StoredObject> {
  try {
    const info = await lstat(file);
    if (!info.isFile()) throw notAFile(file);
    return { key: basename(file), size: info.size, modifiedAt: info.mtime };
  } catch (error) {
    throw fileError(error, file);
  }
}

const notAFile = (file: string): BackupError => refused('backup-no-plain-file', { file });

/** Windows knows neither. */
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants>;
const WITHOUT = O_NOFOLLOW | O_NONBLOCK;

/** A link is not followed, and nothing else is waited for; what was opened is what is looked at. */
async function openFile(file: string): ReturnType<typeof open> {
  const flags = constants.O_RDONLY | WITHOUT;
  const handle = await open(file, flags).catch((error: unknown) => {
    throw errno(error) === 'ELOOP' ? notAFile(file) : fileError(error, file);
  });
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw notAFile(file);
}
