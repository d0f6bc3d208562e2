import type { JobItem, PreparedComparison, PreparedItem, Started, UndoItem } from '../../src/server/api/api';
import { testConsole, type TestConsole } from '../helpers/console';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';

const { database } = ownPlace();
let ark: TestConsole;
let at: TestDatabase;
let whole: unknown;

beforeAll(async () => {
  at = await database(`
    CREATE TABLE customers (id int PRIMARY KEY, name text, api_token text);
    CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers ON DELETE CASCADE);
    INSERT INTO customers VALUES (1, 'Ann', 'hush-1'), (2, 'Bob', 'hush-2');
    INSERT INTO orders VALUES (1, 1), (2, 1), (3, 2);`);
  ark = await testConsole(at.url);
  for (const [name, more] of [
    ['shop', {}],
    ['locked', { passphrase: 'correct horse' }],
  ] as const) {
    const { job } = await ark.post<Started>('arkBackups:create', {}, { name, all: true, ...more });
    await ark.ended(job.id);
  }
  whole = await digest(at.url);
});
afterAll(() => ark.stop());

async function ended(action: string, filterByTk: string, body: object = {}): Promise<JobItem> {
  const { job } = await ark.post<Started>(action, { filterByTk }, body);
  return ark.ended(job.id);
}
const prepare = (body: object = {}, name = 'shop.ark') =>
  ended('arkBackups:prepare', name, { all: true, allowPlain: true, ...body });
const look = (action: 'preview' | 'compare', job: string, body: object = {}) =>
  ark.post<PreparedComparison>(`arkPrepared:${action}`, { filterByTk: job }, body);
const ask = (action: string, job: string) =>
  ark.raw('POST', `/api/arkPrepared:${action}?filterByTk=${job}`, {
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
const list = () => ark.get<PreparedItem[]>('arkPrepared:list');

it('prepares, shows what differs, swaps just that, and can be undone', async () => {
  await at.sql(`INSERT INTO customers VALUES (9, 'Zoe', 'hush-9'); UPDATE customers SET name = 'since' WHERE id = 2;
    DELETE FROM orders WHERE id = 3;`);
  const since = await digest(at.url);
  const done = await prepare();
  expect(done).toMatchObject({ kind: 'prepare', state: 'done', subject: 'shop.ark' });
  expect(await digest(at.url)).toEqual(since);
  expect(await list()).toMatchObject([
    {
      job: done.id,
      readable: true,
      backup: 'shop.ark',
      storage: 'local',
      collections: expect.any(Array) as unknown,
    },
  ]);

  const numbers = await look('preview', done.id);
  expect(numbers.collections.flatMap(({ examples }) => examples)).toEqual([]);
  expect(numbers.lost).toEqual({ customers: 2 });
  const shown = await look('compare', done.id);
  const customers = shown.collections.find(({ name }) => name === 'customers');
  expect(customers).toMatchObject({ onlyHere: 1, changed: 1, onlyThere: 0, equal: 1 });
  expect(customers?.examples.map(({ kind }) => kind).sort()).toEqual(['changed', 'onlyHere']);
  expect(JSON.stringify(shown)).not.toContain('hush');
  expect(shown.collections.find(({ name }) => name === 'orders')).toMatchObject({ onlyThere: 1, equal: 2 });

  await at.sql(`INSERT INTO orders VALUES (7, 1)`);
  const refused = await ended('arkPrepared:swap', done.id, { acceptLost: shown.lost });
  expect(refused).toMatchObject({ state: 'failed', error: { code: 'MORE_WOULD_BE_LOST' } });
  expect(await list()).toHaveLength(1);
  const { lost } = await look('preview', done.id);
  expect(lost).toEqual({ customers: 2, orders: 1 });
  expect(await ended('arkPrepared:swap', done.id, { acceptLost: lost })).toMatchObject({
    kind: 'restore',
    state: 'done',
    subject: 'shop.ark',
  });
  expect(await digest(at.url)).toEqual(whole);
  expect(await list()).toEqual([]);
  const [undo] = await ark.get<UndoItem[]>('arkUndos:list');
  await ended('arkUndos:apply', undo!.job);
  await at.sql('DELETE FROM orders WHERE id = 7');
  expect(await digest(at.url)).toEqual(since);
  await at.sql(`DELETE FROM customers WHERE id = 9; UPDATE customers SET name = 'Bob' WHERE id = 2;
    INSERT INTO orders VALUES (3, 2);`);
});

it('wants the key of an encrypted backup each time', async () => {
  const key = { passphrase: 'correct horse' };
  const { id } = await prepare(key, 'locked.ark');
  for (const action of ['preview', 'compare', 'swap'])
    expect([action, await ark.refused(ask(action, id))]).toEqual([action, '422 ARCHIVE_LOCKED']);
  expect((await look('preview', id, key)).different).toBe(false);
  expect(await ended('arkPrepared:swap', id, { ...key, acceptLost: {} })).toMatchObject({ state: 'done' });
  expect(await digest(at.url)).toEqual(whole);
});

it('is deleted when nobody wants it, and what is not there is said to be unknown', async () => {
  const { id } = await prepare({ collections: ['orders'], all: undefined });
  await ark.post('arkPrepared:destroy', { filterByTk: id });
  expect(await list()).toEqual([]);
  expect(await digest(at.url)).toEqual(whole);
  for (const action of ['preview', 'compare', 'swap', 'destroy']) {
    expect([action, await ark.refused(ask(action, id))]).toEqual([action, '404 PREPARED_UNKNOWN']);
  }
});
