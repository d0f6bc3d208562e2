import { copyDatabase } from '../../src/server/actions/restore/copyDatabase';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { applyUndo, findUndo } from '../../src/server/actions/restore/undos';
import { backUp, hostOf, offlineTestHost, restoreAll } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';
import { newMysql, startMysql, type Server, type TestMysql } from './mysql';
import { whole } from './mysqlState';

const { data, database } = ownPlace();
let server: Server;
const places: TestMysql[] = [];
beforeAll(async () => {
  server = await startMysql();
});
afterAll(async () => {
  for (const each of places) await each.drop();
  await server.stop();
});
const place = async (...statements: string[]): Promise<TestMysql> => {
  const made = await newMysql(server);
  places.push(made);
  await made.sql(...statements);
  return made;
};
const mysqlHost = ({ database: at }: TestMysql) => offlineTestHost(at, data.folder);
const postgresHost = ({ url }: TestDatabase) => hostOf(url, data.folder);
let count = 0;

const POSTGRES = `
  CREATE TABLE people (id bigserial PRIMARY KEY, name varchar(80) NOT NULL, code text UNIQUE, born date, seen timestamptz DEFAULT now(),
    wall timestamp, at time, rate double precision DEFAULT 0.5, small real, sum numeric(12,2), loose numeric, ok boolean NOT NULL DEFAULT true,
    tags jsonb, raw json, bytes bytea, uid uuid, note text DEFAULT 'none');
  CREATE INDEX people_seen ON people (seen, name);
  CREATE INDEX people_note ON people (note);
  INSERT INTO people VALUES
    (1, 'Ann', 'a', '2024-02-29', '2026-11-20 10:15:00.123456+00', '1999-01-01 00:00:00', '23:59:59.5', 0.1234567890123, 0.1, 10.50, 0.00001, true, '{"b": 1.10, "a": [1, null, "ü"]}', '{"a": 1, "a": 2}', '\\x00ff', '123e4567-e89b-12d3-a456-426655440000', E'x, "y"\\n\\\\'),
    (2, 'Bob', 'A', NULL, NULL, NULL, NULL, 1e300, NULL, NULL, 12345678901234567890, false, 'null', NULL, '', NULL, ''),
    (9007199254740993, 'ü€𝄞', 'a ', '0001-01-01', '1969-07-20 20:17:40+00', NULL, '00:00:00', -0.0, 3.4028235e38, -99.99, NULL, true, NULL, NULL, NULL, NULL, NULL);
  SELECT setval('people_id_seq', 9007199254740993);
  CREATE TABLE orders (number integer PRIMARY KEY, person bigint REFERENCES people (id) ON DELETE CASCADE, code text REFERENCES people (code), double integer GENERATED ALWAYS AS (number * 2) STORED);
  INSERT INTO orders (number, person, code) VALUES (1, 1, 'a'), (2, 9007199254740993, 'A'), (3, NULL, NULL);
  CREATE VIEW names AS SELECT name FROM people;
  CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';`;

/** What an app would see of both, in one spelling. */
const ROWS = {
  postgres: `SELECT p.id::text, name, code, born::text, to_char(seen AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS seen, to_char(wall, 'YYYY-MM-DD HH24:MI:SS.US') AS wall,
    at::text AS at, rate, small::float8::real::text AS small, sum::text, (loose::numeric(65,30))::text AS loose, ok::int AS ok, encode(bytes, 'hex') AS bytes, uid::text, note, tags::text AS tags, raw::text AS raw
    FROM people p ORDER BY p.id`,
  mysql: `SELECT id, name, code, born, seen, wall, at, rate, small, sum, loose, ok, LOWER(HEX(bytes)) AS bytes, uid, note, tags, raw FROM people ORDER BY id`,
};
const plain = (rows: Record<string, unknown>[]) =>
  rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => {
        if (value === null || value === undefined) return [name, null];
        const text = (value as string | number).toString();
        if (name === 'tags' || name === 'raw') return [name, JSON.parse(text) as unknown];
        if (name === 'rate' || name === 'ok') return [name, Number(text)];
        if (name === 'small') return [name, Math.fround(Number(text)).toPrecision(6)];
        return [name, name === 'at' ? text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '') : text];
      }),
    ),
  );

