import { existsSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { Ark } from './actions/ark';
import { startClean } from './actions/clean';
import { checkWeekly } from './actions/system/weekly';
import { catalog } from './actions/backups/catalog';
import { cleanUploads } from './actions/uploads/cleanUploads';
import { locateDatabase } from './dumper/dialects/locate';
import { dataFolder, type Settings } from './environment';
import { BackupError, refused } from './errors/errors';
import { startDemo, type Demo } from './hosts/standalone/demo';
import { keepTime, type Timekeeper } from './actions/schedules/keepTime';
import { checkToken, newToken } from './hosts/http/accessToken';
import { LOOPBACK_NAMES, newGuard } from './hosts/http/guard';
import { consoleApp, type ConsoleApp } from './hosts/http/koa';
import { standaloneHost } from './hosts/standalone/host';
import { runningJobs } from './jobs/running';
import { wallClock, type Clock } from './jobs/scheduler';
import { OWN_FOLDER } from './ownFolder';

export interface ConsoleOptions {
  readonly env: Settings;
  /** A database's URL, instead of the environment's. */
  readonly database?: string | undefined;
  /** 0: any that is free. */
  readonly port?: number | undefined;
  readonly listen?: string | undefined;
  /** Instead of ARK_TOKEN; without either a new one. */
  readonly token?: string | undefined;
  /** How time passes for who signs in. */
  readonly clock?: Clock | undefined;
  /** The folder of the built page. */
  readonly page?: string | undefined;
  /** Lines for whoever started it. */
  readonly say?: ((line: string) => void) | undefined;
}

export interface Console {
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** Nobody has set the token: it is told to whoever started the console, or to nobody. */
  readonly tokenIsNew: boolean;
  readonly ark: Ark;
  /** The demo's database, with its password. */
  readonly demoUrl: string | undefined;
  /** Cancels what runs, waits for it, and closes everything. */
  stop(): Promise<void>;
}

export const DEFAULT_PORT = 4747;
/** How long open answers may take to end once everything else has stopped. */
const GRACE_MS = 3000;
/** How long what still works on a request nobody waits for may: a storage that says nothing has nothing to lose. */
const WORK_MS = 10_000;

/** The page and its API as a server of its own. */
export async function startConsole(options: ConsoleOptions): Promise<Console> {
  const { env, listen = '127.0.0.1' } = options;
  const say = options.say ?? (() => undefined);
  const token = tokenOf(options);
  const metricsToken = metricsTokenOf(env, token);
  const server = createServer();
  // An upload takes as long as it takes; one that says nothing any more is given up by the app.
  server.requestTimeout = 0;
  // The port comes first: whoever starts Ark twice should hear of that, and not stop the first one's database.
  const port = await bind(server, options.port ?? DEFAULT_PORT, listen);
  let demo: Demo | undefined;
  let app: ConsoleApp;
  let ark: Ark;
  let timekeeper: Timekeeper;
  const closing = new AbortController();
  const guard = newGuard(
    {
      token: token ?? newToken(),
      metricsToken,
      hosts: hostsOf(env, listen),
      trustProxy: env.ARK_TRUST_PROXY,
    },
    options.clock ?? wallClock,
    say,
  );
  try {
    // Who knocks while the database is still starting waits a moment.
    let open: (answer: RequestListener) => void = () => undefined;
    const opened = new Promise<RequestListener>((resolve) => (open = resolve));
    server.on('request', (request, response) => {
      void opened.then((answer) => answer(request, response));
    });
    if (locateDatabase(env, options.database) === undefined) {
      say(
        'No database is configured: starting the PostgreSQL that Ark brings along, with the data of a demo.',
      );
      demo = await startDemo(env, join(packageFolder(), 'assets', 'demo.ark'), say);
    }
    ark = {
      host: demo?.host ?? standaloneHost(env, options.database),
      running: runningJobs(),
      catalog: catalog(join(dataFolder(env), 'cache', 'backups.json')),
      dataFolder: dataFolder(env),
      uploadLimit: env.ARK_UPLOAD_LIMIT,
      demo: demo !== undefined,
    };
    await mkdir(ark.dataFolder, OWN_FOLDER);
    await Promise.all([startClean(ark.host), cleanUploads(ark.dataFolder, new Date())]);
    app = consoleApp({
      ark,
      guard,
      page: options.page ?? join(packageFolder(), 'dist', 'console'),
      closing: closing.signal,
      unforeseen: (cause) =>
        inspect(cause)
          .split('\n')
          .forEach((line) => say(line)),
    });
    const { host, catalog: backups, dataFolder: folder } = ark;
    timekeeper = keepTime(ark, say, async (now) => {
      await cleanUploads(folder, now);
      await checkWeekly(host, backups, now);
    });
    open((request, response) => void app.callback(request, response));
  } catch (error) {
    server.close();
    server.closeAllConnections();
    await demo?.stop();
    throw error;
  }

  const name = listen.includes(':') ? `[${listen}]` : listen;
  return {
    url: `http://${isAny(listen) ? '127.0.0.1' : name}:${port}/`,
    port,
    token: guard.token,
    tokenIsNew: token === undefined,
    ark,
    demoUrl: demo?.url,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      closing.abort(
        new BackupError('CONSOLE_STOPPING', 'The console was stopped. Try again when it runs again.'),
      );
      guard.sessions.endAll();
      const quiet = timekeeper.stop();
      await ark.running.stop();
      await quiet;
      const late = setTimeout(() => server.closeAllConnections(), GRACE_MS);
      const left = new AbortController();
      const worked = app.settled().finally(() => left.abort());
      const enough = sleep(WORK_MS, undefined, { signal: left.signal }).catch(() => undefined);
      await Promise.all([closed, Promise.race([worked, enough])]);
      clearTimeout(late);
      await demo?.stop();
    },
  };
}

/** Undefined: none is set. */
function tokenOf({ env, token }: ConsoleOptions): string | undefined {
  return token === undefined ? env.ARK_TOKEN : checkToken(token);
}

/** Whoever monitors must not be able to restore. */
function metricsTokenOf({ ARK_METRICS_TOKEN }: Settings, token: string | undefined): string | undefined {
  if (ARK_METRICS_TOKEN === undefined || ARK_METRICS_TOKEN !== token) return ARK_METRICS_TOKEN;
  throw refused('metrics-token', {});
}

const isAny = (listen: string): boolean => listen === '0.0.0.0' || listen === '::';
const isLoopback = (listen: string): boolean =>
  /^127\./.test(listen) || listen === '::1' || listen === 'localhost';

function hostsOf(env: Settings, listen: string): ReadonlySet<string> | undefined {
  const named = env.ARK_ALLOWED_HOSTS.map((host) => host.toLowerCase());
  if (!isLoopback(listen) && named.length === 0) return undefined;
  return new Set([...LOOPBACK_NAMES, listen.toLowerCase(), ...named]);
}

async function bind(server: Server, port: number, listen: string): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, listen, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    throw bindError(cause as NodeJS.ErrnoException, port, listen);
  }
  const address = server.address();
  return typeof address === 'object' && address ? address.port : port;
}

function bindError(cause: NodeJS.ErrnoException, port: number, listen: string): BackupError {
  switch (cause.code) {
    case 'EADDRINUSE':
      return refused('port-taken', { port: String(port), address: listen }, { cause, way: 'otherPort' });
    case 'EACCES':
      return refused('port-denied', { port: String(port) }, { cause, way: 'otherPort' });
    default:
      return refused('port-fails', { port: String(port), address: listen, why: cause.message }, { cause });
  }
}

/** Where the package is, seen from its source as well as from its bundle. */
function packageFolder(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}
