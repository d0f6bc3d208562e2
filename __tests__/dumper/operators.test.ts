import { codeOf } from '../../src/server/dumper/archive/contents';
import { join } from 'node:path';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { applyUndo, findUndo } from '../../src/server/actions/restore/undos';

import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import { pgDump, type TestDatabase } from '../helpers/postgres';
import { stateOf } from '../helpers/state';
import { warningText } from '../../src/server/dumper/app/warning';

/** Operators, families and classes of the app come back, with all that can be said of one, and in every place that uses one. */
const tool = pgDump();
const { data, database, copy } = ownPlace();
const hostAt = (database: TestDatabase) => hostOf(database.url, data.folder);

const OPERATORS = `
  CREATE FUNCTION same_ci(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT lower($1) = lower($2) $$;
  CREATE FUNCTION other_ci(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT NOT public.same_ci($1, $2) $$;
  CREATE FUNCTION before(text, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT length($1) < $2 $$;
  CREATE FUNCTION after(int, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT length($2) < $1 $$;
  CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT $1 * 2 $$;
  CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = same_ci, COMMUTATOR = ===, NEGATOR = !==, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
  CREATE OPERATOR !== (LEFTARG = text, RIGHTARG = text, FUNCTION = other_ci, COMMUTATOR = !==, NEGATOR = ===, RESTRICT = neqsel, JOIN = neqjoinsel);
  CREATE OPERATOR <# (LEFTARG = text, RIGHTARG = int, FUNCTION = before, COMMUTATOR = ##>);
  CREATE OPERATOR ##> (LEFTARG = int, RIGHTARG = text, FUNCTION = after, COMMUTATOR = <#);
  CREATE OPERATOR @#@ (RIGHTARG = int, FUNCTION = twice);
  COMMENT ON OPERATOR === (text, text) IS 'it''s folded';
  COMMENT ON OPERATOR @#@ (NONE, int) IS 'two';
  CREATE TYPE mood AS ENUM ('sad', 'ok');
  CREATE FUNCTION mood_is(mood, mood) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1::text = $2::text $$;
  CREATE OPERATOR = (LEFTARG = mood, RIGHTARG = mood, FUNCTION = mood_is, COMMUTATOR = =, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES);`;

const CLASSES = `
  CREATE TYPE point2 AS (x int, y int);
  CREATE FUNCTION p_sign(int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT sign($1)::int $$;
  CREATE FUNCTION p_cmp(point2, point2) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN public.p_sign($1.x - $2.x); END $$;
  CREATE FUNCTION p_lt(point2, point2) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1.x < $2.x $$;
  CREATE FUNCTION p_le(point2, point2) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1.x <= $2.x $$;
  CREATE FUNCTION p_eq(point2, point2) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1.x = $2.x $$;
  CREATE FUNCTION p_ge(point2, point2) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1.x >= $2.x $$;
  CREATE FUNCTION p_gt(point2, point2) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1.x > $2.x $$;
  CREATE FUNCTION p_int(point2, int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT sign($1.x - $2)::int $$;
  CREATE FUNCTION p_same(point2, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1.x = $2 $$;
  CREATE FUNCTION p_hash(point2) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.hashint4($1.x) $$;
  CREATE OPERATOR #< (LEFTARG = point2, RIGHTARG = point2, FUNCTION = p_lt);
  CREATE OPERATOR #<= (LEFTARG = point2, RIGHTARG = point2, FUNCTION = p_le);
  CREATE OPERATOR #= (LEFTARG = point2, RIGHTARG = point2, FUNCTION = p_eq, COMMUTATOR = #=, HASHES, MERGES);
  CREATE OPERATOR #>= (LEFTARG = point2, RIGHTARG = point2, FUNCTION = p_ge);
  CREATE OPERATOR #> (LEFTARG = point2, RIGHTARG = point2, FUNCTION = p_gt);
  CREATE OPERATOR #= (LEFTARG = point2, RIGHTARG = int, FUNCTION = p_same);
  CREATE OPERATOR FAMILY "its ways" USING btree;
  CREATE OPERATOR FAMILY empty USING gin;
  CREATE OPERATOR CLASS by_x DEFAULT FOR TYPE point2 USING btree FAMILY "its ways" AS
    OPERATOR 1 #<, OPERATOR 2 #<=, OPERATOR 3 #=, OPERATOR 4 #>=, OPERATOR 5 #>, FUNCTION 1 p_cmp(point2, point2);
  ALTER OPERATOR FAMILY "its ways" USING btree ADD OPERATOR 3 #= (point2, int), FUNCTION 1 (point2, int) p_int(point2, int);
  CREATE OPERATOR CLASS by_x FOR TYPE point2 USING hash AS OPERATOR 1 #=, FUNCTION 1 p_hash(point2);
  COMMENT ON OPERATOR CLASS by_x USING btree IS 'of x';
  COMMENT ON OPERATOR FAMILY empty USING gin IS 'of nothing';
  CREATE TABLE places (p point2, q point2, UNIQUE (p));
  CREATE TABLE only_index (q point2);
  CREATE INDEX as_default_alone ON only_index (q);
  INSERT INTO only_index VALUES ((3, 3)), ((1, 1)), ((2, 2));
  CREATE INDEX as_default ON places (q);
  CREATE INDEX as_hash ON places USING hash (q by_x);
  CREATE TABLE near (p point2 REFERENCES places (p));
  CREATE VIEW sorted AS SELECT p FROM places ORDER BY p;
  CREATE MATERIALIZED VIEW distinct_q AS SELECT DISTINCT q FROM places;
  INSERT INTO places VALUES ((1, 1), (5, 5)), ((2, 1), (3, 3));
  INSERT INTO near VALUES ((1, 1));
  REFRESH MATERIALIZED VIEW distinct_q;`;

