import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LiveCollection } from '../../src/client/api/api';
import { logText } from '../../src/client/jobs/logText';
import { freeName, nameFault, uploadName } from '../../src/client/parts/names';
import { byConcern, previewSums, type PreviewRow } from '../../src/client/restore/previewRows';
import { guessedRowsText, guessRows } from '../../src/client/groups/rowCount';
import { stand } from '../../src/client/jobs/stages';
import { undoText } from '../../src/client/restore/undoText';
import { STAGE_WORDS } from '../../src/server/jobs/stages';
import { checkKey } from '../../src/server/storage/key';
import { spoken } from '../helpers/spoken';

describe('names', () => {
  test.each([
    'shop.ark',
    'shop (1).ark',
    'SHOP.ARK',
    'no ending',
    '.hidden.ark',
    'a/b\\c:d*e?.ark',
    '.ark',
    '  ..  ',
    '備份'.repeat(80),
    'x'.repeat(400),
    '😀'.repeat(100),
  ])('a file called %p can be kept', (name) => {
    const key = uploadName(name);
    expect(checkKey(key)).toMatch(/\.ark$/);
    expect(nameFault(key, new Set())).toBeUndefined();
  });

  test('an old archive keeps its ending', () => {
    expect(uploadName('backup_20261120 (1).NBDUMP')).toBe('backup_20261120 (1).nbdump');
    expect(uploadName('shop.NBDATA')).toBe('shop.nbdata');
    expect(freeName('a.nbdump', new Set(['a.nbdump']))).toBe('a-2.nbdump');
  });

  test('a name that is taken gets a number', () => {
    expect(freeName('a.ark', new Set())).toBe('a.ark');
    expect(freeName('a.ark', new Set(['a.ark', 'a-2.ark']))).toBe('a-3.ark');
  });

  test('what the server would refuse is said before', () => {
    expect(nameFault('', new Set())).toBeUndefined();
    expect(nameFault('fine name_1.2', new Set())).toBeUndefined();
    expect(nameFault('a/b', new Set())).toBe('invalid');
    expect(nameFault('.a', new Set())).toBe('invalid');
    expect(nameFault('x'.repeat(200), new Set())).toBe('invalid');
    expect(nameFault('a', new Set(['a.ark']))).toBe('taken');
  });
});

describe('progress', () => {
  const progress = (stage: keyof typeof STAGE_WORDS, percent: number) => ({
    stage,
    percent,
    done: 0,
    total: 0,
    rows: 0,
    bytes: 0,
  });

  test('never runs backwards from stage to stage, and is full only at the end', () => {
    const stages = ['verify', 'stage', 'load', 'finish', 'swap'] as const;
    const seen = stages.flatMap((stage) =>
      (stage === 'finish' ? [100] : [0, 50, 100]).map(
        (percent) => stand({ kind: 'restore', progress: progress(stage, percent) }).percent,
      ),
    );
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(99);
  });

  test('knows the step', () => {
    expect(stand({ kind: 'backup', progress: progress('read', 50) })).toEqual({
      stage: 'read',
      percent: 41,
      step: 2,
      steps: 3,
    });
    expect(stand({ kind: 'backup', progress: progress('files', 50) })).toMatchObject({ step: 2, steps: 3 });
    expect(stand({ kind: 'backup', progress: progress('read back', 50) })).toMatchObject({ step: 3 });
    expect(stand({ kind: 'backup' })).toEqual({ stage: undefined, percent: 0, step: 1, steps: 3 });
  });

  test('tables that are finished while others load do not push the bar ahead', () => {
    const at = (stage: 'load' | 'finish', percent: number) =>
      stand({ kind: 'restore', progress: progress(stage, percent) });
    expect(at('finish', 40)).toEqual(at('load', 40));
    expect(at('finish', 100)).toMatchObject({ stage: 'finish', percent: 95 });
  });

  test('the log tells of stages in the language of its reader, by their values', () => {
    const i18n = spoken('nl-NL');
    for (const stage of Object.keys(STAGE_WORDS) as (keyof typeof STAGE_WORDS)[])
      expect(logText(i18n, { at: '', text: 'anything', stage })).toEqual({
        text: i18n.t(`stage.${stage}`),
        foreign: false,
      });
    expect(logText(i18n, { at: '', text: 'done', stage: 'done' })).toEqual({
      text: i18n.t('job.state.done'),
      foreign: false,
    });
    // An older record has no values, and other lines are the server's own.
    expect(logText(i18n, { at: '', text: 'reading' })).toEqual({ text: 'reading', foreign: true });
  });
});

describe('preview', () => {
  const row = (name: string, more: Partial<PreviewRow> = {}): PreviewRow => ({
    name,
    kind: 'table',
    action: 'replace',
    rowsNow: 5,
    rowsInBackup: 5,
    structure: [],
    ...more,
  });

  test('shows what would be lost first', () => {
    const rows = [
      row('a'),
      row('b', { rowsNow: 6 }),
      row('c', { structure: [{ code: 'goes', what: 'column', name: 'x' }] }),
      row('d', { action: 'aside', lostAtLeast: 5 }),
      row('e', { lostAtLeast: 2 }),
      row('f', { lostAtLeast: 9, changedSince: 3 }),
      row('tokens', { rowsNow: 5, lostAtLeast: 4, bookkeeping: true }),
    ];
    expect(byConcern(rows).map((one) => one.name)).toEqual(['f', 'e', 'd', 'c', 'b', 'a', 'tokens']);
    expect(previewSums(rows)).toEqual({
      replaced: 6,
      created: 0,
      aside: 1,
      lost: 16,
      changed: 1,
      updated: 3,
    });
  });
});

test('the page takes nothing but types from the server', () => {
  const folder = join(__dirname, '../../src/client');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.tsx?$/.test(name),
  );
  expect(files.length).toBeGreaterThan(100);
  for (const file of files) {
    const source = readFileSync(join(folder, file), 'utf8');
    const taken = [...source.matchAll(/^(import|export)\b[^;]*?from '((?:\.\.\/)+server[^']*)'/gm)];
    for (const [statement] of taken) expect(statement).toMatch(/^(import|export) type /);
    expect(source.split('\n').length).toBeLessThan(300);
  }
});

describe('rows that nobody has counted', () => {
  const english = spoken('en-US');
  const table = (rows: number | undefined, bytes: number, kind: LiveCollection['kind'] = 'table') => ({
    name: 'a',
    kind,
    group: 'custom' as const,
    bytes,
    ...(rows !== undefined && { rows }),
  });
  test.each([
    [[table(undefined, 8192)], 'rows unknown'],
    [[table(undefined, 8192), table(7, 8192)], 'more than 7 rows'],
    [[table(7, 8192)], 'about 7 rows'],
    [[table(0, 8192), table(1, 8192)], 'about 1 row'],
    // What has no rows of its own, and what is empty.
    [[table(undefined, 0), table(undefined, 8192, 'view'), table(0, 0)], 'about 0 rows'],
  ] as const)('%j is "%s"', (live, text) => {
    expect(guessedRowsText(english, guessRows(live))).toBe(text);
  });
});

test('an undo names the backup that was restored, and never a job', () => {
  const english = spoken('en-US');
  const undo = { job: 'job_2', at: '2026-11-20T00:00:00Z', expiresAt: '', bytes: 0, collections: [] };
  expect(undoText(english, { ...undo, action: 'restore', source: 'shop.ark' })).toMatch(/from shop\.ark$/);
  expect(undoText(english, { ...undo, action: 'undo', source: '20261126_114027_ced44a' })).not.toMatch(
    /ced44a/,
  );
});
