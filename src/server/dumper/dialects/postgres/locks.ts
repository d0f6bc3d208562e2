import type { Client } from 'pg';
import { BackupError } from '../../../errors';
import { rows } from './connection';

/** ` (orders: process 4711 of psql, in a transaction for 62 s)`: who holds the strongest locks on a schema's tables. */
export async function lockHolders(client: Client, schema: string): Promise<string> {
  const found = await rows<{ pid: number; app: string; table: string; seconds: number }>(
    client,
    `SELECT l.pid, coalesce(nullif(a.application_name, ''), a.usename::text) AS app, c.relname AS table,
       extract(epoch FROM now() - a.xact_start)::int AS seconds
     FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid JOIN pg_class c ON c.oid = l.relation
       JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE l.granted AND l.pid <> pg_backend_pid() AND n.nspname = $1 AND c.relkind IN ('r','p','v','m')
     ORDER BY l.mode = 'AccessExclusiveLock' DESC, a.xact_start LIMIT 3`,
    [schema],
  ).catch(() => []);
  if (found.length === 0) return '';
  return ` (${found.map((one) => `${one.table}: process ${one.pid} of ${one.app}, in a transaction for ${one.seconds} s`).join('; ')})`;
}

/** Runs a look at a schema; if that waits for a lock for too long, the failure says whose. Ends the transaction then. */
export async function namingHolders<T>(client: Client, schema: string, look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if ((error as { code?: string }).code !== '55P03') throw error;
    await client.query('ROLLBACK');
    throw new BackupError(
      'TABLE_LOCKED',
      `Somebody holds a table locked${await lockHolders(client, schema)}, and Ark cannot even look at it. Nothing was changed. End that transaction, or try again later.`,
      { cause: error },
    );
  }
}
