import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupItem, JobItem, StorageItem, StorageTest, SystemInfo } from '../../../src/server/api/api';
import { MASK } from '../../../src/server/secrets/mask';
import { bundleCli } from '../../helpers/cli';
import { testConsole, type TestConsole } from '../../helpers/console';
import { faultyProxy } from '../../helpers/faultyProxy';
import { ownPlace } from '../../helpers/place';
import type { TestDatabase } from '../../helpers/postgres';
import { s3Server, type S3Server } from '../../helpers/s3Server';
import { webdavServer, type WebdavServer } from '../../helpers/webdavServer';

const place = ownPlace();
let database: TestDatabase;
let server: S3Server;
let cloud: WebdavServer;
let served: TestConsole;
beforeAll(async () => {
  database = await place.database(
    'CREATE TABLE t (v text); INSERT INTO t SELECT md5(i::text) FROM generate_series(1, 500) i;',
  );
  server = await s3Server();
  cloud = await webdavServer();
});
afterAll(async () => {
  await server.close();
  await cloud.close();
});
beforeEach(async () => {
  served = await testConsole(database.url, { ARK_INSTANCE: 'a', APP_KEY: 'the key of the app' });
});
afterEach(() => served.stop());

const s3 = () => ({
  kind: 's3',
  name: 'off-site',
  endpoint: server.endpoint,
  bucket: server.bucket,
  accessKeyId: server.accessKeyId,
  secretAccessKey: server.secretAccessKey,
  path: 'here',
});
const webdav = () => ({
  kind: 'webdav',
  name: 'cloud',
  url: cloud.url,
  user: cloud.user,
  password: cloud.password,
  path: 'ark',
});
const send = (action: string, body: unknown, query = '') =>
  served.raw('POST', `/api/arkStorages:${action}${query}`, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const messageOf = async (reply: ReturnType<typeof send>): Promise<string> => {
  const { errors = [] } = JSON.parse((await reply).body.toString()) as {
    errors?: { code: string; message: string }[];
  };
  return errors.map((error) => `${error.code} ${error.message}`).join();
};

it('storages are set up, shown without their secrets, changed and removed', async () => {
  const made = await served.post<StorageItem>('arkStorages:create', {}, s3());
  expect(made).toEqual({
    name: 'off-site',
    kind: 's3',
    default: false,
    from: 'settings',
    place: `${server.endpoint}/${server.bucket}/here`,
    settings: {
      endpoint: server.endpoint,
      bucket: server.bucket,
      accessKeyId: server.accessKeyId,
      secretAccessKey: MASK,
      path: 'here',
    },
  });
  const { settings, kind } = made;
  // With the mask, and without the field, the secret stays; so it can still be used.
  await served.post(
    'arkStorages:update',
    { filterByTk: 'off-site' },
    { kind, ...settings, path: 'there', default: true },
  );
  expect(await served.post<StorageTest>('arkStorages:test', { filterByTk: 'off-site' })).toMatchObject({
    ok: true,
  });
  const without = { ...settings, secretAccessKey: undefined };
  await served.post('arkStorages:update', { filterByTk: 'off-site' }, { kind, ...without });
  expect(await served.post<StorageTest>('arkStorages:test', { filterByTk: 'off-site' })).toMatchObject({
    ok: true,
  });
  expect(
    (await served.get<StorageItem[]>('arkStorages:list')).map((one) => [one.name, one.default, one.from]),
  ).toEqual([
    ['off-site', true, 'settings'],
    ['local', false, 'built-in'],
  ]);
  // Which one is the default says nothing of its settings.
  for (const name of ['local', 'off-site']) {
    await served.post('arkStorages:update', { filterByTk: name }, { default: true });
    expect((await served.get<StorageItem[]>('arkStorages:list'))[0]).toMatchObject({ name, default: true });
  }
  expect(await messageOf(send('update', {}, '?filterByTk=off-site'))).toMatch(/^STORAGE_INVALID kind/);
  const { job } = await served.post<{ job: JobItem }>('arkBackups:create', {}, { name: 'by-default' });
  expect(await served.ended(job.id)).toMatchObject({ state: 'done', result: { storages: ['off-site'] } });
  await served.post('arkStorages:destroy', { filterByTk: 'off-site' });
  expect((await served.get<StorageItem[]>('arkStorages:list')).map((one) => [one.name, one.default])).toEqual(
    [['local', true]],
  );
  expect(server.objects()).toContain('here/by-default.ark');
});

it('a secret is not sent to another server than the one it was entered for', async () => {
  await served.post('arkStorages:create', {}, s3());
  await served.post('arkStorages:create', {}, webdav());
  expect(
    await messageOf(
      send(
        'update',
        { ...s3(), secretAccessKey: MASK, endpoint: 'http://127.0.0.1:9' },
        '?filterByTk=off-site',
      ),
    ),
  ).toMatch(/^STORAGE_INVALID secretAccessKey: .*address has changed/);
  expect(
    await messageOf(
      send('test', { ...webdav(), password: MASK, url: 'http://127.0.0.1:9/' }, '?filterByTk=cloud'),
    ),
  ).toMatch(/^STORAGE_INVALID password: .*address has changed/);
});

it.each([
  ['name', { name: 'a b/c' }],
  ['kind', { kind: 'ftp' }],
  ['endpoint', { endpoint: 'https://user:secret@host' }],
  ['endpoint', { endpoint: 'ftp://host' }],
  ['endpoint', { endpoint: 'https://<account>.r2.cloudflarestorage.com' }],
  ['region', { region: 'eu west' }],
  ['region', { endpoint: '' }],
  ['bucket', { bucket: 'a/b' }],
  ['bucket', { bucket: '' }],
  ['accessKeyId', { accessKeyId: '' }],
  ['secretAccessKey', { secretAccessKey: '' }],
  ['secretAccessKey', { secretAccessKey: MASK }],
  ['path', { path: '../elsewhere' }],
  ['addressing', { addressing: 'sideways' }],
  ['partMb', { partMb: 1 }],
  ['volumeMb', { volumeMb: 0.5 }],
  ['provider', { provider: 'nobody' }],
  ['colour', { colour: 'blue' }],
  ['url', { ...({ kind: 'webdav' } as object), url: 'ftp://x' }],
])('a wrong %s is told by its name: %j', async (field, wrong) => {
  const base = 'kind' in wrong && wrong.kind === 'webdav' ? webdav() : s3();
  const said = await messageOf(send('create', { ...base, ...wrong }));
  expect(said).toMatch(new RegExp(`^STORAGE_INVALID ${field}: `));
  expect(said).not.toContain(server.secretAccessKey);
  expect(await served.get<StorageItem[]>('arkStorages:list')).toHaveLength(1);
});

it('a local folder, and names that are taken', async () => {
  const folder = join(served.folder, 'another place');
  await served.post('arkStorages:create', {}, { kind: 'local', name: 'disk', folder });
  expect(await messageOf(send('create', { kind: 'local', name: 'Disk', folder }))).toMatch(/^STORAGE_EXISTS/);
  expect(await messageOf(send('create', { kind: 'local', name: 'x', folder: 'not/whole' }))).toMatch(
    /^STORAGE_INVALID folder/,
  );
  expect(await messageOf(send('destroy', {}, '?filterByTk=local'))).toMatch(
    /^STORAGE_INVALID local is the folder/,
  );
  expect(await messageOf(send('destroy', {}, '?filterByTk=nowhere'))).toMatch(/^STORAGE_UNKNOWN/);
  expect(await served.post<StorageTest>('arkStorages:test', { filterByTk: 'disk' })).toMatchObject({
    ok: true,
  });
  expect(await readdir(folder)).toEqual([]);
});

it('a backup goes to several storages; where one fails, the others keep theirs and the job says which and why', async () => {
  const proxy = await faultyProxy(cloud.port);
  try {
    await served.post('arkStorages:create', {}, { ...s3(), path: 'several' });
    await served.post(
      'arkStorages:create',
      {},
      { ...webdav(), path: 'several', url: `http://127.0.0.1:${proxy.port}/` },
    );
    const storages = ['local', 'off-site', 'cloud'];
    const create = async (name: string) => {
      const { job } = await served.post<{ job: JobItem }>('arkBackups:create', {}, { name, storages });
      return served.ended(job.id);
    };
    expect(await create('everywhere')).toMatchObject({ state: 'done', result: { storages } });
    proxy.fault = ({ method }) => (method === 'PUT' ? { status: 507 } : undefined);
    const failed = await create('not-everywhere');
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'TARGET_FAILED' } });
    expect(failed.error).toMatchObject({
      message: expect.stringMatching(/whole in local, off-site.*cloud: .*507 Insufficient Storage/) as string,
      details: { failures: [{ code: 'STORAGE_FULL' }] },
    });
    proxy.fault = ({ method }) => (method === 'PROPFIND' ? { status: 401 } : undefined);
    const list = await served.raw('GET', '/api/arkBackups:list');
    const { data, meta } = JSON.parse(list.body.toString()) as { data: BackupItem[]; meta: unknown };
    expect(data.map((one) => `${one.name} ${one.storage} ${one.state}`).sort()).toEqual([
      'everywhere.ark local ok',
      'everywhere.ark off-site ok',
      'not-everywhere.ark local ok',
      'not-everywhere.ark off-site ok',
    ]);
    expect(meta).toMatchObject({ failed: [{ storage: 'cloud', code: 'STORAGE_LOGIN_REFUSED' }] });
    expect((await served.get<SystemInfo>('arkSystem:get')).storages).toHaveLength(3);
  } finally {
    await proxy.close();
  }
});

