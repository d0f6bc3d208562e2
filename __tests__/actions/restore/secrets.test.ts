import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalog } from '../../../src/server/actions/backups/catalog';
import { createBackup } from '../../../src/server/actions/backups/createBackup';
import { restoreBackup } from '../../../src/server/actions/restore/restoreBackup';
import { findArchive } from '../../../src/server/actions/backups/findBackup';
import { hostOf } from '../../helpers/ark';
import { bundleCli } from '../../helpers/cli';
import { ownPlace } from '../../helpers/place';

const { database } = ownPlace();
let folder: string;
let cli: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ark-secrets-'));
  await chmod(folder, 0o755);
  cli = await bundleCli(folder);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const ark = (args: readonly string[], env: Record<string, string> = {}) =>
  new Promise<{ exit: number; out: string; err: string }>((resolve) => {
    execFile(
      process.execPath,
      [cli, ...args],
      { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, ARK_DATA: join(folder, 'data'), ...env } },
      (error, out, err) => resolve({ exit: error ? Number(error.code) : 0, out, err }),
    );
  });

describe('a password need not be among the arguments, where everybody can read it', () => {
  it('a database by a file, by PostgreSQL’s own password file, and with a warning by its URL', async () => {
    const app = await database('CREATE TABLE t (id integer)');
    const file = join(folder, 'url');
    await writeFile(file, `${app.url}\n`, { mode: 0o600 });
    const { username, password, hostname, port, pathname } = new URL(app.url);
    const pass = join(folder, 'pgpass');
    await writeFile(pass, `${hostname}:${port}:*:${username}:${decodeURIComponent(password)}\n`, {
      mode: 0o600,
    });
    const bare = `postgres://${username}@${hostname}:${port}${pathname}`;

    const byFile = await ark(['backup', '--json', '--name', 'a', '--database-file', file]);
    expect([byFile.exit, byFile.err]).toEqual([0, expect.not.stringContaining('ps)') as string]);
    const byPass = await ark(['backup', '--json', '--name', 'b', '--database', bare], { PGPASSFILE: pass });
    expect([byPass.exit, byPass.err]).toEqual([0, expect.not.stringContaining('ps)') as string]);
    const byUrl = await ark(['backup', '--json', '--name', 'c', '--database', app.url]);
    expect(byUrl.exit).toBe(0);
    expect(byUrl.err).toMatch(/\(ps\).*--database-file/);
    expect(byUrl.err).not.toContain(decodeURIComponent(password));

    const both = await ark(['list', '--json']);
    expect(both.exit).toBe(0);
    expect((await ark(['backup', '--database', bare, '--database-file', file])).exit).toBe(2);
    expect((await ark(['backup', '--database-file', join(folder, 'none')])).exit).toBe(2);
  });

  it('every command that takes a database takes it by a file', async () => {
    const { out } = await ark(['--help']);
    const names = [...out.matchAll(/^ {2}(\w+)[ |]/gm)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(12);
    for (const name of names) {
      const help = (await ark([name, '--help'])).out;
      expect([name, help.includes('--database-file')]).toEqual([name, help.includes('--database <url>')]);
    }
  });

  it('a storage by a file', async () => {
    const file = join(folder, 'storage-url');
    const url = 's3+http://KEYOFMINE:S3cretS3cret@127.0.0.1:9/bucket/path';
    await writeFile(file, url, { mode: 0o600 });
    const made = await ark(['storages', 'add', 'one', '--url-file', file, '--no-test', '--json']);
    expect([made.exit, made.err]).toEqual([0, expect.not.stringContaining('ps)') as string]);
    const told = await ark(['storages', 'add', 'two', '--url', url, '--no-test', '--json']);
    expect(told.err).toMatch(/\(ps\).*--url-file/);
    expect(told.err + told.out + made.out).not.toContain('S3cretS3cret');
  });
});

it('what Ark keeps is nobody else’s to list or read', async () => {
  const app = await database('CREATE TABLE t (id integer); INSERT INTO t VALUES (1)');
  const data = join(folder, 'modes');
  const host = hostOf(app.url, data);
  await createBackup(host, { selection: { all: true }, to: { storage: 'local', name: 'x' } });
  const archive = await findArchive(host, 'x.ark');
  await restoreBackup(host, archive, 'x.ark', { selection: { all: true }, allowBreaks: false });
  await catalog(join(data, 'cache', 'backups.json')).list(host);
  await host.settings.save('settings', 'probe', { value: 1 });
  await host.exclusive('probe', () => Promise.resolve());

  const open: string[] = [];
  const entries = await readdir(data, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (((await stat(path)).mode & 0o077) !== 0) open.push(path.slice(data.length));
  }
  expect(open).toEqual([]);
  expect((await stat(data)).mode & 0o077).toBe(0);
  const kinds = new Set(entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name));
  for (const one of ['backups', 'cache', 'jobs', 'settings', 'locks']) expect(kinds).toContain(one);
});
