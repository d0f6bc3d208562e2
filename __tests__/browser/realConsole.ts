import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { SystemInfo } from '../../src/server/api/api';
import { inTime } from './browser';

const CLI = join(__dirname, '../../dist/server/cli.js');
export const TOKEN = 'the-token-of-the-browser';

export interface RealConsole {
  /** With the token, as it is shown at a terminal. */
  readonly url: string;
  readonly instance: string;
  /** Where it runs. */
  readonly folder: string;
  /** Into the demo database, as another program would. */
  readonly sql: Client;
  api<T>(action: string): Promise<T>;
  backupFiles(): Promise<string[]>;
  stop(): Promise<void>;
}

/** `ark serve` as a user starts it: no database is configured, so it brings its own with the demo's data. */
export async function startConsole(
  env: (folder: string) => Record<string, string> = () => ({}),
): Promise<RealConsole> {
  const folder = await mkdtemp(join(tmpdir(), 'ark-browser-'));
  // The database's own user has to get in when the suite is run by root.
  await chmod(folder, 0o755);
  const instance = 'garden-shop';
  const reports = ['--report-on-signal', `--report-directory=${folder}`, '--report-filename=report.json'];
  const server = spawn(process.execPath, [...reports, CLI, 'serve', '--port', '0', '--json'], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      ARK_DATA: folder,
      ARK_TOKEN: TOKEN,
      ARK_INSTANCE: instance,
      ...env(folder),
    },
  });
  let errors = '';
  server.stderr.on('data', (piece: Buffer) => (errors += piece.toString()));
  const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    server.stdout.on('data', (piece: Buffer) => {
      const found = /"url":"([^"]+)"/.exec(piece.toString())?.[1];
      if (found) resolve(`${found}?token=${TOKEN}`);
    });
    server.once('exit', (code) => reject(new Error(`ark serve ended with ${String(code)}: ${errors}`)));
  });
  const api = async <T>(action: string): Promise<T> => {
    const answer = await fetch(new URL(`/api/${action}`, url), {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    return ((await answer.json()) as { data: T }).data;
  };
  const { database } = await api<SystemInfo>('arkSystem:get');
  const target = new URL(database.label);
  const sql = new Client({
    host: target.hostname,
    port: Number(target.port),
    user: target.username,
    database: target.pathname.slice(1),
    password: (await readFile(join(folder, 'postgres.password'), 'utf8')).trim(),
  });
  await sql.connect();
  return {
    url,
    instance,
    folder,
    sql,
    api,
    backupFiles: async () => (await readdir(join(folder, 'backups'))).sort(),
    async stop() {
      await sql.end();
      server.kill('SIGINT');
      await inTime(exited, 'it does not stop').catch(async (error: unknown) => {
        server.kill('SIGUSR2');
        await sleep(3000);
        const report = await readFile(join(folder, 'report.json'), 'utf8').catch(() => '{}');
        server.kill('SIGKILL');
        const { libuv = [] } = JSON.parse(report) as { libuv?: { is_active: boolean }[] };
        const holding = JSON.stringify(libuv.filter((handle) => handle.is_active));
        throw new Error(`ark serve: ${String(error)}; ${errors}; it holds ${holding}`);
      });
      await rm(folder, { recursive: true, force: true });
    },
  };
}
