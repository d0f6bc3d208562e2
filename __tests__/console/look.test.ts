import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobItem, LookPage, RowHistory } from '../../src/server/api/api';
import { PERMISSIONS } from '../../src/server/api/permissions';
import { allRoutes } from '../../src/server/routes/routes';
import { bytesOf, fieldsTable, type Described } from '../helpers/archiveOf';
import { testConsole, type TestConsole } from '../helpers/console';
import { ownPlace } from '../helpers/place';

const SECRET = 'hush-hush-9271';
const { database } = ownPlace();
let ark: TestConsole;

const described: Described = {
  app: {},
  perChunk: 1000,
  tables: {
    fields: fieldsTable([{ collection: 'orders', name: 'door', options: { hidden: true } }]),
    orders: {
      columns: ['id:int64', 'note', 'door'],
      key: ['id'],
      rows: Array.from({ length: 5000 }, (_, at) => [
        String(at),
        at % 1000 === 7 ? 'tea=green' : 'x'.repeat(30),
        SECRET,
      ]),
    },
    other: {
      columns: ['id', 'noise'],
      rows: Array.from({ length: 5000 }, (_, at) => [String(at), String(Math.sin(at))]),
    },
  },
};

beforeAll(async () => {
  ark = await testConsole((await database()).url);
  const folder = join(ark.folder, 'backups');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'plain.ark'), await bytesOf(described));
  await writeFile(
    join(folder, 'locked.ark'),
    await bytesOf({
      ...described,
      id: '20261121_100000_abcdef',
      at: '2026-11-21T10:00:00.000Z',
      passphrase: 'correct horse battery',
    }),
  );
});
afterAll(() => ark.stop());

const rows = (query: Record<string, string>) =>
  ark.get<LookPage>('arkBackups:rows', { filterByTk: 'plain.ark', collection: 'orders', ...query });

it('answers a page, and says where to go on and what it has fetched', async () => {
  const whole = (await ark.get<{ size: number }[]>('arkBackups:list')).map(({ size }) => size);
  const page = await rows({ offset: '4990', limit: '5' });
  expect(page.rows.map(({ row }) => row)).toEqual([4990, 4991, 4992, 4993, 4994]);
  expect(page).toMatchObject({ total: 5000, next: 4995, chunks: { read: 1, all: 5 } });
  expect(page.fetched).toBeLessThan(Math.min(...whole) / 3);
  expect((await rows({ offset: '4990', limit: '200' })).next).toBeUndefined();
});

it('page after page comes to all that a search and a condition find', async () => {
  const queries: Record<string, string>[] = [{ search: 'GREEN' }, { where: 'note=tea=green' }];
  for (const query of queries) {
    const found: number[] = [];
    for (let offset: number | undefined = 0; offset !== undefined;) {
      const page: LookPage = await rows({ ...query, limit: '2', offset: String(offset) });
      found.push(...page.rows.map(({ row }) => row));
      offset = page.next;
    }
    expect(found).toEqual([7, 1007, 2007, 3007, 4007]);
  }
});

it('several conditions are several parameters', async () => {
  const path =
    '/api/arkBackups:rows?filterByTk=plain.ark&collection=orders&where=note%3Dtea%3Dgreen&where=id%3D3007';
  const { data } = JSON.parse((await ark.raw('GET', path)).body.toString()) as { data: LookPage };
  expect(data.rows.map(({ row }) => row)).toEqual([3007]);
});

it.each([
  [{ where: `door=${SECRET}` }, '422 LOOK_REFUSED'],
  [{ where: 'dor=x' }, '400 USAGE'],
  [{ where: '=x' }, '400 USAGE'],
  [{ collection: 'ordrs' }, '400 COLLECTION_UNKNOWN'],
  [{ limit: '201' }, '400 USAGE'],
  [{ offset: '-1' }, '400 USAGE'],
  [{ filterByTk: 'locked.ark' }, '422 ARCHIVE_LOCKED'],
  [{ filterByTk: '../../etc/passwd' }, '400 NAME_INVALID'],
])('%j is refused', async (query, code) => {
  const asked = new URLSearchParams({ filterByTk: 'plain.ark', collection: 'orders', ...query });
  expect(await ark.refused(ark.raw('GET', `/api/arkBackups:rows?${asked.toString()}`))).toBe(code);
});

it('a masked value is in no answer, and a search for it finds nothing', async () => {
  const queries: Record<string, string>[] = [{}, { search: SECRET }, { search: SECRET.slice(0, 3) }];
  for (const query of queries) {
    const page = await rows(query);
    expect(JSON.stringify(page)).not.toContain(SECRET);
    if ('search' in query) expect(page).toMatchObject({ rows: [], read: 5000 });
    else expect(page.rows[0]?.cells[2]).toEqual({ value: null, masked: true });
  }
});

it('an encrypted one is opened by the key in a POST, a history too', async () => {
  const page = await ark.post<LookPage>(
    'arkBackups:rows',
    { filterByTk: 'locked.ark', collection: 'orders', limit: '1' },
    { passphrase: 'correct horse battery' },
  );
  expect(page.rows[0]?.cells[0]).toEqual({ value: '0' });
  const history = await ark.post<RowHistory>(
    'arkBackups:history',
    { collection: 'orders', key: '7' },
    { passphrase: 'correct horse battery' },
  );
  expect(history.lives[0]?.moments.map(({ backup, state }) => `${backup} ${state}`)).toEqual([
    'plain.ark first',
    'locked.ark same',
  ]);
  const without = await ark.get<RowHistory>('arkBackups:history', {
    collection: 'orders',
    key: '7',
    limit: '1',
  });
  expect(without).toMatchObject({
    lives: [],
    unread: [{ backup: 'locked.ark' }],
    older: { backups: 1, to: '2026-11-21T10:00:00.000Z' },
  });
  const next = await ark.get<RowHistory>('arkBackups:history', {
    collection: 'orders',
    key: '7',
    to: without.older?.to ?? '',
  });
  expect(next.lives[0]?.moments.map(({ backup }) => backup)).toEqual(['plain.ark']);
});

it('is in the history: who looked into which backup, and at what, in one line', async () => {
  await rows({ collection: 'other' });
  const jobs = await ark.get<JobItem[]>('arkJobs:list', { kind: 'look' });
  const own = jobs.filter(({ subject }) => subject === 'plain.ark');
  expect(own.map(({ state, result }) => [state, result])).toEqual([
    ['done', { collections: ['orders', 'other'] }],
  ]);
});

it('is a permission of its own, which no other action has', () => {
  expect(PERMISSIONS).toContain('look');
  const looking = allRoutes.filter(({ action }) => action.permission === 'look').map(({ path }) => path);
  expect(looking).toEqual([
    ...['rows', 'history', 'compare'].map((name) => `/api/arkBackups:${name}`),
    '/api/arkPrepared:compare',
  ]);
});
