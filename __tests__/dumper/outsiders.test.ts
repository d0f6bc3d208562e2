import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { applyUndo, findUndo } from '../../src/server/actions/restore/undos';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import { pgDump, serverUrl, withClient, type TestDatabase } from '../helpers/postgres';
import { stateOf } from '../helpers/state';
import { warningText } from '../../src/server/dumper/app/warning';

/** What other schemas have on top of the app's: of every kind that the catalog can tie to something. */
const tool = pgDump();
const { data, database, copy } = ownPlace();
const hostAt = (database: TestDatabase) => hostOf(database.url, data.folder);

const APP = `
  CREATE SCHEMA api;
  CREATE TYPE mood AS ENUM ('good', 'bad');
  CREATE TABLE item (id serial PRIMARY KEY, name text, feeling mood);
  CREATE TABLE part (id int PRIMARY KEY, item int REFERENCES item);
  CREATE SEQUENCE numbers;
  CREATE FUNCTION loud(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT upper(t) $$;
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
  CREATE VIEW good AS SELECT id, name FROM item WHERE feeling = 'good';
  INSERT INTO item (name, feeling) VALUES ('a', 'good'), ('b', 'bad'); INSERT INTO part VALUES (1, 1);
  CREATE TABLE api.own (id int PRIMARY KEY, n int);
  INSERT INTO api.own VALUES (1, 1);`;

interface Sample {
  /** The catalogs that have a row that hangs on the app's because of it. */
  readonly catalogs: readonly string[];
  readonly sql: string;
  readonly since?: number;
}

/** Made anew by a restore and by its undo. */
const MADE: Record<string, Sample> = {
  view: {
    catalogs: ['pg_rewrite'],
    sql: `CREATE VIEW api.v WITH (security_barrier) AS SELECT id, name AS "Na""me" FROM item; COMMENT ON VIEW api.v IS 'seen'; COMMENT ON COLUMN api.v.id IS 'number';
      GRANT SELECT ON api.v TO PUBLIC; ALTER VIEW api.v ALTER COLUMN id SET DEFAULT 7;
      CREATE FUNCTION api.no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
      CREATE TRIGGER no INSTEAD OF DELETE ON api.v FOR EACH ROW EXECUTE FUNCTION api.no();
      CREATE VIEW api.over_v AS SELECT count(*) FROM api.v; CREATE MATERIALIZED VIEW over_v AS SELECT count(*) FROM api.over_v;`,
  },
  'view of a view': {
    catalogs: ['pg_rewrite'],
    sql: `CREATE VIEW api.v AS SELECT g.id, p.id AS part FROM good g JOIN part p ON p.item = g.id;`,
  },
  'view of whole rows': {
    catalogs: ['pg_rewrite', 'pg_class'],
    sql: `CREATE VIEW api.v AS SELECT i, i.id FROM item i; COMMENT ON VIEW api.v IS 'rows'; GRANT SELECT (id) ON api.v TO PUBLIC;
      CREATE VIEW api.w AS SELECT (i).name FROM api.v;`,
  },
  'grouped view': {
    catalogs: ['pg_rewrite'],
    sql: `CREATE VIEW api.v AS SELECT i.id, i.name, count(*) FROM item i JOIN part p ON p.item = i.id GROUP BY i.id;`,
  },
  'materialized view': {
    catalogs: ['pg_rewrite'],
    sql: `CREATE MATERIALIZED VIEW api.m AS SELECT id, name FROM item; CREATE UNIQUE INDEX m_id ON api.m (id); COMMENT ON MATERIALIZED VIEW api.m IS 'kept';
      GRANT SELECT ON api.m TO PUBLIC; CREATE VIEW api.over_m AS SELECT * FROM api.m; CREATE MATERIALIZED VIEW api.mm AS SELECT * FROM api.over_m WITH NO DATA;`,
  },
  'foreign key': {
    catalogs: ['pg_constraint'],
    sql: `CREATE TABLE api.line (item int CONSTRAINT to_item REFERENCES item ON DELETE CASCADE DEFERRABLE); COMMENT ON CONSTRAINT to_item ON api.line IS 'whose';
      INSERT INTO api.line VALUES (1);
      CREATE TABLE api.lines (item int REFERENCES item) PARTITION BY LIST (item); CREATE TABLE api.lines1 PARTITION OF api.lines DEFAULT;`,
  },
  policy: {
    catalogs: ['pg_policy'],
    sql: `CREATE POLICY known ON api.own FOR SELECT USING (id IN (SELECT id FROM item)); ALTER TABLE api.own ENABLE ROW LEVEL SECURITY; COMMENT ON POLICY known ON api.own IS 'only ours';`,
  },
  rule: {
    catalogs: ['pg_rewrite'],
    sql: `CREATE RULE log AS ON INSERT TO api.own DO ALSO INSERT INTO item (name) VALUES ('from a rule'); ALTER TABLE api.own DISABLE RULE log;`,
  },
  default: {
    catalogs: ['pg_attrdef'],
    sql: `CREATE TABLE api.counted (id int DEFAULT nextval('numbers'), item int DEFAULT nextval('item_id_seq'));`,
  },
  'body of a function': {
    catalogs: ['pg_proc'],
    since: 140000,
    sql: `CREATE FUNCTION api.names(most int DEFAULT 3) RETURNS SETOF text LANGUAGE sql STABLE BEGIN ATOMIC SELECT name FROM item LIMIT most; END; GRANT EXECUTE ON FUNCTION api.names TO PUBLIC;
      CREATE FUNCTION api.one() RETURNS bigint LANGUAGE sql RETURN (SELECT count(*) FROM good); COMMENT ON FUNCTION api.one IS 'counts';
      CREATE VIEW api.named AS SELECT * FROM api.names(2);`,
  },
  'row as an argument': {
    catalogs: ['pg_proc'],
    sql: `CREATE FUNCTION api.title(i item) RETURNS text LANGUAGE sql STABLE AS $$ SELECT i.name $$; REVOKE ALL ON FUNCTION api.title FROM PUBLIC;
      CREATE VIEW api.titled AS SELECT id, api.title(i) FROM item i;`,
  },
  statistics: {
    catalogs: ['pg_statistic_ext'],
    sql: `CREATE STATISTICS api.s ON name, feeling FROM item; COMMENT ON STATISTICS api.s IS 'together';`,
  },
  publication: {
    catalogs: ['pg_publication_rel'],
    sql: `CREATE PUBLICATION sends FOR TABLE item;`,
  },
  trigger: {
    catalogs: ['pg_trigger'],
    sql: `CREATE TRIGGER touched BEFORE INSERT ON api.own FOR EACH ROW EXECUTE FUNCTION touch();`,
  },
  check: {
    catalogs: ['pg_constraint'],
    sql: `ALTER TABLE api.own ADD CONSTRAINT loud CHECK (loud(n::text) <> 'X');`,
  },
  index: { catalogs: ['pg_class'], sql: `CREATE INDEX louder ON api.own (loud(n::text));` },
  type: {
    catalogs: ['pg_class', 'pg_type'],
    sql: `CREATE TABLE api.felt (feeling mood DEFAULT 'good'); CREATE DOMAIN api.feeling AS mood;`,
  },
};

