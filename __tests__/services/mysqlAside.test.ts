import { previewInto, restoreInto } from '../../src/server/actions/restore/restoreInto';
import { backUp, hostOf } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import { ownMysql, type TestMysql } from './mysql';
import { leftIn, whole } from './mysqlState';

/** Tables of a backup in a database of their own, for people who look with their own tools. */
const { data } = ownPlace();
const place = ownMysql();

const APP = [
  `CREATE TABLE log (what text)`,
  `CREATE TABLE customers (id bigint AUTO_INCREMENT PRIMARY KEY, name varchar(80) NOT NULL UNIQUE)`,
  `CREATE TABLE orders (id bigint AUTO_INCREMENT PRIMARY KEY, customer bigint, total decimal(10,2) CHECK (total >= 0),
     twice decimal(12,2) GENERATED ALWAYS AS (total * 2) STORED, KEY by_total (total),
     CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE)`,
  `CREATE TRIGGER told AFTER INSERT ON orders FOR EACH ROW INSERT INTO log (what) VALUES (new.id)`,
  `CREATE VIEW big_orders AS SELECT id FROM orders WHERE total > 10`,
  `INSERT INTO customers (name) VALUES ('Ann'), ('Bob')`,
  `INSERT INTO orders (customer, total) VALUES (1, 5), (2, 15)`,
  `DELETE FROM log`,
];
const SELECTION = { collections: ['customers', 'orders', 'big_orders'] };

const hostFor = ({ url }: TestMysql) => hostOf(url, data.folder);
const asides: { readonly at: TestMysql; readonly drop: string }[] = [];
afterEach(async () => {
  for (const { at, drop } of asides.splice(0)) await at.sql(drop).catch(() => undefined);
});
async function prepared(name: string) {
  const at = await place(...APP);
  const archive = await backUp(hostFor(at), `aside-${name}`);
  await at.sql('UPDATE orders SET total = 7', 'DELETE FROM customers WHERE id = 2');
  return { at, archive, before: await whole(at), into: `${at.name.slice(4)}_beside` };
}
const databases = async (at: TestMysql) =>
  (await at.query<{ name: string }>('SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA')).map(
    ({ name }) => name,
  );

it('brings tables with their rows, and touches nothing of what is live', async () => {
  const { at, archive, before, into } = await prepared('whole');
  const preview = await previewInto(hostFor(at), archive, SELECTION, into);
  expect(preview.leftOut.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual([
    'constraint of_customer',
    'trigger told',
    'view big_orders',
  ]);
  expect(await databases(at)).not.toContain(into);
  const { result } = await restoreInto(hostFor(at), archive, 'x.ark', { selection: SELECTION, into });
  asides.push({ at, drop: result.drop });
  expect(result.drop).toBe(`DROP DATABASE \`${into}\``);
  expect(await whole(at)).toEqual(before);
  expect(await leftIn(at)).toEqual([]);
  expect(await at.query(`SELECT id, customer, total, twice FROM ${into}.orders ORDER BY id`)).toEqual([
    { id: '1', customer: '1', total: '5.00', twice: '10.00' },
    { id: '2', customer: '2', total: '15.00', twice: '30.00' },
  ]);
  await at.sql(`INSERT INTO ${into}.orders (customer, total) VALUES (4711, 1)`);
  expect(await whole(at)).toEqual(before);
  await expect(at.sql(`INSERT INTO ${into}.orders (total) VALUES (-1)`)).rejects.toThrow(/constraint|check/i);
});

it('uses an empty database, and no other that is there', async () => {
  const { at, archive, before, into } = await prepared('taken');
  asides.push({ at, drop: `DROP DATABASE IF EXISTS \`${into}\`` });
  const work = (name: string) =>
    restoreInto(hostFor(at), archive, 'x.ark', { selection: SELECTION, into: name });
  await at.sql(`CREATE DATABASE ${into}`, `CREATE TABLE ${into}.mine (id int)`);
  for (const name of [into, at.name]) {
    await expect(previewInto(hostFor(at), archive, SELECTION, name)).rejects.toMatchObject({
      code: name.startsWith('ark_') ? 'NAME_INVALID' : 'NAME_TAKEN',
    });
    await expect(work(name)).rejects.toMatchObject({
      code: name.startsWith('ark_') ? 'NAME_INVALID' : 'NAME_TAKEN',
    });
  }
  await at.sql(`DROP TABLE ${into}.mine`);
  const { result } = await work(into);
  expect(result.collections).toEqual(
    expect.arrayContaining([
      { name: 'customers', rows: 2 },
      { name: 'orders', rows: 2 },
    ]),
  );
  expect(await whole(at)).toEqual(before);
});

it.each(['mysql', 'information_schema', 'x '.repeat(3), 'x'.repeat(65), 'ark_mine', 'a\u0007'])(
  'refuses the name %j',
  async (name) => {
    const { at, archive, before } = await prepared(`name-${name.length}`);
    await expect(
      restoreInto(hostFor(at), archive, 'x.ark', { selection: SELECTION, into: name }),
    ).rejects.toMatchObject({ code: 'NAME_INVALID' });
    expect(await whole(at)).toEqual(before);
  },
);

it('takes a hostile name for a name', async () => {
  const { at, archive, before } = await prepared('hostile');
  const into = 'x`; DROP TABLE orders; -- ü';
  const { result } = await restoreInto(hostFor(at), archive, 'x.ark', { selection: SELECTION, into });
  asides.push({ at, drop: result.drop });
  expect(await databases(at)).toContain(into);
  expect(await whole(at)).toEqual(before);
});

it('leaves nothing behind where it is cancelled or overtaken', async () => {
  const { at, archive, before, into } = await prepared('cut');
  asides.push({ at, drop: `DROP DATABASE IF EXISTS \`${into}\`` });
  const abort = new AbortController();
  await expect(
    restoreInto(hostFor(at), archive, 'x.ark', {
      selection: SELECTION,
      into,
      signal: abort.signal,
      onProgress: ({ stage }) => stage === 'finish' && abort.abort(),
    }),
  ).rejects.toMatchObject({ code: 'JOB_CANCELLED' });
  expect(await databases(at)).not.toContain(into);
  let taken: Promise<void> | undefined;
  await expect(
    restoreInto(hostFor(at), archive, 'x.ark', {
      selection: SELECTION,
      into,
      onProgress: ({ stage }) => {
        if (stage === 'load')
          taken ??= at.sql(`CREATE DATABASE ${into}`, `CREATE TABLE ${into}.orders (id int)`);
      },
    }),
  ).rejects.toMatchObject({ code: 'NAME_TAKEN' });
  await taken;
  expect(await leftIn(at)).toEqual([]);
  expect(await whole(at)).toEqual(before);
});
