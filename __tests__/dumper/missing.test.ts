import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import type { Archive } from '../../src/server/dumper/archive/archive';
import { CodeKind } from '../../src/server/dumper/schema/codeKind';
import type { Selection } from '../../src/server/dumper/app/groups';
import { CATALOGS } from '../../src/server/dumper/dialects/postgres/catalog/elsewhere';
import { ElsewhereKind } from '../../src/server/dumper/schema/missing';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import { serverUrl, withClient, type TestDatabase } from '../helpers/postgres';
import { warningText } from '../../src/server/dumper/app/warning';

/** Whatever names a thing of another schema that the target lacks: rows come, it does not, and the preview says so. */
const { data, database } = ownPlace();
const hostAt = (database: TestDatabase) => hostOf(database.url, data.folder);

interface Sample {
  readonly sql: string;
  /** Of the missing thing, and of each thing that does not come for it. */
  readonly name: string;
  readonly kind: string;
  readonly neededBy: readonly string[];
  readonly since?: number;
  /** What comes otherwise. */
  readonly changed?: readonly string[];
  /** What all databases of a server have: how it goes once there is a backup, comes again, and goes for good. */
  readonly gone?: string;
  readonly again?: string;
  readonly last?: string;
}

const ELSEWHERE = `
  CREATE SCHEMA "Ref"; CREATE TABLE "Ref".country (code text PRIMARY KEY); CREATE SEQUENCE "Ref".numbers;
  CREATE FUNCTION "Ref".norm(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lower(t) $$;
  CREATE FUNCTION "Ref".touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
  CREATE TYPE "Ref".mood AS ENUM ('good');
  CREATE COLLATION "Ref".german (provider = libc, locale = 'C');
  CREATE TABLE site (id int PRIMARY KEY, code text);`;
const ROWS = `INSERT INTO site (id, code) VALUES (1, 'nl'), (2, 'de');`;

const relation = { kind: 'relation', name: 'Ref.country' };
const routine = { kind: 'routine', name: 'Ref.norm' };

/** By the kinds of what an archive can bring that names others. */
const SAMPLES: Record<
  Exclude<CodeKind, 'event' | 'partition' | 'type' | 'operatorFamily' | 'operatorClass'>,
  Sample
> = {
  operator: {
    kind: 'routine',
    name: 'Ref.norm',
    sql: `CREATE OPERATOR @#@ (RIGHTARG = text, FUNCTION = "Ref".norm);`,
    neededBy: ['operator @#@(NONE, text)'],
  },
  view: {
    ...relation,
    sql: `CREATE VIEW v AS SELECT s.id FROM site s JOIN "Ref".country c USING (code); CREATE VIEW over_v AS SELECT count(*) FROM v;`,
    neededBy: ['view over_v', 'view v'],
  },
  materialized: {
    ...routine,
    sql: `CREATE MATERIALIZED VIEW m AS SELECT "Ref".norm(code) FROM site; CREATE INDEX ON m (norm);`,
    neededBy: ['index m_norm_idx', 'materialized m'],
  },
  constraint: {
    ...relation,
    sql: `INSERT INTO "Ref".country VALUES ('nl'), ('de'); ALTER TABLE site ADD CONSTRAINT to_ref FOREIGN KEY (code) REFERENCES "Ref".country;`,
    neededBy: ['constraint to_ref'],
  },
  default: {
    kind: 'relation',
    name: 'Ref.numbers',
    sql: `ALTER TABLE site ALTER id SET DEFAULT nextval('"Ref".numbers');`,
    neededBy: ['default id'],
  },
  generated: {
    ...routine,
    sql: `CREATE TABLE g (id int, n text GENERATED ALWAYS AS ("Ref".norm('x')) STORED); INSERT INTO g VALUES (1);`,
    neededBy: ['generated n'],
  },
  index: { ...routine, sql: `CREATE INDEX normed ON site ("Ref".norm(code));`, neededBy: ['index normed'] },
  statistics: {
    ...routine,
    since: 140000,
    sql: `CREATE STATISTICS s ON "Ref".norm(code), id FROM site;`,
    neededBy: ['statistics s'],
  },
  trigger: {
    kind: 'routine',
    name: 'Ref.touch',
    sql: `CREATE TRIGGER touched BEFORE INSERT ON site FOR EACH ROW EXECUTE FUNCTION "Ref".touch(); ALTER TABLE site DISABLE TRIGGER touched;`,
    neededBy: ['trigger touched'],
  },
  rule: {
    ...relation,
    sql: `CREATE RULE copied AS ON INSERT TO site DO ALSO INSERT INTO "Ref".country VALUES (new.code);`,
    neededBy: ['rule copied'],
  },
  policy: {
    ...relation,
    sql: `CREATE POLICY known ON site USING (code IN (SELECT code FROM "Ref".country));`,
    neededBy: ['policy known'],
  },
  function: {
    kind: 'type',
    name: 'Ref.mood',
    sql: `CREATE FUNCTION feel(m "Ref".mood) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT 1 $$;`,
    neededBy: ['function feel(m "Ref".mood)'],
  },
  procedure: {
    kind: 'type',
    name: 'Ref.mood',
    sql: `CREATE PROCEDURE feel(m "Ref".mood) LANGUAGE sql AS $$ SELECT 1 $$;`,
    neededBy: ['procedure feel(IN m "Ref".mood)'],
  },
  aggregate: {
    kind: 'routine',
    name: 'Ref.plus',
    sql: `CREATE FUNCTION "Ref".plus(a int, b int) RETURNS int LANGUAGE sql AS $$ SELECT a + b $$; CREATE AGGREGATE sums(int) (SFUNC = "Ref".plus, STYPE = int);
      CREATE VIEW summed AS SELECT sums(id) FROM site;`,
    neededBy: ['aggregate sums(integer)', 'view summed'],
  },
};

