'use strict';
/**
 * boot(): a real NocoBase Application, inside this process, on a PostgreSQL database.
 *
 *   const { boot, connect } = require('./boot.cjs');
 *   const nocobase = await boot({ database: 'nb_test', port: 13100 });
 *   const admin = await connect(nocobase.url).signIn();
 *   await admin.api('users:list');
 *   await nocobase.close();
 *
 * An empty database gets a NocoBase installed first. See environment.cjs for the environment variables; further:
 *   DB_HOST (127.0.0.1)  DB_PORT (5432)  DB_USER (nb)  DB_PASSWORD (nb)  DB_DATABASE (nb)
 */
const http = require('node:http');
const { nocobaseRequire, home } = require('./environment.cjs');

/** The fewest plugins with collections, fields, users, roles and files. file-manager must precede system-settings. */
const MINIMAL = [
  'error-handler',
  'data-source-manager',
  'data-source-main',
  'field-sort',
  'file-manager',
  'ui-schema-storage',
  'users',
  'acl',
  'auth',
  'system-settings',
  'client',
];

/** The preset, which brings about 77 plugins by itself and knows about the optional ones. */
const PRESET = ['nocobase'];

/**
 * @param {object} [options]
 * @param {string} [options.database]   database name; likewise host, dbPort, user, password, schema, tablePrefix
 * @param {boolean} [options.underscored]
 * @param {Array} [options.plugins]     names, or [PluginClass, options] pairs; PRESET by default
 * @param {string[]|'*'} [options.enable]  optional plugins to enable unless they are; '*': all there are
 * @param {number} [options.port]       serve HTTP on this port (0: a free one; undefined: do not serve)
 * @param {boolean} [options.gateway]   serve through NocoBase's own gateway: web front end, plugin bundles, web socket
 * @param {string} [options.log]        log to the console from this level on (default: into files below NB_HOME)
 */
async function boot(options = {}) {
  // As NocoBase's own command line does: what lies in storage/plugins becomes loadable.
  await nocobaseRequire('@nocobase/utils/plugin-symlink').syncPluginSymlinks();
  const { Application, Gateway, runPluginStaticImports } = nocobaseRequire('@nocobase/server');
  // Before there is an app: this is where sub-apps get their place.
  await runPluginStaticImports();
  const app = new Application({
    name: 'main',
    plugins: options.plugins ?? PRESET,
    acl: true, // check permissions for real
    resourcer: { prefix: '/api' },
    database: databaseOptions(options),
    cacheManager: { defaultStore: 'memory', stores: { memory: { store: 'memory', max: 2000 } } },
    logger: {
      request: { transports: ['file'], level: process.env.NB_REQUEST_LOG ?? 'error' },
      system: { transports: [options.log ? 'console' : 'file'], level: options.log ?? 'warn' },
    },
  });
  app.setMaxListeners(200);
  // As NocoBase's own command line does too: the language's own objects are frozen from here on.
  if (options.gateway) app.once('afterStart', () => lockdown());

  // runCommandThrowError, because runCommand only logs what goes wrong.
  await app.db.auth({ retry: 3 });
  if (!(await app.isInstalled())) await app.runCommandThrowError('install');
  await app.runCommandThrowError('start');
  if (options.enable) await enablePlugins(app, options.enable);

  let server;
  let port = options.port;
  if (options.gateway) {
    port ??= Number(process.env.APP_PORT);
    await Gateway.getInstance().start({ port, host: '127.0.0.1' });
  } else if (port !== undefined) {
    server = http.createServer((request, response) => app.callback()(request, response));
    await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
    port = server.address().port;
  }

  return {
    app,
    home,
    url: port === undefined ? undefined : `http://127.0.0.1:${port}`,
    async close() {
      if (server) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      if (options.gateway) Gateway.getInstance().close();
      await app.destroy();
    },
  };
}

function lockdown() {
  nocobaseRequire('@nocobase/utils').lockdownSes({
    consoleTaming: 'unsafe',
    errorTaming: 'unsafe',
    overrideTaming: 'moderate',
    stackFiltering: 'verbose',
  });
}

/** Enables plugins one after the other, as an administrator would in the plugin manager. */
async function enablePlugins(app, wanted) {
  const names = wanted === '*' ? await app.pm.get('nocobase').findLocalPlugins() : wanted;
  for (const name of names) {
    if (!app.pm.get(name)?.enabled) await app.pm.enable([name]);
  }
}

function databaseOptions(options) {
  const { env } = process;
  return {
    dialect: env.DB_DIALECT ?? 'postgres',
    host: options.host ?? env.DB_HOST ?? '127.0.0.1',
    port: Number(options.dbPort ?? env.DB_PORT ?? 5432),
    username: options.user ?? env.DB_USER ?? 'nb',
    password: options.password ?? env.DB_PASSWORD ?? 'nb',
    database: options.database ?? env.DB_DATABASE ?? 'nb',
    schema: options.schema,
    tablePrefix: options.tablePrefix ?? '',
    underscored: options.underscored ?? false,
    timezone: env.DB_TIMEZONE,
    logging: false,
  };
}

/** A small client of the HTTP API of a NocoBase anywhere: connect(url).api('users:list'). */
function connect(url, token) {
  /**
   * @param {string} path      what follows /api/, for instance 'customers:list?pageSize=5'
   * @param {object} [body]    JSON or FormData; its presence makes the request a POST
   * @returns {Promise<any>}   the answer's `data`, or all of the answer where it has none
   */
  async function api(path, body, { method = body ? 'POST' : 'GET', headers = {} } = {}) {
    const isForm = body instanceof FormData;
    const response = await fetch(`${url}/api/${path}`, {
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && !isForm && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: isForm || !body ? body : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) {
      const error = new Error(`${method} ${path}: ${response.status} ${text.slice(0, 1000)}`);
      throw Object.assign(error, { status: response.status });
    }
    try {
      const json = JSON.parse(text);
      return json?.data ?? json;
    } catch {
      return text;
    }
  }

  async function signIn(account = process.env.INIT_ROOT_EMAIL, password = process.env.INIT_ROOT_PASSWORD) {
    const signedIn = await api(
      'auth:signIn',
      { account, password },
      { headers: { 'X-Authenticator': 'basic' } },
    );
    return connect(url, signedIn.token);
  }

  return { url, token, api, signIn };
}

module.exports = { boot, connect, nocobaseRequire, MINIMAL, PRESET };