/** Named before anything is loaded, and refused unless that is allowed. */
const NAMED: Record<string, Sample & { readonly says: string }> = {
  'child table': {
    catalogs: ['pg_class'],
    sql: `CREATE TABLE api.child () INHERITS (item);`,
    says: 'table api.child',
  },
  'column of rows': {
    catalogs: ['pg_class'],
    sql: `CREATE TABLE api.kept (whole item);`,
    says: 'table api.kept',
  },
  cast: {
    catalogs: ['pg_cast'],
    sql: `CREATE FUNCTION api.say(i item) RETURNS text LANGUAGE sql AS $$ SELECT i.name $$; CREATE CAST (item AS text) WITH FUNCTION api.say(item);`,
    says: 'function api.say(public.item)',
  },
};

/** The others: their rows hang on no table, view, sequence or row type, or are a part of what does. */
const NEVER = [
  'pg_am pg_amop pg_amproc pg_authid pg_auth_members pg_collation pg_conversion pg_database pg_db_role_setting pg_default_acl pg_enum',
  'pg_extension pg_foreign_data_wrapper pg_foreign_server pg_language pg_largeobject_metadata pg_namespace pg_opclass pg_operator pg_opfamily',
  'pg_parameter_acl pg_publication pg_publication_namespace pg_range pg_replication_origin pg_subscription pg_tablespace pg_transform',
  'pg_ts_config pg_ts_dict pg_ts_parser pg_ts_template pg_user_mapping pg_event_trigger',
].join(' ');

let version = 0;
beforeAll(async () => {
  const found = await withClient(serverUrl('postgres'), (client) =>
    client.query<{ v: number }>(`SELECT current_setting('server_version_num')::int AS v`),
  );
  version = found.rows[0]?.v ?? 0;
});
const knows = ({ since = 0 }: Sample): boolean => version >= since;

it('covers every catalog of the server', async () => {
  const found = await withClient(serverUrl('postgres'), (client) =>
    client.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'oid' AND a.attnum > 0
       WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r'`,
    ),
  );
  const covered = new Set([
    ...[...Object.values(MADE), ...Object.values(NAMED)].flatMap((sample) => sample.catalogs),
    ...NEVER.split(' '),
  ]);
  expect(found.rows.map((row) => row.name).filter((name) => !covered.has(name))).toEqual([]);
});

