import { hangingOf } from '../../src/server/dumper/archive/contents';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';

import { partLabel } from '../../src/server/dumper/schema/missing';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import { pgDump, type TestDatabase } from '../helpers/postgres';
import { stateOf } from '../helpers/state';

/**
 * What hangs on a thing that no backup has: an empty server takes the backup all the same, with every row, and what
 * cannot come is named by the backup already. Where the thing is there, everything comes.
 */
const { data, database } = ownPlace();
const tool = pgDump();
const hostAt = (database: TestDatabase) => hostOf(database.url, data.folder);

interface Case {
  readonly thing: string;
  readonly kind: string;
  readonly name: string;
  readonly sql: string;
  /** As the backup names what hangs on it. */
  readonly hangs: readonly string[];
  /** What is not in the empty server afterwards, by name. */
  readonly gone: readonly string[];
}

const WIDGET = `
  CREATE TYPE widget;
  CREATE FUNCTION widget_in(cstring) RETURNS widget LANGUAGE internal IMMUTABLE STRICT AS 'textin';
  CREATE FUNCTION widget_out(widget) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
  CREATE TYPE widget (INPUT = widget_in, OUTPUT = widget_out, LIKE = text);`;

/** Each place that can go through a cast. */
const CASTING = `
  CREATE TABLE t (id SOURCE, n int); INSERT INTO t VALUES (ONE, 1);
  CREATE FUNCTION same(flag) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 IS NOT NULL';
  CREATE VIEW alike_view AS SELECT n FROM t WHERE same(id); CREATE VIEW over_view AS SELECT count(*) FROM alike_view;
  CREATE VIEW other_view AS SELECT id, n FROM t;
  CREATE TABLE d (v flag DEFAULT ONE::SOURCE, f SOURCE DEFAULT ONE); INSERT INTO d DEFAULT VALUES;
  ALTER TABLE t ADD CONSTRAINT alike CHECK (same(id));
  CREATE POLICY solely ON t USING (same(id));
  CREATE TRIGGER touched AFTER UPDATE ON t FOR EACH ROW WHEN (same(new.id)) EXECUTE FUNCTION suppress_redundant_updates_trigger();`;

/** These take immutable ones alone. */
const STORED = `
  ALTER TABLE d ADD g boolean GENERATED ALWAYS AS (same(f)) STORED; CREATE INDEX turned ON t (same(id)); CREATE INDEX usual ON t (n);`;

const CASES: Record<string, Case> = {
  'a type written in C': {
    thing: WIDGET,
    kind: 'type',
    name: 'widget',
    sql: `CREATE TABLE t (id int PRIMARY KEY, w widget DEFAULT 'none', list widget[], n int);
      INSERT INTO t VALUES (1, 'a', '{x,y}', 1), (2, 'it''s "b", ok', NULL, 2), (3, NULL, '{}', 3);
      CREATE TYPE pair AS (w widget, n int); CREATE TABLE pairs (p pair); INSERT INTO pairs VALUES ('(a,1)');
      CREATE DOMAIN gadget AS widget; CREATE TABLE gadgets (g gadget); INSERT INTO gadgets VALUES ('g');
      CREATE FUNCTION same(a widget, b widget) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1::text = $2::text';
      CREATE OPERATOR === (LEFTARG = widget, RIGHTARG = widget, FUNCTION = same);
      ALTER TABLE t ADD CONSTRAINT alike CHECK (w === w);
      CREATE VIEW alike_view AS SELECT id FROM t WHERE w === 'a'::widget; CREATE VIEW over_view AS SELECT count(*) FROM alike_view;
      CREATE VIEW other_view AS SELECT id, n FROM t;`,
    hangs: [
      'column w of t',
      'column list of t',
      'type pair',
      'type gadget',
      'function same(a widget, b widget)',
    ],
    gone: ['alike_view', 'over_view', 'alike', 'same', 'pair', 'gadget'],
  },
  'a foreign table': {
    thing: `CREATE EXTENSION IF NOT EXISTS postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;
      CREATE FOREIGN TABLE away (id int) SERVER far;`,
    kind: 'relation',
    name: 'away',
    sql: `CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1);
      CREATE VIEW alike_view AS SELECT id FROM away; CREATE VIEW over_view AS SELECT * FROM alike_view JOIN t USING (id);
      CREATE FUNCTION same(a away) RETURNS int LANGUAGE sql AS 'SELECT 1';`,
    hangs: ['view alike_view', 'function same(a away)'],
    gone: ['alike_view', 'over_view', 'same'],
  },
  'a parser of texts': {
    thing: `CREATE TEXT SEARCH PARSER words (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);`,
    kind: 'textParser',
    name: 'words',
    sql: `CREATE TABLE t (v text); INSERT INTO t VALUES ('some words');
      CREATE TEXT SEARCH CONFIGURATION ours (PARSER = words); CREATE INDEX looked ON t (to_tsvector('ours', v));`,
    hangs: ['text search configuration "ours"'],
    gone: ['ours', 'looked'],
  },
  'a template of dictionaries': {
    thing: `CREATE TEXT SEARCH TEMPLATE plain (INIT = dsimple_init, LEXIZE = dsimple_lexize);`,
    kind: 'textTemplate',
    name: 'plain',
    sql: `CREATE TABLE t (v text); INSERT INTO t VALUES ('some words'); CREATE TEXT SEARCH DICTIONARY said (TEMPLATE = plain);
      CREATE TEXT SEARCH CONFIGURATION ours (PARSER = pg_catalog."default");
      ALTER TEXT SEARCH CONFIGURATION ours ADD MAPPING FOR asciiword WITH said;`,
    hangs: ['text search dictionary "said"'],
    gone: ['ours', 'said'],
  },
  'an operator class whose family is elsewhere': {
    thing: `CREATE SCHEMA other; CREATE OPERATOR FAMILY other.family USING btree;
      CREATE OPERATOR CLASS backwards FOR TYPE int USING btree FAMILY other.family AS OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <,
        FUNCTION 1 btint4cmp(int, int);`,
    kind: 'operatorClass',
    name: 'backwards',
    sql: `CREATE TABLE t (n int); INSERT INTO t VALUES (1), (2); CREATE INDEX turned ON t (n backwards); CREATE INDEX usual ON t (n);`,
    hangs: ['index turned of t'],
    gone: ['turned'],
  },
  'a cast by a function': {
    thing: `CREATE TYPE flag AS ENUM ('a', 'b'); CREATE FUNCTION to_flag(numeric) RETURNS flag LANGUAGE plpgsql IMMUTABLE SET search_path = public AS $$ BEGIN RETURN CASE $1 WHEN 1 THEN 'a' ELSE 'b' END; END $$;
      CREATE CAST (numeric AS flag) WITH FUNCTION to_flag(numeric) AS IMPLICIT;`,
    kind: 'cast',
    name: 'numeric AS flag',
    sql: (CASTING + STORED).replaceAll('SOURCE', 'numeric').replaceAll('ONE', '1'),
    hangs: [
      'view alike_view',
      'default v of d',
      'generated column g of d',
      'constraint alike of t',
      'index turned of t',
      'policy solely of t',
      'trigger touched of t',
    ],
    gone: ['alike_view', 'over_view', 'alike', 'turned'],
  },
  'a cast by the texts': {
    thing: `CREATE TYPE flag AS ENUM ('a', 'b'); CREATE FUNCTION to_flag(numeric) RETURNS flag LANGUAGE plpgsql IMMUTABLE SET search_path = public AS $$ BEGIN RETURN CASE $1 WHEN 1 THEN 'a' ELSE 'b' END; END $$;
      CREATE CAST (bpchar AS flag) WITH INOUT AS IMPLICIT;`,
    kind: 'cast',
    name: 'bpchar AS flag',
    sql: CASTING.replaceAll('SOURCE', 'bpchar').replaceAll('ONE', "'a'"),
    hangs: [
      'view alike_view',
      'default v of d',
      'constraint alike of t',
      'policy solely of t',
      'trigger touched of t',
    ],
    gone: ['alike_view', 'over_view', 'alike'],
  },
};

