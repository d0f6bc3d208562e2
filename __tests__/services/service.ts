import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Service {
  readonly port: number;
  readonly folder: string;
  /** Of MariaDB: kills the server, and starts it again with what is on its disk. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

type Name = 'apache' | 'nginx' | 'ceph' | 'pgbouncer' | 'openssh' | 'mariadb';

/**
 * A real server from a Debian package, started by the script of that name, with a folder of its own. On a busy machine
 * one that waits for parts of its own may give up: it is asked once more.
 */
export const startService = (name: Name, more: readonly string[] = []): Promise<Service> =>
  start(name, more).catch((error: unknown) => {
    console.warn(error);
    return start(name, more);
  });

async function start(name: Name, more: readonly string[]): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), `ark-${name}-`));
  await chmod(folder, 0o755);
  const script = join(__dirname, `${name}.sh`);
  const [port, other] = [await freePort(), await freePort()];
  const rest = more.length > 0 ? more : [String(other)];
  const stop = async () => {
    await run(script, ['stop', folder]);
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    await run(script, ['start', folder, String(port), ...rest], { timeout: 120_000 });
  } catch (error) {
    await stop().catch(() => undefined);
    throw new Error(`${name} does not start. Are the packages of packages.txt installed? ${String(error)}`, {
      cause: error,
    });
  }
  const crash = async () => {
    const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    await run(script, ['start', folder, String(port), ...rest], { timeout: 120_000 });
  };
  return { port, folder, crash, stop };
}
