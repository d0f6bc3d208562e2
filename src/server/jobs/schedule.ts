import { Cron } from 'croner';
import * as z from 'zod';
import { BackupError, refused } from '../errors/errors';
import { DAY, HOUR, MINUTE } from '../durations';

/**
 * When a schedule runs, from its plan and the clock alone. Everything here is pure: the same plan gives the same
 * moments whoever asks, and whenever.
 */
export const Timing = z.union([
  z.strictObject({
    every: z.number().int().min(1).max(1440),
    unit: z.enum(['minutes', 'hours', 'days']),
    /** For days: the time of day in the schedule's zone; 00:00 without it. */
    at: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day looks like 02:30')
      .optional(),
  }),
  z.strictObject({ cron: z.string().min(1).max(200) }),
]);
export type Timing = z.infer<typeof Timing>;

export interface Plan {
  readonly timing: Timing;
  /** IANA, such as Europe/Berlin. */
  readonly timeZone: string;
  /**
   * Since when it holds: nothing before is due. Minutes, hours and days are counted from the beginning of this
   * moment's day in the zone.
   */
  readonly since: Date;
}

/** A run that begins later than this after its time was missed, and is made up. */
export const LATE_MS = 5 * MINUTE;
/** A clock that went back by less repeats nothing; by more, it was wrong before. */
const BACK_MS = HOUR;
/** Missed runs are counted up to here. */
const COUNTED = 1000;

/** Throws USAGE for a zone nobody knows, and a cron pattern that cannot be read or never comes. */
export function checkTiming(timing: Timing, timeZone: string): void {
  checkZone(timeZone);
  if (!('cron' in timing)) return;
  const cron = cronOf(timing.cron, timeZone);
  if (cron.nextRun(new Date()) === null) {
    throw refused('cron-never', { cron: JSON.stringify(timing.cron) });
  }
}

function checkZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch (cause) {
    throw refused('zone-unknown', { zone: JSON.stringify(timeZone) }, { cause });
  }
}

/** The first run after a moment; undefined if there is none any more. */
export function nextRun(plan: Plan, after: Date): Date | undefined {
  return forward(plan, later(after, plan.since)).next().value ?? undefined;
}

export function nextRuns(plan: Plan, after: Date, count: number): Date[] {
  const dates: Date[] = [];
  for (const run of forward(plan, later(after, plan.since))) {
    if (dates.push(run) >= count) break;
  }
  return dates.slice(0, count);
}

export interface Due {
  /** The newest moment at which it should have run. */
  readonly at: Date;
  /** Runs that did not happen, this one included if it is late; at most 1,000 are counted. */
  readonly missed: number;
}

/**
 * What is due now, if everything up to `settled` is done or was given up. Several missed runs are one: the newest.
 */
export function dueRun(plan: Plan, settled: Date, now: Date): Due | undefined {
  const from = later(settled, plan.since);
  const at = latestRun(plan, now);
  if (!at || at <= from) return undefined;
  let missed = now.getTime() - at.getTime() > LATE_MS ? 1 : 0;
  for (const run of forward(plan, from)) {
    if (run >= at || missed >= COUNTED) break;
    missed += 1;
  }
  return { at, missed };
}

/**
 * A clock that was ahead and was put right must not keep a schedule silent until that time comes again. Undefined:
 * nothing is wrong.
 */
export function clockWentBack(settled: Date, now: Date): number | undefined {
  const ms = settled.getTime() - now.getTime();
  return ms > BACK_MS ? ms : undefined;
}

/** What runs late for so long is not missing yet. */
const GRACE_MS = 6 * HOUR;

/**
 * A backup by this plan is of this moment or later: of the newest run that should have ended, whenever the plan was made.
 * Undefined: none has come yet.
 */
export function allowedSince(plan: Plan, now: Date): Date | undefined {
  const latest = latestRun(plan, now);
  const before = latest && latestRun(plan, new Date(latest.getTime() - 1));
  if (!latest || !before) return latest;
  const grace = Math.min(GRACE_MS, latest.getTime() - before.getTime());
  return now.getTime() - latest.getTime() < grace ? before : latest;
}

const later = (a: Date, b: Date): Date => (a > b ? a : b);

