import { applyUndo, findUndo } from '../../src/server/actions/restore/undos';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import { pgDump, serverUrl, withClient, type TestDatabase } from '../helpers/postgres';
import { stateOf } from '../helpers/state';

/**
 * What runs the app's own routines is right whatever these name: each way in which a routine can find others and
 * tables, in each place that can call one.
 */
const tool = pgDump();
const { data, database, copy } = ownPlace();
const hostAt = (database: TestDatabase) => hostOf(database.url, data.folder);

/** Ways to call `norm`, or to read the table `codes`. */
const WAYS: Record<string, string> = {
  qualified: `LANGUAGE sql IMMUTABLE AS $$ SELECT public.norm(t) || '!' $$`,
  atomic: `LANGUAGE sql IMMUTABLE RETURN public.norm(t) || '!'`,
  bare: `LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN norm(t) || '!'; END $$`,
  hardened: `LANGUAGE plpgsql IMMUTABLE SET search_path = public AS $$ BEGIN RETURN norm(t) || '!'; END $$`,
  // It says that it looks at nothing, and looks at rows.
  lookup: `LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN (SELECT label FROM public.codes WHERE code = lower(t)); END $$`,
  dynamic: `LANGUAGE plpgsql STABLE AS $$ DECLARE r text; BEGIN EXECUTE 'SELECT label FROM public.co' || 'des WHERE code = lower($1)' INTO r USING t; RETURN r; END $$`,
};

const places = (f: string): string => `
  CREATE TABLE "a_${f}" (id serial PRIMARY KEY, t text);
  ALTER TABLE "a_${f}" ADD CONSTRAINT "check_${f}" CHECK (${f}(t) IS NOT NULL);
  CREATE FUNCTION "row_${f}"(r "a_${f}") RETURNS text LANGUAGE sql STABLE AS $$ SELECT public.${f}(r.t) $$;
  CREATE VIEW "view_${f}" AS SELECT id, ${f}(t) AS n, a."row_${f}" FROM "a_${f}" a;
  CREATE MATERIALIZED VIEW "mat_${f}" AS SELECT id, n FROM "view_${f}";
  CREATE UNIQUE INDEX ON "mat_${f}" (id);
  CREATE MATERIALIZED VIEW "over_${f}" AS SELECT count(DISTINCT n) FROM "mat_${f}";
  CREATE POLICY p ON "a_${f}" USING ("row_${f}"("a_${f}") <> ''); ALTER TABLE "a_${f}" ENABLE ROW LEVEL SECURITY;
  CREATE DOMAIN "d_${f}" AS text CHECK (VALUE <> '') CONSTRAINT "known_${f}" CHECK (${f}(VALUE) IS NOT NULL);
  CREATE TABLE "e_${f}" (v "d_${f}");
  INSERT INTO "a_${f}" (t) SELECT (ARRAY['a', 'b', 'c'])[1 + g % 3] FROM generate_series(1, 200) g;
  INSERT INTO "e_${f}" VALUES ('a');`;
/** These take immutable functions alone. */
const stored = (f: string): string => `
  CREATE INDEX "ix_${f}" ON "a_${f}" (${f}(t)) WHERE ${f}(t) <> 'x';
  CREATE TABLE "g_${f}" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, t text, n text GENERATED ALWAYS AS (${f}(t)) STORED, after int DEFAULT 7, UNIQUE (id, n));
  CREATE TABLE "h_${f}" (id int REFERENCES "g_${f}", CHECK (id > 0));
  CREATE VIEW "gv_${f}" AS SELECT * FROM "g_${f}";
  CREATE FUNCTION "gf_${f}"("g_${f}") RETURNS text LANGUAGE sql AS $$ SELECT $1.n $$;
  CREATE TABLE "p_${f}" (id int, t text, n text GENERATED ALWAYS AS (${f}(t)) STORED) PARTITION BY RANGE (id);
  CREATE TABLE "p1_${f}" PARTITION OF "p_${f}" FOR VALUES FROM (1) TO (100);
  CREATE TABLE "p2_${f}" PARTITION OF "p_${f}" DEFAULT;
  CREATE INDEX ON "p_${f}" (n); CREATE INDEX ON "p_${f}" (${f}(t));
  CREATE TRIGGER touch BEFORE UPDATE ON "g_${f}" FOR EACH ROW WHEN (${f}(new.t) = 'x') EXECUTE FUNCTION suppress_redundant_updates_trigger();
  COMMENT ON TABLE "g_${f}" IS 'made in the swap';
  INSERT INTO "g_${f}" (t) VALUES ('a'), ('b'); INSERT INTO "h_${f}" VALUES (1), (2);
  INSERT INTO "p_${f}" SELECT g, 'c' FROM generate_series(1, 150) g;`;

