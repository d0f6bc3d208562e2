import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { startClean } from '../../src/server/actions/clean';
import { copyDatabase } from '../../src/server/actions/restore/copyDatabase';
import { createBackup } from '../../src/server/actions/backups/createBackup';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { applyUndo, findUndo } from '../../src/server/actions/restore/undos';
import { ownerOf } from '../../src/server/dumper/databaseId';
import { announce } from '../../src/server/dumper/files/exchange';
import { asideName } from '../../src/server/dumper/files/folders';
import { newJobId } from '../../src/server/dumper/job';
import { readSettings } from '../../src/server/environment';
import type { Host } from '../../src/server/host';
import { startEmbedded } from '../../src/server/hosts/embedded/postgres';
import { standaloneHost } from '../../src/server/hosts/standalone/host';
import { hostOf } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import { serverUrl, withClient, type TestDatabase } from '../helpers/postgres';

/** Which database it is does not depend on who asks, nor on the way that he came. */
const { data, database } = ownPlace();

const APP = `
  CREATE TABLE "applicationPlugins" (name text, version text, enabled boolean, "packageName" text);
  INSERT INTO "applicationPlugins" VALUES ('users', '1', true, '@nocobase/plugin-users');
  CREATE TABLE storages (id bigint PRIMARY KEY, name text, type text, options jsonb);
  INSERT INTO storages VALUES (1, 'local', 'local', '{}');`;

/** How an app says where its database is: a URL, or the fields of its .env. */
type Way = string | Readonly<Record<string, string>>;

async function waysTo(at: TestDatabase): Promise<Readonly<Record<string, Way>>> {
  const url = new URL(at.url);
  const by = (change: (url: URL) => void): string => {
    const other = new URL(at.url);
    change(other);
    return other.toString();
  };
  const role = `guest_${at.name}`;
  await at.sql(
    `CREATE ROLE ${role} LOGIN PASSWORD 'secret'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role};`,
  );
  const fields = {
    DB_DIALECT: 'postgres',
    DB_HOST: 'localhost',
    DB_PORT: url.port,
    DB_DATABASE: at.name,
    DB_USER: decodeURIComponent(url.username),
    DB_PASSWORD: decodeURIComponent(url.password),
  };
  const [sockets] = await at.query<{ folder: string }>(
    `SELECT current_setting('unix_socket_directories') AS folder`,
  );
  return {
    'by address': at.url,
    'by name': by((url) => (url.hostname = 'localhost')),
    'by the name in capitals': at.url.replace('127.0.0.1', 'LOCALHOST'),
    'by another address of this machine': by((url) => (url.hostname = '127.1')),
    'with more in the URL': by((url) => (url.search = '?tablePrefix=&underscored=false&schema=public')),
    'under the other name of the protocol': at.url.replace('postgres:', 'postgresql:'),
    'as another user': by((url) => ([url.username, url.password] = [role, 'secret'])),
    'by fields': fields,
    'by fields, address': { ...fields, DB_HOST: '127.0.0.1', DB_SCHEMA: 'public' },
    'past a pooler': { ...fields, DB_HOST: 'pooler.example', ARK_DB_HOST: '127.0.0.1' },
    ...(sockets?.folder && {
      'by socket': by((url) => url.searchParams.set('host', sockets.folder)),
      'by socket, fields': { ...fields, DB_HOST: sockets.folder },
    }),
  };
}

const hostBy = (way: Way, folder = data.folder, more: Record<string, string> = {}): Host =>
  typeof way === 'string'
    ? hostOf(way, folder, more)
    : standaloneHost(readSettings({ ARK_DATA: folder, ARK_INSTANCE: 'test', ...more, ...way }));

const idOf = (way: Way) => hostBy(way).database.id();

const deadPid = (): Promise<number> =>
  new Promise((done) => {
    const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' });
    child.once('close', () => done(child.pid ?? 0));
  });

