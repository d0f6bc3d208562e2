import { keyValues } from '../../src/server/dumper/takeBack/asked';
import type { LookColumn, TakeBackPreview } from '../../src/client/api/api';
import { isOfRows, jobResult } from '../../src/client/jobs/jobResult';
import { keyOf } from '../../src/client/look/cellText';
import { ALONE, comes, takeable, withChildren } from '../../src/client/takeBack/choice';
import { rowsDone } from '../../src/client/takeBack/rowsDone';
import { takenText } from '../../src/client/takeBack/takenText';
import { spoken } from '../helpers/spoken';

const english = spoken('en-US');

describe('the key of a row is asked for as it is', () => {
  const columns = (...names: string[]): LookColumn[] =>
    names.map((name) => ({ name, type: 'text', key: true }));
  test.each(['7', '', 'a,b', '["7"]', 'id=8', 'id=id=8', 'other=8', 'ü€𝄞'])('%j alone', (value) => {
    const key = keyOf(columns('id'), [{ value }])!;
    expect(keyValues('orders', ['id'], key)).toEqual([value]);
  });
  test.each([
    ['7', '8'],
    ['a,b', 'id=8'],
    ['["7"]', ''],
  ])('%j and %j', (first, second) => {
    const key = keyOf(columns('id', 'at'), [{ value: first }, { value: second }])!;
    expect(keyValues('orders', ['id', 'at'], key)).toEqual([first, second]);
  });
  test('what nobody sees whole is no key', () => {
    expect(keyOf(columns('id'), [{ value: null, masked: true }])).toBeUndefined();
    expect(keyOf(columns('id'), [{ value: 'x', bytes: 9000 }])).toBeUndefined();
    expect(keyOf([{ name: 'id', type: 'text', key: false }], [{ value: 'x' }])).toBeUndefined();
  });
});

describe('what comes along', () => {
  const preview = {
    children: [
      { collection: 'orders', missing: 3, apart: 0, come: false },
      { collection: 'tickets', missing: 0, apart: 2, come: false },
      { collection: 'pairs', missing: 1, apart: 0, come: false, cannot: 'no key' },
    ],
    uncounted: ['huge'],
  } as unknown as TakeBackPreview;

  test('is what is missing and can come, and what was not counted', () => {
    expect(takeable(preview)).toEqual(['orders', 'huge']);
  });

  test('is chosen one by one, from all of it as from nothing', () => {
    const orders = withChildren(ALONE, preview, 'orders', true);
    expect(orders).toEqual({ parents: true, children: ['orders'] });
    expect([comes(orders, 'orders'), comes(orders, 'huge')]).toEqual([true, false]);
    expect(withChildren({ ...ALONE, children: true }, preview, 'orders', false).children).toEqual(['huge']);
    // An empty list is none at all.
    expect(withChildren(orders, preview, 'orders', false).children).toBe(false);
    expect(withChildren(orders, preview, 'orders', true).children).toEqual(['orders']);
  });
});

test.each([undefined, null, 'text', {}, { inserted: 'many', restart: 'roles' }])(
  'a job that tells %j has written nothing that is known',
  (result) => {
    expect(rowsDone({ result })).toEqual({
      rows: 0,
      files: 0,
      undo: undefined,
      expiresAt: undefined,
      restart: [],
    });
  },
);

test('what a job has written is counted', () => {
  const result = { inserted: 3, overwritten: 1, same: 2, files: 1, undo: 'job_1', restart: ['roles'] };
  expect(rowsDone({ result })).toMatchObject({ rows: 4, files: 1, undo: 'job_1', restart: ['roles'] });
  expect(rowsDone({ result: { undone: 'job_1', rows: 4, undo: 'job_2' } })).toMatchObject({ rows: 4 });
});

test('an undo of rows is not told as one of a restore', () => {
  const rows = { kind: 'undo', state: 'done', result: { undone: 'job_1', rows: 2 } } as const;
  const restore = { kind: 'undo', state: 'done', result: { job: 'job_1', collections: [] } } as const;
  expect([isOfRows(rows), isOfRows(restore)]).toEqual([true, false]);
  expect(jobResult(english, rows)).toBe('2 rows are as they were before.');
  expect(jobResult(english, restore)).toMatch(/before the restore/);
});

test('what was taken back is told with its source, which may say anything of itself', () => {
  const item = {
    job: 'job_1',
    readable: true,
    action: 'takeBack',
    at: '2026-11-21T08:00:00.000Z',
    expiresAt: '2026-11-28T08:00:00.000Z',
    source: 'mon\u202Eday.ark',
    collections: [
      { name: 'customers', rows: 1 },
      { name: 'orders', rows: 3 },
    ],
  } as const;
  expect(takenText(english, item)).toMatch(/^4 rows taken back on .* from mon\\u202eday\.ark$/);
  expect(takenText(english, { ...item, action: 'undo' })).toMatch(/^4 rows put back as before on /);
  const sealed = { job: 'job_1', readable: false, expiresAt: item.expiresAt, collections: [] };
  expect(takenText(english, sealed)).toMatch(/cannot be read/);
});
