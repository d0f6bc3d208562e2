import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { applyUndo, findUndo } from '../../src/server/actions/restore/undos';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Archive } from '../../src/server/dumper/archive/archive';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { forge, openForged } from '../helpers/forge';
import { ownPlace } from '../helpers/place';
import { pgDump, serverUrl, withClient, type TestDatabase } from '../helpers/postgres';
import { stateOf } from '../helpers/state';

/** Collations of the app come back, with all that can be said of one and in every place that names one. */
const tool = pgDump();
const { data, database, copy } = ownPlace();
const hostAt = (database: TestDatabase) => hostOf(database.url, data.folder);

const COLLATIONS: readonly (readonly [since: number, sql: string])[] = [
  [120000, `CREATE COLLATION plain (provider = icu, locale = 'de-u-co-phonebk')`],
  [120000, `CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`],
  [120000, `CREATE COLLATION "it's ""odd""" (provider = libc, lc_collate = 'C', lc_ctype = 'POSIX')`],
  [160000, `CREATE COLLATION ruled (provider = icu, locale = 'und', rules = '&a < ''";''')`],
  [170000, `CREATE COLLATION own (provider = builtin, locale = 'C.UTF-8')`],
];

const PLACES = `
  COMMENT ON COLLATION ci IS 'it''s folded';
  CREATE TABLE tag (id int PRIMARY KEY, name text COLLATE ci UNIQUE, odd text COLLATE "it's ""odd""", plain text);
  CREATE INDEX by_name ON tag (plain COLLATE ci, lower(odd COLLATE plain));
  CREATE DOMAIN label AS text COLLATE ci CHECK (VALUE <> 'x');
  CREATE TYPE pair AS (a text COLLATE ci, b int);
  CREATE TYPE span AS RANGE (subtype = text, collation = ci);
  CREATE TABLE made (l label, p pair, s span, g text COLLATE ci GENERATED ALWAYS AS (l || '!') STORED);
  CREATE TABLE parts (k text COLLATE plain) PARTITION BY LIST (k COLLATE plain);
  CREATE TABLE parts_a PARTITION OF parts FOR VALUES IN ('a');
  CREATE VIEW seen AS SELECT name COLLATE plain AS name FROM tag WHERE plain = 'ABC' COLLATE ci ORDER BY 1;
  CREATE MATERIALIZED VIEW kept AS SELECT name, count(*) FROM tag GROUP BY name;
  CREATE FUNCTION same(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2 COLLATE ci';
  CREATE TABLE checked (a text, CHECK (a = 'A' COLLATE ci), CHECK (same(a, 'a')));
  INSERT INTO tag VALUES (1, 'Abc', 'x', 'Abc'), (2, 'b', 'y', 'B');
  INSERT INTO made VALUES ('a', ROW('a', 1), '[a,b]');
  INSERT INTO parts VALUES ('a');
  INSERT INTO checked VALUES ('a');
  REFRESH MATERIALIZED VIEW kept;`;

/** But for what it says of the account. */
const warningsOf = async (target: TestDatabase, archive: Archive) =>
  (await previewBackup(hostAt(target), archive, { all: true })).warnings.filter(
    (warning) => warning.kind !== 'account',
  );

let all: string;
beforeAll(async () => {
  const [server] = await withClient(
    serverUrl('postgres'),
    async (client) =>
      (await client.query<{ v: string }>("SELECT current_setting('server_version_num') AS v")).rows,
  );
  const version = Number(server?.v);
  all = COLLATIONS.flatMap(([since, sql]) => (version >= since ? [`${sql};`] : [])).join('\n') + PLACES;
});

it('come back into an empty database', async () => {
  const [source, target] = [await database(all), await database()];
  const archive = await backUp(hostAt(source), 'whole');
  expect(archive.manifest.notIncluded).toEqual([]);
  expect(await warningsOf(target, archive)).toEqual([]);
  await restoreAll(hostAt(target), archive);
  expect(await stateOf(target.url, tool)).toEqual(await stateOf(source.url, tool));
});

