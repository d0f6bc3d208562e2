import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { allRoutes } from '../../src/server/routes/routes';
import { hostOf, restoreAll } from '../helpers/ark';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { digest } from '../helpers/digest';
import type { TestDatabase } from '../helpers/postgres';
import { NOW_AND_THEN, pause, until } from '../helpers/waiting';
import {
  appPlace,
  enableArk,
  installFolder,
  PACK,
  PLUGIN,
  runJob,
  startNocoBase,
  unpackArk,
  whenEnded,
  type Caller,
  type NocoBase,
} from './app';

/** The other app does not know who made it, and it has a view. */
const FROM_ELSEWHERE = { allowCode: true };

/**
 * Two real NocoBase apps. `one` is the demo company, with every plugin there is; `two` is freshly installed. The
 * tests follow each other as an admin's day does.
 */
const { data, database } = appPlace();
const PACKAGE = join(installFolder(), PACK);
const DEMO = join(__dirname, '..', '..', 'assets', 'demo.ark');

let oneDb: TestDatabase;
let twoDb: TestDatabase;
let one: NocoBase;
let two: NocoBase;
const running = (): NocoBase[] => [one, two].filter((app: NocoBase | undefined) => app !== undefined);
let admin: Caller;
let other: Caller;

const homeOf = (name: string) => join(data.folder, name);

/** None while the app is being changed. */
const plugins = async (caller: Caller) => {
  const answer = await caller.get('pm:list');
  return (answer.status === 200 ? answer.data : []) as { packageName: string; enabled: boolean }[];
};

const run = (app: NocoBase, caller: Caller, path: string, body: unknown) =>
  runJob(caller, path, body, () => app.signIn());

beforeAll(async () => {
  [oneDb, twoDb] = [await database(), await database()];
  const host = hostOf(oneDb.url, homeOf('cli'));
  await restoreAll(host, await findArchive(host, DEMO));
  await unpackArk(homeOf('one'));
  one = await startNocoBase({ home: homeOf('one'), database: oneDb.url, env: { LARK: 'one' } });
  two = await startNocoBase({ home: homeOf('two'), database: twoDb.url });
}, 600_000);
afterAll(async () => {
  await Promise.all(running().map((app) => app.stop()));
});

describe('the package', () => {
  it('is found below storage/plugins and enabled', async () => {
    admin = await enableArk(one);
    expect((await admin.get('arkSystem:get')).data).toMatchObject({
      app: { name: 'nocobase', version: '2.2.15' },
    });
    const found = (await plugins(admin)).find((plugin) => plugin.packageName === PLUGIN);
    expect(found).toMatchObject({ enabled: true, displayName: 'Backup & restore (Ark)' });
  });

  it("is taken from an address by the plugin manager's own form", async () => {
    const server = createServer((_, response) => response.end(readFileSync(PACKAGE)));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const caller = await two.signIn();
    const answer = await caller.post('pm:add', { compressedFileUrl: `http://127.0.0.1:${port}/ark.tgz` });
    expect(answer.status).toBe(200);
    await until(
      'it is listed',
      async () => (await plugins(caller)).some((plugin) => plugin.packageName === PLUGIN) || undefined,
      240_000,
      NOW_AND_THEN,
    );
    server.close();
    other = await enableArk(two);
    expect((await other.get('arkBackups:list')).data).toEqual([]);
  });
});

describe('groups', () => {
  it('are those that NocoBase itself sorts every collection into, parts with their wholes', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(__dirname, 'classify.cjs')], {
      env: {
        PATH: process.env.PATH,
        NB_NODE_MODULES: join(installFolder(), 'node_modules'),
        NB_HOME: homeOf('classify'),
        DB_HOST: new URL(oneDb.url).hostname,
        DB_PORT: new URL(oneDb.url).port,
        DB_USER: new URL(oneDb.url).username,
        DB_PASSWORD: new URL(oneDb.url).password,
        DB_DATABASE: oneDb.name,
      },
      maxBuffer: 1 << 26,
    });
    const groups = JSON.parse(/^GROUPS (.*)$/m.exec(stdout)?.[1] ?? '{}') as Record<string, string>;
    const listed = (await admin.get('arkCollections:list')).data as { name: string; group: string }[];
    expect(listed.length).toBeGreaterThan(120);
    // What is part of a collection goes with it; NocoBase has no rule for these.
    const parts: Record<string, string> = {
      main_categories_path: 'custom',
      main_departments_path: 'required',
      main_desktopRoutes_path: 'required',
      main_mobileRoutes_path: 'required',
      rolesAiEmployees: 'required',
      usersAiEmployees: 'user',
    };
    const ruled = (name: string) => groups[name] ?? 'unknown';
    for (const name of Object.keys(parts)) expect([name, ruled(name)]).toEqual([name, 'unknown']);
    const theirs = listed.map(({ name }) => [
      name,
      ruled(name) === 'skipped' ? 'ignored' : (parts[name] ?? ruled(name)),
    ]);
    expect(listed.map(({ name, group }) => [name, group])).toEqual(theirs);
    expect(new Set(theirs.map(([, group]) => group))).toEqual(
      new Set(['required', 'user', 'custom', 'third-party', 'unknown', 'log', 'ignored']),
    );
  });
});

