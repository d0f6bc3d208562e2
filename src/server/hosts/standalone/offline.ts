import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { storagesOf, type StoragesPlace } from '../../actions/storages/storages';
import { claim } from '../../claim';
import { dataFolder, type Settings } from '../../environment';
import { BackupError } from '../../errors/errors';
import { fingerprintOf } from '../../fingerprint';
import type { Host } from '../../host';
import { fileJobStore } from '../../jobs/files';
import { fileSettings } from '../../jobs/fileSettings';
import { OWN_FOLDER } from '../../ownFolder';
import { sealIn } from '../../secrets/seal';
import { VERSION } from '../../version';

/** For what needs no database: looking into archives. */
export function offlineHost(env: Settings): Omit<Host, 'database' | 'app' | 'instance' | 'files'> {
  const data = dataFolder(env);
  return {
    version: VERSION,
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
    preparedMinutes: env.ARK_PREPARED_MINUTES,
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
