import type { BackupItem, Safety, SystemInfo } from '../../src/client/api/api';
import { ApiError } from '../../src/client/api/api';
import { proofHints, proofSteps, proofText } from '../../src/client/backups/proofText';
import { LANGUAGE_NAMES } from '../../src/client/parts/languages';
import { levelText, shownLevel } from '../../src/client/safety/safetyText';
import { troublesOf } from '../../src/client/safety/troubles';
import * as data from '../browser/mockData';
import { spoken } from '../helpers/spoken';

const i18n = spoken('en-US');
const now = Date.now();
const at = new Date(now - 60_000).toISOString();
const safe: Safety = data.safety(data.backups(3, data.liveCollections(0), now));
const NONE = { system: undefined, safety: undefined, unreachable: [], failed: undefined };

describe('how well a backup is proven', () => {
  const backup = (more: Partial<BackupItem>) => ({ mine: true, ...more });
  const rehearsed = { rehearsedAt: at, proof: 'database' as const };

  test('each step is shown that was taken, and none that was not', () => {
    for (const mine of [true, false])
      for (const verifiedAt of [at, undefined])
        for (const rehearsedAt of [at, undefined])
          expect(
            proofSteps({ mine, ...(verifiedAt && { verifiedAt }), ...(rehearsedAt && { rehearsedAt }) }),
          ).toEqual([mine, verifiedAt !== undefined, rehearsedAt !== undefined]);
  });

  test.each(LANGUAGE_NAMES)('each has a word and sentences of its own: %s', (language) => {
    const words = spoken(language);
    const kinds = [
      backup({ mine: false }),
      backup({}),
      backup({ verifiedAt: at }),
      backup({ ...rehearsed, proof: 'staging' }),
      backup(rehearsed),
    ];
    expect(new Set(kinds.map((kind) => proofText(words, kind))).size).toBe(kinds.length);
    expect(new Set(kinds.map((kind) => proofHints(words, kind).join(' '))).size).toBe(kinds.length);
  });

  test('what a restore test has not shown is said with it', () => {
    const said = proofHints(i18n, backup({ ...rehearsed, unproven: ['exchange', 'empty'] }));
    expect(said).toContain(i18n.t('unproven.exchange'));
    expect(said).toContain(i18n.t('unproven.empty'));
    // A restore test reads rows, not every byte.
    expect(said).toContain(i18n.t('state.verifiedNot'));
  });
});

describe('what is wrong', () => {
  const gone = { code: 'STORAGE_UNAVAILABLE', message: 'No route.' };
  const away = { code: 'DATABASE_UNREACHABLE', message: 'Connection refused.' };
  const system: SystemInfo = { ...data.system, database: { ...data.system.database, error: away } };
  const banner = { level: 'warning', kind: 'storage', storage: 'nas', ...gone } as const;
  const failedRun = { level: 'error', kind: 'failed', schedule: 'nightly', at, ...gone } as const;

  test('each is told once, however many answers tell of it', () => {
    const all = troublesOf(i18n, {
      system,
      safety: { ...safe, banners: [banner, failedRun] },
      unreachable: [{ storage: 'nas', ...gone }],
      failed: new ApiError(away.code, away.message, 503),
    });
    expect(all.map(({ code, level, storage }) => [code, level, storage])).toEqual([
      ['DATABASE_UNREACHABLE', 'error', undefined],
      ['STORAGE_UNAVAILABLE', 'error', undefined],
      ['STORAGE_UNAVAILABLE', 'warning', 'nas'],
    ]);
  });

  test('a storage is told of by whichever answer comes first', () => {
    const by = [
      troublesOf(i18n, { ...NONE, unreachable: [{ storage: 'nas', ...gone }] }),
      troublesOf(i18n, { ...NONE, safety: { ...safe, banners: [banner] } }),
    ];
    expect(by[0]).toEqual(by[1]);
    expect(by[0]).toHaveLength(1);
  });

  test('codes and the words of servers are no part of what stands in the line', () => {
    for (const { text } of troublesOf(i18n, {
      system,
      safety: { ...safe, banners: [banner] },
      unreachable: [],
      failed: new ApiError('STORAGE_UNAVAILABLE', '({"errors":[{"code":"METHOD_WRONG"', 502),
    }))
      expect(text).not.toMatch(/[A-Z]{3,}_|METHOD|No route|refused\./);
  });

  test('nothing is called good while something is wrong, or nothing is known', () => {
    const good = {
      ...safe,
      notBackedUp: { groups: [], files: false, aesKey: false },
      schedules: { total: 1, on: 1 },
    };
    expect(shownLevel(good, [], now)).toBe('good');
    expect(shownLevel(good, [{ level: 'warning' }], now)).toBe('attention');
    expect(shownLevel(undefined, [{ level: 'error' }], now)).toBe('attention');
    expect(levelText(i18n, undefined, 'attention')).toBe('Needs attention');
  });
});