it('storages named by the environment, for the command line too', async () => {
  const cli = await bundleCli(place.data.folder);
  const data = join(place.data.folder, 'cli');
  const disk = join(place.data.folder, 'a disk');
  const { host } = new URL(server.endpoint);
  const env = {
    ...process.env,
    ARK_DATA: data,
    ARK_STORAGE_OFF_SITE: `s3+http://${server.accessKeyId}:${server.secretAccessKey}@${host}/${server.bucket}/from%20env?region=us-east-1`,
    ARK_STORAGE_CLOUD: `webdav://${cloud.user}:${encodeURIComponent(cloud.password)}@127.0.0.1:${cloud.port}/?path=env`,
    ARK_STORAGE_DISK: `file://${disk.replace(/ /g, '%20')}`,
    ARK_STORAGE_WRONG: 's3://KEY:top-secret-text@host/a_b!c/',
  };
  const ark = (...args: string[]) =>
    new Promise<{ code: number; json: Record<string, unknown>; said: string }>((resolve) => {
      execFile(process.execPath, [cli, ...args, '--json'], { env }, (error, stdout, stderr) => {
        resolve({
          code: error ? Number(error.code) : 0,
          json: JSON.parse(stdout) as Record<string, unknown>,
          said: stdout + stderr,
        });
      });
    });
  const listed = await ark('storages');
  expect(
    (listed.json.storages as StorageItem[]).map((storage) => [
      storage.name,
      storage.from,
      storage.error?.code,
    ]),
  ).toEqual([
    ['local', 'built-in', undefined],
    ['cloud', 'environment', undefined],
    ['disk', 'environment', undefined],
    ['off-site', 'environment', undefined],
    ['wrong', 'environment', 'STORAGE_INVALID'],
  ]);
  const all = [listed];
  const made = await ark(
    'backup',
    '--database',
    database.url,
    '--storage',
    'off-site,cloud,disk',
    '--name',
    'x',
  );
  expect(made).toMatchObject({ code: 0, json: { name: 'x.ark', storages: ['off-site', 'cloud', 'disk'] } });
  const list = await ark('list');
  expect((list.json.backups as { storage: string }[]).map((backup) => backup.storage).sort()).toEqual([
    'cloud',
    'disk',
    'off-site',
  ]);
  expect(list.json.failed).toMatchObject([{ storage: 'wrong', code: 'STORAGE_INVALID' }]);
  for (const storage of ['off-site', 'cloud', 'disk']) {
    expect(await ark('verify', 'x.ark', '--storage', storage)).toMatchObject({ code: 0, json: { ok: true } });
    expect(await ark('preview', 'x.ark', '--storage', storage, '--database', database.url)).toMatchObject({
      code: 0,
    });
  }
  await mkdir(data, { recursive: true });
  const secret = join(data, 'secret');
  await writeFile(secret, `${server.secretAccessKey}\n`);
  const fields = (['endpoint', 'bucket', 'accessKeyId'] as const).map((one) => `${one}=${s3()[one]}`);
  all.push(await ark('storages', 'add', 'mine', '--kind', 's3', '--set', ...fields, '--secret-file', secret));
  expect(all.at(-1)).toMatchObject({ code: 0, json: { name: 'mine', settings: { secretAccessKey: MASK } } });
  all.push(await ark('storages', 'test', 'mine'), await ark('storages', 'remove', 'mine'));
  expect(all.slice(-2)).toMatchObject([{ code: 0, json: { ok: true } }, { code: 0 }]);
  const names = async () => (await ark('storages')).json.storages as StorageItem[];
  const before = await names();
  // One that does not work is told, and kept only by whoever says so.
  const wrong = ['storages', 'add', 'down', '--kind', 's3', '--set', ...fields, 'region=eu-west-9'];
  const refusedOnes = [
    await ark(...wrong, 'secretAccessKey=wrong'),
    await ark('storages', 'add', 'down', '--url', 's3+http://K:S@127.0.0.1:1/bucket/'),
  ];
  expect(refusedOnes.map(({ json }) => (json.error as { code: string }).code)).toEqual([
    'STORAGE_SETTINGS_WRONG',
    'STORAGE_UNAVAILABLE',
  ]);
  for (const refused of refusedOnes) {
    expect(refused.code).toBe(1);
    expect(await names()).toEqual(before);
  }
  expect(
    await ark('storages', 'add', 'MINE', '--url', 's3+http://K:S@127.0.0.1:1/bucket/', '--no-test'),
  ).toMatchObject({
    code: 0,
    json: { name: 'MINE' },
  });
  expect(await ark('storages', 'add', 'mine', '--url', 's3+http://K:S@127.0.0.1:1/bucket/')).toMatchObject({
    json: { error: { code: 'STORAGE_EXISTS' } },
  });
  expect(await ark('storages', 'remove', 'MINE')).toMatchObject({ code: 0 });
  server.options.region = 'eu-west-9';
  const applied = await ark(
    ...['storages', 'add', 'put-right', '--apply', '--kind', 's3', '--set', ...fields],
    ...['region=eu-north-1', '--secret-file', secret],
  );
  server.options.region = undefined;
  expect(applied).toMatchObject({ code: 0, json: { settings: { region: 'eu-west-9' } } });
  expect(await ark('storages', 'remove', 'put-right')).toMatchObject({ code: 0 });
  all.push(...refusedOnes, applied);
  expect(await ark('storages', 'test', 'wrong')).toMatchObject({ code: 2 });
  const everything = [...all, made, list].map((one) => one.said).join();
  for (const one of [
    server.secretAccessKey,
    cloud.password,
    encodeURIComponent(cloud.password),
    'top-secret-text',
  ]) {
    expect(everything).not.toContain(one);
  }
});

