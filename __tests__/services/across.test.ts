import { readFile } from 'node:fs/promises';
import { compareBackup, compareBackups } from '../../src/server/actions/compare/compareBackup';
import { copyDatabase } from '../../src/server/actions/restore/copyDatabase';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { applyUndo, findUndo } from '../../src/server/actions/restore/undos';
import type { Database } from '../../src/server/dumper/dialect';
import { newJobId } from '../../src/server/dumper/job';
import { openBackup } from '../../src/server/dumper/legacy/open';
import { csvRows } from '../../src/server/dumper/rows/csv';
import { storedColumns } from '../../src/server/dumper/schema/structure';
import { backUp, hostOf, offlineTestHost, restoreAll } from '../helpers/ark';
import { asManager, dump, MARIADB, mariadbDump, nbdata } from '../helpers/nbdata';
import { inMemory, nbdump, sample } from '../helpers/nbdump';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';
import { ownMysql, type TestMysql } from './mysql';
import { NOTHING, whole } from './mysqlState';

const { data, database } = ownPlace();
const place = ownMysql();
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

it('lists and shapes become JSON, and on the way back what the app’s fields say that they are', async () => {
  const from = await database(`
    CREATE TABLE "applicationPlugins" (id serial PRIMARY KEY, name text, "packageName" text, version text, enabled boolean);
    CREATE TABLE collections (key text PRIMARY KEY, name text, options json);
    CREATE TABLE fields (key text PRIMARY KEY, name text, type text, "collectionName" text, options json);
    INSERT INTO collections VALUES ('c', 'places', '{}');
    INSERT INTO fields VALUES ('1', 'at', 'point', 'places', '{}'), ('2', 'area', 'polygon', 'places', '{}'),
      ('3', 'way', 'lineString', 'places', '{}'), ('4', 'around', 'circle', 'places', '{}'), ('5', 'tags', 'array', 'places', '{}'),
      ('6', 'counts', 'array', 'places', '{"dataType":"array","elementType":"bigint"}'),
      ('7', 'flags', 'array', 'places', '{"dataType":"array","elementType":"boolean"}'),
      ('8', 'words', 'array', 'places', '{"dataType":"array","elementType":"string"}');
    CREATE TABLE places (id int PRIMARY KEY, at point, area polygon, way path, around circle, tags text[] DEFAULT '{}', counts bigint[], sums numeric[], flags boolean[], words varchar(255)[] DEFAULT '{}');
    CREATE INDEX ON places USING gin (tags);
    INSERT INTO places VALUES
      (1, '(1.5,-2)', '((0,0),(1,0),(1,1))', '((0,0),(0.00001,1e30))', '<(1,2),3>', '{"a,\\"b",NULL,""}', '{9007199254740993,NULL}', '{1.10}', '{t,f}', ARRAY['', NULL, 'NULL', 'a b', '{x}', 'q"\\', E'\n', 'plain', ',']),
      (2, NULL, NULL, NULL, NULL, '{}', '{}', NULL, NULL, '{}'), (3, NULL, NULL, NULL, NULL, '{}', '{{1,2},{3,NULL}}', NULL, NULL, '{{a},{b}}')`);
  const shapes =
    'id, at::text AS at, area::text AS area, way::text AS way, around::text AS around, counts::text AS counts, flags::text AS flags, words::text AS words';
  const before = await from.query(`SELECT ${shapes} FROM places ORDER BY id`);
  const archive = await backUp(postgresHost(from), `across-${(count += 1)}`);
  const maria = await place();
  const { warnings } = await previewBackup(mysqlHost(maria), archive, { all: true });
  expect(warnings.map(({ code }) => code)).toContain('across-left');
  await restoreAll(mysqlHost(maria), archive, { all: true });
  expect(await maria.query('SELECT * FROM places ORDER BY id')).toEqual([
    {
      ...{
        id: '1',
        at: '[1.5,-2]',
        area: '[[0,0],[1,0],[1,1]]',
        way: '[[0,0],[1e-05,1e+30]]',
        around: '[1,2,3]',
      },
      ...{
        tags: '["a,\\"b",null,""]',
        counts: '[9007199254740993,null]',
        sums: '[1.10]',
        flags: '[true,false]',
        words: '["",null,"NULL","a b","{x}","q\\"\\\\","\\n","plain",","]',
      },
    },
    {
      ...{ id: '2', at: null, area: null, way: null, around: null },
      ...{ tags: '[]', counts: '[]', sums: null, flags: null, words: '[]' },
    },
    {
      ...{ id: '3', at: null, area: null, way: null, around: null },
      ...{ tags: '[]', counts: '[[1,2],[3,null]]', sums: null, flags: null, words: '[["a"],["b"]]' },
    },
  ]);
  await maria.sql('INSERT INTO places (id) VALUES (4)');
  expect(await maria.query('SELECT tags FROM places WHERE id = 4')).toEqual([{ tags: '[]' }]);
  await maria.sql('DELETE FROM places WHERE id = 4');

  const home = await database('');
  await restoreAll(postgresHost(home), await backUp(mysqlHost(maria), `across-${(count += 1)}`));
  expect(await home.query(`SELECT ${shapes} FROM places ORDER BY id`)).toEqual(before);
  expect(await home.query('SELECT tags FROM places ORDER BY id')).toEqual([
    { tags: ['a,"b', null, ''] },
    { tags: [] },
    { tags: [] },
  ]);
  await home.query('INSERT INTO places (id) VALUES (4)');
  expect(await home.query('SELECT words FROM places WHERE id = 4')).toEqual([{ words: [] }]);
});