/** By the kinds of what can be missing: each in the one place where the samples above have it not. */
const NEEDED: Partial<Record<ElsewhereKind, Sample>> = {
  role: {
    kind: 'role',
    name: 'ark_gone',
    sql: `CREATE ROLE ark_gone; CREATE POLICY theirs ON site TO ark_gone USING (true);`,
    neededBy: ['policy theirs'],
    gone: 'DROP POLICY theirs ON site; DROP ROLE ark_gone',
    again: 'CREATE ROLE ark_gone',
    last: 'DROP ROLE ark_gone',
  },
  type: {
    kind: 'type',
    name: 'Ref.mood',
    sql: `ALTER TABLE site ADD feel "Ref".mood DEFAULT 'good', ADD feels "Ref".mood[], ADD UNIQUE (feel, code), ADD CHECK (feel > 'good' OR true);
      CREATE DOMAIN humor AS "Ref".mood; CREATE TYPE pair AS (a "Ref".mood, b int); ALTER TABLE site ADD h humor, ADD p pair;
      UPDATE site SET feels = '{good}', h = 'good', p = ('good', 3);
      CREATE VIEW feelings AS SELECT id, feel FROM site; CREATE VIEW moods AS SELECT 'good'::"Ref".mood AS m;`,
    neededBy: ['constraint site_feel_check', 'default feel', 'type humor', 'type pair', 'view moods'],
    changed: ['column feel text', 'column feels text', 'column h text', 'column p text'],
  },
  collation: {
    kind: 'collation',
    name: 'Ref.german',
    sql: `ALTER TABLE site ADD word text COLLATE "Ref".german DEFAULT 'x'; CREATE INDEX by_word ON site (code COLLATE "Ref".german);`,
    neededBy: ['index by_word'],
    changed: ['column word without'],
  },
  operator: {
    kind: 'operator',
    name: 'Ref.@@@@',
    sql: `CREATE FUNCTION never(a text, b text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
      CREATE OPERATOR "Ref".@@@@ (LEFTARG = text, RIGHTARG = text, FUNCTION = never);
      CREATE VIEW v AS SELECT id FROM site WHERE code OPERATOR("Ref".@@@@) 'x';`,
    neededBy: ['view v'],
  },
  operatorClass: {
    kind: 'operatorClass',
    name: 'Ref.text_ops',
    sql: `CREATE OPERATOR CLASS "Ref".text_ops FOR TYPE text USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 bttextcmp(text, text);
      CREATE INDEX by_code ON site (code "Ref".text_ops);`,
    neededBy: ['index by_code'],
  },
  operatorFamily: {
    kind: 'operatorFamily',
    name: 'Ref.sorting',
    sql: `CREATE OPERATOR FAMILY "Ref".sorting USING btree; CREATE OPERATOR FAMILY own USING gist;
      ALTER OPERATOR FAMILY own USING gist ADD OPERATOR 15 <-> (point, point) FOR ORDER BY "Ref".sorting;`,
    neededBy: ['operatorFamily "own" USING "gist"'],
  },
  textConfiguration: {
    kind: 'textConfiguration',
    name: 'Ref.words',
    sql: `CREATE TEXT SEARCH CONFIGURATION "Ref".words (COPY = simple); CREATE INDEX searched ON site USING gin (to_tsvector('"Ref".words', code));`,
    neededBy: ['index searched'],
  },
  textDictionary: {
    kind: 'textDictionary',
    name: 'Ref.dict',
    sql: `CREATE TEXT SEARCH DICTIONARY "Ref".dict (TEMPLATE = simple); CREATE TEXT SEARCH CONFIGURATION own (PARSER = "default");
      ALTER TEXT SEARCH CONFIGURATION own ADD MAPPING FOR word WITH "Ref".dict; CREATE INDEX searched ON site USING gin (to_tsvector('own', code));`,
    neededBy: ['index searched', 'textConfiguration "own"'],
  },
  textParser: {
    kind: 'textParser',
    name: 'Ref.parsed',
    sql: `CREATE TEXT SEARCH PARSER "Ref".parsed (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
      CREATE TEXT SEARCH CONFIGURATION own (PARSER = "Ref".parsed);`,
    neededBy: ['textConfiguration "own"'],
  },
  textTemplate: {
    kind: 'textTemplate',
    name: 'Ref.plain',
    sql: `CREATE TEXT SEARCH TEMPLATE "Ref".plain (LEXIZE = dsimple_lexize, INIT = dsimple_init);
      CREATE TEXT SEARCH DICTIONARY own_d (TEMPLATE = "Ref".plain); CREATE TEXT SEARCH CONFIGURATION own (PARSER = "default");
      ALTER TEXT SEARCH CONFIGURATION own ADD MAPPING FOR word WITH own_d;`,
    neededBy: ['textConfiguration "own"', 'textDictionary "own_d"'],
  },
  accessMethod: {
    kind: 'accessMethod',
    name: 'heap2',
    sql: `CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler; CREATE TABLE other (id int) USING heap2; INSERT INTO other VALUES (7);`,
    neededBy: [],
    changed: ['table other without'],
  },
  language: {
    kind: 'language',
    name: 'plother',
    sql: `CREATE LANGUAGE plother HANDLER plpgsql_call_handler; CREATE FUNCTION f() RETURNS int LANGUAGE plother AS 'BEGIN RETURN 1; END';
      CREATE VIEW v AS SELECT f();`,
    neededBy: ['function f()', 'view v'],
  },
  cast: {
    kind: 'cast',
    name: 'bpchar AS flag',
    sql: `CREATE TYPE flag AS ENUM ('a'); CREATE CAST (bpchar AS flag) WITH INOUT AS IMPLICIT;
      CREATE FUNCTION same(flag) RETURNS boolean LANGUAGE sql AS 'SELECT true'; CREATE VIEW v AS SELECT same('a'::bpchar);`,
    neededBy: ['view v'],
  },
  transform: {
    kind: 'transform',
    name: 'int4 in sql',
    sql: `CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal));
      CREATE FUNCTION f(i int) RETURNS int LANGUAGE sql TRANSFORM FOR TYPE int AS 'SELECT 1';`,
    neededBy: ['function f(i integer)'],
  },
};

