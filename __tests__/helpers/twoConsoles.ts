import type { BackupDetail, BackupItem, JobItem, Preview } from '../../src/server/api/api';
import { testConsole, type TestConsole } from './console';
import type { Place } from './place';
import type { TestDatabase } from './postgres';

const SCHEMA = `
  CREATE TABLE customers (id serial PRIMARY KEY, name text NOT NULL);
  CREATE TABLE orders (id serial PRIMARY KEY, customer int REFERENCES customers, total numeric);
  CREATE TABLE noise (v text);
`;
const ROWS = `
  INSERT INTO customers (name) SELECT 'customer ' || i FROM generate_series(1, 200) i;
  INSERT INTO orders (customer, total) SELECT i, i * 1.5 FROM generate_series(1, 200) i;
  INSERT INTO noise SELECT md5(random()::text) FROM generate_series(1, 1000);
`;

/** Two consoles with a database each; only A has rows. */
export async function twoConsoles(place: Place): Promise<{
  a: TestConsole;
  b: TestConsole;
  to: TestDatabase;
  readonly stop: () => Promise<void>;
}> {
  const from = await place.database(SCHEMA + ROWS);
  const to = await place.database(`${SCHEMA} INSERT INTO customers (name) VALUES ('somebody else');`);
  const a = await testConsole(from.url, { ARK_INSTANCE: 'shop-a' });
  const b = await testConsole(to.url, { ARK_INSTANCE: 'shop-b' });
  return {
    a,
    b,
    to,
    async stop() {
      await a.stop();
      await b.stop();
    },
  };
}

export async function backedUp(a: TestConsole, name: string, storage: string): Promise<BackupItem> {
  const { job } = await a.post<{ job: JobItem }>(
    'arkBackups:create',
    {},
    { name, storages: [storage], all: true },
  );
  expect(await a.ended(job.id)).toMatchObject({
    state: 'done',
    result: { name: `${name}.ark`, storages: [storage] },
  });
  const [item] = await a.get<BackupItem[]>('arkBackups:list', { storage });
  return item!;
}

/** B sees what A has made, looks at it, and takes one table of it. */
export async function restoredByB(
  b: TestConsole,
  to: TestDatabase,
  name: string,
  storage: string,
): Promise<void> {
  const found = (await b.get<BackupItem[]>('arkBackups:list')).find((one) => one.name === `${name}.ark`);
  expect(found).toMatchObject({ storage, instance: 'shop-a', state: 'ok' });
  const query = { filterByTk: `${name}.ark`, storage };
  const detail = await b.post<BackupDetail>('arkBackups:get', query);
  expect(detail.collections.map((collection) => collection.name)).toEqual(['customers', 'noise', 'orders']);
  const preview = await b.post<Preview>('arkBackups:preview', query, { collections: ['customers'] });
  expect(preview.collections).toMatchObject([{ name: 'customers', rowsInBackup: 200 }]);
  const { job } = await b.post<{ job: JobItem }>('arkBackups:restore', query, {
    collections: ['customers'],
    allowBreaks: true,
  });
  expect(await b.ended(job.id)).toMatchObject({ state: 'done' });
  const counts = await to.query(
    'SELECT (SELECT count(*)::int FROM customers) AS customers, (SELECT count(*)::int FROM orders) AS orders',
  );
  expect(counts).toEqual([{ customers: 200, orders: 0 }]);
}
