import { join } from 'node:path';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import type { AlarmSettings, BackupItem, Safety, ScheduleItem } from '../../src/server/api/api';
import { hostOf, restoreAll } from '../helpers/ark';
import { listenForMail } from '../helpers/listener';
import { NOW_AND_THEN, until } from '../helpers/waiting';
import {
  appPlace,
  runJob,
  startInstalled,
  startNocoBase,
  unpackArk,
  type Caller,
  type NocoBase,
} from './app';

/** Schedules, alarms and rehearsals in a real NocoBase, which keeps the time itself. */
const place = appPlace();
let app: NocoBase;
let admin: Caller;

beforeAll(async () => {
  ({ app, admin } = await startInstalled(place));
}, 600_000);
afterAll(async () => {
  await app.stop();
});

const get = async <T>(path: string): Promise<T> => (await admin.get(path)).data as T;

it('a schedule of every minute runs by itself, once, and its backup is proven', async () => {
  const made = await admin.post('arkSchedules:create', {
    name: 'often',
    timing: { every: 1, unit: 'minutes' },
    prove: true,
    retention: { last: 2 },
  });
  expect([made.status, made.errors]).toEqual([200, undefined]);
  const item = await until(
    'it has run',
    async () => {
      const [one] = await get<ScheduleItem[]>('arkSchedules:list');
      return one?.last;
    },
    240_000,
    NOW_AND_THEN,
  );
  expect(item).toMatchObject({ why: 'time', state: 'done', missed: 0, rehearsed: true });
  await admin.post('arkSchedules:update?filterByTk=often', { on: false });
  const backups = await get<BackupItem[]>('arkBackups:list');
  expect(backups).toHaveLength(1);
  expect(backups).toMatchObject([
    { origin: { schedule: 'often' }, rehearsedAt: expect.any(String) as string },
  ]);
  expect(await get<Safety>('arkSystem:safety')).toMatchObject({
    banners: [],
    schedules: { total: 1, on: 0 },
  });
});

it('on a new server the app starts from that backup alone: what it has no rows of is there, and empty', async () => {
  const [backup] = await get<BackupItem[]>('arkBackups:list');
  const empty = await place.database();
  const host = hostOf(empty.url, place.data.folder);
  const file = join(app.home, 'storage', 'ark', 'backups', backup?.name ?? '');
  await restoreAll(host, await findArchive(host, file), {});
  const tables = `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1`;
  const names = await empty.query(tables);
  expect(names).toContainEqual({ name: 'workflowVersionStats' });
  // As a process manager starts it: nothing is upgraded, and no table is made.
  const home = join(place.data.folder, 'new-server');
  await unpackArk(home);
  const anew = await startNocoBase({ home, database: empty.url });
  try {
    const caller = await anew.signIn();
    expect((await caller.get('arkBackups:list')).status).toBe(200);
    expect((await caller.get('executions:list')).data).toEqual([]);
    expect((await caller.get('users:list')).data).toHaveLength(1);
  } finally {
    await anew.stop();
  }
});

it('an alarm goes by e-mail through the notification manager', async () => {
  const set = await admin.post('arkAlarms:save', { email: { to: ['admin@example.org'] } });
  expect(set.data as AlarmSettings).toMatchObject({ app: true });
  const told = async () =>
    ((await admin.post('arkAlarms:test')).data as { deliveries: { error?: string }[] }).deliveries;
  expect(await told()).toMatchObject([
    { channel: 'email', error: expect.stringMatching(/e-mail channel/) as string },
  ]);
  const mail = await listenForMail();
  const options = {
    host: '127.0.0.1',
    port: mail.port,
    secure: false,
    account: '',
    password: '',
    from: 'ark@example.org',
  };
  const channel = { name: 'post', title: 'Post', notificationType: 'email', options };
  expect((await admin.post('notificationChannels:create', channel)).status).toBe(200);
  const [delivery] = await told();
  mail.close();
  // The small mail server knows no sign-in, which the plugin asks for; so it is enough that it was asked.
  if (delivery?.error !== undefined) expect(delivery.error).toMatch(/could not send it/);
  else expect(mail.mails[0]).toContain('This is a test');
});

it('schedules, runs and alarms stay as they are through a restore of the whole app, and the time is kept on', async () => {
  const [backup] = await get<BackupItem[]>('arkBackups:list');
  await admin.post('arkSchedules:create', { name: 'later', timing: { cron: '0 3 1 1 *' } });
  const before = await get<ScheduleItem[]>('arkSchedules:list');
  const { caller, job } = await runJob(admin, `arkBackups:restore?filterByTk=${backup!.name}`, {}, () =>
    app.signIn(),
  );
  admin = caller;
  expect(job).toMatchObject({ state: 'done' });
  expect(await get<ScheduleItem[]>('arkSchedules:list')).toEqual(before);
  await admin.post('arkSchedules:update?filterByTk=often', { on: true, prove: false });
  await until(
    'it runs again',
    async () => {
      const one = await get<ScheduleItem>('arkSchedules:get?filterByTk=often');
      return one.last?.startedAt !== before.find((old) => old.name === 'often')!.last!.startedAt
        ? true
        : undefined;
    },
    240_000,
    NOW_AND_THEN,
  );
}, 600_000);
