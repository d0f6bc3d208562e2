import { DatabaseError, type Client } from 'pg';
import { asLeftover, leftoverOf } from './asLeftover';
import { quote } from '../sql/quote';
import { rows } from '../connection/connection';
import { dropDatabase } from '../connection/dropDatabase';
import { freshDatabase, jobOfStage, OURS, STAGE_COMMENT } from '../sql/names';
import { tiesTo } from '../catalog/ties';
import { run } from '../sql/sql';
import { waitingStages } from './prepared';
import { readJournals } from './undos';

/**
 * Only one job runs at a time, and it is ours: sessions of other jobs belong to the dead, staging schemas too,
 * and undos whose time is up go. A user who may only read has left nothing behind and need not clean up.
 */
export async function removeLeftovers(client: Client, job: string): Promise<string[]> {
  await rows(
    client,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND usename = session_user AND application_name LIKE 'ark job %'
       AND application_name <> $1`,
    [`ark job ${job}`],
  );
  const removed: string[] = [];
  const remove = async (name: string, drop: typeof dropSchema = dropSchema) => {
    // Somebody may have built something on these tables; that is not ours to take away.
    if ((await tiesTo(client, name)).length > 0) return;
    try {
      await drop(client, name);
      removed.push(name);
    } catch (error) {
      // An event trigger may forbid it: what stays behind keeps no job from running.
      if (!(error instanceof DatabaseError)) throw error;
    }
  };
  const stages = await rows<{ name: string; oid: string }>(
    client,
    `SELECT n.nspname AS name, d.oid::text AS oid FROM pg_namespace n JOIN pg_database d ON d.datname = current_database()
     WHERE n.nspname LIKE 'ark\\_stage\\_%' AND obj_description(n.oid, 'pg_namespace') = $1 AND ${OURS('n.nspowner')}`,
    [STAGE_COMMENT],
  );
  for (const { name, oid } of stages) {
    await remove(name, async (_, stage) => {
      // It says whose the database is, so it goes after it.
      await dropDatabase(client, freshDatabase(jobOfStage(stage), oid));
      await dropSchema(client, stage);
    });
  }
  for (const { schema, expiresAt } of await waitingStages(client)) {
    if (new Date(expiresAt) < new Date()) await remove(schema);
  }
  for (const { schema, journal } of await readJournals(client)) {
    if (new Date(journal.expiresAt) < new Date()) await remove(schema, dropUndoSchema);
  }
  return removed;
}

/** Staging schemas of jobs that have no session any more, or whose time is up, and databases with them; a standby does not see the sessions of the primary's jobs. */
export async function readLeftovers(client: Client): Promise<{ name: string; bytes: number }[]> {
  const late = (await waitingStages(client)).filter(({ expiresAt }) => new Date(expiresAt) < new Date());
  const schemas = await rows<{ name: string; bytes: string }>(
    client,
    `SELECT n.nspname AS name, coalesce((SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c
         WHERE c.relnamespace = n.oid AND c.relkind IN ('r','m')), 0)
         + coalesce((SELECT sum(pg_database_size(f.oid)) FROM pg_database d JOIN pg_database f
             ON f.datname = 'ark_rehearsal_' || substr(n.nspname, length('ark_stage_') + 1) || '_' || d.oid
           WHERE d.datname = current_database() AND ${OURS('f.datdba')}), 0) AS bytes
     FROM pg_namespace n
     WHERE n.nspname LIKE 'ark\\_stage\\_%' AND (obj_description(n.oid, 'pg_namespace') = $1 OR n.nspname = ANY($2))
       AND ${OURS('n.nspowner')} AND NOT pg_is_in_recovery()
       AND NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.datname = current_database() AND a.usename = session_user
         AND a.application_name = 'ark job ' || substr(n.nspname, length('ark_stage_') + 1))
     ORDER BY 1`,
    [STAGE_COMMENT, late.map(({ schema }) => schema)],
  );
  return schemas.map(({ name, bytes }) => ({ name, bytes: Number(bytes) }));
}

/** Any swap makes void what else waits for one; and kept, the views of that would tie down what goes aside. */
export async function dropWaiting(client: Client, but: string): Promise<void> {
  for (const { schema } of await waitingStages(client)) if (schema !== but) await dropSchema(client, schema);
}

/**
 * From one moment to the next it is no undo any more but a leftover: killed half way, an undo without its journal
 * or without some of its tables must not stay behind.
 */
export async function dropUndoSchema(client: Client, undo: string): Promise<void> {
  await client.query('BEGIN');
  await run(client, asLeftover(undo));
  await client.query('COMMIT');
  await dropSchema(client, leftoverOf(undo));
}

/**
 * Only ever a schema of our own. Tables first, some at a time: dropping a thousand at once would need more locks than
 * a server has.
 */
export async function dropSchema(client: Client, schema: string): Promise<void> {
  const BATCH = 100;
  // Whatever failed may have left a transaction open.
  if (client.getTransactionStatus() !== 'I') await client.query('ROLLBACK').catch(() => undefined);
  const own = await rows(
    client,
    `SELECT 1 FROM pg_namespace n WHERE n.nspname = $1 AND ${OURS('n.nspowner')}`,
    [schema],
  );
  if (own.length === 0) return;
  for (;;) {
    const tables = await rows<{ name: string }>(
      client,
      `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = $1 AND c.relkind IN ('r','p') AND NOT c.relispartition ORDER BY c.oid DESC LIMIT ${BATCH}`,
      [schema],
    );
    if (tables.length === 0) break;
    await client.query(
      `DROP TABLE IF EXISTS ${tables.map(({ name }) => `${quote(schema)}.${quote(name)}`).join(', ')} CASCADE`,
    );
  }
  await client.query(`DROP SCHEMA IF EXISTS ${quote(schema)} CASCADE`);
}