it('has a sample of every kind', () => {
  const known = [
    ...Object.keys(SAMPLES),
    'event',
    'partition',
    'type',
    'operatorFamily',
    'operatorClass',
  ].sort();
  expect(known).toEqual([...CodeKind.options].sort());
  const missing = [...Object.values(SAMPLES), ...Object.values(NEEDED)].map((sample) => sample.kind);
  expect([...new Set(['extension', 'tablespace', ...missing])].sort()).toEqual(
    [...ElsewhereKind.options].sort(),
  );
});

/** The catalogs of what has an oid, and why nothing that a backup brings can need what is in them from elsewhere. */
const NEVER: Readonly<Record<string, string>> = {
  pg_amop: 'belongs to its family',
  pg_amproc: 'belongs to its family',
  pg_attrdef: 'is a part',
  pg_authid: 'roles',
  pg_auth_members: 'roles',
  pg_constraint: 'counts as its table',
  pg_conversion: 'is found by encodings',
  pg_database: 'the database itself',
  pg_default_acl: 'is used by nothing',
  pg_enum: 'counts as its type',
  pg_event_trigger: 'is used by nothing',
  pg_extension: 'counts by its members',
  pg_foreign_data_wrapper: 'foreign tables are not carried',
  pg_foreign_server: 'foreign tables are not carried',
  pg_largeobject_metadata: 'belongs to no table',
  pg_namespace: 'counts by what is in it',
  pg_parameter_acl: 'is used by nothing',
  pg_policy: 'is a part',
  pg_propgraph_element: 'is a part',
  pg_publication: 'is used by nothing',
  pg_publication_namespace: 'is used by nothing',
  pg_publication_rel: 'is used by nothing',
  pg_rewrite: 'is a part',
  pg_statistic_ext: 'is a part',
  pg_subscription: 'is used by nothing',
  pg_trigger: 'is a part',
  pg_user_mapping: 'foreign tables are not carried',
};

