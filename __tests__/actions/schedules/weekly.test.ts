import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Safety } from '../../../src/server/api/api';
import { readAlarmLog, saveChannels } from '../../../src/server/actions/alarms/alarms';
import { runSchedule } from '../../../src/server/actions/schedules/scheduledRun';
import { addSchedule } from '../../../src/server/actions/schedules/schedules';
import { checkWeekly, weeklyText } from '../../../src/server/actions/system/weekly';
import { ScheduleInput } from '../../../src/server/api/input';
import type { Host } from '../../../src/server/host';
import { localStorage } from '../../../src/server/storage/local/local';
import { hostOf } from '../../helpers/ark';
import { fixedStorages } from '../../helpers/fixedStorages';
import { listen } from '../../helpers/listener';
import { keeper } from '../../helpers/means';
import { ownPlace } from '../../helpers/place';
import type { TestDatabase } from '../../helpers/postgres';

const { database } = ownPlace();
const folders: string[] = [];
const closing: { close(): void }[] = [];
afterAll(async () => {
  closing.forEach((made) => made.close());
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

let shop: TestDatabase;
beforeAll(async () => {
  shop = await database('CREATE TABLE orders (id serial PRIMARY KEY); INSERT INTO orders DEFAULT VALUES;');
});

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Archives bear the true time of their making. */
const NOW = new Date().toISOString();

async function place() {
  const folder = await mkdtemp(join(tmpdir(), 'ark-weekly-'));
  folders.push(folder);
  const host: Host = {
    ...hostOf(shop.url, folder),
    storages: fixedStorages([localStorage(join(folder, 'local'), 'local')]),
  };
  const hook = await listen();
  closing.push(hook);
  const time = keeper(host, folder, NOW);
  const check = () => checkWeekly(host, time.catalog, time.clock.now());
  const events = () => hook.heard.map(({ body }) => (JSON.parse(body) as { event: string }).event);
  const last = () => (JSON.parse(hook.heard.at(-1)!.body) as { message: string }).message;
  return { host, hook, time, check, events, last };
}

/** The weekday and hour of a moment, some hours on. */
const planAt = (hours: number) => {
  const at = new Date(Date.parse(NOW) + hours * HOUR);
  return { day: at.getUTCDay(), hour: at.getUTCHours(), timeZone: 'UTC' };
};

it('comes once at its hour while all is well, with what there is; missed ones are one', async () => {
  const { host, hook, time, check, events, last } = await place();
  await addSchedule(
    host,
    ScheduleInput.parse({ name: 'nightly', timing: { every: 1, unit: 'days', at: '02:30' } }),
    time.clock.now(),
  );
  const run = await runSchedule(time, 'nightly', true);
  await saveChannels(host, { webhook: { url: hook.url }, weekly: planAt(2) }, time.clock.now());
  await check();
  expect(events()).toEqual([]);
  time.clock.advance(2 * HOUR);
  await check();
  await check();
  expect(events()).toEqual(['well']);
  for (const part of [
    run!.storages[0]!.name!,
    ' old, ',
    'In the last 7 days: 1 backup,',
    'Storage local: 1,',
    'Next nightly: ',
  ])
    expect(last()).toContain(part);
  expect((await readAlarmLog(host)).sent).toMatchObject([{ event: 'well', channel: 'webhook' }]);
  // Four weeks later there is one word, and not of well-being: nothing was backed up since.
  time.clock.advance(28 * DAY);
  await check();
  await check();
  expect(events()).toEqual(['well', 'unwell']);
  expect(last()).toContain('The last good backup is more than a week old.');
});

it('says what is not well instead', async () => {
  const { host, hook, time, check, events, last } = await place();
  await saveChannels(host, { webhook: { url: hook.url }, weekly: planAt(1) }, time.clock.now());
  time.clock.advance(HOUR);
  await check();
  expect(events()).toEqual(['unwell']);
  expect(last()).toMatch(/There is no backup of this app yet\..*No schedule is on\./);
});

it('is off unless set; another plan makes up for nothing of the old one; a clock put back silences nothing', async () => {
  const { host, hook, time, check, events } = await place();
  await saveChannels(host, { webhook: { url: hook.url } }, time.clock.now());
  time.clock.advance(8 * DAY);
  await check();
  expect(events()).toEqual([]);
  await saveChannels(host, { webhook: { url: hook.url }, weekly: planAt(-3) }, time.clock.now());
  await check();
  expect(events()).toEqual([]);
  time.clock.advance(-8 * DAY);
  await check();
  expect(events()).toEqual([]);
  time.clock.advance(7 * DAY);
  await check();
  expect(events()).toHaveLength(1);
});

it.each([
  { day: 7, hour: 0 },
  { day: -1, hour: 0 },
  { day: 1.5, hour: 0 },
  { day: 1, hour: 24 },
  { day: 1, hour: 9, timeZone: 'Mars/Phobos' },
  { day: 1 },
])('%j is no weekly hour', async (weekly) => {
  const { host } = await place();
  await expect(saveChannels(host, { weekly }, new Date())).rejects.toMatchObject({ code: 'USAGE' });
});

const NONE: Safety = {
  steps: [],
  storages: [],
  used: 0,
  schedules: { total: 0, on: 0 },
  alarms: true,
  banners: [],
};
const WEEK = { done: 0, failed: 0, bytes: 0, next: [] };

it.each(['failed', 'missed', 'stale', 'problem', 'storage', 'alarm', 'none'] as const)(
  'with a trouble of the kind %s all is not well, and the words of others are one line',
  (kind) => {
    const message = `a\nb\u001b[31m\u202e ${'x'.repeat(10_000)}`;
    const banners = Array.from({ length: 100 }, () => ({ level: 'warning' as const, kind, message }));
    const lastGood = { name: 'a.ark', createdAt: NOW, size: 1, storages: ['local'] };
    const told = weeklyText({ ...NONE, lastGood, banners }, WEEK, new Date(NOW));
    expect(told.well).toBe(false);
    expect(told.message).toContain('And 92 more.');
    expect(told.message).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    expect(told.message.length).toBeLessThan(4000);
  },
);

it('without a good backup nothing is well', () => {
  expect(weeklyText(NONE, WEEK, new Date(NOW)).well).toBe(false);
});