/** The catalogs with rows that hang on the app's and are none of its own. */
const hanging = (database: TestDatabase): Promise<string[]> =>
  withClient(database.url, async (client) => {
    const found = await client.query<{ name: string }>(
      `SELECT DISTINCT d.classid::regclass::text AS name FROM pg_depend d
       WHERE d.deptype IN ('n', 'a') AND pg_describe_object(d.refclassid, d.refobjid, 0) !~ 'api\\.' AND d.refobjid >= 16384
         AND d.refclassid <> 'pg_namespace'::regclass AND pg_describe_object(d.classid, d.objid, 0) ~ 'api\\.|sends|cast'`,
    );
    return found.rows.map((row) => row.name);
  });

it.each(Object.keys(MADE))('a %s is made anew, by the restore and by its undo', async (kind) => {
  const sample = MADE[kind];
  if (!sample || !knows(sample)) return;
  const source = await database(APP + sample.sql);
  expect(await hanging(source)).toEqual(expect.arrayContaining([...sample.catalogs]));
  const host = hostAt(source);
  const archive = await backUp(host, kind.replaceAll(' ', '-'));
  const expected = await copy(source);
  await source.sql(`INSERT INTO item (name) VALUES ('later'); SELECT nextval('numbers')`);
  // One that is made anew is filled from what is there by then.
  if (kind === 'materialized view') await source.sql('REFRESH MATERIALIZED VIEW api.m');
  const before = await stateOf(source.url, tool);

  const { warnings } = await previewBackup(host, archive, { all: true });
  expect(warnings.filter((warning) => warning.kind === 'breaks')).toEqual([]);
  await restoreAll(host, archive);
  expect(await stateOf(source.url, tool)).toEqual(await stateOf(expected.url, tool));
  await applyUndo(host, await findUndo(host), { allowBreaks: false });
  expect(await stateOf(source.url, tool)).toEqual(before);
});

it.each(Object.keys(NAMED))('a %s is named before anything is loaded', async (kind) => {
  const sample = NAMED[kind];
  if (!sample || !knows(sample)) throw new Error(kind);
  const source = await database(APP + sample.sql);
  expect(await hanging(source)).toEqual(expect.arrayContaining([...sample.catalogs]));
  const host = hostAt(source);
  const archive = await backUp(host, kind.replaceAll(' ', '-'));
  const before = await stateOf(source.url, tool);

  const { warnings } = await previewBackup(host, archive, { all: true });
  const breaks = warnings.filter((warning) => warning.kind === 'breaks').map(warningText);
  expect(breaks.join('\n')).toContain(sample.says);
  await expect(restoreAll(host, archive)).rejects.toMatchObject({ code: 'DEPENDENT_WOULD_BREAK' });
  expect(await stateOf(source.url, tool)).toEqual(before);

  // Where it is allowed, the result says again what goes on with old rows.
  const { result } = await restoreBackup(host, archive, 'test.ark', {
    selection: { all: true },
    allowBreaks: true,
    allowCode: true,
  });
  expect(result.warnings.join('\n')).toMatch(/ stays tied to what went aside/);
});

