import * as z from 'zod';
import { DAY, MINUTE } from '../durations';

/**
 * Which archives go: a rule that explains itself. Pure; whoever deletes asks here first, per storage and schedule.
 */
const Count = z.number().int().min(0).max(10_000).optional();

/** Each keeps so many; an archive stays if any of them keeps it. */
const RULES = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
type Rule = (typeof RULES)[number];

export const Retention = z
  .strictObject({
    last: Count,
    hourly: Count,
    daily: Count,
    weekly: Count,
    monthly: Count,
    yearly: Count,
    /** Also archives that somebody made by hand. */
    manual: z.boolean().optional(),
  })
  .refine((rules) => RULES.some((rule) => (rules[rule] ?? 0) > 0), {
    error: 'a rule that keeps nothing would delete every backup: give at least one number',
  });
export type Retention = z.infer<typeof Retention>;

export interface Candidate {
  readonly name: string;
  readonly createdAt: string;
  readonly size: number;
  /** `locked`: encrypted for a key that is not here. */
  readonly state: 'ok' | 'locked' | 'damaged';
  /**
   * Whose it is, as was proven. `ours`: made here, and where it was put (of a damaged one only the place is known).
   * `copy`: made here, and copied or renamed by somebody since.
   */
  readonly whose: 'ours' | 'copy' | 'other' | 'unknown';
  /** What is known of whoever else made it. */
  readonly instance?: string | undefined;
  /** The schedule that made it; undefined for one made by hand. */
  readonly schedule?: string | undefined;
  /** Every byte was found as written, or all of it was restored aside. */
  readonly proven?: boolean | undefined;
  /** A job works with it. */
  readonly inUse?: boolean | undefined;
  /** Somebody has said that it stays; it takes its place among the others all the same. */
  readonly pinned?: boolean | undefined;
}

export type Reason =
  /** `n` of `of`: it is the n-th that this rule keeps. */
  | { readonly why: Rule; readonly n: number; readonly of: number }
  | { readonly why: 'other-instance'; readonly name: string }
  | { readonly why: 'other-schedule'; readonly name: string }
  | {
      readonly why:
        | 'unknown-origin'
        | 'copy'
        | 'manual'
        | 'damaged'
        | 'in-use'
        | 'pinned'
        | 'future'
        | 'just-made'
        | 'last-verified'
        /** Or cannot be read. */
        | 'newest-failed'
        /** The one reason to go: no rule keeps it. */
        | 'not-kept';
    };

export interface Decision {
  readonly name: string;
  readonly createdAt: string;
  readonly size: number;
  readonly keep: boolean;
  /** All that hold, at least one. */
  readonly reasons: readonly Reason[];
}

export interface RetentionContext {
  readonly schedule: string;
  /** Days, weeks (from Monday on), months and years are those of this zone. */
  readonly timeZone: string;
  readonly now: Date;
  /** The newest run of the schedule failed: then nothing goes, whatever the rule says. */
  readonly newestFailed: boolean;
  /** The backup after which old ones go: it stays. */
  readonly justMade?: string | undefined;
}

/** Every archive of one storage with the reasons why it stays or goes, newest first. */
export function retain(
  candidates: readonly Candidate[],
  policy: Retention,
  context: RetentionContext,
): Decision[] {
  const all = [...candidates].sort(
    (a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt) || (a.name < b.name ? 1 : -1),
  );
  const reasons = new Map<Candidate, Reason[]>();
  const counted: Candidate[] = [];
  for (const candidate of all) {
    const apart = standsApart(candidate, policy, context);
    reasons.set(candidate, apart);
    if (apart.length === 0) counted.push(candidate);
  }
  for (const rule of RULES) {
    const of = policy[rule] ?? 0;
    let n = 0;
    let last: string | undefined;
    for (const candidate of counted) {
      if (n >= of) break;
      const bucket = rule === 'last' ? candidate.name : bucketOf(rule, candidate, context.timeZone);
      // Counted from the newest: of each hour, day, week it is the newest that stays.
      if (rule !== 'last' && bucket === last) continue;
      last = bucket;
      n += 1;
      reasons.get(candidate)?.push({ why: rule, n, of });
    }
  }
  // The newest may be one that cannot be read: until that is clear, nothing goes.
  const firstCounted = all.findIndex((candidate) => counted.includes(candidate));
  const unclear = all
    .slice(0, Math.max(0, firstCounted))
    .some((candidate) => candidate.state === 'damaged' && candidate.whose === 'ours');
  const verified = counted.find((candidate) => candidate.proven);
  if (verified) reasons.get(verified)?.push({ why: 'last-verified' });
  return all.map((candidate) => {
    const kept = reasons.get(candidate) ?? [];
    if (candidate.pinned) kept.push({ why: 'pinned' });
    if (candidate.name === context.justMade) kept.push({ why: 'just-made' });
    if (candidate.inUse && counted.includes(candidate)) kept.push({ why: 'in-use' });
    if (kept.length === 0 && (context.newestFailed || unclear)) kept.push({ why: 'newest-failed' });
    const { name, createdAt, size } = candidate;
    const keep = kept.length > 0;
    return { name, createdAt, size, keep, reasons: keep ? kept : [{ why: 'not-kept' }] };
  });
}