const PLACES = `
  CREATE TABLE o (id int PRIMARY KEY, a text, b text, m mood, CHECK (a === b), CONSTRAINT moods CHECK (m = 'ok'),
    g boolean GENERATED ALWAYS AS (a === 'x') STORED, n int DEFAULT @#@ 3);
  CREATE INDEX folded ON o (id) WHERE a !== 'y';
  CREATE TABLE plain (a text CHECK (a <# 5));
  CREATE VIEW ov AS SELECT * FROM o WHERE a === 'x' AND 9 ##> b;
  CREATE POLICY own ON o USING (a === 'x');
  CREATE AGGREGATE least_mood(mood) (SFUNC = enum_smaller, STYPE = mood);
  CREATE FUNCTION same_row(plain, plain) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1.a = $2.a $$;
  CREATE OPERATOR ~=~ (LEFTARG = plain, RIGHTARG = plain, FUNCTION = same_row, COMMUTATOR = ~=~);
  INSERT INTO o (id, a, b, m) VALUES (1, 'X', 'x', 'ok');
  INSERT INTO plain VALUES ('abc');`;
const RANGE = `CREATE TYPE stretch AS RANGE (subtype = point2, subtype_opclass = by_x); CREATE TABLE r (s stretch);`;
const ALL = OPERATORS + CLASSES + PLACES;

const warningsOf = async (target: TestDatabase, archive: Awaited<ReturnType<typeof backUp>>) =>
  (await previewBackup(hostAt(target), archive, { all: true })).warnings.filter(
    (warning) => warning.kind !== 'account',
  );

it('come back into an empty database', async () => {
  const [source, target] = [await database(ALL + RANGE), await database()];
  const archive = await backUp(hostAt(source), 'whole');
  expect(archive.manifest.notIncluded).toEqual([]);
  expect(await warningsOf(target, archive)).toEqual([]);
  const { undo } = await restoreAll(hostAt(target), archive);
  expect(await stateOf(target.url, tool)).toEqual(await stateOf(source.url, tool));
  await applyUndo(hostAt(target), undo, { allowBreaks: false });
  expect(await stateOf(target.url, tool)).toEqual(await stateOf((await database()).url, tool));
});

it.each([
  ['nothing has changed', ''],
  [
    'one is gone that another names',
    'DROP TABLE plain CASCADE; DROP VIEW ov; DROP OPERATOR ##> (int, text);',
  ],
  [
    'a type is another one',
    `DROP TABLE o CASCADE; DROP FUNCTION mood_is CASCADE; DROP AGGREGATE least_mood(mood); ALTER TYPE mood ADD VALUE 'glad';
     CREATE TABLE o (m mood, CHECK (m = m));`,
  ],
])('come back over what is here, and so does that: %s', async (_, later) => {
  const source = await database(ALL + RANGE);
  const archive = await backUp(hostAt(source), `over${later.length}`);
  const expected = await copy(source);
  if (later !== '') await source.sql(later);
  const before = await stateOf(source.url, tool);
  await restoreAll(hostAt(source), archive);
  expect((await stateOf(source.url, tool)).schemas).toEqual((await stateOf(expected.url, tool)).schemas);
  await applyUndo(hostAt(source), await findUndo(hostAt(source)), { allowBreaks: false });
  expect(await stateOf(source.url, tool)).toEqual(before);
});