it('knows of every catalog of the server whether what is in it can be missing', async () => {
  const catalogs = await (
    await database()
  ).query<{ name: string }>(
    `SELECT c.relname::text AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'oid' AND NOT a.attisdropped
     WHERE c.relkind = 'r' AND c.relnamespace = 'pg_catalog'::regnamespace`,
  );
  const sought = Object.values(CATALOGS).map((catalog) => catalog.catalog);
  expect(
    catalogs.map((catalog) => catalog.name).filter((one) => !sought.includes(one) && !(one in NEVER)),
  ).toEqual([]);
});

const ALL: readonly [string, Sample][] = [
  ...Object.entries(SAMPLES),
  ...Object.entries(NEEDED).map(([kind, one]): [string, Sample] => [`a ${kind}`, one]),
];

it.each(ALL)('%s', async (kind, sample) => {
  const server = await withClient(serverUrl('postgres'), (client) =>
    client.query<{ v: number }>(`SELECT current_setting('server_version_num')::int AS v`),
  );
  if ((server.rows[0]?.v ?? 0) < (sample.since ?? 0)) return;
  const [source, target] = [await database(ELSEWHERE + ROWS + sample.sql), await database()];
  const archive = await backUp(hostAt(source), kind);
  if (sample.gone !== undefined) await source.sql(sample.gone);

  const { missing } = await previewBackup(hostAt(target), archive, { all: true });
  const found = missing.map(({ changed = [], ...one }) => ({
    ...one,
    changed: changed.map((each) => `${each.kind} ${each.name} ${each.how}`).sort(),
    neededBy: one.neededBy.map((each) => `${each.kind} ${each.name}`.replace('(IN m', '(m')).sort(),
  }));
  const neededBy = sample.neededBy.map((one) => one.replace('(IN m', '(m'));
  expect(found).toEqual([
    { kind: sample.kind, name: sample.name, outcome: 'left-out', neededBy, changed: sample.changed ?? [] },
  ]);

  const { warnings } = await restoreAll(hostAt(target), archive);
  expect(warnings.join('\n')).toContain(sample.name);
  const rowsAt = async (database: TestDatabase) =>
    Promise.all(
      Object.keys((await digest(database.url)).tables).map(async (table) => [
        table,
        await database.query<{ row: string }>(`SELECT t::text AS row FROM "${table}" t ORDER BY 1`),
      ]),
    );
  if (sample.changed) expect(await rowsAt(target)).toEqual(await rowsAt(source));
  else expect((await digest(target.url)).tables.site).toEqual((await digest(source.url)).tables.site);
  // Where it is there, nothing is left out.
  if (sample.again !== undefined) await source.sql(sample.again);
  expect((await previewBackup(hostAt(source), archive, { all: true })).missing).toEqual([]);
  if (sample.last !== undefined) await source.sql(sample.last);
});

