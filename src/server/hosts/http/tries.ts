import { isIPv6 } from 'node:net';
import { refused } from '../../errors/errors';
import type { Clock } from '../../jobs/scheduler';
import { MINUTE } from '../../durations';

/**
 * Makes guessing the token slow. Each wrong one is answered later than the one before, and only so many answers are
 * outstanding at a time: beyond that nothing is looked at. The right one is never kept waiting.
 */
export interface Tries {
  /** Whether it is right. Rejects, without having looked, while too many are being tried. */
  judge(address: string, isRight: () => boolean): Promise<boolean>;
}

/** Of one address: mistakes happen. */
const FREE = 3;
const FIRST_MS = 50;
const LONGEST_MS = 500;
/** Wrong ones that wait for their answers: of one address, and of all. */
const OF_ONE = 5;
const OF_ALL = 100;
/** An address is forgotten after so long without a wrong one, or when there are so many others. */
const MEMORY_MS = 10 * MINUTE;
const MOST = 1000;

interface Known {
  readonly wrong: number;
  readonly waiting: number;
  readonly at: number;
}

export function newTries(clock: Clock, say: (line: string) => void): Tries {
  const known = new Map<string, Known>();
  let waiting = 0;
  const of = (key: string): Known => {
    const before = known.get(key);
    const isOld = before?.waiting === 0 && clock.now().getTime() - before.at > MEMORY_MS;
    return before && !isOld ? before : { wrong: 0, waiting: 0, at: 0 };
  };
  const remember = (key: string, value: Known): void => {
    // The one that was wrong longest ago stands first.
    known.delete(key);
    known.set(key, value);
    for (const [other, { waiting: held }] of known) {
      if (known.size <= MOST) break;
      if (held === 0) known.delete(other);
    }
  };
  return {
    async judge(address, isRight) {
      const key = networkOf(address);
      const { wrong, waiting: held } = of(key);
      if (waiting >= OF_ALL || held >= OF_ONE) throw tooMany();
      if (isRight()) return true;
      const now = clock.now();
      remember(key, { wrong: wrong + 1, waiting: held + 1, at: now.getTime() });
      say(`${now.toISOString()} A sign-in from ${address} failed: the access token was wrong.`);
      waiting += 1;
      await new Promise<void>((resolve) => {
        const ms = wrong < FREE ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** (wrong - FREE));
        if (ms === 0) resolve();
        else clock.wait(ms, resolve);
      });
      waiting -= 1;
      const since = of(key);
      known.set(key, { ...since, waiting: since.waiting - 1 });
      return false;
    },
  };
}

const tooMany = () => refused('token-tries', {});

/** Whoever has one address of IPv6 has the other 2^64 of that network too. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [start = '', end] = address.replace(/%.*$/, '').toLowerCase().split('::');
  const first = start.split(':').filter(Boolean);
  const last = end?.split(':').filter(Boolean) ?? [];
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  return [...first, ...zeros, ...last].slice(0, 4).join(':');
}
