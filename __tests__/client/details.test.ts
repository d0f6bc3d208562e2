import { errorText, SAYS_ALL } from '../../src/client/parts/errorText';
import { WARNINGS } from '../../src/server/dumper/app/warning';
import { DETAILS } from '../../src/server/errors/details';
import { again, BARE, damaged, ERRORS, failureOf, refused } from '../../src/server/errors/errors';
import { REASONS } from '../../src/server/errors/reasons';
import { spoken } from '../helpers/spoken';

/** That each failure of the other codes has details, the constructor of BackupError sees to. */
it('every code has details, or it is said why it needs none', () => {
  const told = new Set(
    // A warning that is not allowed refuses, and is the detail then.
    [DETAILS, REASONS, WARNINGS].flatMap((table) =>
      Object.values<object>(table).flatMap((entry) => ('error' in entry ? String(entry.error) : [])),
    ),
  );
  const without = Object.keys(ERRORS).filter((code) => !told.has(code));
  expect(without.filter((code) => !(code in BARE))).toEqual([]);
  for (const code of told) expect(ERRORS).toHaveProperty(code);
});

it('the page repeats no English under what a code says already', () => {
  const all = Object.entries(BARE).flatMap(([code, why]) => (why === 'all' ? code : []));
  expect([...SAYS_ALL].sort()).toEqual(all.sort());
});

it('a failure within a failure is told in the language of the whole', () => {
  const chunk = failureOf(damaged('missing', { entry: 'data/1.csv' }));
  const volume = failureOf(refused('archive-damaged-in', { why: chunk, files: ['a.ark.1'] }));
  const failure = failureOf(refused('storage-broken', { storage: 'nas', why: volume }));
  expect(failure.code).toBe('ARCHIVE_DAMAGED');
  expect(errorText(spoken('zh-CN'), failure).detail).toBe(
    'nas：归档已损坏：缺少 data/1.csv。未做任何更改。请重新获取文件，或使用其他备份。 这些字节位于：a.ark.1。',
  );
  expect(failure.message).toBe(
    'nas: The archive is damaged: data/1.csv is missing. Nothing was changed. Fetch it again, or use another backup. These bytes lie in: a.ark.1.',
  );
});

it('what an older Ark has kept is thrown with what is known of it', () => {
  expect(again({ code: 'TARGET_FAILED', message: 'as it was' })).toMatchObject({
    code: 'TARGET_FAILED',
    message: 'as it was',
    details: undefined,
  });
  expect(again({ code: 'UNKNOWN_HERE', message: 'x' }).code).toBe('INTERNAL');
});