const NAMES = `
  SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace UNION SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace
  UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace UNION SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION SELECT cfgname FROM pg_ts_config WHERE cfgnamespace = 'public'::regnamespace UNION SELECT dictname FROM pg_ts_dict WHERE dictnamespace = 'public'::regnamespace`;
const namesIn = async (database: TestDatabase) =>
  new Set((await database.query<{ name: string }>(NAMES)).map(({ name }) => name));

/** What is stored, as texts, whatever the types. */
const rowsIn = async (database: TestDatabase) => {
  const tables = await database.query<{ name: string; columns: string }>(
    `SELECT c.relname AS name, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns FROM pg_class c
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND a.attgenerated = ''
     WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' GROUP BY 1 ORDER BY 1`,
  );
  return Promise.all(
    tables.map(async ({ name, columns }) => [
      name,
      await database.query(`SELECT ROW(${columns})::text AS row FROM "${name}" ORDER BY 1`),
    ]),
  );
};

describe.each(Object.entries(CASES))('%s', (what, { thing, kind, name, sql, hangs, gone }) => {
  it('is missing on an empty server: all rows come, and what cannot is named', async () => {
    const source = await database(thing + sql);
    const archive = await backUp(hostAt(source), `${what} empty`);
    const hanging = hangingOf(archive.manifest);
    expect(hanging.map((one) => [one.kind, one.name])).toEqual([[kind, name]]);
    expect(hanging.flatMap((one) => one.neededBy.map(partLabel))).toEqual(expect.arrayContaining([...hangs]));
    const target = await database();
    const { missing } = await previewBackup(hostAt(target), archive, { all: true });
    expect(missing).toContainEqual(
      expect.objectContaining({ kind, name: expect.stringContaining(name) as string, outcome: 'left-out' }),
    );
    await restoreAll(hostAt(target), archive);
    expect(await rowsIn(target)).toEqual(await rowsIn(source));
    const here = await namesIn(target);
    for (const name of await namesIn(source)) {
      if (gone.includes(name)) expect(here).not.toContain(name);
    }
  });

  it('is there: everything comes back over itself', async () => {
    const source = await database(thing + sql);
    const archive = await backUp(hostAt(source), `${what} over`);
    const before = await stateOf(source.url, tool);
    expect((await previewBackup(hostAt(source), archive, { all: true })).missing).toEqual([]);
    await restoreAll(hostAt(source), archive);
    expect(await stateOf(source.url, tool)).toEqual(before);
  });
});
