import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { name as packageName, version } from '../../../../package.json';
import { storagesOf, type StoragesPlace } from '../../actions/storages/storages';
import { postgresDatabase } from '../../dumper/dialects/postgres/database';
import { claim } from '../../claim';
import { databaseSettings } from '../../databaseSettings';
import { fingerprintOf } from '../../fingerprint';
import type { AppHints, Database } from '../../dumper/dialect';
import { dataFolder, instanceName, type Settings } from '../../environment';
import { olderOwnerOf, ownerOf } from '../../dumper/databaseId';
import { refusesFolder } from '../../dumper/files/allowed';
import { foldersOf, storageFolder, type AppFiles } from '../../dumper/files/folders';
import { BackupError } from '../../errors';
import type { Host } from '../../host';
import { fileJobStore } from '../../jobs/files';
import { fileSettings } from '../../jobs/fileSettings';
import { sealIn } from '../../secrets/seal';
import { OWN_FOLDER } from '../../ownFolder';

export const VERSION = version;
export const PACKAGE = packageName;

/** The host of the command line and the console: everything comes from the environment. */
export function standaloneHost(env: Settings, url?: string): Host {
  const found = databaseSettings(env, url);
  if (!found) {
    throw new BackupError(
      'USAGE',
      "No database was named. Give --database postgres://user@host:5432/name (the password in ~/.pgpass, or the whole URL in a file with --database-file), or run where the app's .env is (DB_DIALECT, DB_HOST, DB_PORT, DB_DATABASE, DB_USER, DB_PASSWORD).",
    );
  }
  const { postgres, app, name } = found;
  const database = postgresDatabase(postgres);
  return {
    ...offlineHost(env),
    instance: instanceName(env, name),
    database,
    app,
    files: () => appFiles(database, app, env, { name: 'main', data: dataFolder(env) }),
  };
}

/** For what needs no database: looking into archives. */
export function offlineHost(env: Settings): Omit<Host, 'database' | 'app' | 'instance' | 'files'> {
  const data = dataFolder(env);
  return {
    version,
    ...(env.APP_KEY && { appKeyFingerprint: fingerprintOf('app', env.APP_KEY) }),
    jobs: fileJobStore(join(data, 'jobs')),
    ...withStorages({
      settings: fileSettings(join(data, 'settings')),
      seal: sealIn(join(data, 'settings'), env.APP_KEY),
      environment: env,
      dataFolder: data,
    }),
    exclusive: fileLocks(join(data, 'locks')),
    workers: env.ARK_WORKERS,
    keepUndoDays: env.ARK_KEEP_UNDO_DAYS,
    lockTimeoutMs: env.ARK_LOCK_TIMEOUT_MS,
    user: env.USER,
  };
}

/** What depends on the storages that are set up, and what they are made from. */
export function withStorages(
  place: StoragesPlace,
): Pick<Host, 'storages' | 'settings' | 'seal' | 'environment' | 'roots'> {
  const { settings, seal, environment, roots } = place;
  return { storages: storagesOf(place), settings, seal, environment, roots };
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
  if (!env.STORAGE_PATH) return { folders: [], left: [], refuses, journal, ...marks };
  const { app: here } = await database.app(app);
  const family = own.name !== 'main' ? 'sub' : here?.hasSubApps ? 'main' : 'alone';
  const keyFile = env.APP_AES_SECRET_KEY
    ? undefined
    : (env.APP_AES_SECRET_KEY_PATH ?? keyFileOf(storageFolder(env), own.name));
  const { folders, left } = foldersOf(here?.storages ?? [], env, family);
  const judged = await Promise.all(
    folders.map(async (one) => ({ ...one, reason: await refuses(one.folder) })),
  );
  const refused = judged.flatMap(({ reason, ...one }) => (reason === undefined ? [] : [{ ...one, reason }]));
  return {
    folders: folders.filter((one) => !refused.some(({ folder }) => folder === one.folder)),
    left: [...left, ...refused.map(({ storage: name, reason }) => ({ name, reason }))],
    refused,
    refuses,
    journal,
    ...marks,
    ...(keyFile !== undefined && { keyFile: resolve(keyFile) }),
  };
}

/** The older of the two places, where it is still used. */
function keyFileOf(storage: string, app: string): string {
  const [file, older] = ['apps', 'environment-variables'].map((one) =>
    join(storage, one, app, 'aes_key.dat'),
  );
  return !existsSync(file ?? '') && existsSync(older ?? '') ? (older ?? '') : (file ?? '');
}

/** One file a name: consoles and commands of one data folder exclude each other. */
function fileLocks(folder: string): Host['exclusive'] {
  return async (name, use) => {
    mkdirSync(folder, OWN_FOLDER);
    const giveBack = await claim(join(folder, name), name).catch((error: unknown) => {
      if (error instanceof BackupError && error.code === 'FOLDER_IN_USE') return undefined;
      throw error;
    });
    if (!giveBack) return undefined;
    try {
      return { value: await use() };
    } finally {
      await giveBack();
    }
  };
}
