import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { rehearseBackup } from '../../src/server/actions/restore/rehearse';
import { applyUndo, findUndo, listUndos } from '../../src/server/actions/restore/undos';
import { createBackup } from '../../src/server/actions/backups/createBackup';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import type { Archive } from '../../src/server/dumper/archive/archive';
import type { Host } from '../../src/server/host';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { fixture, withClient, type TestDatabase } from '../helpers/postgres';
import { ownPlace } from '../helpers/place';
import { barenames, each, record, type Names, type Sent } from '../helpers/statements';

/**
 * Whoever may create things in the app's schema may plant functions, operators, tables and types there that fit
 * Ark's questions better than the server's own. A superuser's Ark must never run one.
 */
const OWN_PATH = 'pg_catalog, pg_temp';

/** The tables that Ark reads to know a NocoBase, with options as it keeps them. */
const NOCOBASE = `
  CREATE TABLE "applicationPlugins" (id bigserial PRIMARY KEY, name varchar(255), "packageName" varchar(255), version varchar(255), enabled boolean);
  INSERT INTO "applicationPlugins" (name, "packageName", version, enabled) VALUES ('acl', '@nocobase/plugin-acl', '2.2.15', true);
  CREATE TABLE "applicationVersion" (id bigserial PRIMARY KEY, value varchar(255)); INSERT INTO "applicationVersion" (value) VALUES ('2.2.15');
  CREATE TABLE collections (key varchar(255) PRIMARY KEY, name varchar(255), title varchar(255), options json);
  INSERT INTO collections VALUES ('a', 'people', 'People', '{"tableName":"persons"}');
  CREATE TABLE fields (key varchar(255) PRIMARY KEY, name varchar(255), "collectionName" varchar(255), options json);
  INSERT INTO fields VALUES ('f', 'boss', 'people', '{"target":"people"}'), ('g', 'x', 'people', '{}');
  CREATE TABLE storages (id bigserial PRIMARY KEY, name varchar(255), type varchar(255), options json);
  INSERT INTO storages (name, type, options) VALUES ('local', 'local', '{"documentRoot":"storage/uploads"}');
  CREATE TABLE applications (name varchar(255) PRIMARY KEY);
  CREATE TABLE persons (id bigserial PRIMARY KEY, "createdAt" timestamptz, name varchar(255));
  INSERT INTO persons ("createdAt", name) SELECT now() + interval '1 day', 'p' || g FROM generate_series(1, 7) g;`;

const { data, database } = ownPlace();

/** Everything that Ark does to one database. */
async function everything(host: Host, archive: Archive, name: string) {
  const selection = { all: true } as const;
  await createBackup(host, { selection, to: { storage: 'local', name } });
  const again = await findArchive(host, `${name}.ark`);
  const app = await host.database.app({});
  const preview = await previewBackup(host, archive, selection);
  await rehearseBackup(host, archive, 'x.ark', {});
  await restoreAll(host, archive, selection);
  const undos = await listUndos(host);
  await applyUndo(host, await findUndo(host), { allowBreaks: false });
  await restoreAll(host, archive, selection);
  const lock = await host.database.lock('20260101_000000_dropit');
  for (const undo of await listUndos(host)) await lock.dropUndo(undo.job);
  await lock.release();
  const leftovers = await host.database.leftovers();
  return {
    app,
    leftovers,
    undos: undos.map((undo) => undo.collections.length),
    collections: preview.collections.map((collection) => [
      collection.name,
      collection.rowsNow,
      collection.createdSince,
      collection.rowsInBackup,
    ]),
    rows: again.manifest.collections.map((collection) => [collection.name, collection.rows]),
  };
}

/** Statements that ask or change by functions and operators; the others only name things. */
const asks = ({ tree }: Sent) =>
  ['SelectStmt', 'DeclareCursorStmt', 'InsertStmt'].some((kind) => kind in tree);

it('asks nothing by a bare name in a path where others may plant things', async () => {
  const source = await database(`${fixture('structure.sql')}; ${NOCOBASE}`);
  const host = hostOf(source.url, data.folder);
  const archive = await backUp(host, 'path-source');
  const recording = await record();
  await everything(host, archive, 'path');
  recording.stop();

  const asked = recording.sent.filter(asks);
  expect(asked.length).toBeGreaterThan(100);
  const elsewhere = asked.filter(({ path }) => path !== OWN_PATH);
  // Staging gives sequences their values; what they are called is the archive's.
  const names = barenames(elsewhere.map(({ tree }) => tree));
  expect([...names.functions, ...names.operators, ...names.relations]).toEqual([]);
  // What an index's or a check's text calls is the app's own; Ark's own statements are all of these kinds.
  const others = new Set(recording.sent.filter((one) => !asks(one)).map(({ tree }) => Object.keys(tree)[0]));
  expect(
    [...others].filter((kind) => /^(Update|Delete|Merge|Call|Do|Execute|Prepare)/.test(kind ?? '')),
  ).toEqual([]);
}, 300_000);

