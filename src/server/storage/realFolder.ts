import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { refused } from '../errors/errors';
import { errno, fileError } from './files';

/** Where a folder really is, links followed; of one that is not there yet, where it would be made. */
export async function realFolder(folder: string): Promise<string> {
  const whole = resolve(folder);
  try {
    return await realpath(whole);
  } catch (error) {
    if (errno(error) !== 'ENOENT' || dirname(whole) === whole) throw fileError(error, folder);
    return join(await realFolder(dirname(whole)), basename(whole));
  }
}

export const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

/** Where local storages of an app may be: below these folders, and not in those of other apps. */
export interface LocalRoots {
  readonly below: readonly string[];
  readonly never: readonly string[];
}

/** Where the folder really is. Rejects with STORAGE_INVALID if it may not be there, wherever links lead. */
export async function allowedFolder(folder: string, roots: LocalRoots | undefined): Promise<string> {
  const real = await realFolder(folder);
  if (!roots) return real;
  const [below, never] = await Promise.all(
    [roots.below, roots.never].map((folders) => Promise.all(folders.map(realFolder))),
  );
  const inside = below?.some((root) => isWithin(real, root)) ?? false;
  const foreign = never?.some((other) => isWithin(real, other)) ?? true;
  if (inside && !foreign) return real;
  throw refused('field-folder', { field: 'folder', folder, below: [...roots.below] });
}
