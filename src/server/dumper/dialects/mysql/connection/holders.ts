import type { Holder } from '../../../../errors/holders';
import { isOurs } from '../sql/names';
import { rows, type Client } from './connection';

interface Held {
  readonly id: string;
  readonly table: string | null;
  readonly since: string | null;
}

/**
 * Where locks on tables can be seen, best first. MySQL has them in its performance schema, MariaDB too or by the plugin
 * metadata_lock_info; accounts that may see other sessions see at least whose transactions are open. Each of them may be
 * absent, turned off or forbidden.
 */
const LOOKS: readonly string[] = [
  `SELECT t.PROCESSLIST_ID AS id, l.OBJECT_NAME AS \`table\`, NULL AS since
   FROM performance_schema.metadata_locks l JOIN performance_schema.threads t ON t.THREAD_ID = l.OWNER_THREAD_ID
   WHERE l.OBJECT_TYPE = 'TABLE' AND l.LOCK_STATUS = 'GRANTED' AND l.OBJECT_SCHEMA = ? AND t.PROCESSLIST_ID <> CONNECTION_ID()`,
  `SELECT THREAD_ID AS id, TABLE_NAME AS \`table\`, NULL AS since FROM information_schema.METADATA_LOCK_INFO
   WHERE LOCK_TYPE = 'Table metadata lock' AND TABLE_SCHEMA = ? AND THREAD_ID <> CONNECTION_ID()`,
  `SELECT p.ID AS id, NULL AS \`table\`, t.trx_started AS since
   FROM information_schema.INNODB_TRX t JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id
   WHERE p.DB = ? AND p.ID <> CONNECTION_ID()`,
];
const MOST = 3;

/** Who holds tables of this database, and which, as far as this account may see it; of nobody where it may not. */
export async function lockHolders(
  client: Client,
): Promise<{ readonly tables: string[]; readonly holders: Holder[] }> {
  for (const look of LOOKS) {
    const held = (await rows<Held>(client, look, [client.database]).catch(() => [])).filter(
      ({ table }) => table === null || !isOurs(table),
    );
    if (held.length === 0) continue;
    const tables = [...new Set(held.flatMap(({ table }) => table ?? []))].sort();
    const ids = [...new Set(held.map(({ id }) => id))].slice(0, MOST);
    const sessions = await sessionsOf(client, ids);
    const holders = ids.map((id): Holder => {
      const since = held.find((each) => each.id === id)?.since ?? sessions.get(id)?.since;
      return {
        code: 'session',
        process: id,
        program: sessions.get(id)?.host ?? '?',
        role: sessions.get(id)?.user ?? '?',
        since: since == null ? '?' : new Date(`${since.replace(' ', 'T')}Z`).toISOString(),
      };
    });
    return { tables: tables.slice(0, MOST), holders };
  }
  return { tables: [], holders: [] };
}

interface Session {
  readonly id: string;
  readonly user: string;
  readonly host: string;
  readonly since: string | null;
}

/** `since`: when it has begun what it is at. What an account may not see is not there. */
async function sessionsOf(client: Client, ids: readonly string[]): Promise<ReadonlyMap<string, Session>> {
  const sessions = await rows<Session>(
    client,
    `SELECT ID AS id, USER AS user, HOST AS host, UTC_TIMESTAMP() - INTERVAL TIME SECOND AS since
     FROM information_schema.PROCESSLIST WHERE ID IN (?)`,
    [ids.map(Number)],
  ).catch(() => []);
  return new Map(sessions.map((session) => [session.id, session]));
}
