import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  reasonText,
  retain,
  Retention,
  type Candidate,
  type Decision,
  type RetentionContext,
} from '../../src/server/jobs/retention';

/** Rules worked out by hand. Archives are named by their time; unless they say otherwise they are ours. */
const Golden = z.strictObject({
  about: z.string(),
  timeZone: z.string(),
  now: z.string(),
  newestFailed: z.boolean().default(false),
  justMade: z.string().optional(),
  policy: Retention,
  archives: z.array(
    z.strictObject({
      at: z.string(),
      state: z.enum(['ok', 'locked', 'damaged']).default('ok'),
      whose: z.enum(['ours', 'copy', 'other', 'unknown']).default('ours'),
      instance: z.string().optional(),
      schedule: z.string().nullable().default('nightly'),
      proven: z.boolean().optional(),
      inUse: z.boolean().optional(),
    }),
  ),
  stays: z.record(z.string(), z.array(z.string())),
  goes: z.array(z.string()),
});
const OURS = { schedule: 'nightly' };
const folder = join(__dirname, 'retention');

describe.each(readdirSync(folder))('%s', (file) => {
  const golden = Golden.parse(JSON.parse(readFileSync(join(folder, file), 'utf8')));
  const { timeZone, newestFailed, policy, justMade } = golden;

  it(golden.about, () => {
    const candidates = golden.archives.map(({ at, schedule, ...rest }): Candidate => ({
      ...rest,
      name: at,
      createdAt: at,
      size: 1,
      schedule: schedule ?? undefined,
    }));
    const context: RetentionContext = {
      ...OURS,
      timeZone,
      now: new Date(golden.now),
      newestFailed,
      justMade,
    };
    const decisions = retain([...candidates].reverse(), policy, context);
    expect(decisions.map((decision) => decision.name)).toEqual(golden.archives.map((archive) => archive.at));
    const stays = decisions.filter((decision) => decision.keep);
    expect(
      Object.fromEntries(stays.map((decision) => [decision.name, decision.reasons.map(reasonText)])),
    ).toEqual(golden.stays);
    const goes = decisions.filter((decision) => !decision.keep);
    expect(goes.map((decision) => decision.name)).toEqual(golden.goes);
    for (const decision of goes) expect(decision.reasons.map(reasonText)).toEqual(['no rule keeps it']);
  });
});

it.each([{}, { last: 0 }, { daily: 0, weekly: 0 }, { manual: true }])(
  'an empty rule is refused: %j',
  (given) => {
    expect(Retention.safeParse(given).error?.issues[0]?.message).toContain('would delete every backup');
  },
);

it.each([{ last: -1 }, { last: 1.5 }, { last: 'all' }, { last: 1, fortnightly: 2 }])(
  'a rule that cannot be understood is refused: %j',
  (given) => {
    expect(Retention.safeParse(given).success).toBe(false);
  },
);

const number = fc.integer({ min: 0, max: 6 });
const policies = fc
  .record({
    last: number,
    hourly: number,
    daily: number,
    weekly: number,
    monthly: number,
    yearly: number,
    manual: fc.boolean(),
  })
  .filter((policy) => Retention.safeParse(policy).success);
const START = Date.parse('2024-01-01T00:00:00Z');
const NOW = Date.parse('2026-06-10T12:00:00Z');
const candidates = fc.uniqueArray(
  fc.record({
    name: fc.string({ minLength: 1, maxLength: 8 }),
    createdAt: fc.integer({ min: START, max: NOW }).map((ms) => new Date(ms).toISOString()),
    size: fc.nat(),
    state: fc.constantFrom('ok' as const, 'ok' as const, 'locked' as const, 'damaged' as const),
    whose: fc.constantFrom(
      'ours' as const,
      'ours' as const,
      'copy' as const,
      'other' as const,
      'unknown' as const,
    ),
    schedule: fc.constantFrom('nightly', 'nightly', 'weekly', undefined),
    proven: fc.boolean(),
    inUse: fc.boolean(),
    pinned: fc.boolean(),
  }),
  { selector: (one) => one.name, maxLength: 60 },
);
const contextOf = (timeZone: string, newestFailed = false): RetentionContext => ({
  ...OURS,
  timeZone,
  now: new Date(NOW),
  newestFailed,
});
const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kolkata');

