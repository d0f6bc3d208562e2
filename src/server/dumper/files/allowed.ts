import { join, relative, sep } from 'node:path';
import { dataFolder, type Settings } from '../../environment';
import type { Reason } from '../../errors/reasons';
import { isWithin, realFolder } from '../../storage/realFolder';
import { rootOf, storageFolder } from './folders';

/** In the storage folder of a NocoBase, and not for anybody's uploads: code, keys, databases, logs. */
const NEVER = ['plugins', 'apps', 'environment-variables', 'db', 'logs', 'backups', 'ark', '.npmrc', '.pm2'];

/**
 * Whether files may be read from a folder, and the folder be replaced by one from an archive. Which folder that is
 * comes from a row, which a restore may have brought: so what counts is where it really is, each time it is used.
 * Undefined: it may; otherwise why not.
 */
export async function refusesFolder(
  folder: string,
  env: Settings,
  own: { readonly name: string; readonly data: string },
): Promise<Reason | undefined> {
  const storage = await realFolder(storageFolder(env));
  const real = await realFolder(folder);
  const usual = await realFolder(rootOf(env.LOCAL_STORAGE_DEST, storageFolder(env)));
  const roots = [storage, ...(await Promise.all(env.ARK_FILE_ROOTS.map(realFolder)))];
  const app = await realFolder(process.cwd());
  const never = [
    ...NEVER.map((name) => join(storage, name)),
    await realFolder(dataFolder(env)),
    await realFolder(own.data),
    join(app, 'node_modules'),
    join(app, 'packages'),
    join(app, 'dist'),
  ];
  const root = roots.filter((root) => isWithin(real, root)).sort((a, b) => b.length - a.length)[0];
  const chosen = real === usual && own.name === 'main';
  if (!chosen && (root === undefined || real === storage)) {
    return { code: 'folder-outside', folder };
  }
  if (isWithin(storage, real) || isWithin(app, real)) return { code: 'folder-of-app', folder };
  const bad = never.find((folder) => isWithin(real, folder) || isWithin(folder, real));
  if (bad !== undefined || real.split(sep).includes('node_modules')) {
    return { code: 'folder-of-code', folder, holds: bad ?? 'node_modules' };
  }
  if (own.name === 'main' || root === undefined) return undefined;
  // The storage folder is that of all apps of a server.
  return relative(root, real).split(sep).includes(own.name)
    ? undefined
    : { code: 'folder-of-other', folder, example: join(root, own.name) };
}