it('runs what another role wrote with the rights of that role', async () => {
  const role = `ark_reporter_${process.pid}`;
  const source = await database();
  await source.sql(`CREATE ROLE ${role};
    CREATE SCHEMA reports AUTHORIZATION ${role};
    CREATE TABLE item (id int PRIMARY KEY); INSERT INTO item VALUES (1);
    CREATE FUNCTION even(n int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
    GRANT SELECT, REFERENCES ON item TO ${role};
    SET ROLE ${role};
    CREATE FUNCTION reports.mine() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
      IF current_user <> '${role}' THEN RAISE EXCEPTION 'run by %', current_user; END IF; RETURN true; END $$;
    CREATE TABLE reports.own (item int REFERENCES public.item, CONSTRAINT mine CHECK (public.even(item) AND reports.mine()));
    INSERT INTO reports.own VALUES (1);
    CREATE MATERIALIZED VIEW reports.seen AS SELECT id, reports.mine() FROM public.item;
    CREATE UNIQUE INDEX ON reports.seen (id);
    RESET ROLE`);
  try {
    const archive = await backUp(hostAt(source), 'reporter');
    const before = await stateOf(source.url, tool);
    await source.sql(`ALTER TABLE item ADD more int`);
    const { warnings } = await restoreAll(hostAt(source), archive);
    expect(warnings.filter((warning) => warning.includes('run by'))).toEqual([]);
    expect(await stateOf(source.url, tool)).toEqual(before);

    // A key whose values are compared by what that role wrote cannot be looked at without running it.
    await source.sql(`SET ROLE ${role};
      CREATE TYPE reports.code AS ENUM ('one');
      CREATE FUNCTION reports.number(reports.code) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
        RESET ROLE; IF NOT reports.mine() THEN RETURN 0; END IF; RETURN 1; END $$;
      CREATE CAST (reports.code AS int) WITH FUNCTION reports.number(reports.code) AS IMPLICIT;
      CREATE TABLE reports.coded (code reports.code CONSTRAINT coded REFERENCES public.item);
      RESET ROLE`);
    await expect(restoreAll(hostAt(source), archive, { all: true })).rejects.toMatchObject({
      code: 'DEPENDENT_WOULD_BREAK',
      message: expect.stringContaining(
        'Ark cannot recreate constraint coded on table reports.coded',
      ) as string,
    });
  } finally {
    await source.sql(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
  }
});

it('fills a materialized view of the app that another role owns with the rights of that role, or leaves it empty and says so', async () => {
  const [guest, maker] = [`ark_guest_${process.pid}`, `ark_maker_${process.pid}`];
  const source = await database();
  const ownDatabases: TestDatabase[] = [];
  await source.sql(`CREATE ROLE ${guest}; CREATE ROLE ${maker} LOGIN PASSWORD 'maker';
    GRANT CREATE ON SCHEMA public TO ${guest};
    CREATE TABLE item (id int PRIMARY KEY, own boolean DEFAULT true); INSERT INTO item VALUES (1, true), (2, false);
    ALTER TABLE item ENABLE ROW LEVEL SECURITY; CREATE POLICY theirs ON item TO ${guest} USING (own);
    CREATE FUNCTION who() RETURNS text LANGUAGE sql AS 'SELECT current_user::text';
    GRANT SELECT ON item TO ${guest};
    SET ROLE ${guest};
    CREATE MATERIALIZED VIEW seen AS SELECT id, who() FROM item; CREATE UNIQUE INDEX seen_id ON seen (id);
    RESET ROLE;
    CREATE MATERIALIZED VIEW over_it AS SELECT count(*)::int AS n, min(who) AS who FROM seen`);
  const seen = (at: TestDatabase) =>
    at.query(`SELECT id, who, n, o.who AS "over" FROM seen s JOIN over_it o USING (who)`);
  const filled = [{ id: 1, who: guest, n: 1, over: guest }];
  try {
    expect(await seen(source)).toEqual(filled);
    const archive = await backUp(hostAt(source), 'guest');
    const before = await stateOf(source.url, tool);
    const empty = await database(`GRANT CREATE ON SCHEMA public TO ${guest}`);
    ownDatabases.push(empty);
    await restoreAll(hostAt(empty), archive);
    expect(await seen(empty)).toEqual(filled);

    await source.sql(
      `UPDATE item SET own = true; REFRESH MATERIALIZED VIEW seen; REFRESH MATERIALIZED VIEW over_it`,
    );
    const later = await stateOf(source.url, tool);
    await restoreAll(hostAt(source), archive);
    expect(await seen(source)).toEqual(filled);
    expect(await stateOf(source.url, tool)).toEqual(before);
    await applyUndo(hostAt(source), await findUndo(hostAt(source)), { allowBreaks: false });
    expect(await stateOf(source.url, tool)).toEqual(later);

    // An account that is no member of it.
    const few = await database();
    ownDatabases.push(few);
    await few.sql(`GRANT CREATE ON DATABASE ${few.name} TO ${maker}; GRANT ALL ON SCHEMA public TO ${maker}`);
    const url = new URL(few.url);
    url.username = maker;
    url.password = 'maker';
    const host = hostOf(url.toString(), data.folder);
    const { blemishes } = await previewBackup(host, archive, { all: true });
    expect(blemishes).toMatchObject([{ kind: 'materialized', name: 'seen', outcome: 'left empty' }]);
    const result = await restoreAll(host, archive);
    expect(result.warnings.join('\n')).toContain(`it is of ${guest}, and ${maker} may not act as that role`);
    expect(
      await few.query(
        `SELECT relname::text AS name, relispopulated AS filled FROM pg_class WHERE relkind = 'm' ORDER BY 1`,
      ),
    ).toEqual([
      { name: 'over_it', filled: false },
      { name: 'seen', filled: false },
    ]);
    expect(await few.query('SELECT id FROM item ORDER BY 1')).toEqual([{ id: 1 }, { id: 2 }]);
  } finally {
    await source.sql(`DROP OWNED BY ${guest}, ${maker} CASCADE`);
    for (const database of ownDatabases) await database.sql(`DROP OWNED BY ${guest}, ${maker} CASCADE`);
    await source.sql(`DROP ROLE ${guest}; DROP ROLE ${maker}`);
  }
});
