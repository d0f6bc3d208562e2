import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import { play } from '../helpers/play';
import type { TestDatabase } from '../helpers/postgres';

/**
 * Nothing is lost silently: what the server's own catalogs have of a database is afterwards in the other one, or the
 * backup names it. The server says itself which catalogs there are, so a kind that a new version brings is asked for too.
 */
const place = ownPlace();

interface Thing {
  readonly type: string;
  readonly schema: string | null;
  readonly name: string | null;
  readonly identity: string;
}

/** Whatever people have made in a database, as the server identifies it. */
async function thingsIn(database: TestDatabase): Promise<Thing[]> {
  const catalogs = await database.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'oid'
     WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND NOT c.relisshared
       -- The server has no identity for a label of an enum.
       AND c.relname <> 'pg_enum' ORDER BY 1`,
  );
  const asked = catalogs.map(
    ({ name }) => `SELECT i.type, i.schema, i.name, i.identity FROM ${name} x,
      pg_identify_object('${name.replace('_metadata', '')}'::regclass, x.oid, 0) i
      WHERE x.oid >= 16384 AND NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.objid = x.oid AND e.classid = '${name}'::regclass AND e.deptype IN ('e', 'i'))`,
  );
  const found = await database.query<Thing>(asked.join(' UNION ALL '));
  // Numbers of its own stand in the names of what holds large values, and of a view's rule.
  return found.filter((one) => one.schema !== 'pg_toast' && !one.identity.includes('_RETURN'));
}

const KINDS: Readonly<Record<string, string>> = {
  'large object': 'large objects',
  'default acl': 'default privileges',
  type: 'base type',
  'statistics object': 'statistics',
  server: 'foreign server',
  // Parts, of which the whole is named.
  'operator of access method': 'operator class',
  'function of access method': 'operator class',
  'publication relation': 'publication',
};

it('what does not come back is named', async () => {
  const [source, target] = [await place.database(), await place.database()];
  await play(source, readFileSync(join(__dirname, '..', 'fixtures', 'everything.sql'), 'utf8'));
  const archive = await backUp(hostOf(source.url, place.data.folder), 'everything');
  // Nobody could drop the database that has one.
  await source.sql('ALTER SUBSCRIPTION daily SET (slot_name = NONE)');
  await source.sql('DROP SUBSCRIPTION daily');
  const there = await thingsIn(source);
  await restoreAll(hostOf(target.url, place.data.folder), archive);

  const here = new Set((await thingsIn(target)).map((one) => `${one.type} ${one.identity}`));
  const missing = there.filter((one) => !here.has(`${one.type} ${one.identity}`));
  const named = archive.manifest.notIncluded;
  const silent = missing.filter(
    (one) =>
      one.schema !== 'elsewhere' &&
      !named.some(
        ({ what, name }) =>
          what === (KINDS[one.type] ?? one.type) &&
          (what === 'large objects' || (one.name ?? one.identity).includes(name.split(/[ (]/)[0] ?? '')),
      ),
  );
  expect(silent).toEqual([]);
  // What is of no object of its own.
  const kinds = new Set(named.map((one) => one.what));
  for (const kind of [
    'subscription',
    'user mapping',
    'schema',
    'comment',
    'schema privileges',
    'large objects',
  ])
    expect(kinds).toContain(kind);
  expect(await aggregatesOf(target)).toEqual(await aggregatesOf(source));
});

/** All that the server knows of them, with names for numbers. */
const aggregatesOf = (database: TestDatabase) =>
  database.query(
    `SELECT p.oid::regprocedure::text AS name, pg_get_function_arguments(p.oid) AS arguments, p.proparallel,
       to_jsonb(a) - '{aggfnoid,aggsortop,aggtranstype,aggmtranstype}'::text[] AS facts, a.aggsortop::regoperator::text AS sorted,
       a.aggtranstype::regtype::text AS state, a.aggmtranstype::regtype::text AS "movingState"
     FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid WHERE p.oid >= 16384 ORDER BY 1`,
  );
