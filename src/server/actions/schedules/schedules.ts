import * as z from 'zod';
import { BackupError, failureOf, refused, refusedNear } from '../../errors/errors';
import { nearest } from '../../near';
import type { Host } from '../../host';
import { MASK } from '../../secrets/mask';
import { readBook, without, type Run } from '../../jobs/runs';
import { checkTiming, nextRuns, type Plan } from '../../jobs/schedule';
import { isSealed } from '../../secrets/seal';
import type * as api from '../../api/api';
import { decide, type Books } from './books';
import { schedule, ScheduleInput, type ScheduleChange } from '../../api/input';

/** As it is kept: the passphrase sealed. */
export type Schedule = ScheduleInput & { readonly since: string };
const Kept = z.object({ ...schedule, since: z.iso.datetime() });

export const planOf = ({ timing, timeZone, since }: Schedule): Plan => ({
  timing,
  timeZone,
  since: new Date(since),
});

/** A command that lists schedules does without the database. */
type Looked = Pick<Host, 'storages'> & Partial<Pick<Host, 'files'>>;
type Where = Pick<Host, 'settings' | 'seal' | 'storages' | 'exclusive' | 'files'>;

export async function listSchedules({ settings }: Pick<Host, 'settings'>): Promise<Schedule[]> {
  const all = await settings.list('schedules');
  return all.map(({ value }) => Kept.parse(value));
}

export async function findSchedule({ settings }: Pick<Host, 'settings'>, name: string): Promise<Schedule> {
  const kept = Kept.safeParse(await settings.get('schedules', name));
  if (kept.success) return kept.data;
  const names = (await settings.list('schedules')).map((setting) => setting.name);
  throw noSchedule(name, names);
}

function noSchedule(name: string, schedules: string[]): BackupError {
  const [schedule, near] = [JSON.stringify(name), nearest(name, schedules)];
  return schedules.length > 0
    ? refusedNear('schedule-none', { schedule, schedules }, near)
    : refused('schedule-no-schedules', { schedule });
}

export const addSchedule = (host: Where, input: ScheduleInput, now: Date): Promise<Schedule> =>
  decide(host, (books) => add(host, books, input, now));

async function add(host: Where, books: Books, input: ScheduleInput, now: Date): Promise<Schedule> {
  if ((await host.settings.get('schedules', input.name)) !== undefined) {
    throw refused('schedule-taken', { schedule: JSON.stringify(input.name) });
  }
  if (input.passphrase === MASK) {
    throw refused('passphrase-mask', {});
  }
  return save(host, books, input, undefined, now);
}

const CLEARABLE = [
  'groups',
  'collections',
  'all',
  'exclude',
  'noRows',
  'passphrase',
  'recipients',
  'retention',
] as const;

export const changeSchedule = (
  host: Where,
  name: string,
  change: ScheduleChange,
  now: Date,
): Promise<Schedule> => decide(host, (books) => merge(host, books, name, change, now));

async function merge(
  host: Where,
  books: Books,
  name: string,
  change: ScheduleChange,
  now: Date,
): Promise<Schedule> {
  const before = await findSchedule(host, name);
  const { since, ...rest } = before;
  const changed = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== null));
  const goes = CLEARABLE.filter((kind) => change[kind] === null);
  // One kind of selection or encryption takes the place of the other.
  if (changed.groups ?? changed.collections ?? changed.all) goes.push('groups', 'collections', 'all');
  if (changed.passphrase ?? changed.recipients) goes.push('passphrase', 'recipients');
  const cleared = without(rest, ...goes);
  const merged = ScheduleInput.safeParse({
    ...cleared,
    ...changed,
    name,
    ...(change.passphrase === MASK && { passphrase: rest.passphrase ?? MASK }),
  });
  if (!merged.success) throw refused('input-wrong', { said: `${merged.error.issues[0]?.message ?? ''}.` });
  if (merged.data.passphrase === MASK) {
    throw refused('passphrase-none', {});
  }
  return save(host, books, merged.data, { ...before, since }, now);
}

/** Its timing counts from now on when it is new, changed, or switched on again: what it was not there for is not missed. */
async function save(
  host: Where,
  books: Books,
  input: ScheduleInput,
  before: Schedule | undefined,
  now: Date,
): Promise<Schedule> {
  checkTiming(input.timing, input.timeZone);
  for (const name of input.storages) await host.storages.find(name);
  // What was taken on before is told as a problem, and can still be changed in all else.
  if (input.files && !before?.files && (await knowsNoFiles(host))) throw refused('files-unknown', {});
  const same =
    before !== undefined &&
    before.timeZone === input.timeZone &&
    JSON.stringify(before.timing) === JSON.stringify(input.timing) &&
    (before.on || !input.on);
  const { passphrase } = input;
  const schedule: Schedule = {
    ...input,
    ...(passphrase !== undefined && {
      passphrase:
        isSealed(passphrase) && passphrase === before?.passphrase ? passphrase : host.seal.close(passphrase),
    }),
    since: same ? before.since : now.toISOString(),
  };
  await host.settings.save('schedules', input.name, schedule);
  if (!same) {
    const book = await readBook(host.settings, input.name);
    await books.save(input.name, { ...book, settled: now.toISOString() });
  }
  return schedule;
}

export async function removeSchedule(
  host: Pick<Host, 'settings' | 'exclusive'>,
  name: string,
): Promise<void> {
  await findSchedule(host, name);
  await decide(host, async (books) => {
    await host.settings.remove('schedules', name);
    await books.remove(name);
  });
}

/** With what is known of its runs; without secrets. */
export async function describeSchedule(
  host: Pick<Host, 'settings'> & Looked,
  schedule: Schedule,
  now: Date,
): Promise<api.ScheduleItem> {
  const book = await readBook(host.settings, schedule.name);
  const { passphrase, since, ...rest } = schedule;
  return {
    ...rest,
    ...(passphrase !== undefined && { passphrase: MASK }),
    since,
    next: schedule.on ? nextRuns(planOf(schedule), now, 3).map((run) => run.toISOString()) : [],
    ...(book?.running && { running: runItem(book.running) }),
    ...(book?.last && { last: runItem(book.last) }),
    ...(book?.lastGood && { lastGood: book.lastGood }),
    ...(book?.waiting && { waitingSince: book.waiting.since }),
    problems: await problemsOf(host, schedule),
  };
}

const runItem = (run: Run): api.ScheduledRun => without(run, 'id', 'host', 'pid', 'beatAt');

/** What will make its next run fail, as far as one can see now. */
async function problemsOf(host: Looked, schedule: Schedule): Promise<api.Failure[]> {
  const faults: api.Failure[] = [];
  for (const name of schedule.storages) {
    await host.storages.find(name).catch((error: unknown) => {
      faults.push(failureOf(error));
    });
  }
  if (schedule.files && (await knowsNoFiles(host))) faults.push(failureOf(refused('files-unknown', {})));
  return faults;
}

/** Without the database nobody knows of files; that is told elsewhere. */
const knowsNoFiles = async (host: Pick<Looked, 'files'>): Promise<boolean> =>
  host.files?.().then(
    ({ unknown = false }) => unknown,
    () => false,
  ) ?? false;