describe('whatever the rule and the archives', () => {
  it('only our own go, and never what is damaged, in use, made by hand unasked, or the newest verified', () => {
    fc.assert(
      fc.property(candidates, policies, zones, (all, policy, timeZone) => {
        const byName = new Map(all.map((one) => [one.name, one]));
        const decisions = retain(all, policy, contextOf(timeZone));
        expect(decisions).toHaveLength(all.length);
        const gone = decisions
          .filter((decision) => !decision.keep)
          .map((decision) => byName.get(decision.name)!);
        for (const one of gone) {
          expect(one.whose).toBe('ours');
          expect(one.state).not.toBe('damaged');
          expect(one.inUse).toBe(false);
          expect(one.pinned).toBe(false);
          expect(one.schedule === 'nightly' || (policy.manual && one.schedule === undefined)).toBe(true);
          if (!one.proven) continue;
          const newer = all.filter(
            (other) =>
              other.proven && other.createdAt >= one.createdAt && other !== one && !gone.includes(other),
          );
          expect(newer.length).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('at least one of ours stays, the newest, and asking again after deleting deletes nothing more', () => {
    fc.assert(
      fc.property(candidates, policies, zones, (all, policy, timeZone) => {
        const kept = new Set(
          retain(all, policy, contextOf(timeZone))
            .filter((decision) => decision.keep)
            .map((decision) => decision.name),
        );
        const left = all.filter((one) => kept.has(one.name));
        expect(retain(left, policy, contextOf(timeZone)).every((decision) => decision.keep)).toBe(true);
        const ours = all.filter(
          (one) =>
            one.state !== 'damaged' &&
            one.whose === 'ours' &&
            (one.schedule === 'nightly' || (policy.manual && one.schedule === undefined)),
        );
        if (ours.length === 0) return;
        const newest = ours
          .map((one) => one.createdAt)
          .sort()
          .at(-1);
        expect(left.some((one) => ours.includes(one) && one.createdAt === newest)).toBe(true);
      }),
    );
  });

  it('a larger number keeps at least as much', () => {
    fc.assert(
      fc.property(candidates, policies, zones, (all, policy, timeZone) => {
        const names = (given: Retention) =>
          retain(all, given, contextOf(timeZone))
            .filter((decision) => decision.keep)
            .map((decision) => decision.name);
        const more = { ...policy, daily: policy.daily + 1, last: policy.last + 1 };
        expect(names(more)).toEqual(expect.arrayContaining(names(policy)));
      }),
    );
  });

  it('after a failed backup nothing goes', () => {
    fc.assert(
      fc.property(candidates, policies, (all, policy) => {
        expect(retain(all, policy, contextOf('UTC', true)).every((decision) => decision.keep)).toBe(true);
      }),
    );
  });

  it('what others have made or copied, and what bears a time to come, changes nothing for the rest', () => {
    const hostile = fc.array(
      fc.record({
        createdAt: fc
          .integer({ min: START, max: NOW + 365 * 86_400_000 })
          .map((ms) => new Date(ms).toISOString()),
        size: fc.nat(),
        state: fc.constantFrom('ok' as const, 'locked' as const, 'damaged' as const),
        whose: fc.constantFrom('copy' as const, 'other' as const, 'unknown' as const),
        schedule: fc.constantFrom('nightly', undefined),
        proven: fc.boolean(),
      }),
      { minLength: 1, maxLength: 20 },
    );
    const ahead = fc.integer({ min: 1, max: 72_000_000 });
    fc.assert(
      fc.property(candidates, hostile, ahead, policies, zones, (all, planted, ms, policy, timeZone) => {
        const strange = [
          ...planted,
          {
            ...planted[0]!,
            state: 'ok' as const,
            whose: 'ours' as const,
            schedule: 'nightly',
            createdAt: new Date(NOW + ms).toISOString(),
          },
        ].map((one, i): Candidate => ({ ...one, name: `planted ${i}` }));
        const without = retain(all, policy, contextOf(timeZone));
        const among = retain([...all, ...strange], policy, contextOf(timeZone));
        const planned = (found: readonly Decision[]) =>
          found
            .filter((decision) => !decision.name.startsWith('planted '))
            .map((decision) => [decision.name, decision.keep]);
        expect(planned(among)).toEqual(planned(without));
        expect(
          among.filter((decision) => decision.name.startsWith('planted ')).every((decision) => decision.keep),
        ).toBe(true);
      }),
    );
  });

  it('a pin keeps its own and changes nothing for the others, also when it is taken away', () => {
    fc.assert(
      fc.property(candidates, policies, zones, fc.nat(), (all, policy, timeZone, i) => {
        fc.pre(all.length > 0);
        const { name } = all[i % all.length]!;
        const planned = (pinned: boolean) =>
          retain(
            all.map((one) => (one.name === name ? { ...one, pinned } : one)),
            policy,
            contextOf(timeZone),
          );
        const [kept, loose] = [planned(true), planned(false)];
        const own = kept.find((decision) => decision.name === name);
        expect(own).toMatchObject({ keep: true });
        expect(own?.reasons).toContainEqual({ why: 'pinned' });
        const others = (decisions: readonly Decision[]) =>
          decisions.filter((decision) => decision.name !== name);
        expect(others(kept)).toEqual(others(loose));
      }),
    );
  });

  it('the one just made stays', () => {
    fc.assert(
      fc.property(candidates, policies, fc.nat(), (all, policy, i) => {
        fc.pre(all.length > 0);
        const { name } = all[i % all.length]!;
        const decisions = retain(all, policy, { ...contextOf('UTC'), justMade: name });
        expect(decisions.find((decision) => decision.name === name)?.keep).toBe(true);
      }),
    );
  });
});
