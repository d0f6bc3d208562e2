import { join } from 'node:path';
import type { BackupItem, JobItem, SystemInfo, UndoItem } from '../../src/server/api/api';
import { digest } from '../helpers/digest';
import { serverUrl, withClient, type TestDatabase } from '../helpers/postgres';
import { NOW_AND_THEN, until } from '../helpers/waiting';
import {
  appPlace,
  enableArk,
  runJob,
  startNocoBase,
  startInstalled,
  unpackArk,
  whenEnded,
  type Caller,
  type NocoBase,
} from './app';

/** More than one app in a process, and more than one process for an app. */
const place = appPlace();
const SUB = `shop_${process.pid}`;

let db: TestDatabase;
let app: NocoBase;
let main: Caller;
let shop: Caller;

const signInShop = () => app.signIn(undefined, undefined, SUB);
const get = async <T>(caller: Caller, path: string): Promise<T> => (await caller.get(path)).data as T;

beforeAll(async () => {
  ({ app, admin: main, db } = await startInstalled(place, { NB_ENABLE: 'multi-app-manager' }));
}, 600_000);
afterAll(async () => {
  await app.stop();
  await withClient(serverUrl('postgres'), (client) =>
    client.query(`DROP DATABASE IF EXISTS "${SUB}" WITH (FORCE)`),
  );
});

describe('a sub-app', () => {
  it('has an Ark of its own', async () => {
    const made = await main.post('applications:create', {
      name: SUB,
      displayName: 'Shop',
      options: { autoStart: true },
    });
    expect([made.status, made.errors]).toEqual([200, undefined]);
    await until('it can be signed in to', () => signInShop().catch(() => undefined), 240_000, NOW_AND_THEN);
    shop = await enableArk(app, signInShop);
    const [ofMain, ofShop] = [
      await get<SystemInfo>(main, 'arkSystem:get'),
      await get<SystemInfo>(shop, 'arkSystem:get'),
    ];
    expect(ofShop.database.label).toContain(SUB);
    expect(ofMain.database.label).not.toContain(SUB);
    expect(ofShop.dataFolder).toBe(join(ofMain.dataFolder, 'apps', SUB));
  });

  it('backs up and restores itself only, and the main app itself only', async () => {
    shop = (await runJob(shop, 'arkBackups:create', { name: 'shop' }, signInShop)).caller;
    main = (await runJob(main, 'arkBackups:create', { name: 'main' }, () => app.signIn())).caller;
    const names = async (caller: Caller) =>
      (await get<BackupItem[]>(caller, 'arkBackups:list')).map((one) => one.name);
    expect([await names(shop), await names(main)]).toEqual([['shop.ark'], ['main.ark']]);

    await shop.post('users:update?filterByTk=1', { nickname: 'Changed in the shop' });
    await main.post('users:update?filterByTk=1', { nickname: 'Changed in the main app' });
    const before = await digest(db.url);
    const restored = await runJob(shop, 'arkBackups:restore?filterByTk=shop.ark', {}, signInShop);
    shop = restored.caller;
    expect(restored.job).toMatchObject({ state: 'done' });
    expect(await get(shop, 'auth:check')).toMatchObject({ nickname: 'Super Admin' });
    const after = await digest(db.url);
    for (const name of ['users', 'collections', 'applications', 'roles']) {
      expect([name, after.tables[name]]).toEqual([name, before.tables[name]]);
    }
    expect(await get<UndoItem[]>(main, 'arkUndos:list')).toEqual([]);
    expect((await get<JobItem[]>(main, 'arkJobs:list')).map((job) => job.subject)).toEqual(['main.ark']);

    await shop.post('users:update?filterByTk=1', { nickname: 'Changed again' });
    const shopBefore = await digest(serverUrl(SUB));
    main = (await runJob(main, 'arkBackups:restore?filterByTk=main.ark', {}, () => app.signIn())).caller;
    expect(await get(main, 'auth:check')).toMatchObject({ nickname: 'Super Admin' });
    const shopAfter = await digest(serverUrl(SUB));
    expect(shopAfter.tables.users).toBe(shopBefore.tables.users);
    shop = await until('the shop answers', () => signInShop().catch(() => undefined), 240_000, NOW_AND_THEN);
    expect(await get(shop, 'auth:check')).toMatchObject({ nickname: 'Changed again' });
  });
});

describe('several nodes', () => {
  let second: NocoBase;

  beforeAll(async () => {
    const home = join(place.data.folder, 'second');
    await unpackArk(home);
    second = await startNocoBase({ home, database: db.url });
  }, 600_000);
  afterAll(() => second.stop());

  it('do one job at a time, and each tells of what the others did', async () => {
    const [here, there] = [await app.signIn(), await second.signIn()];
    const archive = (await here.get('arkBackups:download?filterByTk=main.ark')).data as Buffer;
    expect((await there.post('arkBackups:upload?name=main.ark', archive)).status).toBe(200);
    const id = await withClient(db.url, async (reader) => {
      // Somebody who reads keeps the tables from changing places, so that the job stays where it is.
      await reader.query('BEGIN; LOCK TABLE "users" IN ACCESS SHARE MODE');
      const { data: started } = await here.post('arkBackups:restore?filterByTk=main.ark');
      await until('the first node has the lock', async () => {
        const found = await db.query(
          `SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
           WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.granted`,
        );
        return found.length > 0 || undefined;
      });
      const answer = await there.post('arkBackups:restore?filterByTk=main.ark');
      const refused = (answer.data as { job: JobItem }).job;
      // Nobody can sign in while tables change places; whoever has watches.
      const { job } = await whenEnded(refused.id, () => Promise.resolve(there));
      expect(job).toMatchObject({ state: 'failed', error: { code: 'JOB_BUSY' } });
      return (started as { job: JobItem }).job.id;
    });
    for (const signIn of [() => app.signIn(), () => second.signIn()]) {
      const { caller, job } = await whenEnded(id, signIn);
      expect(job).toMatchObject({ state: 'done' });
      const jobs = await get<JobItem[]>(caller, 'arkJobs:list');
      expect(jobs.slice(0, 2).map(({ kind, state }) => [kind, state])).toEqual([
        ['restore', 'failed'],
        ['restore', 'done'],
      ]);
    }
  });
});
