import { join } from 'node:path';
import { name as packageName, version } from '../../../package.json';
import { postgresDatabase } from '../dumper/dialects/postgres/database';
import {
  databaseSettings,
  dataFolder,
  fingerprintOf,
  instanceName,
  patience,
  type Environment,
} from '../environment';
import { BackupError } from '../errors';
import type { Host } from '../host';
import { fileJobStore } from '../jobs/files';
import { localStorage } from '../storage/local';

export const VERSION = version;
export const PACKAGE = packageName;

/** The host of the command line and the console: everything comes from the environment. */
export function standaloneHost(env: Environment, url?: string): Host {
  const settings = databaseSettings(env, url);
  if (!settings) {
    throw new BackupError(
      'USAGE',
      "No database was named. Give --database postgres://user:password@host:5432/name, or run where the app's .env is (DB_DIALECT, DB_HOST, DB_PORT, DB_DATABASE, DB_USER, DB_PASSWORD).",
    );
  }
  const { postgres, app } = settings;
  return {
    ...offlineHost(env),
    instance: instanceName(env, postgres.label.replace(/^.*\/|\?.*$/g, '')),
    database: postgresDatabase(postgres),
    app,
  };
}

/** For what needs no database: looking into archives. */
export function offlineHost(env: Environment): Omit<Host, 'database' | 'app' | 'instance'> {
  const data = dataFolder(env);
  const storages = [localStorage(join(data, 'backups'))];
  return {
    version,
    appKey: fingerprintOf(env.APP_KEY),
    storages,
    storage(name) {
      const found = storages.find((one) => one.name === name);
      if (found) return found;
      throw new BackupError(
        'STORAGE_UNKNOWN',
        `There is no storage ${JSON.stringify(name)}. There is: ${storages.map((one) => one.name).join(', ')}.`,
      );
    },
    jobs: fileJobStore(join(data, 'jobs')),
    workers: Number(env.ARK_WORKERS ?? 2),
    keepUndoDays: Number(env.ARK_KEEP_UNDO_DAYS ?? 7),
    lockTimeoutMs: patience(env),
    user: env.USER,
  };
}