it('runs in its own path no function that the server writes in SQL: it would look names up when it runs', async () => {
  const source = await database(`${fixture('structure.sql')}; ${NOCOBASE}`);
  const host = hostOf(source.url, data.folder);
  const recording = await record();
  await backUp(host, 'languages');
  recording.stop();
  const printed = recording.sent.filter(({ tree }) => 'DeclareCursorStmt' in tree);
  const { functions } = barenames(printed.map(({ tree }) => tree));
  expect(functions.size).toBeGreaterThan(10);
  const inSql = await source.query<{ name: string }>(
    `SELECT DISTINCT p.proname AS name FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
     WHERE p.pronamespace = 'pg_catalog'::regnamespace AND l.lanname <> 'internal' AND p.proname IN (${[...functions].map((one) => `'${one}'`).join(', ')})`,
  );
  // Only the form for a value that is no text, which the planner takes apart before anything runs.
  expect(inSql.map((one) => one.name).filter((name) => name !== 'quote_literal')).toEqual([]);
}, 120_000);

describe('with something planted for every name', () => {
  it('runs none of it, as a superuser, and says the same', async () => {
    const app = `${fixture('structure.sql')}; ${NOCOBASE}`;
    const [plain, trapped] = [await database(app), await database(app)];
    const [free, caught] = [plain, trapped].map((database) => hostOf(database.url, data.folder));
    if (!free || !caught) throw new Error('two hosts');
    const archive = await backUp(free, 'trap-source');

    const first = await record();
    const expected = await everything(free, archive, 'free');
    first.stop();
    const names = barenames(first.sent.filter(asks).map(({ tree }) => tree));
    const planted = await plant(trapped, names);
    expect(planted).toBeGreaterThan(2000);
    // The trap snaps at whoever asks in the app's path.
    const careless = `SET search_path = public; SELECT replace(relname, 'a', 'b'::text) FROM pg_catalog.pg_class LIMIT 1`;
    await expect(trapped.sql(careless)).rejects.toThrow('planted');

    const second = await record();
    const found = await everything(caught, archive, 'caught');
    second.stop();
    expect(second.warnings.filter((warning) => warning.includes('planted'))).toEqual([]);
    const mine = (one: unknown) => Array.isArray(one) && !names.relations.has(String(one[0]));
    expect({ ...found, rows: found.rows.filter(mine), collections: found.collections.filter(mine) }).toEqual(
      expected,
    );
  }, 600_000);
});

const TYPES = [
  'text',
  'name',
  'oid',
  'integer',
  'bigint',
  '"char"',
  'regclass',
  'varchar',
  'jsonb',
  'timestamptz',
];

