import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:net';
import { cp, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ownPlace, type Place } from '../helpers/place';
import { newDatabase, type TestDatabase } from '../helpers/postgres';
import { NOW_AND_THEN, until } from '../helpers/waiting';

export const PACK = 'pack/ark.tgz';
export const PLUGIN = 'nocobase-plugin-ark';

/** Where the tests' own NocoBase is; ARK_NOCOBASE names another place, so that it is installed once. */
export const installFolder = (): string =>
  process.env.ARK_NOCOBASE ?? join(tmpdir(), `ark-nocobase-${process.getuid?.() ?? 0}`);

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** `data` of the answer, or all of it where it has none. */
  readonly data: unknown;
  readonly errors: { code?: string; message: string }[] | undefined;
}

/** Somebody who is signed in, or nobody. */
export interface Caller {
  readonly token: string | undefined;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  /** What is answered first, of something that may go on for ever. */
  look(path: string): Promise<{ readonly status: number }>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export interface NocoBase {
  readonly url: string;
  readonly home: string;
  readonly process: ChildProcess;
  log(): string;
  nobody: Caller;
  /** The same, at the door of a sub-app. */
  nobodyOf(subApp: string): Caller;
  /** As the admin of the main app, unless told otherwise. */
  signIn(account?: string, password?: string, subApp?: string): Promise<Caller>;
  /** As an operator stops it. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export interface StartOptions {
  /** Its folder: storage, uploads, plugins. */
  readonly home: string;
  /** The URL of its database; an empty one gets a NocoBase installed first. */
  readonly database: string;
  readonly env?: Record<string, string>;
}

const running = new Set<Pick<NocoBase, 'stop'>>();

/** What one test file has to itself: the apps that it has started have ended before their folders and databases go. */
export function appPlace(): Place {
  afterAll(async () => {
    for (const one of running) await one.stop();
  });
  return ownPlace();
}

/** A real NocoBase as a process of its own, with its gateway, from the folder that install.sh has made. */
export async function startNocoBase(options: StartOptions): Promise<NocoBase> {
  const install = installFolder();
  const { hostname, port: dbPort, username, password, pathname } = new URL(options.database);
  await mkdir(options.home, { recursive: true });
  const port = await freePort();
  const child = spawn(
    process.execPath,
    // As NocoBase's own command line starts it.
    ['--preserve-symlinks', '--preserve-symlinks-main', join(__dirname, 'serve.cjs')],
    {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        NODE_PATH: join(install, 'node_modules'),
        NB_NODE_MODULES: join(install, 'node_modules'),
        NB_FRONT_END: join(install, 'app'),
        NB_HOME: options.home,
        DB_HOST: hostname,
        DB_PORT: dbPort,
        DB_USER: decodeURIComponent(username),
        DB_PASSWORD: decodeURIComponent(password),
        DB_DATABASE: pathname.slice(1),
        APP_PORT: String(port),
        NB_LOG: 'error',
        ...options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let text = '';
  // For whoever looks for the cause of a failure.
  const logFile = process.env.ARK_NOCOBASE_LOG;
  if (logFile !== undefined) {
    for (const stream of [child.stdout, child.stderr])
      stream.pipe(createWriteStream(logFile, { flags: 'a' }));
  }
  child.stdout.on('data', (data: Buffer) => (text += data.toString()));
  child.stderr.on('data', (data: Buffer) => (text += data.toString()));
  const closed = new Promise<void>((done) => child.once('close', () => done()));
  const url = `http://127.0.0.1:${port}`;
  await until(
    'NocoBase answers',
    async () => {
      if (child.exitCode !== null)
        throw new Error(`NocoBase ended with ${child.exitCode}: ${text.slice(-3000)}`);
      // It says so a moment before it listens.
      return text.includes('READY ') ? fetch(url).catch(() => undefined) : undefined;
    },
    240_000,
    100,
  );
  const nobody = caller(url);
  const app: NocoBase = {
    url,
    home: options.home,
    process: child,
    log: () => text,
    nobody,
    nobodyOf: (subApp) => caller(url, undefined, subApp),
    async signIn(account = 'admin@nocobase.com', secret = 'admin123', subApp) {
      const answer = await caller(url, undefined, subApp).post(
        'auth:signIn',
        { account, password: secret },
        { 'X-Authenticator': 'basic' },
      );
      if (answer.status !== 200)
        throw new Error(
          `${account} cannot sign in: ${answer.status} ${JSON.stringify(answer.errors ?? answer.data)}`,
        );
      return caller(url, (answer.data as { token: string }).token, subApp);
    },
    async stop() {
      child.kill('SIGTERM');
      await closed;
    },
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
  };
  running.add(app);
  return app;
}

/** The package as a folder below storage/plugins, where NocoBase looks for plugins. */
export async function unpackArk(home: string): Promise<void> {
  const folder = join(home, 'storage', 'plugins', PLUGIN);
  await mkdir(folder, { recursive: true });
  const pack = join(installFolder(), PACK);
  await promisify(execFile)('tar', ['-xzf', pack, '-C', folder, '--strip-components=1']);
}

/** Enabling a plugin starts the app again: somebody who has signed in afterwards. */
export async function enableArk(app: NocoBase, signIn = () => app.signIn()): Promise<Caller> {
  const { status, errors } = await (await signIn()).post(`pm:enable?filterByTk=${PLUGIN}`);
  if (status !== 200) throw new Error(`Ark cannot be enabled: ${status} ${JSON.stringify(errors)}`);
  return until(
    'the plugin is enabled',
    async () => {
      const again = await signIn().catch(() => undefined);
      return (await again?.get('arkSystem:get'))?.status === 200 ? again : undefined;
    },
    240_000,
    NOW_AND_THEN,
  );
}

/** A fresh app with Ark, and its admin. */
export async function startWithArk(options: StartOptions): Promise<{ app: NocoBase; admin: Caller }> {
  await unpackArk(options.home);
  const app = await startNocoBase(options);
  return { app, admin: await enableArk(app) };
}

/** An app with Ark as it is right after both were installed, to be copied: to install them takes longer than most tests. */
interface Installed {
  readonly database: string;
  readonly home: string;
}

/** Once for all tests, before them. */
export async function installOnce(folder: string): Promise<void> {
  const home = join(folder, 'installed');
  const database = await newDatabase();
  const { app } = await startWithArk({ home, database: database.url });
  await app.stop();
  running.delete(app);
  const installed: Installed = { database: database.name, home };
  process.env.ARK_NOCOBASE_INSTALLED = JSON.stringify(installed);
}

export interface InstalledApp {
  readonly app: NocoBase;
  readonly admin: Caller;
  readonly db: TestDatabase;
}

/** Starts a copy of it; a test that has several names them. */
export async function startInstalled(
  { data, copyOf }: Place,
  env: Record<string, string> = {},
  name = 'app',
): Promise<InstalledApp> {
  const installed = JSON.parse(process.env.ARK_NOCOBASE_INSTALLED ?? '') as Installed;
  const home = join(data.folder, name);
  await cp(installed.home, home, { recursive: true, verbatimSymlinks: true });
  const db = await copyOf(installed.database);
  const app = await startNocoBase({ home, database: db.url, env });
  return { app, admin: await app.signIn(), db };
}

/** A collection as the collection manager makes it, with one column for a short text. */
export const generalCollection = (name: string, title: string, column: string) => ({
  name,
  title,
  template: 'general',
  fields: [
    {
      name: 'id',
      type: 'bigInt',
      autoIncrement: true,
      primaryKey: true,
      allowNull: false,
      interface: 'id',
    },
    { name: column, type: 'string', interface: 'input' },
  ],
});

export interface EndedJob {
  readonly id: string;
  readonly state: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/**
 * A job until it has ended, and somebody to go on with: a restore of users ends their sign-ins, and NocoBase answers
 * 503 while the app starts again.
 */
export async function whenEnded(
  id: string,
  signIn: () => Promise<Caller>,
): Promise<{ caller: Caller; job: EndedJob }> {
  let last: unknown;
  return until(
    `${id} has ended`,
    async () => {
      const caller = await signIn().catch((error: unknown) => void (last = String(error)));
      const answer = await caller?.get(`arkJobs:get?filterByTk=${id}`);
      last = answer?.data ?? last;
      const job = answer?.status === 200 ? (answer.data as EndedJob) : undefined;
      return caller && job && job.state !== 'running' ? { caller, job } : undefined;
    },
    240_000,
    NOW_AND_THEN,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}; last seen: ${JSON.stringify(last)}`);
  });
}

/** Starts a job and follows it to its end. */
export async function runJob(
  caller: Caller,
  path: string,
  body: unknown,
  signIn: () => Promise<Caller>,
): Promise<{ caller: Caller; job: EndedJob }> {
  const started = await caller.post(path, body);
  if (started.status !== 200) {
    throw new Error(`${path}: ${started.status} ${JSON.stringify(started.errors ?? started.data)}`);
  }
  return whenEnded((started.data as { job: { id: string } }).job.id, signIn);
}

function caller(url: string, token?: string, subApp?: string): Caller {
  interface Init {
    readonly method?: string;
    readonly headers: Record<string, string>;
    readonly body?: string | Uint8Array<ArrayBuffer>;
  }
  const send = (path: string, init: Init) =>
    fetch(`${url}/api/${path}`, {
      ...init,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(subApp !== undefined && { 'X-App': subApp }),
        ...init.headers,
      },
    });
  const call = async (path: string, init: Init): Promise<Answer> => {
    const response = await send(path, init);
    const body = Buffer.from(await response.arrayBuffer());
    const json = response.headers.get('content-type')?.includes('json')
      ? (JSON.parse(body.toString()) as { data?: unknown; errors?: Answer['errors'] })
      : undefined;
    return {
      status: response.status,
      headers: response.headers,
      data: json ? (json.data ?? json) : body,
      errors: json?.errors,
    };
  };
  return {
    token,
    get: (path, headers = {}) => call(path, { headers }),
    async look(path) {
      const { status, body } = await send(path, { headers: {} });
      await body?.cancel();
      return { status };
    },
    post: (path, body = {}, headers = {}) =>
      call(path, {
        method: 'POST',
        headers: {
          'content-type': Buffer.isBuffer(body) ? 'application/octet-stream' : 'application/json',
          ...headers,
        },
        body: Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body),
      }),
  };
}

const freePort = (): Promise<number> =>
  new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });
