import { catalog } from '../../../src/server/actions/backups/catalog';
import { createBackup } from '../../../src/server/actions/backups/createBackup';
import { safetyOf } from '../../../src/server/actions/system/safety';
import { whatThereIs } from '../../../src/server/actions/system/whatThereIs';
import type { Database } from '../../../src/server/dumper/dialect';
import { hostOf } from '../../helpers/ark';
import { ownPlace } from '../../helpers/place';

/** What safety costs the database: one small question at a time, however many look and however long it takes. */
const { data, database } = ownPlace();

async function counting() {
  const { url } = await database('CREATE TABLE orders (id int); INSERT INTO orders VALUES (1);');
  const host = hostOf(url, data.folder);
  const asked = { sizes: 0, describe: 0, open: 0 };
  let wait: Promise<unknown> = Promise.resolve();
  const watched: Database = {
    ...host.database,
    describe: (hints) => {
      asked.describe += 1;
      return host.database.describe(hints);
    },
    sizes: async (hints) => {
      asked.sizes += 1;
      asked.open += 1;
      try {
        await wait;
        return await host.database.sizes(hints);
      } finally {
        asked.open -= 1;
      }
    },
  };
  return {
    host: { ...host, database: watched },
    asked,
    /** Until the returned function is called, no question is answered. */
    silence: (): (() => void) => {
      let answer: () => void = () => undefined;
      wait = new Promise<void>((resolve) => (answer = resolve));
      return answer;
    },
    fail: (error: Error): void => {
      wait = Promise.reject(error);
      wait.catch(() => undefined);
    },
    heal: (): void => {
      wait = Promise.resolve();
    },
  };
}

const at = (seconds: number) => new Date(Date.UTC(2030, 0, 1) + seconds * 1000);

it('ten looks at once ask once, and nothing but names and sizes', async () => {
  const { host, asked } = await counting();
  await createBackup(host, { selection: {}, to: { storage: 'local', name: 'a' } });
  asked.describe = 0;
  const known = catalog(`${data.folder}/cache.json`);
  const looks = Array.from({ length: 10 }, () => safetyOf({ ...host, user: 'one of ten' }, known, at(0)));
  for (const { notBackedUp } of await Promise.all(looks)) expect(notBackedUp).toBeDefined();
  expect(asked).toEqual({ sizes: 1, describe: 0, open: 0 });
});

it('an answer counts for seconds only', async () => {
  const { host, asked } = await counting();
  for (const second of [0, 5, 14]) await whatThereIs(host, at(second));
  expect(asked.sizes).toBe(1);
  await whatThereIs(host, at(15));
  expect(asked.sizes).toBe(2);
  // A clock that was put back does not keep it for longer.
  await whatThereIs(host, at(-100));
  expect(asked.sizes).toBe(3);
});

it('a look that was given up leaves a question that the next joins', async () => {
  const { host, asked, silence } = await counting();
  const answer = silence();
  const given = Array.from({ length: 5 }, (_, hour) => whatThereIs(host, at(hour * 3600)));
  expect(asked).toEqual({ sizes: 1, describe: 0, open: 1 });
  answer();
  const answers = await Promise.all(given);
  expect(new Set(answers).size).toBe(1);
  expect(asked.open).toBe(0);
});

it('a question that failed is asked anew', async () => {
  const { host, asked, fail, heal } = await counting();
  fail(new Error('away'));
  await expect(Promise.all([whatThereIs(host, at(0)), whatThereIs(host, at(0))])).rejects.toThrow('away');
  expect(asked.sizes).toBe(1);
  heal();
  expect((await whatThereIs(host, at(0))).groups).toEqual(new Set(['unknown']));
});

it('the small question and the whole description see the same tables, of every kind', async () => {
  const { url } = await database(`
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE TABLE analysed (id int PRIMARY KEY, more text);
    INSERT INTO analysed SELECT n, repeat('x', 5000) FROM generate_series(1, 100) n;
    ANALYZE analysed;
    CREATE TABLE never (id int); INSERT INTO never VALUES (1);
    CREATE TABLE empty (id int);
    CREATE UNLOGGED TABLE fleeting (id int);
    CREATE TABLE parted (id int) PARTITION BY LIST (id);
    CREATE TABLE part PARTITION OF parted FOR VALUES IN (1);
    INSERT INTO parted VALUES (1);
    CREATE VIEW seen AS SELECT id FROM never;
    CREATE MATERIALIZED VIEW kept AS SELECT id FROM never;
    CREATE SEQUENCE counter; CREATE TYPE pair AS (a int, b int);
    CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.other (id int);`);
  const { database: asked } = hostOf(url, data.folder);
  const { schema, size } = await asked.describe({});
  const { collections } = await asked.sizes({});
  expect(collections).toEqual(schema.relations.map(({ name, kind }) => ({ name, kind, ...size(name) })));
  expect(new Set(collections.map((collection) => collection.kind))).toEqual(
    new Set(['table', 'partitioned', 'view', 'materialized']),
  );
});
