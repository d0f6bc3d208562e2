import type { Application } from '@nocobase/server';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Ark } from '../../actions/ark';
import { catalog } from '../../actions/backups/catalog';
import type { AppHints } from '../../dumper/dialect';
import { databaseOfApp } from '../../dumper/dialects/locate';
import type { Settings } from '../../environment';
import { fingerprintOf } from '../../fingerprint';
import type { Host, LiveApp } from '../../host';
import { runningJobs } from '../../jobs/running';
import { sealIn } from '../../secrets/seal';
import { byArk } from './beforeChanges';
import { liveCollections } from './collections';
import type { Gate } from './gate';
import { newNode, type Node } from './node';
import { nocobaseNotify } from './notify';
import { collectionJobs, collectionSettings } from './store';
import { tenancy } from './tenancy';
import { appFiles } from '../standalone/host';
import { withStorages } from '../standalone/offline';
import { VERSION } from '../../version';
import { MINUTE } from '../../durations';

/** A live NocoBase app as Ark's host. Main app and sub-apps each have their own, with a folder of its own. */
export function nocobaseArk(app: Application, env: Settings, own: OwnPlugin, gate: Gate): Ark {
  const { dataFolder: folder } = tenancy(app.name, env);
  return {
    host: nocobaseHost(app, env, folder, own, gate),
    running: runningJobs(),
    catalog: catalog(join(folder, 'cache', 'backups.json')),
    dataFolder: folder,
    uploadLimit: env.ARK_UPLOAD_LIMIT,
    demo: false,
  };
}

/** How the app's list of plugins names Ark. */
export interface OwnPlugin {
  readonly name: string;
  readonly packageName: string;
}

function nocobaseHost(app: Application, env: Settings, folder: string, own: OwnPlugin, gate: Gate): Host {
  const { options } = app.db;
  const hints = hintsOf(app);
  const { name: database, database: db } = databaseOfApp(
    { ...options, ssl: options.dialectOptions?.ssl, app: hints },
    env,
  );
  return {
    instance: env.ARK_INSTANCE ?? (app.name === 'main' ? database : `${database}-${app.name}`),
    version: VERSION,
    database: db,
    app: hints,
    ...(env.APP_KEY && { appKeyFingerprint: fingerprintOf('app', env.APP_KEY) }),
    jobs: collectionJobs(app),
    ...withStorages({
      settings: collectionSettings(app),
      seal: sealIn(join(folder, 'settings'), env.APP_KEY),
      ...tenancy(app.name, env),
    }),
    workers: env.ARK_WORKERS,
    keepUndoDays: env.ARK_KEEP_UNDO_DAYS,
    preparedMinutes: env.ARK_PREPARED_MINUTES,
    lockTimeoutMs: env.ARK_LOCK_TIMEOUT_MS,
    files: () => appFiles(db, hints, env, { name: app.name, data: folder }),
    live: liveApp(app, env, own, nodeOf(app, db, own, gate)),
    notify: nocobaseNotify(app),
    clearAppCache: () => app.cacheManager.flushAll(),
    exclusive: (name, use) => clusterLock(app, `ark:${app.name}:${name}`, use),
  };
}

/** Longer than anything that is done under a lock; a node that died holds it no longer. */
const LOCK_MS = MINUTE;

/** The app's own locks, which its cluster adapters make distributed. */
async function clusterLock<T>(
  app: Application,
  name: string,
  use: () => Promise<T>,
): Promise<{ readonly value: T } | undefined> {
  let release: () => Promise<void> | void;
  try {
    release = await (await app.lockManager.tryAcquire(name)).acquire(LOCK_MS);
  } catch (error) {
    if (error instanceof Error && error.constructor.name === 'LockAcquireError') return undefined;
    throw error;
  }
  try {
    return { value: await use() };
  } finally {
    await release();
  }
}

/** How the app names things, and what its live collections say of themselves. */
function hintsOf(app: Application): AppHints {
  const { tablePrefix = '', underscored = false, timezone } = app.db.options;
  return {
    tablePrefix,
    underscored,
    timeZone: timezone,
    collections: () => liveCollections(app),
    hasPackage: isInstalled,
  };
}

/** Where the app itself finds its plugins: those that were uploaded are linked into the same folder. */
function isInstalled(name: string): boolean {
  try {
    createRequire(require.resolve('@nocobase/server')).resolve(`${name}/package.json`);
    return true;
  } catch {
    return false;
  }
}

/**
 * From the moment this process serves the app, until the app is destroyed. One that only runs a command, such as an
 * upgrade, is no node. The restoring node has brought the data up, so that the others need no `upgrade`.
 */
function nodeOf(app: Application, database: Host['database'], own: OwnPlugin, gate: Gate): Node {
  const node = newNode({
    database,
    gate,
    async reload() {
      await app.runCommandThrowError((await app.isStarted()) ? 'restart' : 'start');
    },
    say: (line) => app.log.info(`Ark: ${line}`),
  });
  // Before the app's own listeners, which read the collections.
  app.prependListener('beforeStart', () => (app.pm.get(own.name)?.enabled ? node.join() : node.leave()));
  app.on('beforeReload', () => node.reads());
  app.on('beforeDestroy', () => node.leave());
  return node;
}

/**
 * The app's users wait at the gate, and its page tries again by itself.
 * `upgrade` reads collections and plugins anew, brings the data of an older version up, and starts the app again.
 */
function liveApp(app: Application, env: Settings, own: OwnPlugin, node: Node): LiveApp {
  return {
    pause: () => node.pause(),
    async reload() {
      if (app.db.closed()) await app.db.reconnect();
      // The restored list of plugins may not know Ark: nobody could undo then.
      await app.db.getRepository('applicationPlugins').updateOrCreate({
        filterKeys: ['name'],
        values: { ...own, version: VERSION, enabled: true, installed: true, builtIn: false },
      });
      await byArk(app, () => app.runCommandThrowError('upgrade'));
      // Told to skip upgrades within a version, `upgrade` reads nothing anew.
      if (env.SKIP_SAME_VERSION_UPGRADE === 'true') await app.runCommandThrowError('restart');
      // An earlier upgrade that failed on its last step has left the app stopped, and `upgrade` leaves it so.
      if (!(await app.isStarted())) await app.runCommandThrowError('start');
      // Signing in and showing a page need these; if they cannot be read, the app does not work.
      for (const name of ['users', 'roles', 'collections']) {
        await app.db.getRepository(name).findOne({});
      }
    },
    resume: () => node.resume(),
  };
}
