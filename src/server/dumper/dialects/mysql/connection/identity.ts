import type { Account } from '../../../dialect';
import type { DatabaseId } from '../../../databaseId';
import { rows, type Client } from './connection';
import { isErrno } from './failure';

const UNKNOWN_VARIABLE = 1193;

/**
 * The number that the server gave itself, and the database's name in it: neither changes with the address or the user.
 * MariaDB has none that is drawn; there it is the server's own machine and folder.
 */
export async function readId(client: Client): Promise<DatabaseId> {
  const { flavor } = client.server;
  return `${flavor}:${await serverOf(client)}:${client.database}` as DatabaseId;
}

async function serverOf(client: Client): Promise<string> {
  if (client.server.flavor === 'mariadb') return readStart(client);
  try {
    const [row] = await rows<{ uuid: string }>(client, 'SELECT @@global.server_uuid AS uuid');
    return row?.uuid ?? '';
  } catch (error) {
    if (!isErrno(error, UNKNOWN_VARIABLE)) throw error;
    return readStart(client);
  }
}

/**
 * When the server has started it says only as seconds that have passed, which are rounded anew with each question. A
 * server that was made from the disk of another runs on another machine, or in another folder or on another port.
 */
export async function readStart(client: Client): Promise<string> {
  const [row] = await rows<{ at: string }>(
    client,
    "SELECT CONCAT_WS('|', @@global.hostname, @@global.port, @@global.socket, @@global.datadir) AS at",
  );
  return row?.at ?? '';
}

/** Rights on everything that reach beyond a database; all others are about what is in it. */
const POWERS = new Set([
  'SUPER',
  'FILE',
  'CREATE USER',
  'RELOAD',
  'SHUTDOWN',
  'PROCESS',
  'REPLICATION SLAVE',
  'SET USER',
]);

export async function readAccount(client: Client): Promise<Account> {
  const [account] = await rows<{ user: string }>(client, 'SELECT CURRENT_USER() AS user');
  const privileges = await rows<{ name: string }>(
    client,
    `SELECT DISTINCT PRIVILEGE_TYPE AS name FROM information_schema.USER_PRIVILEGES
     WHERE REPLACE(GRANTEE, '''', '') = CURRENT_USER() ORDER BY 1`,
  );
  return {
    user: account?.user ?? '',
    powers: privileges.map(({ name }) => name).filter((name) => POWERS.has(name)),
  };
}
