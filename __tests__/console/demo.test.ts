import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { BackupItem, JobItem, LiveCollection, SystemInfo, UndoItem } from '../../src/server/api/api';
import { startEmbedded } from '../../src/server/hosts/embedded/postgres';
import { send, TOKEN } from '../helpers/console';
import { withClient } from '../helpers/postgres';

/** `ark serve` as a process of its own, as users start it. */
const root = join(__dirname, '..', '..');
const folders: string[] = [];
const children: ChildProcess[] = [];
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

interface Served {
  readonly child: ChildProcess;
  readonly port: number;
  readonly said: () => string;
  get<T>(action: string): Promise<T>;
  end(signal: NodeJS.Signals): Promise<number | null>;
}

function spawnArk(cwd: string, ...args: string[]) {
  const env: NodeJS.ProcessEnv = { PATH: process.env.PATH, HOME: process.env.HOME };
  const cli = join(root, 'src', 'server', 'cli.ts');
  const loader = require.resolve('tsx');
  const child = spawn(process.execPath, ['--import', loader, cli, 'serve', ...args], {
    cwd,
    env: { ...env, ARK_TOKEN: TOKEN },
  });
  children.push(child);
  let said = '';
  child.stdout.on('data', (text: Buffer) => (said += text.toString()));
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  return { child, said: () => said };
}

async function serve(cwd: string, ...args: string[]): Promise<Served> {
  const { child, said } = spawnArk(cwd, '--port', '0', ...args);
  const address = () => /^http:\/\/127\.0\.0\.1:(\d+)\/$/m.exec(said())?.[1];
  while (address() === undefined) {
    if (child.exitCode !== null) throw new Error(said());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const port = Number(address());
  return {
    child,
    port,
    said,
    async get<T>(action: string) {
      const { body } = await send(port, 'GET', `/api/${action}`, { authorization: `Bearer ${TOKEN}` });
      return (JSON.parse(body.toString()) as { data: T }).data;
    },
    async end(signal) {
      const exited = once(child, 'exit');
      child.kill(signal);
      return ((await exited) as [number | null])[0];
    },
  };
}

async function refused(cwd: string, ...args: string[]): Promise<string> {
  const { child, said } = spawnArk(cwd, ...args);
  const [code] = (await once(child, 'close')) as [number];
  return `${code} ${said()}`;
}

async function newFolder(mode: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ark-demo-'));
  await chmod(folder, mode);
  folders.push(folder);
  return folder;
}

it('starts without a database, survives kill -9, and is not stopped by a second one', async () => {
  const cwd = await newFolder(0o755);
  const first = await serve(cwd);
  // Nobody looks at a terminal here: what is printed may be kept.
  expect(first.said()).not.toContain(TOKEN);
  const info = await first.get<SystemInfo>('arkSystem:get');
  expect(info.database.demo).toBe(true);
  expect(info.app).toMatchObject({ name: 'nocobase' });
  expect(info.dataFolder).toBe(join(cwd, 'storage', 'ark'));
  const live = await first.get<LiveCollection[]>('arkCollections:list');
  const groups = new Set(live.map((one) => one.group));
  for (const group of ['required', 'user', 'custom', 'third-party', 'log']) expect(groups).toContain(group);
  expect(live.reduce((sum, one) => sum + (one.rows ?? 0), 0)).toBeGreaterThan(10_000);
  expect(await first.get<BackupItem[]>('arkBackups:list')).toEqual([]);
  expect(await first.get<UndoItem[]>('arkUndos:list')).toEqual([]);
  expect(await first.get<JobItem[]>('arkJobs:list')).toEqual([]);

  const data = join(cwd, 'storage', 'ark', 'postgres');
  const password = readFileSync(`${data}.password`, 'utf8').trim();
  const urlOf = ({ database }: SystemInfo) => {
    const url = new URL(database.label);
    url.password = password;
    return url.toString();
  };
  await withClient(urlOf(info), (client) => client.query('CREATE TABLE kept (id integer)'));

  const taken = await refused(cwd, '--port', String(first.port));
  expect(taken).toMatch(/^1 /);
  expect(taken).toContain('choose another port. (--port) [PORT_TAKEN]');
  expect(await refused(cwd, '--port', '0')).toMatch(
    /^1 [^]*another Ark \(process \d+\)[^]*\[FOLDER_IN_USE\]/,
  );
  expect((await first.get<SystemInfo>('arkSystem:get')).database.error).toBeUndefined();

  await first.end('SIGKILL');
  expect(existsSync(join(data, 'postmaster.pid'))).toBe(true);
  const second = await serve(cwd);
  expect((await second.get<LiveCollection[]>('arkCollections:list')).map((one) => one.name)).toContain(
    'kept',
  );
  expect(await second.end('SIGTERM')).toBe(0);
  expect(existsSync(join(data, 'postmaster.pid'))).toBe(false);
});

it('says so when the port that its PostgreSQL was given is taken', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const folder = join(await newFolder(0o755), 'data');
  await expect(startEmbedded({ folder, port })).rejects.toMatchObject({
    code: 'DATABASE_UNREACHABLE',
    message: expect.stringContaining('Address already in use') as string,
  });
  taken.close();
  const free = await startEmbedded({ folder });
  await withClient(free.url('postgres'), (client) => client.query('SELECT 1'));
  await free.stop();
});

const isRoot = process.platform !== 'win32' && userInfo().uid === 0;
describe(`as root${isRoot ? '' : ' (skipped: this is another user, to whom it cannot happen)'}`, () => {
  (isRoot ? it : it.skip)(
    'starts in a folder that nobody else can enter, and finds its data again',
    async () => {
      const cwd = await newFolder(0o700);
      const first = await serve(cwd);
      const where = /its data is in (\S+)\.$/m.exec(first.said())?.[1];
      expect(where).toBeDefined();
      folders.push(where!, `${where!}.password`, `${where!}.log`, `${where!}.owner`);
      expect((await first.get<SystemInfo>('arkSystem:get')).database.error).toBeUndefined();
      expect(await first.end('SIGINT')).toBe(0);
      const second = await serve(cwd);
      expect(second.said()).toContain(where);
      expect((await second.get<LiveCollection[]>('arkCollections:list')).length).toBeGreaterThan(100);
      expect(await second.end('SIGTERM')).toBe(0);
    },
  );
});
