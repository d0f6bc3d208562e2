import { DatabaseError, type Client } from 'pg';
import { refused } from '../../../../errors/errors';
import type { NoFresh } from '../../../dialect';
import { literal, quote } from '../sql/quote';
import { connect, rows, type PostgresSettings } from '../connection/connection';
import { dropDatabase } from '../connection/dropDatabase';
import { databaseError } from '../connection/failure';
import { dropSchema } from '../swap/leftovers';
import { FRESH_COMMENT, freshDatabase, STAGE_COMMENT, stageSchema } from '../sql/names';
import { checkMayCreateSchema } from './planned';
import { run, sql } from '../sql/sql';

export interface Fresh {
  readonly settings: PostgresSettings;
  drop(): Promise<void>;
}

/**
 * An empty database beside the app's, as a new server would have it. Before it there is the staging schema of the job
 * in the app's database, and after it there still is: whoever finds that one knows that this one is Ark's.
 */
export async function makeFresh(
  settings: PostgresSettings,
  control: Client,
  job: string,
): Promise<Fresh | NoFresh> {
  const here = await readHere(control);
  if (!here.may) return { why: 'rights' };
  await checkMayCreateSchema(control, settings);
  const mark = stageSchema(job);
  const name = freshDatabase(job, here.oid);
  try {
    await control.query('BEGIN');
    await run(control, [
      sql`CREATE SCHEMA ${quote(mark)}`,
      sql`COMMENT ON SCHEMA ${quote(mark)} IS ${literal(STAGE_COMMENT)}`,
    ]);
    await control.query('COMMIT');
  } catch (error) {
    await control.query('ROLLBACK').catch(() => undefined);
    throw databaseError(error, 'rehearsing a restore');
  }
  let made = false;
  const drop = async () => {
    if (made) await dropDatabase(control, name);
    await dropSchema(control, mark);
  };
  try {
    await control.query(`CREATE DATABASE ${quote(name)} ${optionsOf(here)}`);
    made = true;
    await run(control, [
      // What was the app's is in it, and who may read the app's database is not who may read this one.
      sql`REVOKE ALL ON DATABASE ${quote(name)} FROM PUBLIC`,
      sql`COMMENT ON DATABASE ${quote(name)} IS ${literal(FRESH_COMMENT)}`,
    ]);
    const fresh = elsewhere(settings, name);
    await checkIsThere(fresh, job, name);
    return { settings: fresh, drop };
  } catch (error) {
    const failure = databaseError(error, 'making a database for the rehearsal');
    // The server may forbid it though the account's rights do not: then it is no worse than without the right.
    const refused =
      (error instanceof DatabaseError && failure.code !== 'DATABASE_FULL') || REFUSED_LOGIN.has(failure.code);
    // What cannot be dropped now the next job drops.
    await drop().catch(() => undefined);
    if (!refused || failure.code === 'DATABASE_LOST') throw failure;
    return { why: 'refused', said: failure.message };
  }
}

const REFUSED_LOGIN = new Set(['DATABASE_LOGIN_REFUSED', 'DATABASE_UNREACHABLE', 'DATABASE_UNKNOWN']);

interface Here {
  readonly may: boolean;
  readonly oid: string;
  readonly encoding: string;
  readonly collate: string;
  readonly ctype: string;
  /** As of PostgreSQL 15: `c`, `i` or `b`. */
  readonly provider: string | null;
  readonly locale: string | null;
  readonly rules: string | null;
  /** Where this account may make things. */
  readonly tablespace: string | null;
}

async function readHere(client: Client): Promise<Here> {
  const [here] = await rows<Here>(
    client,
    `SELECT r.rolsuper OR r.rolcreatedb AS may, d.oid::text AS oid, pg_encoding_to_char(d.encoding) AS encoding,
       d.datcollate AS collate, d.datctype AS ctype, to_jsonb(d) ->> 'datlocprovider' AS provider,
       coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS locale, to_jsonb(d) ->> 'daticurules' AS rules,
       (SELECT t.spcname FROM pg_catalog.pg_tablespace t WHERE t.oid = d.dattablespace
          AND t.spcname <> 'pg_default' AND has_tablespace_privilege(t.oid, 'CREATE')) AS tablespace
     FROM pg_catalog.pg_database d, pg_catalog.pg_roles r
     WHERE d.datname = current_database() AND r.rolname = current_user`,
  );
  if (!here) throw new Error('the database that we are in is not in its catalog');
  return here;
}

const PROVIDERS = { c: 'libc', i: 'icu', b: 'builtin' } as const;

/** What a new database has to be told so that texts are kept and sorted as in this one. */
function optionsOf({ encoding, collate, ctype, provider, locale, rules, tablespace }: Here): string {
  const by = PROVIDERS[provider as keyof typeof PROVIDERS] as (typeof PROVIDERS)['c' | 'i' | 'b'] | undefined;
  return [
    'TEMPLATE template0',
    `ENCODING ${literal(encoding)}`,
    `LC_COLLATE ${literal(collate)}`,
    `LC_CTYPE ${literal(ctype)}`,
    ...(by === undefined ? [] : [`LOCALE_PROVIDER ${by}`]),
    ...(by === 'icu' && locale !== null ? [`ICU_LOCALE ${literal(locale)}`] : []),
    ...(by === 'icu' && rules !== null ? [`ICU_RULES ${literal(rules)}`] : []),
    ...(by === 'builtin' && locale !== null ? [`BUILTIN_LOCALE ${literal(locale)}`] : []),
    ...(tablespace === null ? [] : [`TABLESPACE ${quote(tablespace)}`]),
  ].join(' ');
}

/** The same server and account, and the other database. */
function elsewhere({ connection, label, ...rest }: PostgresSettings, name: string): PostgresSettings {
  const other = { ...rest, label: `${label} (an empty database beside it)` };
  const { connectionString } = connection;
  if (connectionString === undefined) return { ...other, connection: { ...connection, database: name } };
  const url = new URL(connectionString);
  url.pathname = `/${name}`;
  return { ...other, connection: { ...connection, connectionString: url.toString() } };
}

/** A connection that leads anywhere else must not be restored into. */
async function checkIsThere(settings: PostgresSettings, job: string, name: string): Promise<void> {
  const client = await connect(settings, `waiting ${job}`);
  try {
    const [here] = await rows<{ name: string }>(client, 'SELECT current_database() AS name');
    if (here?.name === name) return;
    throw refused('database-elsewhere', { database: name, here: here?.name ?? '?' });
  } finally {
    await client.end().catch(() => undefined);
  }
}