/** Why it is none of this rule's business; empty: it is. */
function standsApart(candidate: Candidate, policy: Retention, context: RetentionContext): Reason[] {
  // What cannot be read counts for nothing, and is not deleted either: the storage may only have a bad day.
  if (candidate.state === 'damaged') return [{ why: 'damaged' }];
  if (candidate.whose === 'unknown') return [{ why: 'unknown-origin' }];
  if (candidate.whose === 'other') return [{ why: 'other-instance', name: candidate.instance ?? '?' }];
  if (candidate.whose === 'copy') return [{ why: 'copy' }];
  if (candidate.schedule === undefined) {
    if (!policy.manual) return [{ why: 'manual' }];
  } else if (candidate.schedule !== context.schedule) {
    return [{ why: 'other-schedule', name: candidate.schedule }];
  }
  // A clock that was ahead, or a lie: it is not newer than anything.
  if (Date.parse(candidate.createdAt) > context.now.getTime()) return [{ why: 'future' }];
  return [];
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** A name for the hour, day, week, month or year of an archive, as its zone's calendar has it. */
function bucketOf(rule: Exclude<Rule, 'last'>, { createdAt }: Candidate, timeZone: string): string {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
    formats.set(timeZone, format);
  }
  const at = Date.parse(createdAt);
  const parts = Object.fromEntries(format.formatToParts(at).map((part) => [part.type, part.value]));
  const { year = '', month = '', day = '', hour = '', minute = '' } = parts;
  const days = Date.UTC(Number(year), Number(month) - 1, Number(day)) / DAY;
  switch (rule) {
    case 'hourly':
      // The hour that comes twice in autumn is two hours: they differ in how far they are from UTC.
      return `${days} ${hour} ${Math.floor(at / MINUTE) - (days * 24 + Number(hour)) * 60 - Number(minute)}`;
    case 'daily':
      return `${year}-${month}-${day}`;
    case 'weekly':
      // The first of January 1970 was a Thursday.
      return String(Math.floor((days + 3) / 7));
    case 'monthly':
      return `${year}-${month}`;
    case 'yearly':
      return year;
  }
}

/** In a line for people. */
export function reasonText(reason: Reason): string {
  switch (reason.why) {
    case 'last':
      return `${reason.n} of the last ${reason.of}`;
    case 'hourly':
    case 'daily':
    case 'weekly':
    case 'monthly':
    case 'yearly':
      return `${reason.why} ${reason.n} of ${reason.of}`;
    case 'other-instance':
      return `of another instance (${reason.name})`;
    case 'other-schedule':
      return `of another schedule (${reason.name})`;
    case 'unknown-origin':
      return 'not known for certain whose it is';
    case 'copy':
      return 'a copy, or renamed: it stays until somebody deletes it';
    case 'manual':
      return 'made by hand';
    case 'damaged':
      return 'cannot be read; delete it yourself if it is not needed';
    case 'in-use':
      return 'in use';
    case 'pinned':
      return 'pinned';
    case 'future':
      return 'from the future: the clock was wrong when it was made';
    case 'just-made':
      return 'just made';
    case 'last-verified':
      return 'the newest that was verified';
    case 'newest-failed':
      return 'the newest backup failed or cannot be read, so nothing is deleted';
    case 'not-kept':
      return 'no rule keeps it';
  }
}
