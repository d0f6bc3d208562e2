import type { Client } from 'pg';
import { BackupError } from '../../../errors';
import { rows } from './connection';

/** What can be seen of whoever holds a lock; of another role's sessions the server does not show everything. */
export interface LockHolder {
  /** Null: a prepared transaction, which has no process. */
  readonly pid: number | null;
  readonly role: string | null;
  readonly app: string | null;
  readonly since: Date | null;
}

/** `process 4711 of psql, role bob, since 2026-11-26T10:00:00.000Z` */
export const describeHolder = ({ pid, role, app, since }: LockHolder): string =>
  pid === null
    ? 'a prepared transaction'
    : [
        `process ${pid}${app ? ` of ${app}` : ''}`,
        role === null ? 'another role' : `role ${role}`,
        since && `since ${since.toISOString()}`,
      ]
        .filter(Boolean)
        .join(', ');

/** ` (orders: process 4711 of psql, role bob, since …)`: who holds the strongest locks on a schema's tables. */
export async function lockHolders(client: Client, schema: string): Promise<string> {
  const found = await rows<LockHolder & { table: string }>(
    client,
    `SELECT l.pid, a.usename AS role, a.application_name AS app, a.xact_start AS since, c.relname AS table
     FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid JOIN pg_class c ON c.oid = l.relation
       JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE l.granted AND l.pid IS DISTINCT FROM pg_backend_pid() AND n.nspname = $1 AND c.relkind IN ('r','p','v','m')
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
     ORDER BY l.mode = 'AccessExclusiveLock' DESC, a.xact_start LIMIT 3`,
    [schema],
  ).catch(() => []);
  if (found.length === 0) return '';
  return ` (${found.map((one) => `${one.table}: ${describeHolder(one)}`).join('; ')})`;
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