describe('a value that has become another on the way', () => {
  const OF_TYPES: Readonly<
    Record<string, readonly [postgres: string, mysql: string, sent: string, other: string]>
  > = {
    flag: ['boolean', 'tinyint(1)', 'true', 'f'],
    small: ['smallint', 'smallint', '7', '8'],
    big: ['bigint', 'bigint', '9007199254740993', '9007199254740992'],
    sum: ['numeric(20,10)', 'decimal(20,10)', '12345678.0000000001', '12345678.0000000002'],
    real_one: ['real', 'float', '0.1', '0.10000002'],
    ratio: ['double precision', 'double', '0.30000000000000004', '0.3'],
    words: ['text', 'longtext', "'a '", 'a'],
    doc: ['json', 'json', `'{"a": 9007199254740993, "b": "x"}'`, '"{""b"": ""x"", ""a"": 9007199254740992}"'],
    uid: [
      'uuid',
      'char(36) COLLATE utf8mb4_bin',
      "'123e4567-e89b-12d3-a456-426655440000'",
      '123e4567-e89b-12d3-a456-426655440001',
    ],
    day: ['date', 'date', "'2024-02-29'", '2024-02-28'],
    hour: ['time', 'time(6)', "'23:59:59.5'", '23:59:59.500001'],
    at: ['timestamptz', 'timestamp(6)', "'2024-02-29 12:00:00.123456'", '2024-02-29 12:00:00.123457+00'],
    wall: ['timestamp', 'datetime(6)', "'1999-01-01 00:00:00'", '1999-01-01 00:00:01'],
    bytes: ['bytea', 'blob', '', '\\x00fe'],
    gone: ['text', 'varchar(20)', 'NULL', '""'],
  };
  const columns = Object.entries(OF_TYPES);
  const made = (at: 0 | 1) =>
    `CREATE TABLE t (id int PRIMARY KEY, ${columns.map(([name, types]) => `${name} ${types[at]}`).join(', ')})`;
  const filled = (bytes: string) =>
    `INSERT INTO t VALUES (1, ${columns.map(([name, { 2: sent }]) => (name === 'bytes' ? bytes : sent)).join(', ')})`;

  /** A database that gets something else of one column than was sent. */
  const spoiling = (database: Database, at: number, other: string): Database => ({
    ...database,
    async lock(job) {
      const lock = await database.lock(job);
      return {
        ...lock,
        restore: (plan, source, options) =>
          lock.restore(
            plan,
            {
              ...source,
              async *chunks(name) {
                for await (const fetch of source.chunks(name))
                  yield async () => {
                    const chunk = await fetch();
                    if (!('data' in chunk)) throw new Error('it is small');
                    const fields = Buffer.from(chunk.data)
                      .toString()
                      .trimEnd()
                      .match(/(?:"(?:[^"]|"")*"|[^,"]*)(?:,|$)/g);
                    const row = (fields ?? [])
                      .slice(0, columns.length + 1)
                      .map((field) => field.replace(/,$/, ''));
                    row[at + 1] = other;
                    chunk.release();
                    return { ...chunk, data: Buffer.from(`${row.join(',')}\n`), release: () => undefined };
                  };
              },
            },
            options,
          ),
      };
    },
  });

  it.each(['PostgreSQL to MariaDB', 'MariaDB to PostgreSQL'])('%s: nothing changes places', async (way) => {
    const back = way.startsWith('Maria');
    const [home, maria] = [
      await database(back ? 'CREATE TABLE t (id int PRIMARY KEY)' : `${made(0)}; ${filled(`'\\x00ff'`)}`),
      await (back
        ? place(`SET time_zone = '+00:00'`, made(1), filled(`X'00ff'`))
        : place('CREATE TABLE t (id int)')),
    ];
    const [from, to] = back ? [mysqlHost(maria), postgresHost(home)] : [postgresHost(home), mysqlHost(maria)];
    const archive = await backUp(from, `spoiled-${(count += 1)}`);
    const before = await contents(to.database);
    for (const [at, [name, { 3: other }]] of columns.entries()) {
      const spoiled = { ...to, database: spoiling(to.database, at, other) };
      const refused: unknown = await restoreAll(spoiled, archive).catch((error: unknown) => error);
      expect({ name, refused }).toMatchObject({
        name,
        refused: {
          code: 'CHECK_FAILED',
          details: { code: 'columns-differ', collection: 't', columns: [name] },
        },
      });
    }
    expect(await contents(to.database)).toEqual(before);
    await restoreAll(to, archive);
  });
});

