import type { Safety } from '../../../src/server/api/api';
import { stepsOf, type StepFacts } from '../../../src/server/actions/system/steps';
import { allowedSince } from '../../../src/server/jobs/schedule';
import { stepsText } from '../../../src/server/terminal/stepsText';

type Step = Safety['steps'][number];

const NOW = new Date('2026-11-29T12:00:00Z');
const ago = (hours: number): string => new Date(NOW.getTime() - hours * 3_600_000).toISOString();

const storage = { name: 'off', where: 'offsite', tested: true, answers: true } as const;
const schedule = {
  name: 'nightly',
  on: true,
  storages: ['local', 'off'],
  retention: true,
  failing: false,
  since: new Date(ago(24)),
};
const backup = { name: 'a.ark', createdAt: ago(10), storage: 'off', proven: true };
const SAFE: StepFacts = {
  storages: [{ name: 'local', where: 'built-in', tested: true, answers: true }, storage],
  schedules: [schedule],
  channels: [{ delivered: true }],
  backups: [{ ...backup, storage: 'local' }, backup],
  complete: true,
  stale: false,
};
const stepCalled = (name: Step['step'], facts: StepFacts): Step =>
  stepsOf(facts, NOW).find(({ step }) => step === name)!;
const BOTH = [true, false];
/** Each way in which so many things can be so or not. */
const combinations = (count: number): boolean[][] =>
  count === 0 ? [[]] : combinations(count - 1).flatMap((rest) => BOTH.map((value) => [...rest, value]));

it('all four are done where nothing is missing, and an empty installation has none', () => {
  expect(stepsOf(SAFE, NOW)).toEqual([
    { step: 'storage', done: true, name: 'off', missing: [] },
    { step: 'schedule', done: true, name: 'nightly', missing: [] },
    { step: 'alarm', done: true, missing: [] },
    { step: 'backup', done: true, name: 'a.ark', missing: [] },
  ]);
  const empty = { storages: [], schedules: [], channels: [], backups: [], complete: undefined, stale: false };
  expect(stepsOf(empty, NOW)).toEqual([
    { step: 'storage', done: false, missing: ['no-storage'] },
    { step: 'schedule', done: false, missing: ['no-schedule'] },
    { step: 'alarm', done: false, missing: ['no-alarm'] },
    { step: 'backup', done: false, missing: ['no-backup'] },
  ]);
});

const PLACES = ['offsite', 'here', 'unreadable', 'built-in'] as const;

it.each(
  PLACES.flatMap((where) => combinations(2).map(([tested, answers]) => [where, tested!, answers!] as const)),
)('a storage: %s, tested %s, answers %s', (where, tested, answers) => {
  const step = stepCalled('storage', { ...SAFE, storages: [{ name: 'off', where, tested, answers }] });
  expect(step.done).toBe(where === 'offsite' && tested && answers);
  expect(step.name).toBe(where === 'built-in' ? undefined : 'off');
  expect(step.missing).toEqual(
    where === 'built-in'
      ? ['no-storage']
      : [
          ...(where === 'here' ? ['storage-here'] : []),
          ...(answers && where !== 'unreadable' ? [] : ['storage-silent']),
          ...(tested ? [] : ['storage-untested']),
        ],
  );
});

it('no storage of this machine comes before one that is off-site, whatever that lacks', () => {
  const here = PLACES.slice(1).map((where) => ({ name: where, where, tested: true, answers: true }));
  for (const [tested, answers] of combinations(2)) {
    const off = { ...storage, tested: tested!, answers: answers! };
    for (const storages of [
      [...here, off],
      [off, ...here],
    ]) {
      expect(stepCalled('storage', { ...SAFE, storages }).name).toBe('off');
      // Nor does a backup or a schedule count that stays here.
      const stays = here.map(({ name }) => name);
      const schedules = [{ ...schedule, storages: stays }];
      expect(stepCalled('schedule', { ...SAFE, storages, schedules }).missing).toEqual(['schedule-local']);
      const backups = stays.map((name) => ({ ...backup, storage: name }));
      expect(stepCalled('backup', { ...SAFE, storages, backups }).missing).toEqual(['backup-local']);
    }
  }
});

it.each(combinations(4))(
  'a schedule: on %s, off-site %s, rule %s, failing %s',
  (on, there, retention, failing) => {
    const storages = there ? ['local', 'off'] : ['local'];
    const facts = { ...SAFE, schedules: [{ ...schedule, on, storages, retention, failing } as never] };
    const step = stepCalled('schedule', facts);
    expect(step.done).toBe(on && there && retention && !failing);
    expect(step.missing).toEqual([
      ...(on ? [] : ['schedule-off']),
      ...(there ? [] : ['schedule-local']),
      ...(retention ? [] : ['schedule-keeps-all']),
      ...(failing ? ['schedule-failing'] : []),
    ]);
  },
);

