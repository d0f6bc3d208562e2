import { StorageFailure, storageFailure } from '../failure';
import { inFolder, type Entry } from './multistatus';
import type { Dav } from './client';

export interface WebdavFolder {
  /** The folders below the URL, and all of them as a path. */
  readonly folders: readonly string[];
  readonly base: string;
  lookAt: (path: string, what: string, signal?: AbortSignal) => Promise<Entry | undefined>;
  /** What lies directly in it; nothing, where there is no such folder yet. */
  lookIn: (what: string, signal?: AbortSignal) => Promise<Entry[]>;
  /** Makes it, once, step by step. */
  folderReady: (signal?: AbortSignal) => Promise<void>;
  /** It may not be there any more. */
  forget: () => void;
}

/** A folder of a WebDAV server, made when first needed. */
export function webdavFolder(name: string, dav: Dav, path: string): WebdavFolder {
  const folders = path.split(/[/\\]+/).filter((part) => part !== '' && part !== '.');
  const base = folders.map((folder) => `/${folder}`).join('');
  const { address } = dav;
  let ready: Promise<void> | undefined;

  const lookAt = async (path: string, what: string, signal?: AbortSignal): Promise<Entry | undefined> => {
    const answer = await dav.propfind(path, 0, what, signal);
    // It may know the place by another path, but not by another name.
    const name = path.replace(/\/+$/, '').split('/').at(-1) ?? '';
    return answer?.find((entry) => name === '' || entry.name === name);
  };
  const lookIn = async (what: string, signal?: AbortSignal): Promise<Entry[]> => {
    const answer = await dav.propfind(`${base}/`, 1, what, signal).catch((error: unknown) => {
      // Some answer like this where there is no such folder yet.
      if (
        error instanceof StorageFailure &&
        [403, 409].includes(error.httpStatus ?? 0) &&
        folders.length > 0
      ) {
        return missingFolder(error, signal);
      }
      throw error;
    });
    return inFolder(answer ?? [], `${dav.root}${base}`, folders.at(-1));
  };
  /** Forbidden, or just not there? The folder above tells. */
  const missingFolder = async (error: StorageFailure, signal?: AbortSignal): Promise<undefined> => {
    const above = await dav
      .propfind(
        `${folders
          .slice(0, -1)
          .map((folder) => `/${folder}`)
          .join('')}/`,
        1,
        'Listing',
        signal,
      )
      .catch(() => {
        throw error;
      });
    const name = folders.at(-1);
    if (above?.some((entry) => entry.name === name)) throw error;
    return undefined;
  };

  const makeFolders = async (signal: AbortSignal | undefined): Promise<void> => {
    if (await lookAt(`${base}/`, 'Looking at the folder of', signal).catch(quiet([403, 409]))) return;
    for (let depth = 1; depth <= folders.length; depth += 1) {
      const path = `/${folders.slice(0, depth).join('/')}/`;
      const answer = await dav.ask({
        method: 'MKCOL',
        path,
        what: `Making the folder ${path} in`,
        signal,
        fine: [403, 405, 406, 409, 423],
      });
      answer.body?.resume();
      if (answer.status < 400 || answer.status === 405) continue;
      if (!(await lookAt(path, `Making the folder ${path} in`, signal))) {
        throw storageFailure(
          {
            code: 'storage-folder-refused',
            storage: name,
            address,
            path,
            answer: `${answer.status} ${answer.statusText}`,
          },
          { status: answer.status },
        );
      }
    }
  };
  const folderReady = (signal?: AbortSignal): Promise<void> =>
    (ready ??= makeFolders(signal).catch((error: unknown) => {
      ready = undefined;
      throw error;
    }));

  return {
    folders,
    base,
    lookAt,
    lookIn,
    folderReady,
    forget() {
      ready = undefined;
    },
  };
}

export const quiet =
  (statuses: readonly number[]) =>
  (error: unknown): undefined => {
    if (error instanceof StorageFailure && statuses.includes(error.httpStatus ?? 0)) return undefined;
    throw error;
  };
