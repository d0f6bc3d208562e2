import fc from 'fast-check';
import {
  checkTiming,
  clockWentBack,
  dueRun,
  nextRun,
  nextRuns,
  type Plan,
  type Timing,
} from '../../src/server/jobs/schedule';

const MINUTE = 60_000;
const DAY = 86_400_000;
/** One zone north, one south of the equator, one whose clocks move by half an hour only. */
const ZONES = ['Europe/Berlin', 'America/Santiago', 'Australia/Lord_Howe'];
const START = Date.parse('2026-01-01T00:00:00Z');
const END = Date.parse('2028-01-01T00:00:00Z');

const planOf = (timing: Timing, timeZone: string, since = new Date(START)): Plan => ({
  timing,
  timeZone,
  since,
});

const clocks = new Map<string, Map<number, { day: string; minute: number }>>();

/** What the clock on the wall shows, quarter by quarter of an hour, asked of the platform's own time zones. */
function wallClock(timeZone: string): Map<number, { day: string; minute: number }> {
  const known = clocks.get(timeZone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  const shown = new Map<number, { day: string; minute: number }>();
  const step = 15 * MINUTE;
  for (let at = START - 2 * DAY; at < END + 2 * DAY; at += step) {
    const [day = '', time = ''] = format.format(at).split(', ');
    const [hour = 0, minute = 0] = time.split(':').map(Number);
    shown.set(at, { day, minute: hour * 60 + minute });
  }
  clocks.set(timeZone, shown);
  return shown;
}

/** Once every day: at the first moment from which on the wall clock shows this time of day or a later one. */
function dailyByWallClock(timeZone: string, minute: number): number[] {
  const found = new Map<string, number>();
  for (const [at, shown] of wallClock(timeZone)) {
    if (shown.minute >= minute && !found.has(shown.day)) found.set(shown.day, at);
  }
  return [...found.values()].filter((at) => at > START && at <= END);
}

/** mulberry32 */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A process that looks at the clock at moments of its own, for two years; it is late by so much at most. */
function live(plan: Plan, latest: number, seed: number): { runs: number[]; missed: number } {
  const random = randomFrom(seed);
  const runs: number[] = [];
  let missed = 0;
  let settled = new Date(START);
  for (let now = START; now <= END;) {
    const due = dueRun(plan, settled, new Date(now));
    if (due) {
      runs.push(due.at.getTime());
      missed += due.missed;
      settled = due.at;
    }
    const next = nextRun(plan, new Date(now))?.getTime() ?? Infinity;
    // Sometimes punctual, sometimes late; and sometimes it looks when there is nothing to do.
    const awake = next + (random() < 0.7 ? 0 : Math.ceil(random() * latest));
    now = random() < 0.1 ? now + Math.ceil(random() * (awake - now)) : awake;
  }
  return { runs, missed };
}

describe.each(ZONES)('two years in %s, with the clocks changing', (timeZone) => {
  it.each(['02:30', '00:00', '03:00', '01:45', '23:45', '12:00'])('every day at %s: each once', (at) => {
    const [hour = 0, minute = 0] = at.split(':').map(Number);
    const expected = dailyByWallClock(timeZone, hour * 60 + minute);
    expect(expected.length).toBeGreaterThanOrEqual(729);
    const byDays = planOf({ every: 1, unit: 'days', at }, timeZone);
    expect(live(byDays, 4 * MINUTE * 60, hour + minute).runs).toEqual(expected);
    const byCron = planOf({ cron: `${minute} ${hour} * * *` }, timeZone);
    expect(live(byCron, 4 * MINUTE * 60, hour).runs).toEqual(expected);
  });

  it('several times of day in one cron pattern: each once', () => {
    const expected = [150, 870].flatMap((minute) => dailyByWallClock(timeZone, minute)).sort((a, b) => a - b);
    const plan = planOf({ cron: '30 2,14 * * *' }, timeZone);
    expect(live(plan, 60 * MINUTE, 3).runs).toEqual(expected);
  });

  it.each([
    [15, 'minutes'],
    [90, 'minutes'],
    [7, 'hours'],
  ] as const)('every %d %s: as far apart as they say, all the time', (every, unit) => {
    const step = every * (unit === 'hours' ? 60 : 1) * MINUTE;
    const { runs, missed } = live(planOf({ every, unit }, timeZone), 4 * MINUTE, every);
    expect(missed).toBe(0);
    expect(runs[0]! - START).toBeLessThanOrEqual(step);
    expect(END - runs.at(-1)!).toBeLessThanOrEqual(step + 4 * MINUTE);
    expect(runs.every((run, i) => i === 0 || run - runs[i - 1]! === step)).toBe(true);
  });

  it('every 3 days: every third day of the calendar', () => {
    const daily = dailyByWallClock(timeZone, 150);
    const { runs } = live(planOf({ every: 3, unit: 'days', at: '02:30' }, timeZone), 60 * MINUTE, 9);
    const first = daily.indexOf(runs[0]!);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(first).toBeLessThan(3);
    expect(runs).toEqual(daily.filter((_, i) => i >= first && (i - first) % 3 === 0));
  });

  it('a punctual process misses nothing, one that was down makes up the newest only', () => {
    const plan = planOf({ every: 1, unit: 'days', at: '02:30' }, timeZone);
    expect(live(plan, 4 * MINUTE, 1).missed).toBe(0);
    const expected = dailyByWallClock(timeZone, 150);
    const down = live(plan, 10 * DAY, 5);
    expect(down.runs.length).toBeLessThan(expected.length);
    expect(new Set(down.runs).size).toBe(down.runs.length);
    // Every run happened in time, was made up late, or is told as missed.
    const madeUpLate = down.runs.length + down.missed - expected.length;
    expect(madeUpLate).toBeGreaterThan(0);
    expect(madeUpLate).toBeLessThanOrEqual(down.runs.length);
  });
});

const timings: fc.Arbitrary<Timing> = fc.oneof(
  fc.record({
    every: fc.integer({ min: 1, max: 200 }),
    unit: fc.constantFrom('minutes' as const, 'hours' as const),
  }),
  fc.record({
    every: fc.integer({ min: 1, max: 40 }),
    unit: fc.constant('days' as const),
    at: fc.constantFrom('00:00', '02:30', '13:05'),
  }),
  fc
    .constantFrom('*/20 * * * *', '5 4 * * SUN', '0 0 1 * *', '30 2 * * *', '15 1-3 * * *', '@weekly')
    .map((cron) => ({ cron })),
);
const plans = fc
  .record({ timing: timings, timeZone: fc.constantFrom(...ZONES, 'UTC', 'Asia/Kolkata') })
  .map(({ timing, timeZone }) => planOf(timing, timeZone));
const moments = fc.integer({ min: START, max: END }).map((ms) => new Date(ms));

describe('whatever the plan', () => {
  it('what is due is the newest run that has come, and what comes next lies after it', () => {
    fc.assert(
      fc.property(plans, moments, moments, (plan, a, b) => {
        const [settled, now] = a < b ? [a, b] : [b, a];
        const due = dueRun(plan, settled, now);
        const next = nextRun(plan, now);
        expect(next && next > now).toBe(true);
        if (!due) {
          expect(nextRun(plan, settled)!.getTime()).toBe(next!.getTime());
        } else {
          expect(due.at > settled && due.at <= now).toBe(true);
          expect(nextRun(plan, due.at)!.getTime()).toBe(next!.getTime());
          expect(dueRun(plan, due.at, now)).toBeUndefined();
        }
      }),
      { numRuns: 100 },
    );
  });

  it('the next runs are in order and do not depend on when in between one asks', () => {
    fc.assert(
      fc.property(plans, moments, (plan, at) => {
        const [first, second, third] = nextRuns(plan, at, 3);
        expect(first! > at && second! > first! && third! > second!).toBe(true);
        const between = new Date((first!.getTime() + second!.getTime()) / 2);
        expect(nextRun(plan, between)).toEqual(second);
      }),
      { numRuns: 300 },
    );
  });

  it('nothing from before it began is due', () => {
    const since = new Date('2026-06-15T10:00:00Z');
    const plan = planOf({ every: 1, unit: 'days', at: '02:30' }, 'UTC', since);
    expect(dueRun(plan, new Date(0), new Date('2026-06-16T02:29:00Z'))).toBeUndefined();
    expect(dueRun(plan, new Date(0), new Date('2026-06-16T02:30:00Z'))).toEqual({
      at: new Date('2026-06-16T02:30:00Z'),
      missed: 0,
    });
  });
});

describe('a clock that jumps', () => {
  const plan = planOf({ every: 1, unit: 'hours' }, 'UTC');
  const settled = new Date('2026-05-01T10:00:00Z');

  it('forward: one run, and the others are told as missed', () => {
    expect(dueRun(plan, settled, new Date('2026-05-04T10:30:00Z'))).toEqual({
      at: new Date('2026-05-04T10:00:00Z'),
      missed: 72,
    });
  });

  it('back a little: nothing is repeated', () => {
    const now = new Date('2026-05-01T09:15:00Z');
    expect(dueRun(plan, settled, now)).toBeUndefined();
    expect(clockWentBack(settled, now)).toBeUndefined();
  });

  it('back by more than an hour: what was settled ahead of time holds no longer', () => {
    expect(clockWentBack(settled, new Date('2026-04-20T10:00:00Z'))).toBe(11 * DAY);
  });

  it('counts missed runs up to a thousand', () => {
    const often = planOf({ every: 1, unit: 'minutes' }, 'UTC');
    expect(dueRun(often, new Date(START), new Date(END))?.missed).toBe(1000);
  });
});

describe('what cannot be', () => {
  const said = (timing: Timing, timeZone = 'UTC'): string => {
    try {
      checkTiming(timing, timeZone);
      return 'accepted';
    } catch (error) {
      return `${(error as { code: string }).code} ${(error as Error).message}`;
    }
  };

  it.each([
    ['0 0 31 2 *', 'never comes'],
    ['61 * * * *', 'Invalid value for minute: 61'],
    ['* * * *', 'five fields'],
    ['0 * * * * *', 'five fields'],
    ['2027-01-01T00:00:00', 'five fields'],
    ['@reboot', 'cannot be used'],
    ['tomorrow', 'five fields'],
  ])('the cron pattern %s is refused', (cron, why) => {
    expect(said({ cron })).toMatch(/^USAGE /);
    expect(said({ cron })).toContain(why);
  });

  it('a zone that nobody knows is refused, for every kind of timing', () => {
    for (const timing of [{ cron: '0 3 * * *' }, { every: 1, unit: 'days' as const }]) {
      expect(said(timing, 'Mars/Phobos')).toMatch(/^USAGE There is no time zone "Mars\/Phobos"/);
    }
  });

  it('what can be is accepted', () => {
    expect(said({ cron: '0 0 29 2 *' })).toBe('accepted');
    expect(said({ cron: '@daily' }, 'Asia/Tokyo')).toBe('accepted');
    expect(said({ every: 30, unit: 'minutes' }, 'Europe/Amsterdam')).toBe('accepted');
  });
});
