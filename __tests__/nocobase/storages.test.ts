import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupItem, Preview, StorageItem, StorageTest } from '../../src/server/api/api';
import { digest } from '../helpers/digest';
import type { TestDatabase } from '../helpers/postgres';
import { s3Server, type S3Server } from '../helpers/s3Server';
import { webdavServer, type WebdavServer } from '../helpers/webdavServer';
import { appPlace, generalCollection, runJob, startWithArk, type Caller, type NocoBase } from './app';

/** Computer A → storage → computer B, each with a NocoBase of its own and nothing but the storages between them. */
const { data, database } = appPlace();
const ORDERS = generalCollection('orders', 'Orders', 'number');

let aDb: TestDatabase;
let bDb: TestDatabase;
let a: NocoBase;
let b: NocoBase;
let adminA: Caller;
let adminB: Caller;
let s3: S3Server;
let webdav: WebdavServer;

beforeAll(async () => {
  [s3, webdav, aDb, bDb] = await Promise.all([s3Server(), webdavServer(), database(), database()]);
  const start = (name: string, db: TestDatabase) =>
    startWithArk({
      home: join(data.folder, name),
      database: db.url,
      env: { ARK_INSTANCE: name, NB_REQUEST_LOG: 'info' },
    });
  ({ app: a, admin: adminA } = await start('computer-a', aDb));
  ({ app: b, admin: adminB } = await start('computer-b', bDb));
  await adminA.post('collections:create', ORDERS);
  for (const number of ['SO-1', 'SO-2', 'SO-3']) await adminA.post('orders:create', { number });
  // B has them from an earlier copy, and one that A does not know.
  await adminB.post('collections:create', ORDERS);
  await adminB.post('orders:create', { number: 'only on B' });
}, 600_000);
afterAll(async () => {
  for (const app of [a, b] as (NocoBase | undefined)[]) await app?.stop();
  await Promise.all([s3.close(), webdav.close()]);
});

const storages = () => [
  {
    kind: 's3',
    name: 'bucket',
    provider: 'minio',
    endpoint: s3.endpoint,
    bucket: s3.bucket,
    accessKeyId: s3.accessKeyId,
    secretAccessKey: s3.secretAccessKey,
    path: 'apps',
  },
  {
    kind: 'webdav',
    name: 'cloud',
    url: webdav.url,
    user: webdav.user,
    password: webdav.password,
    path: 'apps',
    volumeMb: 1,
  },
];

it('both set the same storages up, which are tested first; no answer tells a secret', async () => {
  for (const admin of [adminA, adminB]) {
    for (const storage of storages()) {
      const tested = await admin.post('arkStorages:test', storage);
      expect((tested.data as StorageTest).ok).toBe(true);
      const made = await admin.post('arkStorages:create', storage);
      expect([made.status, made.errors]).toEqual([200, undefined]);
    }
    const listed = (await admin.get('arkStorages:list')).data as StorageItem[];
    expect(listed.map(({ name, kind }) => [name, kind])).toEqual([
      ['local', 'local'],
      ['bucket', 's3'],
      ['cloud', 'webdav'],
    ]);
    const told = JSON.stringify([listed, (await admin.get('arkSettings:list')).data]);
    for (const secret of [s3.secretAccessKey, webdav.password]) expect(told).not.toContain(secret);
  }
  const kept = JSON.stringify(await aDb.query('SELECT * FROM "arkStorages"'));
  expect(kept).toContain('bucket');
  for (const secret of [s3.secretAccessKey, webdav.password]) expect(kept).not.toContain(secret);
});

it('one backup of A goes to both, and B sees whose it is', async () => {
  const { caller, job } = await runJob(
    adminA,
    'arkBackups:create',
    { name: 'monday', storages: ['bucket', 'cloud'] },
    () => a.signIn(),
  );
  adminA = caller;
  expect(job).toMatchObject({ state: 'done' });
  expect(s3.objects()).toEqual(['apps/monday.ark']);
  const listed = (await adminB.get('arkBackups:list')).data as BackupItem[];
  expect(listed.map((one) => [one.name, one.storage, one.instance, one.state]).sort()).toEqual([
    ['monday.ark', 'bucket', 'computer-a', 'ok'],
    ['monday.ark', 'cloud', 'computer-a', 'ok'],
  ]);
});

it.each(['bucket', 'cloud'])(
  'B previews it in %s and restores one group; its users stay',
  async (storage) => {
    const query = `filterByTk=monday.ark&storage=${storage}`;
    const preview = await adminB.post(`arkBackups:preview?${query}`, { groups: ['custom'] });
    const { collections } = preview.data as Preview;
    expect(collections.find((collection) => collection.name === 'orders')).toMatchObject({
      group: 'custom',
      rowsInBackup: 3,
      action: 'replace',
    });
    // What the collections are made of belongs to them.
    expect(new Set(collections.map((collection) => collection.group))).toEqual(
      new Set(['custom', 'required']),
    );
    const before = await digest(bDb.url);
    const { caller, job } = await runJob(
      adminB,
      `arkBackups:restore?${query}`,
      { groups: ['custom'], allowCode: true },
      () => b.signIn(),
    );
    adminB = caller;
    expect(job).toMatchObject({ state: 'done' });
    const after = await digest(bDb.url);
    expect(after.tables.orders).toBe((await digest(aDb.url)).tables.orders);
    expect(after.tables.users).toBe(before.tables.users);
    expect(
      ((await adminB.get('orders:list?sort=id')).data as { number: string }[]).map((one) => one.number),
    ).toEqual(['SO-1', 'SO-2', 'SO-3']);
    await adminB.post('orders:create', { number: 'only on B' });
  },
);

it("the app's own log of requests has what was asked for, and no secret of it", async () => {
  const folder = join(data.folder, 'computer-a', 'storage', 'logs', 'main');
  const files = (await readdir(folder)).filter((name) => name.startsWith('request'));
  const text = (await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))).join('');
  expect(text).toContain('arkStorages:create');
  for (const secret of [s3.secretAccessKey, webdav.password]) expect(text).not.toContain(secret);
});

it('a storage that is away is named, and what the other one has is still there', async () => {
  await s3.close();
  const answer = await fetch(`${b.url}/api/arkBackups:list`, {
    headers: { authorization: `Bearer ${adminB.token ?? ''}` },
  });
  const { data: listed, meta } = (await answer.json()) as {
    data: BackupItem[];
    meta: { failed: { storage: string; code: string }[] };
  };
  expect(listed.map((one) => one.storage)).toEqual(['cloud']);
  expect(meta.failed).toMatchObject([{ storage: 'bucket', code: expect.any(String) as string }]);
});
