import { addSchedule, changeSchedule, removeSchedule } from '../../../src/server/actions/schedules/schedules';
import { ScheduleInput } from '../../../src/server/api/input';
import { runSchedule } from '../../../src/server/actions/schedules/scheduledRun';
import { refused } from '../../../src/server/errors/errors';
import type { Host } from '../../../src/server/host';
import { readBook, type RunBook } from '../../../src/server/jobs/runs';
import { hostOf, newDataFolder } from '../../helpers/ark';
import { keeper } from '../../helpers/means';
import { pause, until } from '../../helpers/waiting';

/**
 * The book of a schedule is written by its runs and by whoever changes the schedule. Here the one begins at the very
 * moment at which the other has read the book and not written it yet.
 */
const START = '2026-06-10T12:00:00.000Z';
const removing: (() => Promise<void>)[] = [];
afterAll(() => Promise.all(removing.map((remove) => remove())));

const input = (more: Partial<ScheduleInput> = {}): ScheduleInput =>
  ScheduleInput.parse({ name: 'nightly', timing: { every: 1, unit: 'days', at: '03:00' }, ...more });

const NAME = 'schedule nightly';
const bookOf = async (host: Host): Promise<RunBook> => {
  const book = await readBook(host.settings, 'nightly');
  if (!book) throw new Error('there is no book');
  return book;
};

/** A schedule, and a run of it that goes on until it is let go. */
async function place() {
  const data = await newDataFolder();
  removing.push(() => data.remove());
  const host = hostOf('postgres://127.0.0.1:1/none', data.folder);
  let go: () => void = () => undefined;
  const gate = new Promise<void>((open) => (go = open));
  const time = keeper(host, data.folder, START, {
    start: async () => {
      await gate;
      throw refused('database-lost', { said: 'let go' });
    },
  });
  await addSchedule(host, input(), time.clock.now());
  let running: Promise<unknown> | undefined;
  const run = () => (running ??= runSchedule(time, 'nightly', true));
  const begun = () =>
    until('the run has begun', async () => ((await bookOf(host)).running ? true : undefined));
  return { host, time, run, begun, go, ended: () => running };
}

/** The same host; whoever reads the book with it gives somebody else the time to write it. */
const slow = (host: Host, meanwhile: () => void): Host => ({
  ...host,
  settings: {
    ...host.settings,
    async get(kind, name) {
      const value = await host.settings.get(kind, name);
      if (name !== NAME) return value;
      meanwhile();
      await pause(500);
      return value;
    },
  },
});

const LATER = new Date('2026-06-10T12:05:00.000Z');
const CHANGES: readonly [what: string, change: (host: Host) => Promise<unknown>][] = [
  [
    'its time',
    (host) => changeSchedule(host, 'nightly', { timing: { every: 1, unit: 'days', at: '04:00' } }, LATER),
  ],
  ['its time zone', (host) => changeSchedule(host, 'nightly', { timeZone: 'Europe/Amsterdam' }, LATER)],
];

it.each(CHANGES)('a run that begins while %s is changed keeps its mark', async (_, change) => {
  const { host, run, begun, go, ended } = await place();
  await change(slow(host, () => void run()));
  await begun();
  expect(await bookOf(host)).toMatchObject({ settled: LATER.toISOString(), running: { state: 'running' } });
  go();
  await ended();
  const { running, last } = await bookOf(host);
  expect([running, last?.error?.code]).toEqual([undefined, 'DATABASE_LOST']);
});

it.each(CHANGES)('a run that ends while %s is changed has ended', async (_, change) => {
  const { host, run, begun, go, ended } = await place();
  void run();
  await begun();
  await change(slow(host, go));
  await ended();
  const { running, last, settled } = await bookOf(host);
  expect(running).toBeUndefined();
  expect(last?.error?.code).toBe('DATABASE_LOST');
  expect(settled >= LATER.toISOString()).toBe(true);
});

it('two changes at once: none is lost', async () => {
  const { host } = await place();
  await Promise.all([
    changeSchedule(host, 'nightly', { timeZone: 'Europe/Amsterdam' }, LATER),
    changeSchedule(host, 'nightly', { files: true }, LATER),
    changeSchedule(host, 'nightly', { groups: ['user'] }, LATER),
  ]);
  expect(await host.settings.get('schedules', 'nightly')).toMatchObject({
    timeZone: 'Europe/Amsterdam',
    files: true,
    groups: ['user'],
  });
});

it('added twice at once: one is told that there is one', async () => {
  const { host } = await place();
  const added = await Promise.allSettled(
    [1, 2, 3].map(() => addSchedule(host, input({ name: 'other' }), LATER)),
  );
  expect(added.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
});

it('deleted while it runs: the end of the run does not bring its book back', async () => {
  const { host, run, begun, go, ended } = await place();
  void run();
  await begun();
  await removeSchedule(host, 'nightly');
  go();
  await ended();
  expect(await readBook(host.settings, 'nightly')).toBeUndefined();
});