it.each([
  ['nothing has changed', ''],
  ['nothing needs it any more', 'DROP MATERIALIZED VIEW kept; DROP TABLE checked;'],
  [
    'another one has its name',
    `DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE COLLATION ci (provider = icu, locale = 'de');
     CREATE COLLATION plain FROM "C";
     CREATE DOMAIN label AS text COLLATE ci CHECK (VALUE <> 'x'); CREATE TYPE pair AS (a text COLLATE ci, b int); CREATE TABLE made (p pair, l label);
     CREATE TABLE tag (id int PRIMARY KEY, name text COLLATE ci UNIQUE);
     CREATE TABLE parts (k text COLLATE plain); CREATE VIEW seen AS SELECT name COLLATE ci AS name FROM tag; INSERT INTO tag VALUES (3, 'c');`,
  ],
])('come back over what is here, and so does that: %s', async (_, later) => {
  const source = await database(all);
  const archive = await backUp(hostAt(source), `over${later.length}`);
  const expected = await copy(source);
  if (later !== '') await source.sql(later);
  const before = await stateOf(source.url, tool);
  await restoreAll(hostAt(source), archive);
  const { schemas } = await stateOf(source.url, tool);
  expect(schemas).toEqual((await stateOf(expected.url, tool)).schemas);
  await applyUndo(hostAt(source), await findUndo(hostAt(source)), { allowBreaks: false });
  expect(await stateOf(source.url, tool)).toEqual(before);
});

it('come with the collections that need them', async () => {
  const [source, target] = [await database(all), await database()];
  const archive = await backUp(hostAt(source), 'few', { collections: ['tag'] });
  expect(archive.manifest.objects.map((object) => object.name).sort()).toEqual(['ci', `it's "odd"`, 'plain']);
  await restoreAll(hostAt(target), archive, { collections: ['tag'] });
  const rows = `SELECT * FROM tag ORDER BY id`;
  expect(await target.query(rows)).toEqual(await source.query(rows));
});

it('one that other tables use in another meaning stays, and the restore says so', async () => {
  const source = await database(all);
  const archive = await backUp(hostAt(source), 'meaning');
  const target = await database(
    `CREATE COLLATION ci FROM "C"; CREATE TABLE stays (a text COLLATE ci); CREATE TABLE tag (id int);`,
  );
  const before = await stateOf(target.url, tool);
  await expect(restoreAll(hostAt(target), archive, { collections: ['tag'] })).rejects.toMatchObject({
    code: 'TYPE_IN_USE',
  });
  expect(await stateOf(target.url, tool)).toEqual(before);
});

it('one that the server cannot have is named before, and by consent rows come without it', async () => {
  const [source, target] = [await database(all), await database()];
  await backUp(hostAt(source), 'foreign');
  const bytes = await readFile(join(data.folder, 'backups', 'foreign.ark'));
  const archive = await openForged(
    await forge(bytes, (manifest) => {
      const { objects } = manifest as {
        objects: { name: string; native: { postgres: { collation?: object } } }[];
      };
      const found = objects.find((object) => object.name === 'plain');
      if (found)
        found.native.postgres.collation = {
          provider: 'libc',
          collate: 'no_WHERE',
          ctype: 'no_WHERE',
          deterministic: true,
        };
    }),
  );
  const before = await stateOf(target.url, tool);
  expect(await warningsOf(target, archive)).toEqual([
    { kind: 'breaks', code: 'collation-refused', name: 'plain', why: expect.any(String) as unknown },
  ]);
  await expect(restoreAll(hostAt(target), archive)).rejects.toMatchObject({ code: 'DEPENDENT_WOULD_BREAK' });
  expect(await stateOf(target.url, tool)).toEqual(before);

  await restoreBackup(hostAt(target), archive, 'foreign.ark', {
    selection: { all: true },
    allowBreaks: true,
    allowCode: true,
  });
  const [made] = await target.query(
    `SELECT collprovider, collcollate FROM pg_collation WHERE collname = 'plain' AND collnamespace = 'public'::regnamespace`,
  );
  expect(made).toEqual({ collprovider: 'c', collcollate: 'C' });
  for (const table of ['tag', 'made', 'parts', 'checked'])
    expect(await target.query(`SELECT * FROM ${table}`)).toEqual(
      await source.query(`SELECT * FROM ${table}`),
    );
});
