import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Comparison, JobItem } from '../../src/server/api/api';
import { bytesOf, fieldsTable, type Described } from '../helpers/archiveOf';
import { testConsole, type TestConsole } from '../helpers/console';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';

const [SECRET, OTHER] = ['hush-hush-9271', 'hush-hush-9272'];
const { database } = ownPlace();
let live: TestDatabase;
let ark: TestConsole;

const described: Described = {
  tables: {
    orders: {
      columns: ['id:int64', 'note', 'apiToken'],
      key: ['id'],
      rows: Array.from({ length: 50 }, (_, at) => [String(at), at === 7 ? '' : 'x', SECRET]),
    },
  },
};
/** Of an app that hides a field of its own. */
const app = (door: string, hidden: boolean): Described => ({
  app: {},
  tables: {
    fields: fieldsTable([{ collection: 'doors', name: 'code', options: { hidden } }]),
    doors: { columns: ['id:int64', 'code'], key: ['id'], rows: [['1', door]] },
  },
});

beforeAll(async () => {
  live = await database();
  await live.sql(
    `CREATE TABLE orders (id bigint PRIMARY KEY, note text, "apiToken" text);
     INSERT INTO orders SELECT g, CASE WHEN g = 7 THEN NULL ELSE 'x' END, CASE WHEN g < 3 THEN '${OTHER}' ELSE '${SECRET}' END FROM generate_series(0, 60) g WHERE g <> 9`,
  );
  ark = await testConsole(live.url);
  const folder = join(ark.folder, 'backups');
  await mkdir(folder, { recursive: true });
  const keep = async (name: string, of: Described) => writeFile(join(folder, name), await bytesOf(of));
  await keep('plain.ark', described);
  await keep('locked.ark', { ...described, passphrase: 'correct horse battery' });
  await keep('shown.ark', app('1111', false));
  await keep('hidden.ark', app('2222', true));
  const { doors } = app('3333', false).tables;
  await keep('untold.ark', { app: {}, tables: { doors: doors! } });
});
afterAll(() => ark.stop());

const compare = (query: Record<string, string>) =>
  ark.get<Comparison>('arkBackups:compare', { filterByTk: 'plain.ark', ...query });

it('says what differs from the live database, and shows no secret', async () => {
  const comparison = await compare({ examples: '20' });
  expect(comparison).toMatchObject({ different: true, beyond: [], withoutRows: [], untold: false });
  const [orders] = comparison.collections;
  expect(orders).toMatchObject({
    ...{ name: 'orders', by: 'key', here: 60, there: 50, onlyHere: 11, onlyThere: 1, changed: 4, equal: 45 },
    columns: [
      { name: 'note', rows: 1 },
      { name: 'apiToken', rows: 3 },
    ],
  });
  expect(orders?.examples.find(({ key }) => key[0]?.value === '7')).toEqual({
    kind: 'changed',
    key: [{ value: '7' }],
    changes: [{ column: 'note', here: { value: null }, there: { value: '' } }],
  });
  expect(orders?.examples.find(({ key }) => key[0]?.value === '1')?.changes).toEqual([
    { column: 'apiToken', here: { value: null, masked: true }, there: { value: null, masked: true } },
  ]);
  expect(JSON.stringify(comparison)).not.toContain('hush');
  const none = await compare({ examples: '0' });
  expect(none.collections[0]).toMatchObject({ changed: 4, examples: [] });
});

it('a field that one side hides is hidden on both, and where one side does not say there are no examples', async () => {
  for (const [name, against] of [
    ['shown.ark', 'hidden.ark'],
    ['hidden.ark', 'shown.ark'],
  ] as const) {
    const comparison = await compare({ filterByTk: name, against, collections: 'doors' });
    expect(comparison.collections[0]).toMatchObject({ changed: 1, columns: [{ name: 'code', rows: 1 }] });
    expect(JSON.stringify(comparison)).not.toMatch(/1111|2222/);
  }
  for (const [name, against] of [
    ['untold.ark', 'shown.ark'],
    ['shown.ark', 'untold.ark'],
  ] as const) {
    const comparison = await compare({ filterByTk: name, against, collections: 'doors' });
    expect(comparison).toMatchObject({ untold: true, collections: [{ changed: 1, examples: [] }] });
    expect(JSON.stringify(comparison)).not.toMatch(/1111|3333/);
  }
});

it('is in the history as a look into it, once, with its collections', async () => {
  await compare({});
  const looks = (await ark.get<JobItem[]>('arkJobs:list')).filter(
    ({ kind, subject }) => kind === 'look' && subject === 'plain.ark',
  );
  expect(looks.map(({ result }) => result)).toEqual([{ collections: ['orders'] }]);
});

it('an encrypted one is opened by the key in a POST, and equal ones are equal', async () => {
  const comparison = await ark.post<Comparison>(
    'arkBackups:compare',
    { filterByTk: 'locked.ark', against: 'plain.ark' },
    { passphrase: 'correct horse battery', allowPlain: true },
  );
  expect(comparison).toMatchObject({ different: false, collections: [{ equal: 50 }] });
});

it.each([
  [{ collections: 'ordrs' }, '400 COLLECTION_UNKNOWN'],
  [{ collections: '' }, '400 USAGE'],
  [{ groups: 'users,nobody' }, '400 USAGE'],
  [{ groups: 'custom', collections: 'orders' }, '400 USAGE'],
  [{ examples: '21' }, '400 USAGE'],
  [{ examples: '-1' }, '400 USAGE'],
  [{ filterByTk: 'locked.ark' }, '422 ARCHIVE_LOCKED'],
  [{ against: 'none.ark' }, '404 BACKUP_UNKNOWN'],
])('%j is refused', async (query, code) => {
  const asked = new URLSearchParams({ filterByTk: 'plain.ark', ...query });
  expect(await ark.refused(ark.raw('GET', `/api/arkBackups:compare?${asked.toString()}`))).toBe(code);
});

it('many at once come one after the other, and leave nothing behind', async () => {
  const all = await Promise.all(Array.from({ length: 6 }, () => compare({})));
  expect(new Set(all.map((comparison) => JSON.stringify(comparison.collections[0]?.columns))).size).toBe(1);
  expect(await readdir(join(ark.folder, 'compare')).catch(() => [])).toEqual([]);
});