it.each([true, false, undefined])('an alert that got through: %s', (delivered) => {
  const step = stepCalled('alarm', { ...SAFE, channels: [{ delivered }] });
  expect(step.done).toBe(delivered === true);
  expect(step.missing).toEqual(
    delivered === true ? [] : [delivered === undefined ? 'alarm-untested' : 'alarm-failed'],
  );
  // Another way that gets through is enough.
  expect(stepCalled('alarm', { ...SAFE, channels: [{ delivered }, { delivered: true }] }).done).toBe(true);
});

it.each(
  combinations(4).flatMap((way) => [true, false, undefined].map((complete) => [...way, complete] as const)),
)(
  'a backup: off-site %s, recent %s, proven %s, stale %s, complete %s',
  (off, recent, proven, stale, complete) => {
    const only = {
      ...backup,
      storage: off ? 'off' : 'local',
      createdAt: ago(recent ? 23 : 25),
      proven: proven ?? false,
    };
    const step = stepCalled('backup', { ...SAFE, backups: [only], stale: stale ?? false, complete });
    expect(step.done).toBe(off && recent && proven && !stale && complete === true);
    expect(step.missing).toEqual(
      off
        ? [
            ...(stale || !recent ? ['backup-old'] : []),
            ...(proven ? [] : ['backup-unproven']),
            ...(complete === false ? ['backup-incomplete'] : []),
            ...(complete === undefined ? ['app-unknown'] : []),
          ]
        : ['backup-local'],
    );
  },
);

it('one backup has to be both recent and proven', () => {
  const step = stepCalled('backup', {
    ...SAFE,
    backups: [
      { ...backup, proven: false },
      { ...backup, createdAt: ago(200) },
    ],
  });
  expect(step.done).toBe(false);
});

it('a schedule that goes well hides none that fails', () => {
  const schedules = [schedule, { ...schedule, name: 'hourly', failing: true }];
  expect(stepCalled('schedule', { ...SAFE, schedules })).toEqual({
    step: 'schedule',
    done: false,
    name: 'hourly',
    missing: ['schedule-failing'],
  });
});

it('without a schedule a backup is old after a week', () => {
  for (const [days, missing] of [
    [6, []],
    [8, ['backup-old']],
  ] as const) {
    const facts = { ...SAFE, schedules: [], backups: [{ ...backup, createdAt: ago(days * 24) }] };
    expect(stepCalled('backup', facts).missing).toEqual(missing);
  }
});

it.each([
  // Until six hours after a run the one before it counts.
  ['2026-11-29T08:00:00Z', { every: 1, unit: 'days', at: '02:30' }, '2026-11-28T02:30:00.000Z'],
  ['2026-11-29T08:31:00Z', { every: 1, unit: 'days', at: '02:30' }, '2026-11-29T02:30:00.000Z'],
  ['2026-11-29T08:31:00Z', { cron: '30 2 * * 6' }, '2026-11-28T02:30:00.000Z'],
  // No longer than until the next one.
  ['2026-11-29T08:31:00Z', { every: 1, unit: 'hours' }, '2026-11-29T07:00:00.000Z'],
] as const)('at %s a backup by %j is of %s or later, also where the schedule is new', (at, timing, since) => {
  const now = new Date(at);
  expect(allowedSince({ timing, timeZone: 'UTC', since: now }, now)?.toISOString()).toBe(since);
});

it('in a terminal nothing is said to be missing that is there: a storage of this machine is named', () => {
  const said = (where: (typeof PLACES)[number], tested = true): string | undefined =>
    stepsText(stepsOf({ ...SAFE, storages: [{ ...storage, name: 'n$&s', where, tested }] }, NOW))[0];
  expect(said('offsite')).toBe('  an off-site storage (n$&s)');
  expect(said('here')).toMatch(/^! an off-site storage \(n\$&s\): .*this machine.*ARK_OFFSITE=n\$&s\)$/);
  expect(said('here', false)).toMatch(/ARK_OFFSITE=n\$&s\); it was not tested/);
  expect(said('unreadable')).toBe('! an off-site storage (n$&s): it does not answer');
  expect(said('built-in')).toMatch(/^! an off-site storage: there is none/);
});

it('in a terminal each step has a line, and a name is no control code', () => {
  expect(stepsText(stepsOf(SAFE, NOW)).at(-1)).toBe('4 of 4: you are safe.');
  const hostile = { ...SAFE, schedules: [{ ...schedule, name: 'n\u001b[2J', retention: false }] };
  const lines = stepsText(stepsOf(hostile, NOW));
  expect(lines.at(-1)).toBe('3 of 4: not safe yet.');
  expect(lines.filter((line) => line.startsWith('! '))).toHaveLength(1);
  expect(lines.join('\n')).not.toContain('\u001b');
});
