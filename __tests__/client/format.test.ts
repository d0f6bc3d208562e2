import { createFormat } from '../../src/client/parts/format';

const at = '2026-11-21T00:00:00Z';
const now = Date.parse(at);
/** Intl separates with spaces of several kinds. */
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

describe('format', () => {
  test.each([
    ['en-US', '1.2 GB', '83 MB', '1,234'],
    ['nl-NL', '1,2 GB', '83 MB', '1.234'],
    ['fr-FR', '1,2 Go', '83 Mo', '1 234'],
    ['ja-JP', '1.2 GB', '83 MB', '1,234'],
    ['zh-CN', '1.2 GB', '83 MB', '1,234'],
  ])('%s', (language, giga, mega, thousand) => {
    const format = createFormat(language, 'UTC');
    expect(plain(format.bytes(1_234_000_000))).toBe(giga);
    expect(plain(format.bytes(83_400_000))).toBe(mega);
    expect(plain(format.number(1234))).toBe(thousand);
  });

  test('sizes take the unit in which they are short', () => {
    const { bytes } = createFormat('en-US');
    expect([0, 1, 999, 1000, 9_940, 9_960, 999_499, 999_600, 5e15].map(bytes)).toEqual([
      '0 bytes',
      '1 byte',
      '999 bytes',
      '1 kB',
      '9.9 kB',
      '10 kB',
      '999 kB',
      '1 MB',
      '5 PB',
    ]);
  });

  test('spans of time have at most two units', () => {
    const { duration } = createFormat('en-US');
    expect([0, 0.04, 0.4, 59, 60, 80, 3600, 3720, 90_000, 604_800].map(duration)).toEqual([
      '0 sec',
      '0.1 sec',
      '0.4 sec',
      '59 sec',
      '1 min',
      '1 min 20 sec',
      '1 hr',
      '1 hr 2 min',
      '1 day 1 hr',
      '7 days',
    ]);
  });

  test('moments are told from now', () => {
    const { relative } = createFormat('nl-NL');
    expect(relative('2026-11-20T23:59:40Z', now)).toBe('nu');
    expect(relative('2026-11-20T21:00:00Z', now)).toBe('3 uur geleden');
    expect(relative('2026-11-20T00:00:00Z', now)).toBe('gisteren');
    // 41 hours from now, and yet not tomorrow.
    const later = createFormat('en-US', 'UTC').relative;
    expect(later('2026-11-23T02:30:00Z', Date.parse('2026-11-21T09:30:00Z'))).toBe('in 2 days');
    expect(later('2026-11-22T23:30:00Z', Date.parse('2026-11-21T09:30:00Z'))).toBe('tomorrow');
    expect(createFormat('ja-JP', 'UTC').dateTime(at)).toContain('2026年11月21日');
  });
});