/** From PostgreSQL 17 on an index or a materialized view runs routines with no path, so that those need one of their own. */
let ways: string[];
beforeAll(async () => {
  const [server] = await withClient(
    serverUrl('postgres'),
    async (client) =>
      (await client.query<{ v: number }>(`SELECT current_setting('server_version_num')::int AS v`)).rows,
  );
  ways = Object.keys(WAYS).filter((name) => name !== 'bare' || (server?.v ?? 0) < 170_000);
});

const input = () => `
  CREATE TABLE codes (code text PRIMARY KEY, label text);
  INSERT INTO codes VALUES ('a', 'A'), ('b', 'B'), ('c', 'C');
  CREATE FUNCTION norm(t text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper(t)';
  ${ways
    .map((name) => {
      const body = WAYS[name] ?? '';
      const made = `CREATE FUNCTION ${name}(t text) RETURNS text ${body};`;
      return made + places(name) + (body.includes('IMMUTABLE') ? stored(name) : '');
    })
    .join('\n')}`;

const refreshed = () =>
  ways.map((f) => `REFRESH MATERIALIZED VIEW "mat_${f}"; REFRESH MATERIALIZED VIEW "over_${f}";`).join('\n');

it('comes back into an empty database', async () => {
  const [source, target] = [await database(input() + refreshed()), await database()];
  const archive = await backUp(hostAt(source), 'empty');
  await restoreAll(hostAt(target), archive);
  expect(await stateOf(target.url, tool)).toEqual(await stateOf(source.url, tool));
});

it.each([
  ['other rows', `UPDATE codes SET label = label || label; DELETE FROM "a_qualified" WHERE id > 5;`],
  [
    'another text of what the others call',
    `CREATE OR REPLACE FUNCTION norm(t text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''~'' || t';`,
  ],
  ['one that is gone', `DROP FUNCTION "gf_atomic"("g_atomic"); DROP INDEX "ix_hardened";`],
])('comes back over itself with %s, and so does what it replaced', async (_, later) => {
  const source = await database(input() + refreshed());
  const archive = await backUp(hostAt(source), `over-${later.length}`);
  const expected = await copy(source);
  await source.sql(later + refreshed());
  const before = await stateOf(source.url, tool);
  await restoreAll(hostAt(source), archive);
  expect(await stateOf(source.url, tool)).toEqual(await stateOf(expected.url, tool));
  await applyUndo(hostAt(source), await findUndo(hostAt(source)), { allowBreaks: false });
  expect(await stateOf(source.url, tool)).toEqual(before);
});

