import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS } from '../../src/server/errors/errors';

const LOCALES = join(__dirname, '../../src/locale');
const CLIENT = join(__dirname, '../../src/client');
const read = (file: string) =>
  JSON.parse(readFileSync(join(LOCALES, file), 'utf8')) as Record<string, string>;

const english = read('en-US.json');
const others = readdirSync(LOCALES).filter((file) => file !== 'en-US.json');
const sources = readdirSync(CLIENT, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => readFileSync(join(CLIENT, file), 'utf8'));

/** Words that a language took over from English, or shares with it. */
const SAME: Record<string, readonly string[]> = {
  'fr-FR.json': [
    'count.plugins_one',
    'count.plugins_other',
    'new.where',
    'schedule.storages',
    'forgotten.kind.collection',
    'forgotten.kind.page',
    'forgotten.kind.workflow',
    'missing.kind.collation',
    'missing.kind.extension',
    'missing.kind.type',
    'count.collections_one',
    'count.collections_other',
    'backups.actions',
    'kind.table',
    'learn.collection',
    'preview.structure',
    'blemish.kind.index',
    'change.index',
    'code.kind.partition',
    'code.kind.table',
    'code.kind.type',
    'timing.cron',
    'timing.unit.minutes',
    'prune.verdict',
    'alarms.email',
    'alarms.port',
    'alarms.webhook',
    'data.part.cache',
    'thing.collation',
    'thing.index',
    'thing.partition',
    'thing.table',
    'thing.type',
  ],
  'nl-NL.json': [
    'alarms.email',
    'alarms.heartbeat',
    'alarms.webhook',
    'blemish.kind.index',
    'blemish.kind.trigger',
    'blemish.kind.view',
    'change.constraint',
    'change.index',
    'change.trigger',
    'code.kind.procedure',
    'code.kind.trigger',
    'code.kind.view',
    'count.plugins_one',
    'count.plugins_other',
    'data.part.cache',
    'details.app',
    'details.database',
    'forgotten.kind.workflow',
    'kind.view',
    'missing.kind.operator',
    'missing.kind.schema',
    'missing.kind.type',
    'prune.inStorage',
    'rows.inBackup',
    'thing.index',
    'thing.operator',
    'thing.procedure',
    'thing.trigger',
    'thing.type',
    'thing.view',
    'timing.cron',
  ],
};

/** Names of protocols. */
const NAMES = ['storage.kind.s3', 'storage.kind.webdav', 'storage.kind.sftp'];

const placeholders = (text: string) => (text.match(/\{\{\w+\}\}/g) ?? []).sort();

test('there are five languages', () => {
  expect(others.sort()).toEqual(['fr-FR.json', 'ja-JP.json', 'nl-NL.json', 'zh-CN.json']);
});

describe.each(others)('%s', (file) => {
  const texts = read(file);

  test('has the same keys as English', () => {
    expect(Object.keys(texts)).toEqual(Object.keys(english));
  });

  test('has the same placeholders', () => {
    for (const [key, text] of Object.entries(texts)) {
      // A form for one may leave the number out; nothing may be named that is not given.
      expect([key, placeholders(text)]).toEqual([key, placeholders(english[key]!)]);
    }
  });

  test('leaves nothing in English by mistake', () => {
    const same = Object.entries(texts)
      .filter(([key, text]) => text === english[key] && /\p{L}/u.test(text.replace(/\{\{\w+\}\}/g, '')))
      .map(([key]) => key);
    expect(same.sort()).toEqual([...(SAME[file] ?? []), ...NAMES].sort());
  });

  test('has no empty text and no stray space', () => {
    const odd = Object.entries(texts).filter(([, text]) => text.trim() === '' || text !== text.trim());
    expect(odd).toEqual([]);
  });
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