it('from PostgreSQL to MariaDB and back: equal value by value, keys and next numbers too', async () => {
  const from = await database(POSTGRES);
  const archive = await backUp(postgresHost(from), `across-${(count += 1)}`);
  const to = await place('CREATE TABLE people (id int PRIMARY KEY)', 'INSERT INTO people VALUES (5)');
  const before = await whole(to);
  const preview = await previewBackup(mysqlHost(to), archive, { all: true });
  expect(preview.warnings.map(({ code }) => code).sort()).toEqual([
    'across',
    'across-left',
    'across-objects',
  ]);
  expect(preview.warnings.find(({ code }) => code === 'across-left')).toMatchObject({
    things: expect.arrayContaining([
      { kind: 'view', name: 'names' },
      { kind: 'generated', collection: 'orders', name: 'double' },
    ]) as unknown,
  });
  expect(await whole(to)).toEqual(before);
  await restoreAll(mysqlHost(to), archive);
  const [then, now] = [
    await from.query<Record<string, unknown>>(ROWS.postgres),
    await to.query<Record<string, unknown>>(ROWS.mysql),
  ];
  expect(plain(now)).toEqual(plain(then));
  await to.sql(`INSERT INTO people (name) VALUES ('next')`);
  expect(
    await to.query(`SELECT id, ok, note, seen IS NOT NULL AS seen FROM people WHERE name = 'next'`),
  ).toEqual([{ id: '9007199254740994', ok: '1', note: 'none', seen: '1' }]);
  await expect(to.sql('INSERT INTO orders (number, person) VALUES (7, 4711)')).rejects.toThrow(/foreign key/);
  await to.sql(
    `DELETE FROM people WHERE name = 'next'`,
    'ALTER TABLE people AUTO_INCREMENT = 9007199254740994',
  );

  // And back.
  const back = await backUp(mysqlHost(to), `across-${(count += 1)}`);
  const home = await database('');
  await restoreAll(postgresHost(home), back);
  const again = ROWS.postgres.replace("seen AT TIME ZONE 'UTC'", 'seen').replaceAll('uid::text', 'uid');
  expect(plain(await home.query<Record<string, unknown>>(again))).toEqual(plain(then));
  await home.sql(`INSERT INTO people (name, rate) VALUES ('next', 1)`);
  expect(await home.query(`SELECT id::text AS id FROM people WHERE name = 'next'`)).toEqual([
    { id: '9007199254740994' },
  ]);
  await expect(home.sql('INSERT INTO orders (number, person) VALUES (7, 4711)')).rejects.toThrow(
    /foreign key/,
  );

  // What was there comes back with an undo.
  await applyUndo(mysqlHost(to), await findUndo(mysqlHost(to)), { allowBreaks: false });
  expect(await whole(to)).toEqual(before);
});

it('copies from one to the other without a file', async () => {
  const from = await database(POSTGRES);
  const to = await place();
  const request = { selection: { all: true }, allowBreaks: false, allowCode: true };
  await copyDatabase(postgresHost(from), mysqlHost(to), request);
  expect(plain(await to.query<Record<string, unknown>>(ROWS.mysql))).toEqual(
    plain(await from.query<Record<string, unknown>>(ROWS.postgres)),
  );
});

it.each([
  ['an array', 'CREATE TABLE t (id int PRIMARY KEY, a integer[])', /t\.a/],
  [
    'a partitioned table',
    'CREATE TABLE t (id int) PARTITION BY RANGE (id); CREATE TABLE t1 PARTITION OF t DEFAULT',
    /t/,
  ],
  ['a point', 'CREATE TABLE t (id int PRIMARY KEY, p point)', /t\.p/],
])('%s has no place there, which is said before anything is done', async (_, sql, named) => {
  const archive = await backUp(postgresHost(await database(sql)), `across-${(count += 1)}`);
  const to = await place();
  await expect(previewBackup(mysqlHost(to), archive, { all: true })).rejects.toMatchObject({
    code: 'DIALECT_DIFFERS',
    message: expect.stringMatching(named) as string,
  });
  await expect(restoreAll(mysqlHost(to), archive)).rejects.toMatchObject({ code: 'DIALECT_DIFFERS' });
  expect(await whole(to)).toEqual({ triggers: [] });
});

it.each([
  [
    'infinity',
    `CREATE TABLE t (id int PRIMARY KEY, x double precision); INSERT INTO t VALUES (1, 'infinity')`,
  ],
  ['no number', `CREATE TABLE t (id int PRIMARY KEY, x real); INSERT INTO t VALUES (1, 'NaN')`],
  ['no decimal', `CREATE TABLE t (id int PRIMARY KEY, x numeric); INSERT INTO t VALUES (1, 'NaN')`],
  [
    'a moment that never comes',
    `CREATE TABLE t (id int PRIMARY KEY, x timestamptz); INSERT INTO t VALUES (1, 'infinity')`,
  ],
  [
    'a day before year one',
    `CREATE TABLE t (id int PRIMARY KEY, x date); INSERT INTO t VALUES (1, '0044-03-15 BC')`,
  ],
  ['more digits', `CREATE TABLE t (id int PRIMARY KEY, x numeric); INSERT INTO t VALUES (1, 1e40)`],
])('%s is refused by the other server, and nothing is changed', async (_, sql) => {
  const archive = await backUp(postgresHost(await database(sql)), `across-${(count += 1)}`);
  const to = await place('CREATE TABLE t (id int PRIMARY KEY, old int)', 'INSERT INTO t VALUES (7, 7)');
  const before = await whole(to);
  await expect(restoreAll(mysqlHost(to), archive)).rejects.toThrow();
  expect(await whole(to)).toEqual(before);
});

it.each([
  [
    'a zero date',
    `CREATE TABLE t (id int PRIMARY KEY, x datetime)`,
    `INSERT IGNORE INTO t VALUES (1, '0000-00-00 00:00:00')`,
  ],
  [
    'a NUL in a text',
    `CREATE TABLE t (id int PRIMARY KEY, x varchar(20))`,
    `INSERT INTO t VALUES (1, 'a\\0b')`,
  ],
  ['two in a boolean', `CREATE TABLE t (id int PRIMARY KEY, x tinyint(1))`, `INSERT INTO t VALUES (1, 2)`],
  ['more than a day', `CREATE TABLE t (id int PRIMARY KEY, x time)`, `INSERT INTO t VALUES (1, '25:00:00')`],
])('%s is refused by PostgreSQL, and nothing is changed', async (_, ...statements) => {
  const archive = await backUp(
    mysqlHost(await place(`SET sql_mode = ''`, ...statements)),
    `across-${(count += 1)}`,
  );
  const to = await database('CREATE TABLE t (id int PRIMARY KEY, old int); INSERT INTO t VALUES (7, 7)');
  await expect(restoreAll(postgresHost(to), archive)).rejects.toThrow();
  expect(await to.query('SELECT id, old FROM t')).toEqual([{ id: 7, old: 7 }]);
});
