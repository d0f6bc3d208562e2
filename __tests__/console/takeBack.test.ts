import type {
  JobItem,
  Started,
  TakeBackItem,
  TakeBackPreview,
  TakeBackUndoPreview,
} from '../../src/server/api/api';
import { allRoutes } from '../../src/server/routes/routes';
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
  const { job } = await ark.post<Started>('arkBackups:create', {}, { name: 'shop', all: true });
  await ark.ended(job.id);
  whole = await digest(at.url);
});
afterAll(() => ark.stop());

const SHOP = { filterByTk: 'shop.ark' };
const preview = (body: object) => ark.post<TakeBackPreview>('arkBackups:previewTakeBack', SHOP, body);
async function take(body: object): Promise<JobItem> {
  const { job } = await ark.post<Started>('arkBackups:takeBack', SHOP, body);
  return ark.ended(job.id);
}

it('shows, takes what was shown, lists it, and puts it back', async () => {
  await at.sql(`DELETE FROM customers WHERE id = 1; UPDATE customers SET name = 'since' WHERE id = 2`);
  const since = await digest(at.url);
  const asked = { collection: 'customers', keys: ['1', '2'], children: ['orders'] };
  const shown = await preview(asked);
  expect(shown.counts).toEqual({ insert: 3, overwrite: 1, same: 0 });
  expect(JSON.stringify(shown)).not.toContain('hush');
  const without = await take({ ...asked, expected: shown.expected });
  expect(without).toMatchObject({
    state: 'failed',
    error: { code: 'ROWS_CHANGED', details: { code: 'rows-overwritten' } },
  });
  expect(await digest(at.url)).toEqual(since);
  const done = await take({ ...asked, expected: shown.expected, overwrite: true });
  expect(done).toMatchObject({
    kind: 'takeBack',
    state: 'done',
    subject: 'shop.ark',
    result: { collection: 'customers', keys: ['1', '2'], inserted: 3, overwritten: 1 },
  });
  expect(await digest(at.url)).toEqual(whole);
  // What was shown is no more.
  const again = await take({ ...asked, expected: shown.expected, overwrite: true });
  expect(again).toMatchObject({ state: 'failed', error: { details: { code: 'rows-otherwise' } } });

  const [item] = await ark.get<TakeBackItem[]>('arkTakeBacks:list');
  expect(item).toMatchObject({ job: done.id, readable: true, source: 'shop.ark' });
  const back = await ark.get<TakeBackUndoPreview>('arkTakeBacks:preview', { filterByTk: done.id });
  expect(back.rows.map(({ does }) => does).sort()).toEqual(['delete', 'delete', 'delete', 'overwrite']);
  expect(JSON.stringify(back)).not.toContain('hush');
  const { job } = await ark.post<Started>(
    'arkTakeBacks:undo',
    { filterByTk: done.id },
    { expected: back.expected },
  );
  expect(await ark.ended(job.id)).toMatchObject({ kind: 'undo', state: 'done' });
  expect(await digest(at.url)).toEqual(since);
  await ark.post('arkTakeBacks:destroy', { filterByTk: job.id });
  expect(await ark.get<TakeBackItem[]>('arkTakeBacks:list')).toEqual([]);
});

it.each([
  [{ collection: 'customers' }, '400 USAGE'],
  [{ collection: 'customers', keys: ['1'], where: [{ column: 'id', value: '1' }] }, '400 USAGE'],
  [{ collection: 'customers', keys: ['1'], overwite: true }, '400 USAGE'],
  [{ collection: 'customers', keys: ['99'] }, '404 ROW_UNKNOWN'],
  [{ collection: 'customers', where: [{ column: 'api_token', value: 'hush-1' }] }, '422 LOOK_REFUSED'],
  [{ collection: 'custmers', keys: ['1'] }, '400 COLLECTION_UNKNOWN'],
])('%j is refused', async (body, code) => {
  const asked = ark.raw('POST', '/api/arkBackups:previewTakeBack?filterByTk=shop.ark', {
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
  expect(await ark.refused(asked)).toBe(code);
});

it('is a permission of its own, which no other action has', () => {
  const taking = allRoutes.filter(({ action }) => action.permission === 'takeBack').map(({ path }) => path);
  expect(taking).toEqual([
    '/api/arkBackups:previewTakeBack',
    '/api/arkBackups:takeBack',
    '/api/arkTakeBacks:preview',
    '/api/arkTakeBacks:undo',
  ]);
});