describe('the id of a database', () => {
  it('is one, whatever way it is reached and by whom, though its labels are many', async () => {
    const ways = Object.entries(await waysTo(await database()));
    const ids = await Promise.all(ways.map(async ([name, way]) => [name, await idOf(way)] as const));
    const [[, first] = []] = ids;
    expect(Object.fromEntries(ids)).toEqual(Object.fromEntries(ways.map(([name]) => [name, first])));
    expect(new Set(ways.map(([, way]) => hostBy(way).database.label)).size).toBeGreaterThan(5);
  });

  it('stays when the database gets another name', async () => {
    const at = await database();
    const before = await idOf(at.url);
    await onServer(`ALTER DATABASE ${at.name} RENAME TO ${at.name}_renamed`);
    expect(await idOf(serverUrl(`${at.name}_renamed`))).toBe(before);
    await onServer(`ALTER DATABASE ${at.name}_renamed RENAME TO ${at.name}`);
  });

  it('is not that of another database, another schema, or one of the same name on another server', async () => {
    const [one, two] = [await database(), await database('CREATE SCHEMA other')];
    const folder = await mkdtemp(join(tmpdir(), 'ark-second-'));
    // The tests of root have a server that is another user.
    await chmod(folder, 0o755);
    const server = await startEmbedded({ folder: join(folder, 'data'), settings: ['fsync=off'] });
    try {
      const ids = [
        await idOf(one.url),
        await idOf(two.url),
        await idOf(`${two.url}?schema=other`),
        await idOf(serverUrl('postgres')),
        await idOf(server.url('postgres')),
      ];
      expect(new Set(ids).size).toBe(ids.length);
    } finally {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('is another when the database was dropped and made anew under the same name', async () => {
    const at = await database();
    const before = await idOf(at.url);
    await onServer(`DROP DATABASE ${at.name}`);
    await onServer(`CREATE DATABASE ${at.name} TEMPLATE template0`);
    expect(await idOf(at.url)).not.toBe(before);
  });

  it('is there where the server does not tell its number, and then never that of another', async () => {
    const [at, other] = [await database(), await database()];
    for (const database of [at, other]) {
      await database.sql('REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC');
    }
    const guest = (await waysTo(at))['as another user'] as string;
    const here = await idOf(guest);
    expect(await idOf(`${guest}?tablePrefix=x_`)).toBe(here);
    const there = (await waysTo(other))['as another user'] as string;
    expect(await idOf(there)).not.toBe(here);
    expect(await idOf(`${guest}?schema=other`)).not.toBe(here);
  });

  it('no words for a database can be taken for it', async () => {
    const host = hostOf((await database()).url, data.folder);
    // @ts-expect-error a label is no id
    const wrong = ownerOf(host.database.label);
    expect(wrong).not.toBe(ownerOf(await host.database.id()));
  });
});

const onServer = (text: string) => withClient(serverUrl('postgres'), (client) => client.query(text));

let apps = 0;
async function newApp() {
  const at = await database(APP);
  const storage = join(data.folder, `app-${(apps += 1)}`);
  const uploads = join(storage, 'uploads');
  await mkdir(uploads, { recursive: true });
  await writeFile(join(uploads, 'a.txt'), 'mine');
  const by = (way: Way) => hostBy(way, join(storage, 'ark'), { STORAGE_PATH: storage });
  const beside = async () => (await readdir(storage)).filter((name) => name.startsWith('.ark-'));
  return { at, storage, uploads, by, beside };
}
type App = Awaited<ReturnType<typeof newApp>>;

/** What a restore with files leaves behind that is killed before its tables are committed. */
async function killed(app: App, host: Host, as: 'id' | 'label' = 'id'): Promise<string> {
  const job = newJobId();
  const files = await host.files();
  const marks = as === 'id' ? files : { ...files, owner: files.olderOwner };
  const place = (what: 'stage' | 'undo') => join(app.storage, asideName(what, job, marks, app.uploads));
  await mkdir(place('stage'));
  await announce(marks, job, [{ live: app.uploads, incoming: place('stage'), aside: place('undo') }]);
  // What an expired undo has left is found by its mark alone.
  await mkdir(join(app.storage, asideName('undo', newJobId(), marks, app.uploads)));
  await host.jobs.save({
    id: job,
    kind: 'restore',
    state: 'running',
    subject: 'shop.ark',
    startedAt: new Date().toISOString(),
    host: hostname(),
    pid: await deadPid(),
    database: as === 'id' ? await host.database.id() : host.database.label,
  });
  return job;
}

const left = async (app: App, host: Host, job: string) => ({
  beside: await app.beside(),
  notes: await readdir((await host.files()).journal),
  state: (await host.jobs.get(job))?.state,
});
const NOTHING = { beside: [], notes: [], state: 'failed' };

describe('what a killed job has left', () => {
  it('is settled by whoever comes next, by whatever way', async () => {
    const app = await newApp();
    const ways = Object.entries(await waysTo(app.at));
    for (const [at, [name, way]] of ways.entries()) {
      const job = await killed(app, app.by(way));
      const next = app.by(ways[(at + 1) % ways.length]?.[1] ?? '');
      await startClean(next);
      expect([name, await left(app, next, job)]).toEqual([name, NOTHING]);
    }
  });

  it('is settled though an older Ark has marked it, by its words for the database', async () => {
    const app = await newApp();
    const host = app.by(app.at.url);
    const job = await killed(app, host, 'label');
    await startClean(host);
    expect(await left(app, host, job)).toEqual(NOTHING);
  });

  /** A restore with files that is through, and how a process leaves it that is killed right after the commit. */
  async function committed(app: App, host: Host, as: 'id' | 'label' = 'id') {
    await createBackup(host, { selection: {}, to: { storage: 'local', name: newJobId() }, files: true });
    const [{ key } = { key: '' }] = await (await host.storages.find()).list();
    const archive = await findArchive(host, key);
    const { job, result } = await restoreBackup(host, archive, key, { selection: {}, allowBreaks: false });
    const files = await host.files();
    const marks = as === 'id' ? files : { ...files, owner: files.olderOwner };
    const place = (what: 'stage' | 'undo') => join(app.storage, asideName(what, job.id, marks, app.uploads));
    const kept = (await app.beside()).find((name) => name.includes(job.id)) ?? '';
    await rename(app.uploads, place('stage'));
    await rename(join(app.storage, kept), app.uploads);
    await announce(marks, job.id, [{ live: app.uploads, incoming: place('stage'), aside: place('undo') }]);
    await host.jobs.save({ ...job, state: 'running', endedAt: undefined, pid: await deadPid() });
    return { job: job.id, undo: result.undo, followed: basename(place('undo')) };
  }

  it.each(['id', 'label'] as const)(
    'follows the tables where they were committed, known by its %s',
    async (as) => {
      const app = await newApp();
      const host = app.by(app.at.url);
      const { job, followed } = await committed(app, host, as);
      await startClean(app.by(as === 'id' ? app.at.url.replace('127.0.0.1', 'localhost') : app.at.url));
      expect(await left(app, host, job)).toEqual({ beside: [followed], notes: [], state: 'done' });
    },
  );

  it('waits for the account whose undo it is, for no other can tell', async () => {
    const app = await newApp();
    const host = app.by(app.at.url);
    const guest = app.by((await waysTo(app.at))['as another user'] ?? '');
    const { job, followed } = await committed(app, host);
    const before = await left(app, host, job);
    await startClean(guest);
    expect(await left(app, host, job)).toEqual(before);
    await startClean(host);
    expect(await left(app, host, job)).toEqual({ beside: [followed], notes: [], state: 'done' });
    // Nor does a guest take away what is kept for the undo.
    await startClean(guest);
    await createBackup(guest, { selection: {}, to: { storage: 'local', name: 'by-the-guest' } });
    expect(await app.beside()).toEqual([followed]);
    await applyUndo(host, await findUndo(host, job), { allowBreaks: false });
  });

  it('is left alone by another database, and by another schema of the same', async () => {
    const app = await newApp();
    await app.at.sql('CREATE SCHEMA other');
    const host = app.by(app.at.url);
    const job = await killed(app, host);
    const before = { ...(await left(app, host, job)) };
    for (const stranger of [`${app.at.url}?schema=other`, (await database(APP)).url]) {
      await startClean(app.by(stranger));
      expect(await left(app, host, job)).toEqual(before);
    }
    expect(before).toMatchObject({ state: 'running' });
  });
});

describe('a copy', () => {
  const copy = (from: Host, to: Host) =>
    copyDatabase(from, to, { selection: { all: true }, allowBreaks: false });

  it('of a database into itself is refused, by whatever ways it is named', async () => {
    const at = await database('CREATE TABLE t (n int)');
    const ways = Object.values(await waysTo(at));
    const before = await digest(at.url);
    for (const [n, way] of ways.entries()) {
      const other = ways[(n + 1) % ways.length] ?? '';
      await expect(copy(hostBy(way), hostBy(other))).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining('copied into itself') as string,
      });
    }
    expect(await digest(at.url)).toEqual(before);
  });

  it('into a server that was made from the disk of the other is none', async () => {
    const [real, staging] = [
      await database('CREATE TABLE t (n int); INSERT INTO t VALUES (1)'),
      await database('CREATE TABLE t (n int)'),
    ];
    const from = hostBy(real.url);
    const to = hostBy(staging.url);
    const clone: Host = {
      ...to,
      database: { ...to.database, id: () => from.database.id(), startedAt: () => Promise.resolve('later') },
    };
    await copy(from, clone);
    expect(await digest(staging.url)).toEqual(await digest(real.url));
  });
});