it('come with the collections that need them', async () => {
  const [source, target] = [await database(ALL), await database()];
  const archive = await backUp(hostAt(source), 'few', { collections: ['plain'] });
  expect(archive.manifest.objects.map((object) => object.identity).sort()).toEqual([
    '##>(integer, text)',
    '<#(text, integer)',
    'after(integer, text)',
    'before(text, integer)',
  ]);
  await restoreAll(hostAt(target), archive, { collections: ['plain'] });
  expect(await target.query('SELECT * FROM plain')).toEqual([{ a: 'abc' }]);
});

it('are code: each is listed with its text, and so is what calls them', async () => {
  const source = await database(ALL);
  const elsewhere = hostOf(source.url, join(data.folder, 'elsewhere'), { ARK_INSTANCE: 'elsewhere' });
  const archive = await backUp(elsewhere, 'code');
  const code = await codeOf(archive.manifest);
  const named = code.map((one) => `${one.kind} ${one.collection ?? ''} ${one.name}`);
  const operators = archive.manifest.objects.filter((object) => object.kind.startsWith('operator'));
  expect(operators.length).toBeGreaterThan(15);
  for (const operator of operators) {
    const found = code.find(({ name, kind }) => name === operator.identity && kind.startsWith('operator'));
    expect(found?.text).toMatch(/^CREATE OPERATOR /);
  }
  for (const one of [
    'constraint o o_check',
    'constraint o moods',
    'constraint plain plain_a_check',
    'generated o g',
    'default o n',
    'index o folded',
    'index places as_default',
    'index places as_hash',
    'constraint places places_p_key',
  ])
    expect(named).toContain(one);

  const target = await database();
  await expect(
    restoreBackup(hostAt(target), archive, 'code.ark', {
      selection: { all: true },
      allowBreaks: false,
      allowCode: false,
    }),
  ).rejects.toMatchObject({ code: 'CODE_NOT_ALLOWED' });
});

it('are left out with the rest of the code, and rows come', async () => {
  const [source, target] = [await database(ALL), await database()];
  const archive = await backUp(hostAt(source), 'without');
  await restoreBackup(hostAt(target), archive, 'without.ark', {
    selection: { all: true },
    allowBreaks: false,
    allowCode: false,
    noCode: true,
  });
  const [left] = await target.query(
    `SELECT (SELECT count(*)::int FROM pg_operator WHERE oid >= 16384) AS operators, (SELECT count(*)::int FROM pg_opclass WHERE oid >= 16384) AS classes`,
  );
  expect(left).toEqual({ operators: 0, classes: 0 });
  for (const table of ['places', 'near', 'plain'])
    expect(await target.query(`SELECT ${table}::text FROM ${table} ORDER BY 1`)).toEqual(
      await source.query(`SELECT ${table}::text FROM ${table} ORDER BY 1`),
    );
});

it('an account that may not make classes is told before, and by consent rows come without them', async () => {
  const [source, target] = [await database(ALL), await database()];
  const archive = await backUp(hostAt(source), 'account');
  const role = `few_${process.pid}`;
  await target.sql(
    `CREATE ROLE ${role} LOGIN PASSWORD 'p'; GRANT CREATE ON DATABASE ${target.name} TO ${role}; ALTER SCHEMA public OWNER TO ${role};`,
  );
  const url = new URL(target.url);
  [url.username, url.password] = [role, 'p'];
  const host = hostOf(url.href, data.folder);
  try {
    const { warnings } = await previewBackup(host, archive, { all: true });
    const breaks = warnings.filter((warning) => warning.kind === 'breaks').map(warningText);
    expect(breaks).toEqual([expect.stringContaining('"by_x" USING "btree"')]);
    await expect(restoreAll(host, archive)).rejects.toMatchObject({ code: 'DEPENDENT_WOULD_BREAK' });
    await restoreBackup(host, archive, 'account.ark', {
      selection: { all: true },
      allowBreaks: true,
      allowCode: true,
    });
    for (const table of ['o', 'places', 'near', 'plain'])
      expect(await target.query(`SELECT ${table}::text FROM ${table} ORDER BY 1`)).toEqual(
        await source.query(`SELECT ${table}::text FROM ${table} ORDER BY 1`),
      );
  } finally {
    await target.sql(
      `ALTER SCHEMA public OWNER TO CURRENT_USER; DROP OWNED BY ${role} CASCADE; DROP ROLE ${role};`,
    );
  }
});