function* forward({ timing, timeZone, since }: Plan, after: Date): Generator<Date, void, void> {
  if ('cron' in timing) {
    yield* cronForward(cronOf(timing.cron, timeZone), after);
  } else if (timing.unit === 'days') {
    const wanted = everyDays(timing.every, timeZone, since);
    for (const run of cronForward(daily(timing.at, timeZone), after)) if (wanted(run)) yield run;
  } else {
    const { step, start } = grid(timing, timeZone, since);
    for (let k = Math.floor((after.getTime() - start) / step) + 1; ; k += 1) yield new Date(start + k * step);
  }
}

/** The newest run that is not after this moment. */
function latestRun({ timing, timeZone, since }: Plan, until: Date): Date | undefined {
  if ('cron' in timing) return cronBackward(cronOf(timing.cron, timeZone), until).next().value ?? undefined;
  if (timing.unit === 'days') {
    const wanted = everyDays(timing.every, timeZone, since);
    for (const run of cronBackward(daily(timing.at, timeZone), until)) if (wanted(run)) return run;
    return undefined;
  }
  const { step, start } = grid(timing, timeZone, since);
  return new Date(start + Math.floor((until.getTime() - start) / step) * step);
}

/** Minutes and hours are of elapsed time, so that none is long, short or double when the clocks change. */
function grid({ every, unit }: { every: number; unit: string }, timeZone: string, since: Date) {
  const step = every * (unit === 'hours' ? HOUR : MINUTE);
  const key = `${timeZone} ${since.getTime()}`;
  let start = midnights.get(key);
  if (start === undefined) {
    start = (cronBackward(daily('00:00', timeZone), since).next().value ?? since).getTime();
    if (midnights.size > REMEMBERED) midnights.clear();
    midnights.set(key, start);
  }
  return { step, start };
}

/** What is costly to find out is remembered: a scheduler asks the same again and again. */
const REMEMBERED = 500;
const midnights = new Map<string, number>();

function daily(at = '00:00', timeZone: string): Cron {
  const [hour, minute] = at.split(':').map(Number);
  return cronOf(`${minute ?? 0} ${hour ?? 0} * * *`, timeZone);
}

function everyDays(every: number, timeZone: string, since: Date): (run: Date) => boolean {
  const first = localDay(since, timeZone);
  return (run) => (((localDay(run, timeZone) - first) % every) + every) % every === 0;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Days since 1970 as the calendar in that zone counts them. */
function localDay(moment: Date, timeZone: string): number {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
    formats.set(timeZone, format);
  }
  const parts = Object.fromEntries(
    format.formatToParts(moment).map((part) => [part.type, Number(part.value)]),
  );
  return Date.UTC(parts.year ?? 0, (parts.month ?? 1) - 1, parts.day ?? 1) / DAY;
}

const crons = new Map<string, Cron>();

/**
 * A time of day that the spring skips comes at the end of the gap, one that the autumn repeats comes once
 * (`no-wildcard`). A pattern with `*` or a step in its hours or minutes follows the clock on the wall instead.
 */
function cronOf(pattern: string, timeZone: string): Cron {
  const key = `${timeZone} ${pattern}`;
  const known = crons.get(key);
  if (known) return known;
  // Croner would take an ISO date for one single run.
  if (!/^(@\w+|\S+(\s+\S+){4})$/.test(pattern.trim())) throw cronError(pattern, 'it has five fields');
  let made: Cron;
  try {
    made = new Cron(pattern.trim(), {
      timezone: timeZone,
      paused: true,
      mode: '5-part',
      fixedTimeRule: 'no-wildcard',
    });
  } catch (cause) {
    throw cronError(pattern, cause instanceof Error ? cause.message.replace(/^\w+: /, '') : String(cause));
  }
  if (crons.size > REMEMBERED) crons.clear();
  crons.set(key, made);
  return made;
}

const cronError = (pattern: string, why: string): BackupError =>
  refused('cron-wrong', { cron: JSON.stringify(pattern), why });

function* cronForward(cron: Cron, after: Date): Generator<Date, void, void> {
  for (let run = cron.nextRun(after); run; run = cron.nextRun(run)) yield run;
}

function* cronBackward(cron: Cron, until: Date): Generator<Date, void, void> {
  // Croner looks strictly before.
  let before = new Date(until.getTime() + 1);
  for (;;) {
    const [run] = cron.previousRuns(1, before);
    if (!run) return;
    yield run;
    before = run;
  }
}