it('what rows do not hold is named, and the rows come back', async () => {
  const source = await database(`
    CREATE DOMAIN old AS text; CREATE TABLE o (v old); INSERT INTO o VALUES ('');
    ALTER DOMAIN old ADD CONSTRAINT filled CHECK (VALUE <> '') NOT VALID;
    CREATE FUNCTION ok(i int) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT i < 10';
    CREATE TABLE parent (id int PRIMARY KEY, i int, CONSTRAINT low CHECK (i < 10), CONSTRAINT fine CHECK (ok(i)));
    CREATE TABLE child (id int PRIMARY KEY, p int CONSTRAINT up REFERENCES parent);
    CREATE TABLE part (id int, p int CONSTRAINT whole REFERENCES parent) PARTITION BY RANGE (id);
    CREATE TABLE part1 PARTITION OF part DEFAULT;
    INSERT INTO parent VALUES (1, 1), (2, 2), (3, 3); INSERT INTO child VALUES (1, 1), (2, 2), (3, 3); INSERT INTO part VALUES (1, 3);
    SET session_replication_role = replica; DELETE FROM parent WHERE id = 3;
    ALTER TABLE parent DROP CONSTRAINT low; ALTER TABLE parent DROP CONSTRAINT fine;
    UPDATE parent SET i = 20 WHERE id = 2;
    ALTER TABLE parent ADD CONSTRAINT low CHECK (i < 10) NOT VALID; ALTER TABLE parent ADD CONSTRAINT fine CHECK (ok(i)) NOT VALID;
    UPDATE pg_constraint SET convalidated = true WHERE conname IN ('low', 'fine');`);
  const target = await database();
  const archive = await backUp(hostAt(source), 'blemished');
  // Twice: into an empty one, and over what came of that.
  for (const round of ['empty', 'over']) {
    const { warnings } = await restoreAll(hostAt(target), archive);
    const [server] = await target.query<{ v: number }>(
      `SELECT current_setting('server_version_num')::int AS v`,
    );
    const partitioned = (server?.v ?? 0) >= 180000 ? 'it is there as NOT VALID' : 'it was left out';
    expect([round, warnings.map((warning) => warning.replace(/,.*/, '')).sort()]).toEqual([
      round,
      [
        'child: the foreign key up does not hold for 1 row; it is there as NOT VALID',
        'old: the domain constraint filled does not hold for 1 row; it is there as NOT VALID',
        'parent: the check fine does not hold for 1 row; it is there as NOT VALID',
        'parent: the check low does not hold for 1 row; it is there as NOT VALID',
        `part: the foreign key whole does not hold for 1 row; ${partitioned}`,
      ]
        .map((one) => one.replace(/\.$/, ''))
        .map((one) => expect.stringContaining(one) as string),
    ]);
    const tables = Object.entries((await stateOf(source.url, undefined)).schemas.public?.tables ?? {});
    expect(Object.entries((await stateOf(target.url, undefined)).schemas.public?.tables ?? {})).toEqual(
      tables,
    );
    expect(
      await target.query(
        `SELECT conname FROM pg_constraint WHERE NOT convalidated AND connamespace = 'public'::regnamespace AND conname <> 'whole' ORDER BY 1`,
      ),
    ).toEqual(['filled', 'fine', 'low', 'up'].map((conname) => ({ conname })));
    await expect(target.sql('INSERT INTO child VALUES (9, 9)')).rejects.toThrow(/up/);
  }
});

it('rows that are twice under a unique key come back, and the key is left out', async () => {
  const source = await database(`
    CREATE TABLE twice (id int, mail text, CONSTRAINT once UNIQUE (id)); CREATE UNIQUE INDEX mail_once ON twice (lower(mail));
    CREATE TABLE points (t int);
    SET session_replication_role = replica;`);
  const archive = await backUp(hostAt(source), 'unique');
  const target = await database();
  // Rows that a damaged index had let in: the archive's structure has the keys, its rows are from a table without.
  const loose = await database('CREATE TABLE twice (id int, mail text); CREATE TABLE points (t int);');
  await loose.sql(`INSERT INTO twice VALUES (1, 'a'), (1, 'A'), (2, 'b')`);
  const rows = await backUp(hostAt(loose), 'rows');
  const from = rows.manifest.collections.find((collection) => collection.name === 'twice');
  const to = archive.manifest.collections.find((collection) => collection.name === 'twice');
  if (!from || !to) throw new Error('no such table');
  const { structure } = to;
  Object.assign(from, { structure });
  const { warnings } = await restoreAll(hostAt(target), rows);
  expect([...warnings].sort()).toEqual([
    'twice: the index mail_once does not hold for some of its rows; it was left out.',
    'twice: the unique constraint once does not hold for 1 row; it was left out.',
  ]);
  expect(await target.query('SELECT count(*)::int AS n FROM twice')).toEqual([{ n: 3 }]);
});

