import { DatabaseError, type Client } from 'pg';
import { quote } from '../sql/quote';
import { rows } from './connection';
import { OURS } from '../sql/names';
import { SQLSTATE } from '../sql/sqlstate';

const TRIES = 3;

/**
 * Only ever one of our own, with the sessions in it that we may end; a job's died with it. The server itself waits some
 * seconds for those of others.
 */
export async function dropDatabase(client: Client, name: string): Promise<void> {
  if (client.getTransactionStatus() !== 'I') await client.query('ROLLBACK').catch(() => undefined);
  for (let tries = 1; ; tries += 1) {
    const own = await rows(
      client,
      `SELECT 1 FROM pg_catalog.pg_database d WHERE d.datname = $1 AND ${OURS('d.datdba')}`,
      [name],
    );
    if (own.length === 0) return;
    await client.query(
      `SELECT pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a
       WHERE a.datname = $1 AND a.backend_type = 'client backend'
         AND (a.usename = session_user OR (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user))`,
      [name],
    );
    try {
      await client.query(`DROP DATABASE IF EXISTS ${quote(name)}`);
      return;
    } catch (error) {
      const busy = error instanceof DatabaseError && error.code === SQLSTATE.objectInUse;
      if (!busy || tries === TRIES) throw error;
    }
  }
}
