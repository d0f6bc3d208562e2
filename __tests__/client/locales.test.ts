import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LANGUAGE_NAMES, pickLanguage, type Language } from '../../src/client/parts/languages';
import { ScheduleInput } from '../../src/server/api/input';
import { ERRORS } from '../../src/server/errors/errors';
import { LOCALES, spoken, textsOf } from '../helpers/spoken';
import sharedWords from './sharedWords.json';

const CLIENT = join(__dirname, '../../src/client');

const english = textsOf('en-US');
const others = LANGUAGE_NAMES.filter((language) => language !== 'en-US');
const sources = readdirSync(CLIENT, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => readFileSync(join(CLIENT, file), 'utf8'));

/** Words that a language took over from English, or shares with it; where NocoBase has no names for its groups, those. */
const SAME: Partial<Record<Language, readonly string[]>> = sharedWords;

/** Names of protocols. */
const NAMES = ['storage.kind.s3', 'storage.kind.webdav', 'storage.kind.sftp'];

const placeholders = (text: string): string[] => (text.match(/\{\{\w+\}\}/g) ?? []).sort();
/** `count.rows` of `count.rows_one`, if it is counted. */
const stemOf = (key: string): string | undefined => {
  const stem = /^(.+)_(?:zero|one|two|few|many|other)$/.exec(key)?.[1];
  return stem !== undefined && `${stem}_other` in english ? stem : undefined;
};
const ORDER = ['zero', 'one', 'two', 'few', 'many', 'other'];
/** The plural forms of what is counted: whole numbers that are written out, and `other` for all else. */
function formsOf(language: Language): string[] {
  const rules = new Intl.PluralRules(language);
  const forms = new Set(['other', ...Array.from({ length: 1001 }, (_, count) => rules.select(count))]);
  return ORDER.filter((form) => forms.has(form as Intl.LDMLPluralRule));
}

test('each language has its file', () => {
  expect(readdirSync(LOCALES).sort()).toEqual(LANGUAGE_NAMES.map((language) => `${language}.json`).sort());
});

describe.each(LANGUAGE_NAMES)('%s', (language) => {
  const texts = textsOf(language);
  const forms = formsOf(language);

  test('has the keys of English, and of what is counted each form that it needs', () => {
    const expected = Object.keys(english).flatMap((key) => {
      const stem = stemOf(key);
      if (stem === undefined) return [key];
      return key.endsWith('_other') ? forms.map((form) => `${stem}_${form}`) : [];
    });
    expect(Object.keys(texts)).toEqual(expected);
  });

  test('has the placeholders of English', () => {
    for (const [key, text] of Object.entries(texts)) {
      const stem = stemOf(key);
      // Also the form for one: that is 21 as well in Russian, and 0 in French.
      const model = english[stem === undefined ? key : `${stem}_other`]!;
      expect([key, placeholders(text)]).toEqual([key, placeholders(model)]);
    }
  });

  test('counts every number in words of its own', () => {
    const { n, format } = spoken(language);
    for (const key of Object.keys(english).filter((name) => name.endsWith('_other'))) {
      const stem = key.slice(0, -'_other'.length) as Parameters<typeof n>[0];
      if (!placeholders(english[key]!).includes('{{count}}')) continue;
      for (const count of [0, 1, 2, 3, 5, 11, 21, 22, 100, 101, 1000, 1_000_000]) {
        const told = n(stem, count);
        expect([key, count, told]).toEqual([key, count, expect.stringContaining(format.number(count))]);
      }
    }
  });

  test('calls a button by what stands on it, and more', () => {
    // Between words, where the language has spaces.
    const edge = /^(ja|zh)/.test(language) ? '' : ' ';
    const words = (text: string) => `${edge}${text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ')}${edge}`;
    expect(words(texts['action.restoreName']!)).toContain(words(texts['action.restore']!));
  });

  test('has a name for the first schedule that schedules may have', () => {
    const timing = { every: 1, unit: 'days', at: '02:30' };
    expect(ScheduleInput.safeParse({ name: texts['schedule.nightly'], timing }).success).toBe(true);
  });

  test('has no empty text and no stray space', () => {
    const odd = Object.entries(texts).filter(([, text]) => text.trim() === '' || text !== text.trim());
    expect(odd).toEqual([]);
  });
});

test.each(others)('%s leaves nothing in English by mistake', (language) => {
  const same = Object.entries(textsOf(language))
    .filter(([key, text]) => text === english[key] && /\p{L}/u.test(text.replace(/\{\{\w+\}\}/g, '')))
    .map(([key]) => key);
  expect(same.sort()).toEqual([...(SAME[language] ?? []), ...NAMES].sort());
});

test.each([
  [['de'], 'de-DE'],
  [['zh'], 'zh-CN'],
  [['zh_HK'], 'zh-TW'],
  [['zh-Hant'], 'zh-TW'],
  [['zh-SG'], 'zh-CN'],
  [['pt-PT'], 'pt-BR'],
  [['xx', '', 'no such tag', 'ar-EG', 'uk'], 'uk-UA'],
  [['ar-EG'], 'en-US'],
  [[], 'en-US'],
  [['constructor', 'toString'], 'en-US'],
])('%j is read in %s', (wanted, language) => {
  expect(pickLanguage(wanted)).toBe(language);
});

test('every error code of the server is told in words', () => {
  const missing = Object.keys(ERRORS).filter((code) => !(`error.${code}` in english));
  expect(missing).toEqual([]);
});

test('no error is told that does not exist', () => {
  const known = new Set([...Object.keys(ERRORS), 'OFFLINE', 'code']);
  const extra = Object.keys(english).filter((key) => key.startsWith('error.') && !known.has(key.slice(6)));
  expect(extra).toEqual([]);
});

describe('keys used in the page', () => {
  const called = sources.flatMap((source) => [
    ...[...source.matchAll(/\bt\(\s*'([^']+)'/g)].map((found) => found[1]!),
    ...[...source.matchAll(/\bn\(\s*'([^']+)'/g)].flatMap((found) => [
      `${found[1]!}_one`,
      `${found[1]!}_other`,
    ]),
  ]);
  // Keys that are put together, such as `job.kind.${kind}`, or chosen: '…' ? 'a.b' : 'a.c'.
  const patterns = sources
    .flatMap((source) => [...source.matchAll(/`([a-z][\w.]*\.\$\{[^`]*)`/gi)].map((found) => found[1]!))
    .map(
      (text) =>
        new RegExp(
          `^${text
            .replace(/\$\{[^}]*\}/g, '§')
            .replace(/\./g, '\\.')
            .replace(/§/g, '.+')}$`,
        ),
    );
  const quoted = new Set(
    sources.flatMap((source) =>
      [...source.matchAll(/'([a-z][\w-]*(?:\.[\w -]+)+)'/gi)].map((found) => found[1]!),
    ),
  );

  test('are found', () => {
    expect(called.length).toBeGreaterThan(150);
  });

  test('exist', () => {
    expect(called.filter((key) => !(key in english))).toEqual([]);
  });

  test('and none is left over', () => {
    const used = new Set(called);
    const left = Object.keys(english).filter(
      (key) => !used.has(key) && !quoted.has(key) && !patterns.some((pattern) => pattern.test(key)),
    );
    expect(left).toEqual([]);
  });
});
