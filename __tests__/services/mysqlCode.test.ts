import { createConnection } from 'mysql2/promise';
import { rehearseBackup } from '../../src/server/actions/restore/rehearse';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { applyUndo, findUndo } from '../../src/server/actions/restore/undos';
import { newJobId } from '../../src/server/dumper/job';
import { backUp, hostOf } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import { ownMysql } from './mysql';
import { beforeSwap, leftIn, whole } from './mysqlState';

/** Views and triggers are made when there is no way back: what cannot be made here shows before that. */
const { data } = ownPlace();
const place = ownMysql();
const REQUEST = { selection: { all: true }, allowBreaks: false, allowCode: true };

const SHOP = [
  'CREATE TABLE orders (id int PRIMARY KEY, sum int)',
  // Its column is called as the other table, and so is a column of the view.
  'CREATE TABLE customers (id int PRIMARY KEY, orders int, name varchar(20))',
  'CREATE TABLE gone (id int PRIMARY KEY)',
  'CREATE TABLE log (what text)',
  'INSERT INTO orders VALUES (1, 10), (2, 20)',
  `INSERT INTO customers VALUES (1, 2, 'Ann')`,
  'CREATE FUNCTION doubled (n int) RETURNS int DETERMINISTIC RETURN n * 2',
  'CREATE VIEW plain AS SELECT customers.name, customers.orders AS orders, o.sum FROM customers JOIN orders o ON o.id = customers.orders',
  'CREATE VIEW calls AS SELECT id, doubled(sum) AS twice FROM orders',
  'CREATE VIEW above AS SELECT twice FROM calls',
  'CREATE VIEW broken AS SELECT id FROM gone',
  'CREATE VIEW counted AS WITH t AS (SELECT count(*) AS n FROM orders) SELECT n FROM t',
  'CREATE TRIGGER told AFTER INSERT ON orders FOR EACH ROW INSERT INTO log VALUES (new.id)',
  'DROP TABLE gone',
];
/** The function had gone before the backup, as a table of a view had. */
const LACKING = [...SHOP, 'DROP FUNCTION doubled'];
const LOST = ['above', 'broken', 'calls'];

it('what lacks something here is left out with its reason, all else comes, and the next job goes on', async () => {
  const from = await place(...LACKING);
  const source = hostOf(from.url, data.folder);
  const archive = await backUp(source, 'shop-code');
  const to = await place('CREATE TABLE orders (id int PRIMARY KEY, old text)');
  const host = hostOf(to.url, data.folder);
  const before = await whole(to);
  const { result } = await restoreBackup(host, archive, 'shop-code', REQUEST);
  const lost = result.blemishes.map(({ kind, name, outcome }) => ({ kind, name, outcome }));
  expect(lost.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
    LOST.map((name) => ({ kind: 'view', name, outcome: 'left out' })),
  );
  expect(result.blemishes.find(({ name }) => name === 'calls')?.because).toMatch(/doubled/);
  for (const { name } of result.blemishes)
    expect(result.warnings.join('\n')).toContain(`${name}: the view ${name} cannot be made as it was (`);
  expect(await to.query('SELECT name, orders, sum FROM plain')).toEqual([
    { name: 'Ann', orders: '2', sum: '20' },
  ]);
  expect(await to.query('SELECT n FROM counted')).toEqual([{ n: '2' }]);
  await to.sql('INSERT INTO orders VALUES (3, 30)');
  expect(await to.query('SELECT what FROM log')).toEqual([{ what: '3' }]);
  await applyUndo(host, await findUndo(host), { allowBreaks: false });
  expect(await whole(to)).toEqual(before);
});

it('a restore test says so too, and leaves nothing', async () => {
  const from = await place(...LACKING);
  const host = hostOf(from.url, data.folder);
  const archive = await backUp(host, 'shop-test');
  await from.sql('DROP VIEW broken');
  const { result } = await rehearseBackup(host, archive, 'shop-test', { allowCode: true });
  expect(result.blemishes.map(({ name }) => name).sort()).toEqual(LOST);
  expect(await leftIn(from)).toEqual([]);
});

it('an account that may make no triggers is refused before anything has changed places', async () => {
  const from = await place(...SHOP.filter((statement) => !/FUNCTION|VIEW/.test(statement)));
  const archive = await backUp(hostOf(from.url, data.folder), 'shop-rights');
  const to = await place('CREATE TABLE orders (id int PRIMARY KEY, old text)');
  const user = `poor_${to.name}`.slice(0, 30);
  await to.sql(
    `CREATE USER ${user}@'%' IDENTIFIED BY 'secret'`,
    `GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES, LOCK TABLES, CREATE VIEW, SHOW VIEW ON ${to.name}.* TO ${user}@'%'`,
  );
  try {
    const url = new URL(to.url);
    [url.username, url.password] = [user, 'secret'];
    const host = hostOf(url.toString(), data.folder);
    const before = await whole(to);
    await expect(restoreBackup(host, archive, 'shop-rights', REQUEST)).rejects.toMatchObject({
      code: 'DATABASE_REFUSED',
    });
    expect(await whole(to)).toEqual(before);
    expect(await leftIn(to)).toEqual([]);
    const lock = await host.database.lock(newJobId());
    await lock.release();
  } finally {
    await to.sql(`DROP USER ${user}@'%'`);
  }
});

it('what cannot be made after a swap is told, and keeps no later job from going on', async () => {
  const from = await place(...SHOP.filter((statement) => !/gone|broken/.test(statement)));
  const archive = await backUp(hostOf(from.url, data.folder), 'shop-late');
  const to = await place(...SHOP.filter((statement) => statement.includes('FUNCTION')));
  const host = hostOf(to.url, data.folder);
  // Somebody drops the function between the trial and the swap.
  const meddler = await createConnection(to.url.replace(/^mariadb:/, 'mysql:'));
  try {
    const { result } = await restoreBackup(
      { ...host, database: beforeSwap(host.database, () => meddler.query('DROP FUNCTION doubled')) },
      archive,
      'shop-late',
      REQUEST,
    );
    expect(result.blemishes.map(({ name }) => name).sort()).toEqual(['above', 'calls']);
    const lock = await host.database.lock(newJobId());
    await lock.release();
    expect(await to.query('SELECT n FROM counted')).toEqual([{ n: '2' }]);
    // Whoever comes once it is there again makes the rest.
    await to.sql(...SHOP.filter((statement) => statement.includes('FUNCTION')));
    const next = await host.database.lock(newJobId());
    await next.release();
    expect(await to.query('SELECT twice FROM above ORDER BY twice')).toEqual([
      { twice: '20' },
      { twice: '40' },
    ]);
  } finally {
    await meddler.end();
  }
});