it('what a newer server has of its own, and this one lacks: it is said before, and all rows come without it', async () => {
  const source = await database(`
    CREATE TABLE site (id int PRIMARY KEY, code float DEFAULT random(), at pg_lsn, ats pg_lsn[],
      half int GENERATED ALWAYS AS (gcd(id, 4)) STORED, CHECK (lcm(id, 2) > 0));
    CREATE INDEX by_root ON site (cbrt(id)); CREATE VIEW v AS SELECT pi() AS pi FROM site; CREATE VIEW over_v AS SELECT pi FROM v;
    -- Its own of a name that the server has too is not the server's.
    CREATE FUNCTION sind(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1'; CREATE VIEW w AS SELECT sind('x');
    INSERT INTO site VALUES (4, 0.5, '0/1', '{0/2}');`);
  const older = await database(`SET allow_system_table_mods = on;
    UPDATE pg_proc SET proname = proname || '_of_later' WHERE pronamespace = 'pg_catalog'::regnamespace AND proname IN ('random', 'gcd', 'lcm', 'cbrt', 'pi', 'sind');
    UPDATE pg_type SET typname = typname || '_of_later' WHERE typname IN ('pg_lsn', '_pg_lsn')`);
  const backup = await backUp(hostAt(source), 'newer');
  const { manifest } = backup;
  const archive = {
    ...backup,
    manifest: { ...manifest, database: { ...manifest.database, version: '99.1' } },
  };
  const { missing } = await previewBackup(hostAt(older), archive, { all: true });
  const losses = missing
    .map(({ kind, name, neededBy, changed = [] }) => [
      `${kind} ${name}`,
      ...neededBy.map((part) => `${part.kind} ${part.name}`),
      ...changed.map((part) => `${part.kind} ${part.name} ${part.how}`),
    ])
    .sort();
  expect(losses).toEqual([
    ['routine pg_catalog.cbrt', 'index by_root'],
    ['routine pg_catalog.gcd', 'generated half'],
    ['routine pg_catalog.lcm', 'constraint site_id_check'],
    ['routine pg_catalog.pi', 'view v', 'view over_v'],
    ['routine pg_catalog.random', 'default code'],
    ['type pg_catalog.pg_lsn', 'column at text', 'column ats text'],
  ]);
  const { warnings } = await restoreAll(hostAt(older), archive);
  for (const [name = ''] of losses) expect(warnings.join('\n')).toContain(name.split(' ')[1]);
  const rows = (database: TestDatabase) =>
    database.query('SELECT id, code, at::text AS at, ats::text AS ats FROM site');
  expect(await rows(older)).toEqual(await rows(source));
});

it('a tablespace that is gone: what lay in it comes where the database keeps its own', async () => {
  const source =
    await database(`CREATE TABLE far (id int PRIMARY KEY, t text); INSERT INTO far VALUES (1, 'x');
    CREATE TABLE near (id int) WITH (fillfactor = 60); CREATE INDEX near_id ON near (id);`);
  const [server] = await source.query<{ v: number }>(
    `SELECT current_setting('server_version_num')::int AS v`,
  );
  // Before that version one needs a folder of the server's.
  if ((server?.v ?? 0) < 150000) return;
  const space = `ark_space_${process.pid}`;
  await source.sql(`ALTER DATABASE ${source.name} SET allow_in_place_tablespaces = on`);
  await source.sql(`CREATE TABLESPACE ${space} LOCATION ''`);
  await source.sql(`ALTER TABLE far SET TABLESPACE ${space}; ALTER INDEX near_id SET TABLESPACE ${space}`);
  const archive = await backUp(hostAt(source), 'tablespace');
  expect(archive.manifest.notIncluded).toContainEqual(
    expect.objectContaining({ what: 'tablespace', name: space }),
  );
  const here = await digest(source.url);
  expect((await previewBackup(hostAt(source), archive, { all: true })).missing).toEqual([]);
  await source.sql(
    `ALTER TABLE far SET TABLESPACE pg_default; ALTER INDEX near_id SET TABLESPACE pg_default`,
  );
  await source.sql(`DROP TABLESPACE ${space}`);

  const target = await database();
  const { missing } = await previewBackup(hostAt(target), archive, { all: true });
  const changed = ['far', 'near'].map((name) => ({ kind: 'table', collection: name, name, how: 'without' }));
  expect(missing).toEqual([{ kind: 'tablespace', name: space, outcome: 'left-out', neededBy: [], changed }]);
  await restoreAll(hostAt(target), archive);
  expect(await digest(target.url)).toEqual(here);
});

