import type { JobItem } from '../../src/client/api/api';
import { tabTitle } from '../../src/client/app/tabTitle';
import { LANGUAGE_NAMES } from '../../src/client/parts/languages';
import { instanceIcon, instanceTint, type InstanceColor } from '../../src/client/parts/instanceColor';
import { COLORS } from '../../src/server/colors';
import { spoken } from '../helpers/spoken';

/** Fifty tabs beside each other: each says whose it is and what goes on. */
const names = Array.from({ length: 70 }, (_, at) => `shop-${at}`);

test('the same name always has the same colour, and names have all but those that must be set', () => {
  const tints = names.map((name) => instanceTint(name, undefined));
  expect(tints).toEqual(names.map((name) => instanceTint(name, undefined)));
  const set = (colors: readonly InstanceColor[]) => colors.map((color) => instanceTint('any', color));
  const byChance = COLORS.filter((color) => color !== 'red' && color !== 'grey');
  expect([...new Set(tints)].sort()).toEqual(set(byChance).sort());
  expect(new Set(set(COLORS)).size).toBe(COLORS.length);
});

/** How much lighter white is, as WCAG counts. */
function contrast(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}

test.each(COLORS)('white is seen on %s, and it is in the sign of the tab', (color) => {
  const tint = instanceTint('any', color);
  expect(contrast(tint)).toBeGreaterThan(4.5);
  expect(decodeURIComponent(instanceIcon(tint))).toContain(tint);
});

describe.each(LANGUAGE_NAMES)('the title in %s', (language) => {
  const i18n = spoken(language);
  const job = (percent: number): JobItem => ({
    id: 'job_1',
    kind: 'verify',
    state: 'running',
    subject: 'nightly.ark',
    startedAt: '2026-11-29T10:00:00.000Z',
    host: 'app-1',
    pid: 1,
    progress: { stage: 'verify', percent, done: 0, total: 0, rows: 0, bytes: 0 },
  });
  const calm = { instance: 'shop-test', away: false, danger: false, running: [] };

  test('bears the name of the instance, and differs with each thing that goes on', () => {
    const titles = [
      calm,
      { ...calm, danger: true },
      { ...calm, away: true },
      { ...calm, running: [job(10)] },
      { ...calm, running: [job(90)] },
    ].map((state) => tabTitle(i18n, state));
    expect(new Set(titles).size).toBe(titles.length);
    for (const title of titles) expect(title).toContain('shop-test');
    expect(titles[4]).toContain(i18n.t('job.kind.verify'));
  });

  test('before anything is known it is Ark', () => {
    expect(tabTitle(i18n, { ...calm, instance: '' })).toBe('Ark');
  });
});