describe('permissions', () => {
  // Let through, each of these is refused for what it asks for: there is nothing of the kind.
  const body = (name: string) =>
    name === 'upload' ? Buffer.from('x') : name === 'create' ? { storage: 'nowhere' } : {};
  const call = (caller: Caller, route: (typeof allRoutes)[number]) => {
    const path = `${route.resource}:${route.name}?filterByTk=nothing&name=x`;
    return route.action.methods.includes('POST') ? caller.post(path, body(route.name)) : caller.get(path);
  };

  it('nobody may do anything without signing in, and a member may do nothing', async () => {
    await admin.post('users:create', {
      username: 'eve',
      nickname: 'Eve',
      password: 'secret-1',
      roles: [{ name: 'member' }],
    });
    const member = await one.signIn('eve', 'secret-1');
    for (const route of allRoutes) {
      expect([route.path, (await call(one.nobody, route)).status]).toEqual([route.path, 401]);
      expect([route.path, (await call(member, route)).status]).toEqual([route.path, 403]);
    }
    for (const collection of ['arkJobs', 'arkStorages', 'arkSchedules', 'arkSettings']) {
      for (const action of ['list', 'get', 'create', 'update', 'destroy']) {
        const path = `${collection}:${action}?filterByTk=x`;
        const status = (await member.post(path)).status;
        expect([path, status >= 400]).toEqual([path, true]);
      }
    }
  });

  it('a role with the snippet may do everything, one with a part of it that part', async () => {
    for (const [role, snippet] of [
      ['keeper', `pm.${PLUGIN}`],
      ['watcher', `pm.${PLUGIN}.view`],
    ]) {
      const snippets = [snippet, '!ui.*', '!app'];
      expect((await admin.post('roles:create', { name: role, title: role, snippets })).status).toBe(200);
      await admin.post('users:create', { username: role, password: 'secret-1', roles: [{ name: role }] });
    }
    const [keeper, watcher] = [
      await one.signIn('keeper', 'secret-1'),
      await one.signIn('watcher', 'secret-1'),
    ];
    for (const route of allRoutes) {
      if (['watch', 'clearCache'].includes(route.name)) continue;
      expect([route.path, [401, 403].includes((await call(keeper, route)).status)]).toEqual([
        route.path,
        false,
      ]);
      const may = (await call(watcher, route)).status !== 403;
      expect([route.path, may]).toEqual([route.path, route.action.permission === 'view']);
    }
  });
});

