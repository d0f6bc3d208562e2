import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { refusedLocked, throwIfCancelled } from '../../../../errors/errors';
import { holderText, type Holder } from '../../../../errors/holders';
import { literal } from '../sql/quote';
import { rows } from './connection';
import { isOutdated } from './failure';
import { SQLSTATE } from '../sql/sqlstate';

/** What can be seen of whoever holds a lock; of another role's sessions the server does not show everything. */
export interface LockHolder {
  /** Null: a prepared transaction, which has no process. */
  readonly pid: number | null;
  readonly role: string | null;
  readonly app: string | null;
  readonly since: Date | null;
  /** Its name, if it is a prepared transaction that can be seen. */
  readonly prepared?: string | null;
}

export const holderOf = ({ pid, role, app, since, prepared }: LockHolder): Holder => {
  if (pid !== null)
    return {
      code: 'session',
      process: String(pid),
      program: app || '?',
      role: role ?? '?',
      since: since?.toISOString() ?? '?',
    };
  return prepared == null ? { code: 'prepared-unseen' } : { code: 'prepared', name: literal(prepared) };
};

/** Who holds the strongest locks on the tables of schemas, and on which; of nobody where it cannot be seen. */
export async function lockHolders(
  client: Client,
  schemas: readonly string[],
): Promise<{ readonly tables: string[]; readonly holders: Holder[] }> {
  const held = await rows<LockHolder & { table: string }>(
    client,
    `SELECT l.pid, a.usename AS role, a.application_name AS app, a.xact_start AS since, c.relname AS table, p.gid AS prepared
     FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid JOIN pg_class c ON c.oid = l.relation
       JOIN pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_locks x ON l.pid IS NULL AND x.pid IS NULL AND x.virtualtransaction = l.virtualtransaction
         AND x.locktype = 'transactionid'
       LEFT JOIN pg_prepared_xacts p ON p.transaction = x.transactionid
     WHERE l.granted AND l.pid IS DISTINCT FROM pg_backend_pid() AND n.nspname = ANY($1) AND c.relkind IN ('r','p','v','m')
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
     ORDER BY l.mode = 'AccessExclusiveLock' DESC, a.xact_start LIMIT 3`,
    [schemas],
  ).catch(() => []);
  return { tables: [...new Set(held.map(({ table }) => table))], holders: held.map(holderOf) };
}

/**
 * Longest single wait for a lock. Well under PostgreSQL's deadlock_timeout, so that in a tie it is Ark that gives
 * way and not the app, and short, so that the app's queries pass between two attempts.
 */
export const WAIT_MS = 400;

/**
 * Has the server stop cleaning up tables of these schemas (autovacuum), which it does for whoever has waited for
 * deadlock_timeout. So much Ark never waits where it holds anything; here it holds nothing, and asks for a lock that is
 * in the way of no reader and no writer. False: the server does no such thing, or may not stop (a table's numbers of
 * transactions run out).
 */
export async function stopCleaning(client: Client, schemas: readonly string[]): Promise<boolean> {
  const cleaned = await rows<{ table: string; view: boolean; ms: string }>(
    client,
    `SELECT DISTINCT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS table, c.relkind = 'm' AS view,
       extract(epoch FROM current_setting('deadlock_timeout')::interval) * 1000 AS ms
     FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid JOIN pg_class c ON c.oid = l.relation
       JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE l.granted AND l.mode = 'ShareUpdateExclusiveLock' AND a.usesysid IS NULL AND l.pid IS NOT NULL
       AND n.nspname = ANY($1) AND c.relkind IN ('r','m')
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [schemas],
  );
  let stopped = false;
  for (const { table, view, ms } of cleaned) {
    // A view has no lock to be asked for, but this takes the same, and is taken back.
    const lock = view
      ? `ALTER MATERIALIZED VIEW ${table} SET WITHOUT CLUSTER`
      : `LOCK TABLE ${table} IN SHARE UPDATE EXCLUSIVE MODE`;
    try {
      await client.query(`BEGIN; SET LOCAL lock_timeout = ${Math.ceil(Number(ms)) + WAIT_MS}; ${lock}`);
      stopped = true;
    } catch {
      // Whatever it was, the swap meets it again.
    } finally {
      await client.query('ROLLBACK');
    }
  }
  return stopped;
}

const patienceOf = async (client: Client): Promise<number> =>
  Number(
    (
      await rows<{ ms: string }>(
        client,
        "SELECT extract(epoch FROM current_setting('lock_timeout')::interval) * 1000 AS ms",
      )
    )[0]?.ms,
  );

/**
 * Runs a look at a schema, in a transaction. It holds nothing while it waits: whatever it has locked is let go before
 * it tries again. If that takes longer than Ark's patience, the failure says whose lock it is; the transaction ends then.
 */
export async function namingHolders<T>(client: Client, schema: string, look: () => Promise<T>): Promise<T> {
  const patience = await patienceOf(client);
  const until = Date.now() + patience;
  await client.query(`SET LOCAL lock_timeout = ${Math.min(WAIT_MS, patience)}; SAVEPOINT look`);
  for (;;) {
    try {
      const seen = await look();
      await client.query(`RELEASE SAVEPOINT look; SET LOCAL lock_timeout = ${patience}`);
      return seen;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== SQLSTATE.lockNotAvailable && code !== SQLSTATE.deadlockDetected) throw error;
      if (Date.now() < until) {
        await client.query('ROLLBACK TO SAVEPOINT look');
        await sleep(50);
        continue;
      }
      await client.query('ROLLBACK');
      throw refusedLocked('tables-not-seen', await lockHolders(client, [schema]), { cause: error });
    }
  }
}

/** How often something is looked at anew because others were changing it. */
const LOOKS = 5;

/** Others drop and alter what is being looked at: then what is there now is looked at. */
export async function lookAgain<T>(look: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await look();
    } catch (error) {
      if (attempt === LOOKS || !isOutdated(error)) throw error;
    }
  }
}

/**
 * Rows that were loaded after a transaction took its snapshot are not there for it: reading a table that comes into
 * place, it would see an empty one. So those that began before are given time to end; how long is the same patience as
 * for a lock. Resolves with the sessions that still have such a snapshot.
 */
export async function awaitOlderSnapshots(
  client: Client,
  loadedAt: string,
  patienceMs: number,
  signal?: AbortSignal,
): Promise<string[]> {
  const until = Date.now() + patienceMs;
  for (;;) {
    const older = await rows<LockHolder>(
      client,
      `SELECT a.pid, a.usename AS role, a.application_name AS app, a.xact_start AS since FROM pg_stat_activity a
       WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
         AND a.backend_xmin IS NOT NULL AND a.xact_start < $1::timestamptz ORDER BY a.xact_start`,
      [loadedAt],
    );
    if (older.length === 0 || Date.now() >= until) return older.map((holder) => holderText(holderOf(holder)));
    throwIfCancelled(signal);
    await sleep(100);
  }
}

/** Now, on the server's clock. */
export const serverNow = async (client: Client): Promise<string> =>
  (await rows<{ now: string }>(client, 'SELECT clock_timestamp()::text AS now'))[0]?.now ?? '';
