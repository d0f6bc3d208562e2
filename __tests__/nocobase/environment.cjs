'use strict';
/**
 * The environment NocoBase reads while its modules are loaded. Require this file before anything of @nocobase/*;
 * boot.cjs does so. What is already set in process.env wins.
 *
 *   NB_NODE_MODULES  node_modules of a NocoBase made by install.sh (required)
 *   NB_FRONT_END     the unpacked @nocobase/app; only for the web front end (default: the folder app beside it)
 *   NB_HOME          folder for storage: uploads, logs, keys, plugins (default: a folder in the temporary directory)
 */
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { createRequire } = require('node:module');
const { isMainThread } = require('node:worker_threads');

if (!process.env.NB_NODE_MODULES) {
  throw new Error('Set NB_NODE_MODULES to the node_modules folder that install.sh has made.');
}
const nodeModules = path.resolve(process.env.NB_NODE_MODULES);
const frontEnd = path.resolve(process.env.NB_FRONT_END || path.join(nodeModules, '../app'));
const home = path.resolve(process.env.NB_HOME || path.join(os.tmpdir(), 'nocobase-home'));
const storage = path.join(home, 'storage');

const defaults = {
  APP_ENV: 'production',
  NODE_ENV: 'production',
  APP_KEY: 'a key for tests only',
  APP_PORT: '13000',
  INIT_APP_LANG: 'en-US',
  INIT_ROOT_EMAIL: 'admin@nocobase.com',
  INIT_ROOT_USERNAME: 'nocobase',
  INIT_ROOT_NICKNAME: 'Super Admin',
  INIT_ROOT_PASSWORD: 'admin123',

  // Time: the zone of the process and that of the database connection have to agree.
  TZ: 'UTC',
  DB_TIMEZONE: '+00:00',

  // Folders.
  NODE_MODULES_PATH: nodeModules,
  APP_PACKAGE_ROOT: frontEnd,
  STORAGE_PATH: storage,
  LOCAL_STORAGE_DEST: path.join(storage, 'uploads'),
  PLUGIN_STORAGE_PATH: path.join(storage, 'plugins'),
  LOGGER_BASE_PATH: path.join(storage, 'logs'),
  SOCKET_PATH: path.join(storage, 'gateway.sock'),

  // Web addresses. CDN_BASE_URL must be defined, even empty: without it the front end cannot list the plugins.
  APP_PUBLIC_PATH: '/',
  API_BASE_PATH: '/api/',
  WS_PATH: '/ws',
  PLUGIN_STATICS_PATH: '/static/plugins/',
  APP_BASE_URL: '',
  APP_SERVER_BASE_URL: '',
  CDN_BASE_URL: '',
  ESM_CDN_BASE_URL: '',
  APP_MODERN_CLIENT_PREFIX: 'v',
  APP_CLIENT_ENTRY_MODE: 'legacy-default',
  API_CLIENT_SHARE_TOKEN: 'false',
  API_CLIENT_STORAGE_PREFIX: 'NOCOBASE_',
  API_CLIENT_STORAGE_TYPE: 'localStorage',

  PLUGIN_PACKAGE_PREFIX: '@nocobase/plugin-,@nocobase/plugin-sample-,@nocobase/preset-',
  DEFAULT_STORAGE_TYPE: 'local',
  CACHE_DEFAULT_STORE: 'memory',
  CACHE_MEMORY_MAX: '2000',
  LOGGER_TRANSPORT: 'file',
  LOGGER_LEVEL: 'warn',
};
for (const [name, value] of Object.entries(defaults)) process.env[name] ??= value;

fs.mkdirSync(process.env.LOCAL_STORAGE_DEST, { recursive: true });
fs.mkdirSync(process.env.PLUGIN_STORAGE_PATH, { recursive: true });

// NocoBase looks for more folders relative to the working directory (which a worker thread cannot change).
if (isMainThread) process.chdir(home);

module.exports = {
  nodeModules,
  frontEnd,
  home,
  /** require() as seen from inside the NocoBase installation. */
  nocobaseRequire: createRequire(path.join(nodeModules, 'index.js')),
};