describe('from one app to another', () => {
  let archive: Buffer;

  it('a backup is made and downloaded, whole and in part', async () => {
    const { caller } = await run(one, admin, 'arkBackups:create', { name: 'company' });
    admin = caller;
    const listed = (await admin.get('arkBackups:list')).data as { name: string; createdBy: string }[];
    expect(listed).toMatchObject([{ name: 'company.ark', createdBy: 'Super Admin', state: 'ok' }]);
    const whole = await admin.get('arkBackups:download?filterByTk=company.ark');
    expect(whole.status).toBe(200);
    archive = whole.data as Buffer;
    const part = await admin.get('arkBackups:download?filterByTk=company.ark', { range: 'bytes=10-19' });
    expect(part.status).toBe(206);
    expect(part.data).toEqual(archive.subarray(10, 20));
  });

  it('it is uploaded to the other one and shows what it would change', async () => {
    const uploaded = await other.post('arkBackups:upload?name=company.ark', archive);
    expect(uploaded.data).toMatchObject({ name: 'company.ark', state: 'ok' });
    const preview = await other.post('arkBackups:preview?filterByTk=company.ark');
    const rows = (preview.data as { collections: { name: string; action: string }[] }).collections;
    expect(rows.find((row) => row.name === 'orders')).toMatchObject({ action: 'create' });
    expect(rows.find((row) => row.name === 'users')).toMatchObject({ action: 'replace' });
  });

  it('an upload that stops half way leaves nothing', async () => {
    const { hostname, port } = new URL(two.url);
    await new Promise<void>((done) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `POST /api/arkBackups:upload?name=half.ark HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${other.token ?? ''}\r\n` +
            `Content-Type: application/octet-stream\r\nContent-Length: ${archive.length}\r\n\r\n`,
        );
        socket.write(archive.subarray(0, archive.length >> 1), () => setTimeout(() => socket.destroy(), 200));
      });
      socket.once('close', () => done());
    });
    await pause(500);
    const names = ((await other.get('arkBackups:list')).data as { name: string }[]).map((one) => one.name);
    expect(names).toEqual(['company.ark']);
  });

  it('is restored: its users sign in, its rows and pages are there, and its sequences go on', async () => {
    const pages = (await admin.get('desktopRoutes:list?paginate=false')).data;
    const orders = (await admin.get('orders:list?pageSize=50&sort=id')).data;
    expect(orders).toHaveLength(50);
    const { caller, job } = await run(
      two,
      other,
      'arkBackups:restore?filterByTk=company.ark',
      FROM_ELSEWHERE,
    );
    other = caller;
    expect(job).toMatchObject({ state: 'done' });
    const bjorn = await two.signIn('bjorn', 'Demo-2024!');
    expect((await bjorn.get('auth:check')).data).toMatchObject({ nickname: 'Björn Þórsson' });
    expect((await other.get('orders:list?pageSize=50&sort=id')).data).toEqual(orders);
    expect((await other.get('desktopRoutes:list?paginate=false')).data).toEqual(pages);
    const [last] = await twoDb.query<{ max: string }>('SELECT max(id) FROM categories');
    const made = await other.post('categories:create', { name: 'after the restore' });
    expect(made.status).toBe(200);
    expect((made.data as { id: number }).id).toBeGreaterThan(Number(last?.max));
  });

  it('only what users made comes back over newer data, and goes again with an undo', async () => {
    await dropUndos(other);
    await other.post('customers:update?filter={"id.$ne":0}', { name: 'overwritten' });
    await other.post('users:update?filterByTk=1', { nickname: 'Newer Admin' });
    const newer = await digest(twoDb.url);
    const { caller, job } = await run(two, other, 'arkBackups:restore?filterByTk=company.ark', {
      ...FROM_ELSEWHERE,
      groups: ['custom'],
    });
    other = caller;
    expect(job).toMatchObject({ state: 'done' });
    expect((await digest(twoDb.url)).tables.customers).toBe((await digest(oneDb.url)).tables.customers);
    expect((await other.get('auth:check')).data).toMatchObject({ nickname: 'Newer Admin' });

    const undone = await run(two, other, `arkUndos:apply?filterByTk=${job.id}`, {});
    other = undone.caller;
    expect(undone.job).toMatchObject({ state: 'done' });
    const custom = ((await other.get('arkCollections:list')).data as { name: string; group: string }[])
      .filter((row) => row.group === 'custom')
      .map((row) => row.name);
    const { tables } = await digest(twoDb.url);
    expect(custom.length).toBeGreaterThan(10);
    for (const name of custom) expect([name, tables[name]]).toEqual([name, newer.tables[name]]);
  });

  it('the history, and what Ark keeps, stay as they were', async () => {
    const jobs = (await other.get('arkJobs:list')).data as { kind: string; state: string }[];
    expect(jobs.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'undo done',
      'restore done',
      'restore done',
    ]);
  });
});

/** Each keeps a copy of all tables, and NocoBase's own upgrade looks through all that there are. */
async function dropUndos(caller: Caller): Promise<void> {
  for (const { job } of (await caller.get('arkUndos:list')).data as { job: string }[]) {
    expect((await caller.post(`arkUndos:destroy?filterByTk=${job}`)).status).toBe(200);
  }
}