it('makes an extension that the server has, and says so', async () => {
  const [source, target] = [
    await database(
      `CREATE SCHEMA more; CREATE EXTENSION citext SCHEMA more; CREATE TABLE t (v more.citext); INSERT INTO t VALUES ('A');`,
    ),
    await database(),
  ];
  const archive = await backUp(hostAt(source), 'extension');
  const { missing, asksForName } = await previewBackup(hostAt(target), archive, { all: true });
  expect(missing).toEqual([{ kind: 'extension', name: 'citext', outcome: 'made', neededBy: [] }]);
  expect(asksForName).toBe(true);
  await restoreAll(hostAt(target), archive);
  expect(await digest(target.url)).toEqual(await digest(source.url));
});

it('takes an extension and its schema away again if the restore fails', async () => {
  const [source, target] = [
    await database(
      `CREATE SCHEMA more; CREATE EXTENSION citext SCHEMA more; CREATE TABLE t (v more.citext);`,
    ),
    await database(`CREATE TABLE other (id int); CREATE INDEX t ON other (id);`),
  ];
  const archive = await backUp(hostAt(source), 'extension-taken-away');
  const extensions = () =>
    target.query(`SELECT extname::text FROM pg_extension UNION ALL SELECT nspname FROM pg_namespace`);
  const before = await extensions();
  await expect(restoreAll(hostAt(target), archive)).rejects.toMatchObject({ code: 'NAME_TAKEN' });
  expect(await extensions()).toEqual(before);
});

it('an extension that cannot be made refuses the restore; with leave all rows come without what needs it', async () => {
  const [source, target] = [
    await database(`
      CREATE EXTENSION citext; CREATE EXTENSION btree_gist;
      CREATE DOMAIN mail AS citext CHECK (VALUE ~ '@'); CREATE TYPE pair AS (a citext, b int);
      CREATE FUNCTION shout(t citext) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper(t::text)';
      CREATE FUNCTION later() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN citext_larger(''a'', ''b''); END';
      CREATE TABLE people (name citext PRIMARY KEY, nick citext DEFAULT 'x' UNIQUE, tags citext[], at mail, p pair, n int,
        loud text GENERATED ALWAYS AS (shout(name)) STORED, CHECK (nick <> 'y'), CHECK (n > 0), EXCLUDE USING gist (n WITH <>));
      CREATE INDEX by_nick ON people (nick); CREATE INDEX by_loud ON people (loud); CREATE INDEX by_n ON people (n);
      INSERT INTO people (name, tags, at, p, n) VALUES ('Ann', '{a,"b c",NULL}', 'a@b', ('q', 1), 1);
      CREATE TABLE other (id int PRIMARY KEY, of citext REFERENCES people, t text); INSERT INTO other VALUES (1, 'Ann', 't'), (2, NULL, 'u');
      CREATE VIEW names AS SELECT name FROM people; CREATE VIEW matching AS SELECT * FROM people WHERE name = nick; CREATE VIEW over_it AS SELECT 1 FROM matching;
      CREATE TABLE plain (id int PRIMARY KEY, t text); INSERT INTO plain SELECT i, i FROM generate_series(1, 100) i;`),
    await database(),
  ];
  const archive = without(await backUp(hostAt(source), 'extension-denied'), ['citext', 'btree_gist']);
  const host = hostAt(target);
  const before = await digest(target.url);
  const restore = (allowBreaks: boolean, selection: Selection = { all: true }) =>
    restoreBackup(host, archive, 'test.ark', { selection, allowBreaks, allowCode: true });
  await expect(restore(false)).rejects.toMatchObject({ code: 'EXTENSION_MISSING' });
  expect(await digest(target.url)).toEqual(before);

  const { missing, warnings, asksForName } = await previewBackup(host, archive, { all: true });
  expect(asksForName).toBe(true);
  expect(warnings.filter((warning) => warning.kind === 'breaks').map(warningText)).toEqual([
    expect.stringContaining('btree_gist_gone'),
    expect.stringContaining('citext_gone'),
  ]);
  const told = missing.map(({ name, neededBy, changed = [] }) => ({
    name,
    left: neededBy.map((one) => `${one.kind} ${one.name}`).sort(),
    changed: changed.map((one) => `${one.how} ${one.name}`).sort(),
  }));
  expect(told).toEqual([
    { name: 'btree_gist_gone', left: ['constraint people_n_excl'], changed: [] },
    {
      name: 'citext_gone',
      left: [
        'constraint people_nick_check',
        'default nick',
        'function shout(t citext)',
        'generated loud',
        'index by_loud',
        'index by_nick',
        'type mail',
        'type pair',
        'view matching',
        'view over_it',
      ],
      changed: ['failing later()', 'text at', 'text name', 'text nick', 'text of', 'text p', 'text tags'],
    },
  ]);

  const { result } = await restore(true);
  for (const one of told.flatMap((each) => [...each.left, ...each.changed]))
    expect(result.warnings.join('\n')).toContain(one.replace(/^\w+ /, ''));
  const rowsOf = (database: TestDatabase) =>
    Promise.all([
      database.query(`SELECT name::text, nick::text, tags::text, at::text, p::text, n FROM people`),
      database.query(`SELECT id, of::text, t FROM other ORDER BY 1`),
      database.query(`SELECT * FROM plain ORDER BY 1`),
      database.query(`SELECT name::text FROM names`),
    ]);
  expect(await rowsOf(target)).toEqual(await rowsOf(source));
  expect(
    await target.query(
      `SELECT conname::text AS name FROM pg_constraint WHERE contype IN ('p', 'u', 'f', 'c') AND connamespace = 'public'::regnamespace ORDER BY 1`,
    ),
  ).toEqual(
    ['other_of_fkey', 'other_pkey', 'people_n_check', 'people_nick_key', 'people_pkey', 'plain_pkey'].map(
      (name) => ({ name }),
    ),
  );

  // What is chosen needs none of it: nothing is asked.
  const only = { collections: ['plain'] };
  expect((await previewBackup(host, archive, only)).missing.map((one) => one.outcome)).toEqual([
    'unused',
    'unused',
  ]);
  await restore(false, only);
});

