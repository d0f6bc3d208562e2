import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { locateDatabase } from '../../dumper/dialects/locate';
import type { AppHints, Database } from '../../dumper/dialect';
import { dataFolder, instanceName, type Settings } from '../../environment';
import { olderOwnerOf, ownerOf } from '../../dumper/databaseId';
import { refusesFolder } from '../../dumper/files/allowed';
import { foldersOf, storageFolder, USUAL_STORAGE, type AppFiles } from '../../dumper/files/folders';
import { BackupError } from '../../errors/errors';
import { reasonText } from '../../errors/reasons';
import type { Host } from '../../host';
import { offlineHost } from './offline';

/** The host of the command line and the console: everything comes from the environment. */
export function standaloneHost(env: Settings, url?: string): Host {
  const located = locateDatabase(env, url);
  if (!located) {
    throw new BackupError(
      'USAGE',
      "No database was named. Give --database postgres://user@host:5432/name (the password in ~/.pgpass, or the whole URL in a file with --database-file), or run where the app's .env is (DB_DIALECT, DB_HOST, DB_PORT, DB_DATABASE, DB_USER, DB_PASSWORD).",
    );
  }
  const { database, app, name } = located;
  return {
    ...offlineHost(env),
    instance: instanceName(env, name),
    database,
    app,
    files: () => appFiles(database, app, env, { name: 'main', data: dataFolder(env) }),
  };
}

/** As the app's own table of storages has them; only an app whose storage folder is known has files here. */
export async function appFiles(
  database: Database,
  app: AppHints,
  env: Settings,
  own: { readonly name: string; readonly data: string },
): Promise<AppFiles> {
  const journal = join(own.data, 'files');
  const marks = { owner: ownerOf(await database.id()), olderOwner: olderOwnerOf(database.label) };
  const refuses = (folder: string) => refusesFolder(folder, env, own);
  if (!env.STORAGE_PATH) return { folders: [], left: [], unknown: true, refuses, journal, ...marks };
  const { app: here } = await database.app(app);
  const family = own.name !== 'main' ? 'sub' : here?.hasSubApps ? 'main' : 'alone';
  const keyFile = env.APP_AES_SECRET_KEY
    ? undefined
    : (env.APP_AES_SECRET_KEY_PATH ?? keyFileOf(storageFolder(env), own.name));
  // A new server has no app yet: what comes there is where an app keeps its files unless told otherwise.
  const storages = here?.storages ?? [USUAL_STORAGE];
  const { folders, left } = foldersOf(storages, env, family);
  const judged = await Promise.all(
    folders.map(async (folder) => ({ ...folder, reason: await refuses(folder.folder) })),
  );
  const refused = judged.flatMap(({ reason, ...folder }) =>
    reason === undefined ? [] : [{ ...folder, reason }],
  );
  return {
    folders: folders.filter((fileFolder) => !refused.some(({ folder }) => folder === fileFolder.folder)),
    left: [...left, ...refused.map(({ storage: name, reason }) => ({ name, reason: reasonText(reason) }))],
    refused,
    refuses,
    journal,
    ...marks,
    ...(keyFile !== undefined && { keyFile: resolve(keyFile) }),
  };
}

/** The older of the two places, where it is still used. */
function keyFileOf(storage: string, app: string): string {
  const [file, older] = ['apps', 'environment-variables'].map((name) =>
    join(storage, name, app, 'aes_key.dat'),
  );
  return !existsSync(file ?? '') && existsSync(older ?? '') ? (older ?? '') : (file ?? '');
}
