import type * as api from '../../api/api';
import { DAY } from '../../durations';
import type { Where } from '../storages/offsite';

type Step = api.Safety['steps'][number];
type Lack = Step['missing'][number];

/** What is true of an installation; nothing of it is what somebody has clicked. */
export interface StepFacts {
  readonly storages: readonly {
    readonly name: string;
    readonly where: Where;
    readonly tested: boolean;
    readonly answers: boolean;
  }[];
  readonly schedules: readonly {
    readonly name: string;
    readonly on: boolean;
    readonly storages: readonly string[];
    /** Old backups of it are deleted by a rule. */
    readonly retention: boolean;
    /** Its last run failed, or its next will. */
    readonly failing: boolean;
    /** A good backup of it is of this moment or later; undefined: none has been due. */
    readonly since: Date | undefined;
  }[];
  /** How the newest message to each went; undefined: none has been sent since it was set. */
  readonly channels: readonly { readonly delivered: boolean | undefined }[];
  /** Good ones that this instance made, each copy by itself. */
  readonly backups: readonly {
    readonly name: string;
    readonly createdAt: string;
    readonly storage: string;
    readonly proven: boolean;
  }[];
  /** Whether backups hold all that the app has; undefined: it could not be asked. */
  readonly complete: boolean | undefined;
  /** The last good backup is older than the admin allows. */
  readonly stale: boolean;
}

/** Without a schedule that says how old a backup may be. */
const USUAL = 7 * DAY;

/** The four things that make an app safe, in the order in which they are set up. */
export function stepsOf(facts: StepFacts, now: Date): Step[] {
  const offsite = new Set(facts.storages.filter(isOffsite).map(({ name }) => name));
  return [
    storageStep(facts),
    scheduleStep(facts, offsite),
    alarmStep(facts),
    backupStep(facts, offsite, sinceOf(facts, offsite, now)),
  ];
}

const isOffsite = ({ where }: StepFacts['storages'][number]): boolean => where === 'offsite';

/** One that is off-site comes before any that is not, whatever it lacks. */
function storageStep({ storages }: StepFacts): Step {
  const offsite = storages.filter(isOffsite);
  const setUp = storages.filter(({ where }) => where !== 'built-in');
  const ways = (offsite.length > 0 ? offsite : setUp).map(({ name, where, tested, answers }) => ({
    name,
    missing: lacks({
      'storage-here': where === 'here',
      'storage-silent': !answers || where === 'unreadable',
      'storage-untested': !tested,
    }),
  }));
  return step('storage', ways, 'no-storage');
}

function scheduleStep({ schedules }: StepFacts, offsite: ReadonlySet<string>): Step {
  const ways = schedules.map((schedule) => ({
    name: schedule.name,
    missing: lacks({
      'schedule-off': !schedule.on,
      'schedule-local': !schedule.storages.some((name) => offsite.has(name)),
      'schedule-keeps-all': !schedule.retention,
      'schedule-failing': schedule.failing,
    }),
  }));
  const best = step('schedule', ways, 'no-schedule');
  const failing = schedules.find((schedule) => schedule.on && schedule.failing);
  // One that goes well hides no other that does not.
  return best.done && failing
    ? { step: 'schedule', done: false, name: failing.name, missing: ['schedule-failing'] }
    : best;
}

function alarmStep({ channels }: StepFacts): Step {
  const ways = channels.map(({ delivered }) => ({
    missing: lacks({ 'alarm-untested': delivered === undefined, 'alarm-failed': delivered === false }),
  }));
  return step('alarm', ways, 'no-alarm');
}

/** The moment since which there has to be a backup: what one of the schedules that will do allows is enough. */
function sinceOf({ schedules }: StepFacts, offsite: ReadonlySet<string>, now: Date): number {
  const asked = schedules.filter(
    (schedule) => schedule.on && schedule.storages.some((name) => offsite.has(name)),
  );
  const usual = now.getTime() - USUAL;
  return asked.length === 0 ? usual : Math.min(...asked.map(({ since }) => since?.getTime() ?? usual));
}

function backupStep(
  { backups, complete, stale }: StepFacts,
  offsite: ReadonlySet<string>,
  since: number,
): Step {
  const ways = backups
    .filter(({ storage }) => offsite.has(storage))
    .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
    .map(({ name, createdAt, proven }) => ({
      name,
      missing: lacks({
        'backup-old': stale || Date.parse(createdAt) < since,
        'backup-unproven': !proven,
        'backup-incomplete': complete === false,
        'app-unknown': complete === undefined,
      }),
    }));
  return step('backup', ways, backups.length > 0 ? 'backup-local' : 'no-backup');
}

interface Candidate {
  readonly name?: string;
  readonly missing: readonly Lack[];
}

/** By the candidate that lacks the least, the first of several. */
function step(name: Step['step'], ways: readonly Candidate[], none: Lack): Step {
  const [best] = ways.toSorted((a, b) => a.missing.length - b.missing.length);
  return best
    ? { step: name, done: best.missing.length === 0, ...best }
    : { step: name, done: false, missing: [none] };
}

const lacks = (what: Partial<Record<Lack, boolean>>): Lack[] =>
  (Object.keys(what) as Lack[]).filter((lack) => what[lack]);