it('secrets are nowhere: not in answers, archives, records, logs and settings', async () => {
  const secrets = [
    server.secretAccessKey,
    cloud.password,
    Buffer.from(`${cloud.user}:${cloud.password}`).toString('base64'),
  ];
  const seen: string[] = [];
  const keep = async (reply: ReturnType<typeof send>) => void seen.push((await reply).body.toString());
  await keep(send('create', s3()));
  await keep(send('create', webdav()));
  await keep(send('create', { ...webdav(), name: 'wrong', url: 'http://127.0.0.1:1/' }));
  await keep(send('create', { ...s3(), name: 'wrong-too', bucket: 'no-such-bucket' }));
  await keep(send('update', { ...webdav(), gapMs: -1 }, '?filterByTk=cloud'));
  for (const name of ['off-site', 'cloud', 'wrong', 'wrong-too'])
    await keep(send('test', {}, `?filterByTk=${name}`));
  for (const storages of [
    ['off-site', 'cloud'],
    ['local', 'wrong-too'],
    ['local', 'off-site', 'cloud'],
  ]) {
    const { job } = await served.post<{ job: JobItem }>(
      'arkBackups:create',
      {},
      { storages, name: storages.join('-'), all: true },
    );
    seen.push(JSON.stringify(await served.ended(job.id)));
  }
  for (const action of [
    'arkStorages:list',
    'arkStorages:kinds',
    'arkBackups:list',
    'arkJobs:list',
    'arkSystem:get',
  ]) {
    seen.push((await served.raw('GET', `/api/${action}`)).body.toString());
  }
  const files = (await readdir(served.folder, { recursive: true, withFileTypes: true })).filter((one) =>
    one.isFile(),
  );
  expect(files.map((file) => file.name)).toEqual(
    expect.arrayContaining(['storages.json', 'local-off-site-cloud.ark']),
  );
  for (const file of files) seen.push((await readFile(join(file.parentPath, file.name))).toString('latin1'));
  for (const { path } of await cloud.files()) expect(path).not.toContain(cloud.password);
  expect(seen.join('').length).toBeGreaterThan(10_000);
  for (const secret of secrets) {
    const inBytes = Buffer.from(secret).toString('latin1');
    for (const one of seen) expect(one.includes(secret) || one.includes(inBytes)).toBe(false);
  }
}, 180_000);

it('a secret that was sealed with another APP_KEY breaks its storage and no other', async () => {
  await served.post('arkStorages:create', {}, s3());
  const settings = await readFile(join(served.folder, 'settings', 'storages.json'), 'utf8');
  const other = await testConsole(database.url, { APP_KEY: 'another key' });
  try {
    await mkdir(join(other.folder, 'settings'), { recursive: true });
    await writeFile(join(other.folder, 'settings', 'storages.json'), settings);
    const items = await other.get<StorageItem[]>('arkStorages:list');
    expect(items.map((one) => [one.name, one.error?.code])).toEqual([
      ['local', undefined],
      ['off-site', 'SECRET_UNREADABLE'],
    ]);
    expect(await other.get<BackupItem[]>('arkBackups:list')).toEqual([]);
    const { job } = await other.post<{ job: JobItem }>('arkBackups:create', {}, { name: 'still' });
    expect(await other.ended(job.id)).toMatchObject({ state: 'done' });
    await other.post('arkStorages:update', { filterByTk: 'off-site' }, s3());
    expect(await other.post<StorageTest>('arkStorages:test', { filterByTk: 'off-site' })).toMatchObject({
      ok: true,
    });
  } finally {
    await other.stop();
  }
});
