import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyUndo, findUndo } from '../../src/server/actions/restore/undos';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import { play } from '../helpers/play';
import type { TestDatabase } from '../helpers/postgres';

/**
 * Whatever can have a comment has it again. The server says itself what there is, so a kind or a part that nobody has
 * thought of is asked for too.
 */
const { data, database } = ownPlace();
const hostAt = (database: TestDatabase) => hostOf(database.url, data.folder);

/** Parts that only some relations have. */
const PARTS = `
  CREATE DOMAIN public.c_said AS text CONSTRAINT filled CHECK (VALUE <> '') CONSTRAINT given NOT NULL;
  CREATE DOMAIN public.c_old AS text; ALTER DOMAIN public.c_old ADD CONSTRAINT later CHECK (VALUE <> '') NOT VALID;
  CREATE TYPE public.c_place AS (lat numeric, lon numeric);
  CREATE TABLE public.c_parent (id int NOT NULL, v public.c_said, CONSTRAINT low CHECK (id < 100), CONSTRAINT one UNIQUE (id));
  CREATE TABLE public.c_child (more int, CONSTRAINT low CHECK (id < 100)) INHERITS (public.c_parent);
  CREATE TABLE public.c_heir () INHERITS (public.c_parent);
  CREATE TABLE public.c_split (id int NOT NULL, of int REFERENCES public.c_parent (id), CONSTRAINT "Some" CHECK (id > 0), PRIMARY KEY (id)) PARTITION BY RANGE (id);
  CREATE TABLE public.c_split1 PARTITION OF public.c_split FOR VALUES FROM (1) TO (10);
  CREATE TABLE public.c_split2 PARTITION OF public.c_split DEFAULT PARTITION BY RANGE (id);
  CREATE TABLE public.c_split3 PARTITION OF public.c_split2 DEFAULT;
  CREATE INDEX ON public.c_split (of);
  CREATE FUNCTION public.c_touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
  CREATE TRIGGER touched BEFORE INSERT ON public.c_parent FOR EACH ROW EXECUTE FUNCTION public.c_touch();
  CREATE TABLE public.c_counted (id int GENERATED ALWAYS AS IDENTITY, s serial, EXCLUDE USING btree (s WITH =));
  CREATE TRIGGER touched AFTER INSERT ON public.c_split FOR EACH ROW EXECUTE FUNCTION public.c_touch();
  CREATE VIEW public.c_looked AS SELECT * FROM public.c_parent;
  CREATE MATERIALIZED VIEW public.c_found AS SELECT * FROM public.c_looked;
  CREATE UNIQUE INDEX found_once ON public.c_found (id);
  ALTER TABLE public.c_parent ADD CONSTRAINT soon CHECK (id > 5) NOT VALID;`;

/** What the server knows of the app's schema that somebody can comment on; what comes by itself is left to the server. */
const THINGS = `
  SELECT x.class, x.oid, x.sub, i.type, i.identity, (SELECT d.description FROM pg_description d
      WHERE d.classoid = x.class AND d.objoid = x.oid AND d.objsubid = x.sub) AS comment
  FROM (
    SELECT 'pg_class'::regclass AS class, oid, 0 AS sub FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind <> 'c'
    UNION ALL SELECT 'pg_class'::regclass, c.oid, a.attnum FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'c')
    UNION ALL SELECT 'pg_constraint'::regclass, oid, 0 FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'pg_trigger'::regclass, g.oid, 0 FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid WHERE c.relnamespace = 'public'::regnamespace AND NOT g.tgisinternal
    UNION ALL SELECT 'pg_policy'::regclass, p.oid, 0 FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'pg_rewrite'::regclass, r.oid, 0 FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
      WHERE c.relnamespace = 'public'::regnamespace AND r.rulename <> '_RETURN'
    UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, 0 FROM pg_statistic_ext WHERE stxnamespace = 'public'::regnamespace
    UNION ALL SELECT 'pg_type'::regclass, t.oid, 0 FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
      WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd', 'c', 'r') AND (typtype <> 'c' OR c.relkind = 'c')
    UNION ALL SELECT 'pg_proc'::regclass, p.oid, 0 FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')
    UNION ALL SELECT 'pg_collation'::regclass, oid, 0 FROM pg_collation WHERE collnamespace = 'public'::regnamespace
    UNION ALL SELECT 'pg_operator'::regclass, oid, 0 FROM pg_operator WHERE oprnamespace = 'public'::regnamespace
    UNION ALL SELECT 'pg_opclass'::regclass, oid, 0 FROM pg_opclass WHERE opcnamespace = 'public'::regnamespace
    UNION ALL SELECT 'pg_opfamily'::regclass, oid, 0 FROM pg_opfamily WHERE opfnamespace = 'public'::regnamespace
    UNION ALL SELECT 'pg_ts_dict'::regclass, oid, 0 FROM pg_ts_dict WHERE dictnamespace = 'public'::regnamespace
    UNION ALL SELECT 'pg_ts_config'::regclass, oid, 0 FROM pg_ts_config WHERE cfgnamespace = 'public'::regnamespace
  ) x CROSS JOIN LATERAL pg_identify_object(x.class, x.oid, x.sub) i
  WHERE NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.classid = x.class AND e.objid = x.oid AND e.deptype = 'e')`;

const commentsOf = async (database: TestDatabase) =>
  new Map(
    (
      await database.query<{ type: string; identity: string; comment: string | null }>(
        `${THINGS} ORDER BY 4, 5`,
      )
    ).map(({ type, identity, comment }) => [`${type} ${identity}`, comment]),
  );

it('what has a comment has it again: into an empty database, over itself, and after the undo', async () => {
  const [source, target] = [await database(), await database()];
  await play(source, readFileSync(join(__dirname, '..', 'fixtures', 'everything.sql'), 'utf8'));
  // Nobody could drop the database that has one.
  await source.sql('ALTER SUBSCRIPTION daily SET (slot_name = NONE)');
  await source.sql('DROP SUBSCRIPTION daily');
  await play(source, PARTS);
  await source.sql(`
    DELETE FROM pg_description d USING (${THINGS}) t WHERE (d.classoid, d.objoid, d.objsubid) = (t.class, t.oid, t.sub);
    INSERT INTO pg_description (classoid, objoid, objsubid, description)
      SELECT class, oid, sub, format('of %s: ''it''''s', identity) FROM (${THINGS}) t;`);
  const said = await commentsOf(source);
  expect([...said.values()]).not.toContain(null);
  const archive = await backUp(hostAt(source), 'said');
  const lost = async (database: TestDatabase) => {
    const found = await commentsOf(database);
    return [...said]
      .filter(([thing, text]) => found.has(thing) && found.get(thing) !== text)
      .map(([thing]) => thing);
  };
  await restoreAll(hostAt(target), archive);
  expect(await lost(target)).toEqual([]);
  await restoreAll(hostAt(target), archive);
  expect(await lost(target)).toEqual([]);
  await applyUndo(hostAt(target), await findUndo(hostAt(target)), { allowBreaks: false });
  expect(await lost(target)).toEqual([]);
});