it('makes no extension where code stays out', async () => {
  const [source, target] = [
    await database(`CREATE EXTENSION citext; CREATE TABLE t (v citext); INSERT INTO t VALUES ('A')`),
    await database(),
  ];
  const archive = await backUp(hostAt(source), 'extension-no-code');
  const restore = (allowBreaks: boolean) =>
    restoreBackup(hostAt(target), archive, 'test.ark', { selection: {}, allowBreaks, noCode: true });
  const { missing } = await previewBackup(hostAt(target), archive, {}, { noCode: true });
  expect(missing).toMatchObject([
    { name: 'citext', outcome: 'left-out', changed: [{ name: 'v', how: 'text' }] },
  ]);
  await expect(restore(false)).rejects.toMatchObject({ code: 'EXTENSION_MISSING' });
  await restore(true);
  expect(await target.query('SELECT v FROM t')).toEqual([{ v: 'A' }]);
  expect(await target.query(`SELECT 1 FROM pg_extension WHERE extname = 'citext'`)).toEqual([]);
});

it('an archive that does not say what needs an extension is refused without it, with leave or not', async () => {
  const [source, target] = [
    await database(`CREATE EXTENSION citext; CREATE TABLE t (v citext); INSERT INTO t VALUES ('A')`),
    await database(),
  ];
  const archive = without(await backUp(hostAt(source), 'extension-old'), ['citext']);
  const { database: said } = archive.manifest;
  const older = {
    ...archive,
    manifest: {
      ...archive.manifest,
      database: { ...said, native: { postgres: { ...said.native.postgres!, elsewhere: undefined } } },
    },
  };
  await expect(previewBackup(hostAt(target), older, {})).rejects.toMatchObject({ code: 'EXTENSION_MISSING' });
  await expect(
    restoreBackup(hostAt(target), older, 'test.ark', { selection: {}, allowBreaks: true, allowCode: true }),
  ).rejects.toMatchObject({ code: 'EXTENSION_MISSING' });
});

/** As if this server did not have them. */
function without(archive: Archive, extensions: readonly string[]): Archive {
  const gone = <T extends { name: string }>(one: T): T =>
    extensions.includes(one.name) ? { ...one, name: `${one.name}_gone` } : one;
  const { database: old } = archive.manifest;
  const said = old.native.postgres!;
  const elsewhere = (said.elsewhere ?? []).map((one) => (one.kind === 'extension' ? gone(one) : one));
  const native = { postgres: { ...said, elsewhere, extensions: said.extensions.map(gone) } };
  return { ...archive, manifest: { ...archive.manifest, database: { ...old, native } } };
}
