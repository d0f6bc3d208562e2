import type { GroupName, Retention, ScheduleChange, ScheduleInput, ScheduleItem, Timing } from '../api/api';
import { NO_PARTS, type Parts } from '../groups/parts';
import { NO_PASSPHRASE, passphraseFault, type Passphrase } from '../passphrase/passphrase';
import { RULES, type Rule } from './retentionText';
import { PRESELECTED } from '../parts/theme';
import { isZone } from './timingText';

export type Unit = 'minutes' | 'hours' | 'days';

/** What is typed, also while it is not whole. */
export interface TimingForm {
  readonly mode: 'every' | 'cron';
  readonly every: number | null;
  readonly unit: Unit;
  readonly at: string;
  readonly cron: string;
}

export type RetentionForm = Readonly<Record<Rule, number>> & {
  readonly on: boolean;
  readonly manual: boolean;
};

export interface ScheduleForm {
  readonly name: string;
  readonly on: boolean;
  readonly timing: TimingForm;
  readonly timeZone: string;
  /** Undefined: it takes everything, or single collections, and that stays. */
  readonly groups: ReadonlySet<GroupName> | undefined;
  readonly parts: Parts;
  readonly storages: readonly string[];
  /** `kept`: what there is stays, and is not shown. */
  readonly encryption: Passphrase | 'kept';
  readonly files: boolean;
  readonly prove: boolean;
  readonly retention: RetentionForm;
}

const KEEP: RetentionForm = {
  on: true,
  last: 7,
  hourly: 0,
  daily: 0,
  weekly: 4,
  monthly: 6,
  yearly: 0,
  manual: false,
};
/** Of a backup each night. */
export const NIGHTLY_KEEP: RetentionForm = { ...KEEP, last: 0, daily: 7 };
const NONE = { last: 0, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, manual: false };

/** What most want: every night, proven, and old ones go. */
export const newForm = (name: string, timeZone: string): ScheduleForm => ({
  name,
  on: true,
  timing: { mode: 'every', every: 1, unit: 'days', at: '02:30', cron: '30 2 * * *' },
  timeZone,
  groups: new Set(PRESELECTED),
  parts: NO_PARTS,
  storages: [],
  encryption: NO_PASSPHRASE,
  files: true,
  prove: true,
  retention: KEEP,
});

export function formOf(schedule: ScheduleItem): ScheduleForm {
  const { name, on, timing, timeZone, storages, files = false, prove = false, retention } = schedule;
  const empty = newForm(name, timeZone);
  const elsewise = schedule.all === true || schedule.collections !== undefined;
  return {
    name,
    on,
    timing:
      'cron' in timing
        ? { ...empty.timing, mode: 'cron', cron: timing.cron }
        : { ...empty.timing, at: '00:00', ...timing },
    timeZone,
    groups: elsewise ? undefined : new Set(schedule.groups ?? PRESELECTED),
    parts: { exclude: schedule.exclude ?? [], noRows: schedule.noRows ?? [] },
    storages,
    encryption: (schedule.passphrase ?? schedule.recipients) ? 'kept' : NO_PASSPHRASE,
    files,
    prove,
    retention: retention
      ? { ...NONE, ...filled(retention), on: true, manual: retention.manual ?? false }
      : { ...KEEP, on: false },
  };
}

const filled = (retention: Retention): Partial<Record<Rule, number>> =>
  Object.fromEntries(
    RULES.flatMap((rule) => (retention[rule] === undefined ? [] : [[rule, retention[rule]]])),
  );

/** Undefined while it is not whole. */
export function timingOf({ mode, every, unit, at, cron }: TimingForm): Timing | undefined {
  if (mode === 'cron') return cron.trim() === '' ? undefined : { cron: cron.trim() };
  if (every === null || every < 1) return undefined;
  if (unit !== 'days') return { every, unit };
  return at === '' ? undefined : { every, unit, at };
}

export interface Faults {
  readonly name?: 'invalid' | 'taken';
  readonly timing?: true;
  readonly timeZone?: true;
  readonly passphrase?: true;
  readonly retention?: true;
}

const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,59}$/u;

/** Why it cannot be saved yet; empty if it can, as far as the page knows. */
export function faultsOf(form: ScheduleForm, taken: ReadonlySet<string>): Faults {
  const { name, timing, timeZone, encryption, retention } = form;
  return {
    ...(!NAME.test(name.trim())
      ? { name: 'invalid' as const }
      : taken.has(name.trim()) && { name: 'taken' as const }),
    ...(!timingOf(timing) && { timing: true as const }),
    ...(!isZone(timeZone) && { timeZone: true as const }),
    ...(encryption !== 'kept' && passphraseFault(encryption) && { passphrase: true as const }),
    ...(retention.on && RULES.every((rule) => retention[rule] === 0) && { retention: true as const }),
  };
}

const rulesOf = (retention: RetentionForm): Retention => ({
  ...Object.fromEntries(RULES.flatMap((rule) => (retention[rule] > 0 ? [[rule, retention[rule]]] : []))),
  ...(retention.manual && { manual: true }),
});

const groupsOf = (groups: ReadonlySet<GroupName>): GroupName[] => [
  'required',
  ...[...groups].filter((group) => group !== 'required'),
];

/** `parts` as it goes with what is chosen. */
export function inputOf(
  form: ScheduleForm,
  timing: Timing,
  parts: Pick<ScheduleInput, 'exclude' | 'noRows'> = {},
): ScheduleInput {
  const { name, on, timeZone, groups, storages, encryption, files, prove, retention } = form;
  return {
    name: name.trim(),
    on,
    timing,
    timeZone,
    ...(groups && { groups: groupsOf(groups) }),
    ...parts,
    storages,
    ...(encryption !== 'kept' && encryption.on && { passphrase: encryption.first }),
    files,
    prove,
    ...(retention.on && { retention: rulesOf(retention) }),
  };
}

/** The same for a schedule that is there: what was taken away is null. */
export function changeOf(
  form: ScheduleForm,
  timing: Timing,
  { exclude = [], noRows = [] }: Pick<ScheduleInput, 'exclude' | 'noRows'> = form.parts,
): ScheduleChange {
  const { on, timeZone, groups, storages, encryption, files, prove, retention } = form;
  return {
    on,
    timing,
    timeZone,
    ...(groups && { groups: groupsOf(groups) }),
    exclude: exclude.length > 0 ? exclude : null,
    noRows: noRows.length > 0 ? noRows : null,
    storages,
    ...(encryption !== 'kept' &&
      (encryption.on ? { passphrase: encryption.first } : { passphrase: null, recipients: null })),
    files,
    prove,
    retention: retention.on ? rulesOf(retention) : null,
  };
}