describe('while others work', () => {
  beforeEach(() => dropUndos(other));

  it('every request gets its answer or is told to wait, and none sees half of it', async () => {
    const seen = new Map<number, number>();
    const wrong: string[] = [];
    let going = true;
    const user = (async () => {
      while (going) {
        const answer = await other.get('orders:list?pageSize=3&appends=customer').catch(() => undefined);
        const status = answer?.status ?? 0;
        seen.set(status, (seen.get(status) ?? 0) + 1);
        if (![200, 401, 503].includes(status))
          wrong.push(`${status} ${JSON.stringify(answer?.errors ?? '')}`);
        await pause(20);
      }
    })();
    const { caller, job } = await run(
      two,
      other,
      'arkBackups:restore?filterByTk=company.ark',
      FROM_ELSEWHERE,
    );
    going = false;
    await user;
    other = caller;
    expect(job).toMatchObject({ state: 'done' });
    expect(wrong).toEqual([]);
    expect(seen.get(200)).toBeGreaterThan(0);
    expect(seen.get(503)).toBeGreaterThan(0);
  });

  it('two admins who restore at once: one of them is told', async () => {
    const [first, second] = await Promise.all([
      other.post('arkBackups:restore?filterByTk=company.ark', FROM_ELSEWHERE),
      other.post('arkBackups:restore?filterByTk=company.ark', FROM_ELSEWHERE),
    ]);
    expect([first.status, second.status].sort()).toEqual([200, 409]);
    const [lucky, told] = first.status === 200 ? [first, second] : [second, first];
    expect(told.errors?.[0]).toMatchObject({ code: 'JOB_BUSY' });
    const { id } = (lucky.data as { job: { id: string } }).job;
    other = (await whenEnded(id, () => two.signIn())).caller;
  });
});

describe('what goes wrong', () => {
  beforeEach(() => dropUndos(other));

  it('an app that does not start with it gets its own data back', async () => {
    // As the old plugin found it: a field of a type that no plugin here brings makes the app fail to load.
    await oneDb.sql(
      `UPDATE "fields" SET "type" = 'nosuchtype' WHERE "collectionName" = 'orders' AND "name" = 'status'`,
    );
    const host = hostOf(oneDb.url, homeOf('cli'));
    const { createBackup } = await import('../../src/server/actions/backups/createBackup');
    const file = join(data.folder, 'unloadable.ark');
    await createBackup(host, { selection: {}, to: { file } });
    await oneDb.sql(
      `UPDATE "fields" SET "type" = 'string' WHERE "collectionName" = 'orders' AND "name" = 'status'`,
    );
    expect((await other.post('arkBackups:upload?name=unloadable', readFileSync(file))).status).toBe(200);
    const undos = (await other.get('arkUndos:list')).data as unknown[];
    const before = await digest(twoDb.url);
    const { caller, job } = await run(
      two,
      other,
      'arkBackups:restore?filterByTk=unloadable.ark',
      FROM_ELSEWHERE,
    );
    other = caller;
    expect(job).toMatchObject({ state: 'failed', error: { code: 'APP_REFUSED' } });
    expect(job.error?.message).toContain('nosuchtype');
    const after = await digest(twoDb.url);
    for (const name of ['orders', 'fields', 'users', 'customers', 'collections']) {
      expect([name, after.tables[name]]).toEqual([name, before.tables[name]]);
    }
    expect((await other.get('orders:list?pageSize=1')).status).toBe(200);
    expect((await other.get('arkUndos:list')).data).toHaveLength(undos.length);
  });

  it('killed in the middle of a restore, it is there again as before or as after', async () => {
    const before = await digest(twoDb.url);
    const started = await other.post('arkBackups:restore?filterByTk=company.ark', FROM_ELSEWHERE);
    const { id } = (started.data as { job: { id: string } }).job;
    await until('it is being loaded', async () => {
      const [found] = await twoDb.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_namespace WHERE nspname LIKE 'ark\\_stage\\_%'`,
      );
      return (found?.n ?? 0) > 0 ? true : undefined;
    });
    await two.kill();
    const after = await digest(twoDb.url);
    two = await startNocoBase({ home: homeOf('two'), database: twoDb.url });
    other = await two.signIn();
    const job = await until(
      'the record is mended',
      async () => {
        const { data: found } = await other.get(`arkJobs:get?filterByTk=${id}`);
        return (found as { state: string }).state === 'running' ? undefined : (found as { state: string });
      },
      240_000,
      NOW_AND_THEN,
    );
    const same = JSON.stringify(after.tables.orders) === JSON.stringify(before.tables.orders);
    expect([job.state, same]).toEqual(job.state === 'failed' ? ['failed', true] : ['done', same]);
    expect((await other.get('orders:list?pageSize=1')).status).toBe(200);
    const left = await twoDb.query(`SELECT nspname FROM pg_namespace WHERE nspname LIKE 'ark\\_stage\\_%'`);
    expect(left).toEqual([]);
  });
});