/** Overloads that fit better than the server's own wherever a cast would be needed, made by a user with few rights. */
async function plant(at: TestDatabase, names: Names): Promise<number> {
  const role = `mallory_${at.name}`;
  const list = (all: Iterable<string>) => [...all].map((one) => `'${one.replace(/'/g, "''")}'`).join(', ');
  await at.sql(`
    CREATE ROLE ${role}; GRANT CREATE ON SCHEMA public TO ${role}; SET ROLE ${role}; SET search_path = pg_catalog, pg_temp;
    DO $$
    DECLARE f text; l text; r text; t text; types text[] := ARRAY[${list(TYPES)}]; gives text;
      body text := 'BEGIN RAISE WARNING ''planted''; RAISE EXCEPTION ''planted''; END';
    BEGIN
      FOREACH f IN ARRAY ARRAY[${list(names.functions)}]::text[] LOOP
        SELECT format_type(p.prorettype, NULL) INTO gives FROM pg_catalog.pg_proc p
          WHERE p.proname = f AND p.pronamespace = 11 AND p.prorettype NOT IN (SELECT oid FROM pg_catalog.pg_type WHERE typtype = 'p') LIMIT 1;
        gives := coalesce(gives, 'text');
        FOREACH l IN ARRAY types LOOP
          EXECUTE format('CREATE OR REPLACE FUNCTION public.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', f, l, gives, body);
          FOREACH r IN ARRAY types LOOP
            EXECUTE format('CREATE OR REPLACE FUNCTION public.%I(%s, %s) RETURNS %s LANGUAGE plpgsql AS %L', f, l, r, gives, body);
          END LOOP;
          EXECUTE format('CREATE OR REPLACE FUNCTION public.%I(%s, text, text) RETURNS %s LANGUAGE plpgsql AS %L', f, l, gives, body);
        END LOOP;
      END LOOP;
      FOREACH l IN ARRAY types LOOP FOREACH r IN ARRAY types LOOP
        EXECUTE format('CREATE FUNCTION public.trap(%s, %s) RETURNS boolean LANGUAGE plpgsql AS %L', l, r, body);
        FOREACH f IN ARRAY ARRAY[${list(names.operators)}]::text[] LOOP
          EXECUTE format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.trap)', f, l, r);
        END LOOP;
      END LOOP; END LOOP;
      CREATE FUNCTION public.snap() RETURNS boolean LANGUAGE plpgsql AS $f$ BEGIN RAISE WARNING 'planted'; RAISE EXCEPTION 'planted'; END $f$;
      FOREACH t IN ARRAY ARRAY[${list(names.relations)}]::text[] LOOP
        EXECUTE format('CREATE VIEW public.%I AS SELECT public.snap() AS oid', t);
      END LOOP;
    END $$;`);
  const [count] = await withClient(at.url, async (client) => {
    await client.query('SET search_path = pg_catalog');
    return (
      await client.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_proc WHERE prosrc LIKE '%planted%'`,
      )
    ).rows;
  });
  return count?.n ?? 0;
}

it("reads of NocoBase nothing but plain tables: not a view under such a name, and no type of somebody's own", async () => {
  const at = await database(`
    CREATE FUNCTION snap() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'planted'; RETURN 'x'; END $$;
    CREATE TYPE odd AS (a text);
    CREATE FUNCTION odd_json(odd) RETURNS json LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'planted'; RETURN '{}'; END $$;
    CREATE CAST (odd AS json) WITH FUNCTION odd_json(odd) AS IMPLICIT;
    CREATE TABLE "applicationPlugins" (name varchar, "packageName" odd, version odd, enabled boolean);
    INSERT INTO "applicationPlugins" VALUES ('acl', ROW('x'), ROW('y'), true);
    CREATE VIEW "applicationVersion" AS SELECT snap() AS value;
    CREATE VIEW collections AS SELECT snap() AS name, snap() AS title, '{}'::json AS options;
    CREATE TABLE storages (id int, name varchar, type varchar, options odd); INSERT INTO storages VALUES (1, 'a', 'local', ROW('x'));
    CREATE VIEW fields AS SELECT snap() AS "collectionName", '{"target":"a"}'::jsonb AS options;
    CREATE VIEW applications AS SELECT snap() AS name;`);
  const recording = await record();
  const host = hostOf(at.url, data.folder);
  const { app } = await host.database.app({});
  const archive = await backUp(host, 'views');
  await previewBackup(host, archive, { all: true });
  recording.stop();
  expect(recording.warnings).toEqual([]);
  expect(app).toMatchObject({
    plugins: [{ name: 'acl', enabled: true }],
    storages: [{ name: 'a', type: 'local' }],
    hasSubApps: false,
    links: [],
  });
  expect(app).not.toHaveProperty('version');
});

it("cannot be made to read a view that takes a table's place", async () => {
  const at = await database(
    `CREATE TABLE t (); CREATE FUNCTION snap() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'planted'; RETURN true; END $$; CREATE VIEW v AS SELECT snap();`,
  );
  const [known] = await at.query(`SELECT 1 FROM pg_settings WHERE name = 'restrict_nonsystem_relation_kind'`);
  const { connect } = await import('../../src/server/dumper/dialects/postgres/connection/connection');
  const client = await connect(
    { connection: { connectionString: at.url }, label: at.name, schema: 'public', patienceMs: 1000 },
    'look',
  );
  try {
    const reading = client.query('SELECT count(*) FROM public.v');
    // Servers that have not been updated since August 2024 do not know how to refuse.
    if (known === undefined) await reading;
    else await expect(reading).rejects.toThrow(/view/);
  } finally {
    await client.end();
  }
});

it('finds planted things by their names in every part of a statement', () => {
  const tree = {
    A_Expr: {
      name: [{ String: { sval: '=' } }],
      lexpr: { FuncCall: { funcname: [{ String: { sval: 'f' } }] } },
    },
  };
  expect([...barenames([tree]).operators, ...barenames([tree]).functions]).toEqual(['=', 'f']);
  expect([...each(tree, 'String')]).toHaveLength(2);
});
