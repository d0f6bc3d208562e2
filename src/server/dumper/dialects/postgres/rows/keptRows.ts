import type { Client } from 'pg';
import type { KeptRows } from '../../../dialect';
import { rows } from '../connection/connection';
import { OURS } from '../sql/names';
import { literal, quote } from '../sql/quote';

/** Beside the app's schema, so that no backup takes it. */
const SCHEMA = 'ark_rows';
const COMMENT = 'Ark: rows as they were before single ones were taken back, kept for an undo.';
const TABLE = `${quote(SCHEMA)}.${quote('kept')}`;

/**
 * Whoever may create schemas can make one that looks like ours: it counts only if it is our own account's, and its table
 * too, which is a bare one, so that nothing but the reading runs. What is in it is sealed by whoever kept it.
 */
const IS_OURS = `SELECT 1 FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class j ON j.relnamespace = n.oid AND j.relname = 'kept'
  WHERE n.nspname = ${literal(SCHEMA)} AND pg_catalog.obj_description(n.oid, 'pg_namespace') = ${literal(COMMENT)} AND ${OURS('n.nspowner')}
    AND j.relkind = 'r' AND j.relpersistence = 'p' AND ${OURS('j.relowner')}
    AND NOT j.relhasrules AND NOT j.relhastriggers AND NOT j.relhassubclass AND NOT j.relispartition AND NOT j.relrowsecurity
    AND (SELECT array_agg(a.attname::text || ' ' || a.atttypid::regtype::text ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
         WHERE a.attrelid = j.oid AND a.attnum > 0) = ARRAY['job text', 'expires_at timestamp with time zone', 'entry text']`;

const isThere = async (client: Client): Promise<boolean> => (await rows(client, IS_OURS)).length > 0;

/** Within the transaction that writes the rows: what it keeps is there if they are, and only then. */
export async function keep(
  client: Client,
  job: string,
  { entry, keepUntil, replaces }: { entry: string; keepUntil: Date; replaces?: string | undefined },
): Promise<void> {
  if (!(await isThere(client))) {
    // Fails where somebody else has one of that name: nothing is written then.
    await client.query(`CREATE SCHEMA ${quote(SCHEMA)}`);
    await client.query(`COMMENT ON SCHEMA ${quote(SCHEMA)} IS ${literal(COMMENT)}`);
    await client.query(
      `CREATE TABLE ${TABLE} (job text PRIMARY KEY, expires_at timestamptz NOT NULL, entry text NOT NULL)`,
    );
  }
  if (replaces !== undefined) await client.query(`DELETE FROM ONLY ${TABLE} WHERE job = $1`, [replaces]);
  await client.query(`INSERT INTO ${TABLE} VALUES ($1, $2, $3)`, [job, keepUntil.toISOString(), entry]);
}

/** Newest first: all are kept for as long. */
export async function readKept(client: Client): Promise<KeptRows[]> {
  if (!(await isThere(client))) return [];
  const kept = await rows<{ job: string; expiresAt: Date; entry: string }>(
    client,
    `SELECT job, expires_at AS "expiresAt", entry FROM ONLY ${TABLE} ORDER BY expires_at DESC, job DESC`,
  );
  return kept.map(({ job, expiresAt, entry }) => ({ job, expiresAt: new Date(expiresAt), entry }));
}

/** Jobs that have written rows, without what they have kept. */
export const keptJobs = async (client: Client): Promise<string[]> =>
  (await isThere(client))
    ? (await rows<{ job: string }>(client, `SELECT job FROM ONLY ${TABLE}`)).map(({ job }) => job)
    : [];

export async function dropKept(client: Client, job: string): Promise<boolean> {
  if (!(await isThere(client))) return false;
  const { rowCount } = await client.query(`DELETE FROM ONLY ${TABLE} WHERE job = $1`, [job]);
  return (rowCount ?? 0) > 0;
}

/** What nobody can undo any more. */
export async function dropExpired(client: Client): Promise<void> {
  if (await isThere(client)) await client.query(`DELETE FROM ONLY ${TABLE} WHERE expires_at < now()`);
}