it.each([
  ['a list in a key', 'CREATE TABLE t (id integer[] PRIMARY KEY)', /t\.id/],
  ['an interval', 'CREATE TABLE t (id int PRIMARY KEY, i interval)', /t\.i/],
  [
    'a partitioned table',
    'CREATE TABLE t (id int) PARTITION BY RANGE (id); CREATE TABLE t1 PARTITION OF t DEFAULT',
    /t/,
  ],
  ['a box', 'CREATE TABLE t (id int PRIMARY KEY, b box)', /t\.b/],
])('%s has no place there, which is said before anything is done', async (_, sql, named) => {
  const archive = await backUp(postgresHost(await database(sql)), `across-${(count += 1)}`);
  const to = await place();
  await expect(previewBackup(mysqlHost(to), archive, { all: true })).rejects.toMatchObject({
    code: 'DIALECT_DIFFERS',
    message: expect.stringMatching(named) as string,
  });
  await expect(restoreAll(mysqlHost(to), archive)).rejects.toMatchObject({ code: 'DIALECT_DIFFERS' });
  expect(await whole(to)).toEqual(NOTHING);
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
  [
    'a list that begins at 5',
    `CREATE TABLE t (id int PRIMARY KEY, x int[]); INSERT INTO t VALUES (1, '[5:6]={1,2}')`,
  ],
  ['an open path', `CREATE TABLE t (id int PRIMARY KEY, x path); INSERT INTO t VALUES (1, '[(0,0),(1,1)]')`],
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

/** One spelling of what both kinds of servers write each their own way. */
function spelled(text: string | null): unknown {
  if (text === null || text === '') return text;
  // PostgreSQL's own shapes, and lists of coordinates.
  const list = /^<\(([^()]*)\),(.*)>$/.exec(text)?.slice(1, 3).join(',');
  const shape = list === undefined ? text : `[${list}]`;
  const json = /^\(/.test(shape)
    ? shape.replaceAll('(', '[').replaceAll(')', ']')
    : shape.replace(/^\{([\w,]+)\}$/, (_, items: string) =>
        JSON.stringify(
          items.split(',').map((item) => (/^\d+$/.test(item) ? Number(item) : item === 'NULL' ? null : item)),
        ),
      );
  if (/^[{[]|^"|^null$/.test(json)) {
    try {
      return inOrder(JSON.parse(json));
    } catch {
      return text;
    }
  }
  if (/^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/.test(text)) return numbered(text);
  return /^\d{4}-\d\d-\d\d \d\d:|^\d\d:\d\d:\d\d/.test(text) ? trimmed(text.replace(/\+00$/, '')) : text;
}
const trimmed = (text: string): string => text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
const numbered = (text: string): string => {
  const plain = trimmed(text);
  return /e|\d{20}/.test(plain) ? String(Number(plain)) : plain;
};

/** PostgreSQL keeps the names of jsonb in an order of its own. */
const inOrder = (value: unknown): unknown =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .map(([name, inside]) => [name, inOrder(inside)] as const)
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      )
    : Array.isArray(value)
      ? value.map(inOrder)
      : value;

/** Every value of a database, table by table, read as a backup reads it. */
async function contents(at: Database): Promise<Record<string, unknown[]>> {
  const snapshot = await at.snapshot({ readers: 1, app: {}, job: newJobId() });
  const all: Record<string, unknown[]> = {};
  try {
    for (const relation of snapshot.schema.relations.filter(({ kind }) => kind === 'table')) {
      const names = storedColumns(relation).map(({ name }) => name);
      const rows: string[] = [];
      for await (const chunk of snapshot.read(relation, 64 * 1024)) {
        const data = Buffer.from(chunk.data);
        chunk.release();
        const once = async function* () {
          yield await Promise.resolve(data);
        };
        for await (const row of csvRows(once(), [...names.keys()]))
          rows.push(
            JSON.stringify(
              Object.fromEntries(row.map((value, i) => [names[i] ?? '', spelled(value)]).sort()),
            ),
          );
      }
      all[relation.name] = rows.sort();
    }
    return all;
  } finally {
    await snapshot.close();
  }
}

describe('backups of NocoBase itself come into MariaDB as they come into PostgreSQL', () => {
  const FIELDS = {
    id: { type: 'bigInt', primaryKey: true, autoIncrement: true },
    title: { type: 'string', unique: true },
    body: { type: 'text', defaultValue: 'none' },
    done: { type: 'boolean', defaultValue: false },
    at: { type: 'date' },
    price: { type: 'decimal', precision: 10, scale: 2 },
    tags: { type: 'json' },
    place: { type: 'point' },
    list: { type: 'array', dataType: 'array', elementType: 'string' },
  };
  const rows = [
    [1, 'a', 'x, "y"\n', 1, '2024-02-29 23:59:59', '10.50', '{"a": 1.10}', [1.5, -2], ['p', null]],
    [2, 'A ', null, 0, null, '-0.01', 'null', null, null],
  ];
  it.each<[string, () => Promise<Buffer>, readonly string[], readonly string[]]>([
    ['MariaDB.nbdata', async () => nbdata(Buffer.from(asManager(mariadbDump())), {}, MARIADB), [], []],
    [
      'PostgreSQL.nbdata',
      async () => nbdata(dump('nasty.dump')),
      ['d_phd', 'd_student'],
      // Numbers that are none, and years before 1.
      ['d_types'],
    ],
    ['PostgreSQL.nbdump', () => readFile(sample('all')), ['d_phd', 'd_student'], ['d_types']],
    ['SQLite.nbdump', () => readFile(sample('sqlite')), [], []],
    [
      'MySQL.nbdump',
      () =>
        nbdump(
          { notes: { fields: FIELDS, rows, more: { autoIncrement: { fieldName: 'id', currentVal: 9 } } } },
          { dialect: 'mysql' },
        ),
      [],
      [],
    ],
  ])('%s', async (name, bytes, unfit, more) => {
    const archive = await openBackup(inMemory(await bytes()), {}, name);
    const [to, home] = [await place(), await database('')];
    if (unfit.length > 0) {
      const refused: unknown = await restoreAll(mysqlHost(to), archive).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: 'DIALECT_DIFFERS' });
      const { what } = (refused as { details: { what: string[] } }).details;
      expect(what.sort()).toEqual(unfit);
      expect(await whole(to)).toEqual(NOTHING);
    }
    const without = new Set([...unfit.map((each) => each.split('.')[0]), ...more]);
    const collections = archive.manifest.collections
      .filter(
        ({ name: table, rows, structure }) => structure.kind === 'table' && rows > 0 && !without.has(table),
      )
      .map(({ name: table }) => table);
    const { warnings } = await previewBackup(mysqlHost(to), archive, { collections });
    const told = warnings.map(({ code }) => code);
    expect(told).toContain(/data$/.test(name) ? 'dump-plain' : 'old-plain');
    expect(told.includes('across')).toBe(!name.startsWith('MariaDB'));
    await restoreAll(mysqlHost(to), archive, { collections });
    await restoreAll(postgresHost(home), archive, { collections });
    const now = await contents(to.database);
    expect(Object.keys(now)).toEqual([...collections].sort());
    const there = await contents(postgresHost(home).database);
    for (const table of collections)
      expect({ table, rows: now[table] }).toEqual({ table, rows: there[table] });
  });

  it('with keys, defaults and the numbers that come next', async () => {
    const [maria, notes] = [await place(), await place()];
    const old = await nbdump(
      { notes: { fields: FIELDS, rows, more: { autoIncrement: { fieldName: 'id', currentVal: 9 } } } },
      { dialect: 'mysql' },
    );
    await restoreAll(mysqlHost(notes), await openBackup(inMemory(old)));
    await notes.sql(`INSERT INTO notes (title) VALUES ('b')`);
    expect(await notes.query(`SELECT id, body, done FROM notes WHERE title = 'b'`)).toEqual([
      { id: '9', body: 'none', done: '0' },
    ]);
    await expect(notes.sql(`INSERT INTO notes (title) VALUES ('b')`)).rejects.toThrow(/Duplicate/);

    const dumped = await nbdata(Buffer.from(asManager(mariadbDump())), {}, MARIADB);
    await restoreAll(mysqlHost(maria), await openBackup(inMemory(dumped)));
    await maria.sql(`INSERT INTO things (createdAt, whole) VALUES (now(), 50)`);
    expect(await maria.query('SELECT id, flag, `na``me "q"` AS name FROM things WHERE whole = 50')).toEqual([
      { id: '100', flag: '1', name: "it's" },
    ]);
    await expect(maria.sql('UPDATE things SET createdById = 4711')).rejects.toThrow(/foreign key/);
    // As NocoBase makes it: of a path only the beginning.
    const [made] = await maria.query<Record<string, string>>('SHOW CREATE TABLE things');
    expect(made?.['Create Table']).toMatch(/KEY `things_path` \(`path`\(191\)\)/);
  });
});

it('a backup of the other kind is compared as a restore would bring it, and each change is found', async () => {
  const folder = `${data.folder}/compare`;
  const asked = { selection: { groups: ['unknown' as const] }, examples: 2, folder };
  const [postgres, mysql] = [await database(POSTGRES), await place()];
  const archive = await backUp(postgresHost(postgres), `across-compare-${(count += 1)}`);
  await restoreBackup(mysqlHost(mysql), archive, 'x.ark', {
    selection: { collections: ['people', 'orders'] },
    allowBreaks: true,
    allowChanges: true,
    allowCode: true,
  });
  const same = await compareBackup(mysqlHost(mysql), archive, asked);
  expect(same.collections.map(({ name, equal, here, there }) => [name, equal, here, there])).toEqual([
    ['orders', 3, 3, 3],
    ['people', 3, 3, 3],
  ]);
  await mysql.sql(
    `UPDATE people SET sum = 10.51, tags = '{"a": [1, null, "u"], "b": 1.1}' WHERE id = 1`,
    `UPDATE people SET note = NULL WHERE id = 2`,
    `DELETE FROM orders WHERE number = 2`,
  );
  const after = await compareBackup(mysqlHost(mysql), archive, asked);
  expect(after.collections).toMatchObject([
    { name: 'orders', onlyThere: 1, changed: 0, equal: 2 },
    {
      ...{ name: 'people', onlyThere: 0, onlyHere: 0, changed: 2, equal: 1 },
      columns: [
        { name: 'sum', rows: 1 },
        { name: 'tags', rows: 1 },
        { name: 'note', rows: 1 },
      ],
    },
  ]);
  // The other way too, and of two backups without a database.
  const there = await backUp(mysqlHost(mysql), `across-compare-${(count += 1)}`);
  const back = await compareBackup(postgresHost(postgres), there, asked);
  expect(back.collections).toMatchObject([
    { name: 'orders', onlyHere: 1, changed: 0, equal: 2 },
    { name: 'people', changed: 2, equal: 1 },
  ]);
  const backups = await compareBackups(
    { name: 'here', archive: there },
    { name: 'there', archive },
    { ...asked, workers: 1 },
  );
  expect(backups.collections.map(({ columns }) => columns)).toEqual(
    after.collections.map(({ columns }) => columns),
  );
});
