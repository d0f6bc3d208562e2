import { mkdir, stat, writeFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  AlarmSettings,
  BackupItem,
  Cleared,
  DataFolder,
  JobItem,
  Pruned,
  Safety,
  ScheduleItem,
  Started,
} from '../../src/server/api/api';
import { MASK } from '../../src/server/secrets/mask';
import { testConsole, type TestConsole } from '../helpers/console';
import { listen } from '../helpers/listener';
import { ownPlace } from '../helpers/place';
import { until } from '../helpers/waiting';
import type { TestDatabase } from '../helpers/postgres';

/** What the page's tabs ask for, over HTTP. Every answer is held against its description on the way. */
const { database } = ownPlace();
let shop: TestDatabase;
let served: TestConsole;
let hook: Awaited<ReturnType<typeof listen>>;
beforeAll(async () => {
  shop = await database(
    `CREATE TABLE orders (id serial PRIMARY KEY, note text); INSERT INTO orders (note) SELECT 'note ' || g FROM generate_series(1, 500) g;`,
  );
  served = await testConsole(shop.url);
  hook = await listen();
});
afterAll(async () => {
  await served.stop();
  hook.close();
});

const post = (action: string, query: Record<string, string>, body: unknown) =>
  served.raw('POST', `/api/${action}?${new URLSearchParams(query).toString()}`, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const NIGHTLY = { filterByTk: 'nightly' };

it('an app without a backup is told so', async () => {
  const safety = await served.get<Safety>('arkSystem:safety');
  expect(safety).toMatchObject({
    banners: [{ kind: 'none' }],
    alarms: false,
    schedules: { total: 0, on: 0 },
  });
  expect(safety.storages).toEqual([{ name: 'local', kind: 'local', backups: 0, used: 0 }]);
});

it('a schedule is added, shown, changed, run and taken away', async () => {
  const timing = { every: 6, unit: 'hours' };
  const { next } = await served.post<{ next: string[] }>('arkSchedules:preview', {}, { timing });
  const made = await served.post<ScheduleItem>(
    'arkSchedules:create',
    {},
    { name: 'nightly', timing, passphrase: 'open wide sesame', retention: { last: 1 } },
  );
  expect(made).toMatchObject({ name: 'nightly', on: true, timeZone: 'UTC', passphrase: MASK, next });
  const changed = await served.post<ScheduleItem>('arkSchedules:update', NIGHTLY, {
    timing: { cron: '30 2 * * *' },
    timeZone: 'Asia/Tokyo',
    passphrase: null,
  });
  expect(changed).not.toHaveProperty('passphrase');
  expect(changed.next[0]).toMatch(/T17:30:00/);
  const { job } = await served.post<Started>('arkSchedules:run', NIGHTLY);
  expect(await served.ended(job.id)).toMatchObject({ kind: 'backup', state: 'done' });
  const item = await until('the run is on record', async () => {
    const one = await served.get<ScheduleItem>('arkSchedules:get', NIGHTLY);
    return one.last && one;
  });
  expect(item.last).toMatchObject({ why: 'asked', state: 'done' });
  const pruned = await served.post<Pruned[]>('arkSchedules:prune', NIGHTLY, { dryRun: true });
  expect(pruned).toMatchObject([
    {
      storage: 'local',
      removed: [],
      decisions: [{ keep: true, reasons: [{ why: 'last', text: '1 of the last 1' }] }],
    },
  ]);
  const safety = await served.get<Safety>('arkSystem:safety');
  expect(safety).toMatchObject({
    next: { schedule: 'nightly' },
    banners: [],
    lastGood: { storages: ['local'] },
  });
  await served.post('arkSchedules:destroy', NIGHTLY);
  expect(await served.get<ScheduleItem[]>('arkSchedules:list')).toEqual([]);
  expect(await served.get<BackupItem[]>('arkBackups:list')).toHaveLength(1);
});

it('what cannot be is refused in words', async () => {
  const bad: [object, string][] = [
    [{ name: 'x', timing: { cron: '0 0 31 2 *' } }, '400 USAGE'],
    [{ name: 'x', timing: { every: 0, unit: 'days' } }, '400 USAGE'],
    [{ name: 'x', timing: { cron: '0 3 * * *' }, timeZone: 'Mars/Phobos' }, '400 USAGE'],
    [{ name: '../x', timing: { cron: '0 3 * * *' } }, '400 USAGE'],
    [{ name: 'x', timing: { cron: '0 3 * * *' }, retention: {} }, '400 USAGE'],
    [{ name: 'x', timing: { cron: '0 3 * * *' }, storages: ['gone'] }, '404 STORAGE_UNKNOWN'],
    [{ name: 'x', timing: { cron: '0 3 * * *' }, grops: ['user'] }, '400 USAGE'],
  ];
  for (const [body, code] of bad) {
    expect([body, await served.refused(post('arkSchedules:create', {}, body))]).toEqual([body, code]);
  }
  expect(await served.refused(post('arkSchedules:run', { filterByTk: 'x' }, {}))).toBe(
    '404 SCHEDULE_UNKNOWN',
  );
  expect(await served.refused(post('arkSchedules:update', { filterByTk: 'x' }, {}))).toBe(
    '404 SCHEDULE_UNKNOWN',
  );
});

it('who is told is set, masked, tried out, and what went wrong is shown', async () => {
  const url = `${hook.url}/secret`;
  const set = await served.post<AlarmSettings>(
    'arkAlarms:save',
    {},
    { webhook: { url }, heartbeat: { url: 'http://127.0.0.1:1/beat' }, staleHours: 48 },
  );
  expect(set.channels).toEqual({ webhook: { url: MASK }, heartbeat: { url: MASK }, staleHours: 48 });
  await served.post('arkAlarms:save', {}, { ...set.channels, staleHours: 24 });
  const { deliveries } = await served.post<{ deliveries: { channel: string; error?: string }[] }>(
    'arkAlarms:test',
  );
  expect(deliveries).toMatchObject([
    { channel: 'webhook' },
    { channel: 'heartbeat', error: expect.stringContaining('127.0.0.1:1') as string },
  ]);
  expect(hook.heard).toMatchObject([{ path: '/secret' }]);
  const shown = await served.get<AlarmSettings>('arkAlarms:get');
  expect(shown.sent).toHaveLength(2);
  expect(JSON.stringify(shown)).not.toContain('secret');
  expect((await served.get<Safety>('arkSystem:safety')).banners).toMatchObject([{ kind: 'alarm' }]);
  expect(await served.refused(post('arkAlarms:save', {}, { webhook: { url: 'file:///etc/passwd' } }))).toBe(
    '400 USAGE',
  );
  await served.post('arkAlarms:save', {}, {});
  expect(await served.refused(post('arkAlarms:test', {}, {}))).toBe('400 USAGE');
});

it('whose form a webhook gets is chosen or known by its address, its secret is masked, and what is missing is said', async () => {
  const dingtalk = { url: 'https://oapi.dingtalk.com/robot/send?access_token=hidden', secret: 'SEC-hidden' };
  const save = (webhook: object) => served.post<AlarmSettings>('arkAlarms:save', {}, { webhook });
  const set = await save(dingtalk);
  expect(set).toMatchObject({ channels: { webhook: { url: MASK, secret: MASK } }, form: 'dingtalk' });
  expect(await save({ ...set.channels.webhook, form: 'json' })).toMatchObject({
    channels: { webhook: { url: MASK, secret: MASK, form: 'json' } },
    form: 'json',
  });
  expect(JSON.stringify(await served.get<AlarmSettings>('arkAlarms:get'))).not.toContain('hidden');
  const without = 'https://api.telegram.org/bot1:x/sendMessage';
  for (const webhook of [
    { url: without },
    { url: 'https://chat.example.org', form: 'telegram' },
    { url: 'https://chat.example.org', form: 'irc' },
  ]) {
    expect(await served.refused(post('arkAlarms:save', {}, { webhook }))).toBe('400 USAGE');
  }
  await served.post('arkAlarms:save', {}, {});
  const masked = { url: 'https://chat.example.org', form: 'feishu', secret: MASK };
  expect(await served.refused(post('arkAlarms:save', {}, { webhook: masked }))).toBe('400 USAGE');
});

it('a backup is proven, and the list says since when; history can be filtered', async () => {
  const [backup] = await served.get<BackupItem[]>('arkBackups:list');
  const { job } = await served.post<Started>('arkBackups:rehearse', { filterByTk: backup!.name });
  expect(await served.ended(job.id)).toMatchObject({
    kind: 'rehearse',
    state: 'done',
    result: { rows: 500 },
  });
  const [proven] = await served.get<BackupItem[]>('arkBackups:list');
  expect(proven!.rehearsedAt).toBeDefined();
  const at = job.startedAt;
  const list = (query: Record<string, string>) => served.get<JobItem[]>('arkJobs:list', query);
  expect((await list({ kind: 'rehearse' })).map((one) => one.id)).toEqual([job.id]);
  expect((await list({ kind: 'rehearse', state: 'failed' })).map((one) => one.id)).toEqual([]);
  expect((await list({ from: at })).map((one) => one.id)).toEqual([job.id]);
  expect((await list({ to: at })).map((one) => one.kind)).toEqual(['backup']);
});

it('the data folder tells what is in it; clearing says first what goes, and takes no more', async () => {
  const { folder } = served;
  await mkdir(join(folder, 'uploads'), { recursive: true });
  // Half an upload of a process that is gone; its name says which.
  const before = await served.get<DataFolder>('arkSystem:data');
  const old = join(folder, 'uploads', '.x.00000000.999999.aaaaaaaa.part');
  await writeFile(old, Buffer.alloc(5000));
  const longAgo = new Date(Date.now() - 3 * 86_400_000);
  await (await import('node:fs/promises')).utimes(old, longAgo, longAgo);
  await shop.sql(
    `CREATE SCHEMA ark_stage_20200101_000000_abcdef; COMMENT ON SCHEMA ark_stage_20200101_000000_abcdef IS 'Ark: tables being restored. Removed by the next Ark job if this one died.';
     CREATE TABLE ark_stage_20200101_000000_abcdef.orders AS SELECT * FROM orders;`,
  );
  const now = await served.get<DataFolder>('arkSystem:data');
  expect(now.folder).toBe(folder);
  const bytes = (given: DataFolder, kind: string) =>
    given.parts.filter((part) => part.kind === kind).reduce((sum, part) => sum + part.bytes, 0);
  expect(bytes(now, 'uploads') - bytes(before, 'uploads')).toBe(5000);
  expect(bytes(now, 'backups')).toBeGreaterThan(1000);
  expect(now.database).toMatchObject([{ kind: 'staging', name: 'ark_stage_20200101_000000_abcdef' }]);

  const planned = await served.post<Cleared>('arkSystem:clearCache', {}, { dryRun: true });
  expect(planned.freed).toBe(0);
  expect(planned.items.map((one) => one.kind).sort()).toEqual(['cache', 'staging', 'unfinished']);
  await stat(old);
  const cleared = await served.post<Cleared>('arkSystem:clearCache', {}, {});
  expect(cleared.items).toEqual(planned.items);
  expect(cleared.freed).toBe(planned.items.reduce((sum, one) => sum + one.bytes, 0));
  await expect(stat(old)).rejects.toThrow('ENOENT');
  const after = await served.get<DataFolder>('arkSystem:data');
  expect(after.database).toEqual([]);
  for (const kind of ['backups', 'jobs']) expect(bytes(after, kind)).toBe(bytes(before, kind));
  const [proven] = await served.get<BackupItem[]>('arkBackups:list');
  expect(proven!.rehearsedAt).toBeDefined();
  expect(
    (await served.post<Cleared>('arkSystem:clearCache', {}, { dryRun: true })).items.map((one) => one.kind),
  ).toEqual(['cache']);
});

it('what in the data folder cannot be read is told of, and counts as unknown', async () => {
  const loop = join(served.folder, 'uploads', 'loop');
  await symlink(loop, loop);
  const uploads = async () =>
    (await served.get<DataFolder>('arkSystem:data')).parts.find(({ kind }) => kind === 'uploads');
  expect(await uploads()).toMatchObject({ unread: true });
  await rm(loop);
  expect(await uploads()).not.toHaveProperty('unread');
});

it('clearing leaves an undo that still holds, and the database alone while a job runs', async () => {
  const [backup] = await served.get<BackupItem[]>('arkBackups:list');
  const { job } = await served.post<Started>('arkBackups:restore', { filterByTk: backup!.name });
  expect(await served.ended(job.id)).toMatchObject({ state: 'done' });
  await served.post<Cleared>('arkSystem:clearCache', {}, {});
  expect((await served.get<DataFolder>('arkSystem:data')).database).toMatchObject([
    { kind: 'undo', name: job.id },
  ]);
  const lock = await served.served.ark.host.database.lock('20260101_000000_bbbbbb');
  const cleared = await served.post<Cleared>('arkSystem:clearCache', {}, {});
  await lock.release();
  expect(cleared.skipped).toMatch(/Another job is running/);
});
