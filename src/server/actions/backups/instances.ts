import { MINUTE } from '../../durations';
import type { BackupItem } from '../../api/api';
import type { Badge } from '../../api/badges';
import { badgesOf } from './badges';

type Listed = Pick<
  BackupItem,
  | 'name'
  | 'id'
  | 'storage'
  | 'size'
  | 'createdAt'
  | 'instance'
  | 'state'
  | 'maker'
  | 'verifiedAt'
  | 'rehearsedAt'
  | 'proof'
  | 'suddenlyPlain'
  | 'encrypted'
  | 'format'
  | 'origin'
>;

/**
 * What is wrong with what an instance has: the newest is damaged; none is good; a newer one is by a stranger; the next
 * one was due and is not there; …
 */
export type Problem = 'damaged' | 'none' | 'stranger' | 'future' | 'plain' | 'late';

export interface InstanceState {
  /** Undefined: of backups that do not say whose they are, such as encrypted ones of others. */
  readonly instance?: string;
  /** The number that it drew for itself: two apps may have one name. */
  readonly id?: string;
  /** It is this one. */
  readonly own?: boolean;
  readonly lastGood?: {
    readonly key: string;
    readonly createdAt: string;
    readonly size: number;
    /** In which there is a copy. */
    readonly storages: readonly string[];
    readonly badges: readonly Badge[];
    /** 0 written and read back, 1 every byte checked, 2 restored beside the app, 3 restored into an empty database. */
    readonly proof: 0 | 1 | 2 | 3;
    readonly verifiedAt?: string;
    readonly rehearsedAt?: string;
  };
  /** Seconds since the last good backup. */
  readonly age?: number;
  /** When its schedules make the next one: its own word in its last good backup by schedule. */
  readonly next?: string;
  /** Copies count each, as they lie there. */
  readonly backups: number;
  readonly bytes: number;
  readonly storages: readonly string[];
  readonly problems: readonly Problem[];
}

/** Clocks of other machines differ. */
const AHEAD_MS = 5 * MINUTE;
/** How long a backup may take from the moment it is due until it is in the list. */
const LATE_MS = 60 * MINUTE;

const KNOWN: Readonly<Record<Listed['maker']['kind'], number>> = {
  own: 3,
  trusted: 2,
  stranger: 1,
  unknown: 0,
};

/** What a list has of each instance, by name; those that do not say whose they are come last. */
export function byInstance(all: readonly Listed[], now: Date): InstanceState[] {
  const named = grouped(all, ({ instance }) => instance);
  const states = [...named].flatMap(([instance, backups]) => {
    const numbered = grouped(backups, ({ origin }) => origin?.instance);
    // Backups of before there were numbers are those of the only app that has the name.
    const older = numbered.get(undefined);
    const [id, ...others] = [...numbered.keys()].filter((number) => number !== undefined);
    if (older && id !== undefined && others.length === 0) return [stateOf(instance, id, backups, now)];
    return [...numbered].map(([number, some]) => stateOf(instance, number, some, now));
  });
  return states.sort((a, b) => compare(a.instance, b.instance) || compare(a.id, b.id));
}

function grouped<T, K>(all: readonly T[], by: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of all) {
    const group = groups.get(by(item));
    if (group) group.push(item);
    else groups.set(by(item), [item]);
  }
  return groups;
}

const compare = (a: string | undefined, b: string | undefined): number =>
  a === b ? 0 : a === undefined ? 1 : b === undefined ? -1 : a < b ? -1 : 1;

/** A name is only what a backup says: where there are backups by somebody who is known, those of others prove nothing. */
function stateOf(
  instance: string | undefined,
  id: string | undefined,
  backups: readonly Listed[],
  now: Date,
): InstanceState {
  const newestFirst = backups.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  const passed = newestFirst.filter(({ createdAt }) => Date.parse(createdAt) <= now.getTime() + AHEAD_MS);
  const good = passed.filter(({ state }) => state !== 'damaged');
  const best = Math.max(...good.map(({ maker }) => KNOWN[maker.kind]));
  const counted = good.filter(
    ({ maker }) => KNOWN[maker.kind] === best || KNOWN[maker.kind] >= KNOWN.trusted,
  );
  const [last] = counted;
  const next = counted.find(({ origin }) => origin?.next !== undefined)?.origin?.next;
  const newer = (backup: Listed | undefined) =>
    backup !== undefined && (!last || backup.createdAt > last.createdAt);
  const is: Readonly<Record<Problem, boolean>> = {
    damaged: newer(passed.find(({ state }) => state === 'damaged')),
    none: !last,
    stranger: last !== undefined && good[0] !== last,
    future: passed.length < newestFirst.length,
    plain: last?.suddenlyPlain === true,
    late: isLate(next, now),
  };
  const age = last && Math.max(0, Math.floor((now.getTime() - Date.parse(last.createdAt)) / 1000));
  return {
    ...(instance !== undefined && { instance }),
    ...(id !== undefined && { id }),
    ...(last && { lastGood: lastGoodOf(last, good) }),
    ...(age !== undefined && { age }),
    ...(next !== undefined && { next }),
    backups: backups.length,
    bytes: backups.reduce((sum, { size }) => sum + size, 0),
    storages: [...new Set(backups.map(({ storage }) => storage))].sort(),
    problems: (Object.keys(is) as Problem[]).filter((problem) => is[problem]),
  };
}

/** Of the app's own word: whoever could sign another one could as well send a backup. */
const isLate = (next: string | undefined, now: Date): boolean =>
  next !== undefined && Date.parse(next) + LATE_MS < now.getTime();

function lastGoodOf(last: Listed, good: readonly Listed[]): NonNullable<InstanceState['lastGood']> {
  const { name, createdAt, size, verifiedAt, rehearsedAt, proof } = last;
  const copies = good.filter((other) => other.name === name && other.size === size);
  return {
    key: name,
    createdAt,
    size,
    storages: [...new Set(copies.map(({ storage }) => storage))].sort(),
    badges: badgesOf(last),
    proof: rehearsedAt !== undefined ? (proof === 'database' ? 3 : 2) : verifiedAt !== undefined ? 1 : 0,
    ...(verifiedAt !== undefined && { verifiedAt }),
    ...(rehearsedAt !== undefined && { rehearsedAt }),
  };
}