it('what a routine keeps from being is left out or empty, and named; the rows come back', async () => {
  const source = await database();
  // It works where a setting says so: not where it is restored.
  await source.sql(`SET app.works = 'yes';
    CREATE FUNCTION picky(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
      IF coalesce(current_setting('app.works', true), '') <> 'yes' THEN PERFORM nowhere.at_all(); END IF; RETURN t; END $$;
    CREATE TABLE notes (t text CONSTRAINT fits CHECK (picky(t) <> ''));
    INSERT INTO notes VALUES ('a'), ('b');
    CREATE UNIQUE INDEX notes_once ON notes (picky(t));
    CREATE MATERIALIZED VIEW found AS SELECT picky(t) AS t FROM notes;
    CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM found;
    CREATE INDEX found_once ON found (t);`);
  const archive = await backUp(hostAt(source), 'picky');
  const target = await database();
  const { warnings } = await restoreAll(hostAt(target), archive);
  expect(await target.query('SELECT t FROM notes ORDER BY 1')).toEqual([{ t: 'a' }, { t: 'b' }]);
  const why = 'schema "nowhere" does not exist';
  expect(warnings).toEqual(
    expect.arrayContaining([
      `notes: the index notes_once cannot be made as it was (${why}); it was left out.`,
      `notes: the check fits cannot be made as it was (${why}); it is there as NOT VALID, so it holds for what is written from now on.`,
      `found: the materialized view found cannot be made as it was (${why}); it is empty until it is refreshed.`,
      `counted: the materialized view counted cannot be made as it was (materialized view "found" has not been populated); it is empty until it is refreshed.`,
    ]),
  );
  const there = await target.query(
    `SELECT (SELECT convalidated FROM pg_constraint WHERE conname = 'fits') AS valid, to_regclass('notes_once') AS index,
       (SELECT array_agg(relispopulated) FROM pg_class WHERE relkind = 'm') AS filled, to_regclass('found_once')::text AS other`,
  );
  expect(there).toEqual([{ valid: false, index: null, filled: [false, false], other: 'found_once' }]);
});

/** What such a routine can do where it is called in the swap, and what must not be there afterwards. */
const DEEDS: Record<string, string> = {
  'a table': `CREATE TABLE IF NOT EXISTS elsewhere.planted ()`,
  'a view': `CREATE OR REPLACE VIEW elsewhere.seen AS SELECT 2 AS n`,
  'a column': `ALTER TABLE elsewhere.notes ADD COLUMN IF NOT EXISTS planted int`,
  'a function': `CREATE OR REPLACE FUNCTION elsewhere.planted() RETURNS int LANGUAGE sql AS ''SELECT 1''`,
  'a schema': `CREATE SCHEMA IF NOT EXISTS planted`,
  'a setting': `ALTER ROLE CURRENT_USER SET statement_timeout = 77777`,
};

describe('a routine that does more than it says, in the swap', () => {
  it.each(Object.entries(DEEDS))('makes %s nowhere else', async (what, deed) => {
    const source = await database();
    const elsewhere = `CREATE SCHEMA elsewhere; CREATE VIEW elsewhere.seen AS SELECT 1 AS n; CREATE TABLE elsewhere.notes (id int);`;
    await source.sql(`${elsewhere}
      CREATE FUNCTION fits(n int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
        IF n = 7 THEN EXECUTE '${deed}'; END IF; RETURN true; END $$;
      CREATE TABLE numbers (n int);
      INSERT INTO numbers VALUES (7);
      ALTER TABLE numbers ADD CHECK (fits(n)) NOT VALID;
      UPDATE pg_constraint SET convalidated = true WHERE conrelid = 'numbers'::regclass;`);
    const archive = await backUp(hostAt(source), `deed-${what.replace(' ', '-')}`);
    const target = await database();
    await target.sql(elsewhere);
    const before = await stateOf(target.url, tool);
    await expect(restoreAll(hostAt(target), archive)).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      message: expect.stringContaining('outside of it') as string,
    });
    expect(await stateOf(target.url, tool)).toEqual(before);
  });
});
