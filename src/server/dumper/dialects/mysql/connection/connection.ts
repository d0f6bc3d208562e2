import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { Connection, ConnectionOptions, SslOptions } from 'mysql2';
import { refused } from '../../../../errors/errors';
import { compareVersions } from '../../../../versions';
import type { Flavor } from '../structure/structure';
import { connectError } from './failure';

/** Where the database is. */
export interface MysqlSettings {
  readonly connection: Pick<ConnectionOptions, 'host' | 'port' | 'socketPath' | 'user' | 'password'> & {
    readonly database: string;
    readonly ssl?: TlsOptions;
  };
  /** What the app calls it; MariaDB answers to `mysql` too. */
  readonly name: Flavor;
  /** For messages; never with a password. */
  readonly label: string;
  /** How long anything waits for somebody else's lock. */
  readonly patienceMs: number;
  /** Of a database that is built for a test alone: no event of it ever runs. */
  readonly eventsRest?: true;
}

export interface Server {
  readonly flavor: Flavor;
  /** `10.11.19`: what follows is the packager's. */
  readonly version: string;
}

/** A session of Ark's own, and the server at its other end. */
export interface Client {
  readonly connection: Connection;
  readonly server: Server;
  readonly database: string;
  readonly eventsRest: boolean;
}

/**
 * Values leave and enter in one text whatever the server's or the account's own settings are, statements mean what they
 * say, and nothing on our side gives up half way because of a timeout that was meant for web requests. Zero dates and
 * such as 30 February are let in as they were let in where they are from; everything else is strict.
 */
const SESSION: readonly string[] = [
  "time_zone = '+00:00'",
  "sql_mode = 'NO_AUTO_VALUE_ON_ZERO,STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ALLOW_INVALID_DATES'",
  'autocommit = 1',
  'foreign_key_checks = 1',
  'unique_checks = 1',
  'sql_quote_show_create = 1',
  // What LOAD DATA would change is seen by its warnings.
  'sql_notes = 1',
  'max_error_count = 64',
  'sql_auto_is_null = 0',
  'sql_big_selects = 1',
  'sql_safe_updates = 0',
  'sql_select_limit = DEFAULT',
  'group_concat_max_len = 1048576',
  'explicit_defaults_for_timestamp = 1',
  'wait_timeout = 28800',
  'net_write_timeout = 3600',
  'net_read_timeout = 3600',
];
const OF_FLAVOR: Readonly<Record<Flavor, readonly string[]>> = {
  mariadb: ['max_statement_time = 0', 'check_constraint_checks = 1', 'idle_transaction_timeout = 0'],
  // Else the numbers of tables are those of up to a day ago.
  mysql: ['max_execution_time = 0', 'information_schema_stats_expiry = 0'],
};

/** Since these a RENAME of several tables happens whole or not at all, whatever dies in the middle. */
const LEAST: Readonly<Record<Flavor, string>> = { mysql: '8.0.17', mariadb: '10.6.0' };
export const TITLES: Readonly<Record<Flavor, string>> = { mysql: 'MySQL', mariadb: 'MariaDB' };

/** How long a server is waited for that does not answer at all. */
const CONNECT_MS = 15_000;

/** `sendsRows`: it may be asked for the rows that a statement of its own names, and for nothing else. */
export async function connect(settings: MysqlSettings, { sendsRows = false } = {}): Promise<Client> {
  const { label, patienceMs } = settings;
  const { ssl, ...where } = settings.connection;
  // Only those who need it wait for it to be loaded.
  const { default: mysql2 } = await import('mysql2');
  const connection = mysql2.createConnection({
    connectTimeout: CONNECT_MS,
    ...where,
    // They are handed to Node's own TLS as they are.
    ...(ssl && { ssl: ssl as SslOptions }),
    charset: 'utf8mb4_general_ci',
    // No server may ask for a file of ours; mysql2 itself opens none.
    flags: [sendsRows ? '+LOCAL_FILES' : '-LOCAL_FILES'],
    multipleStatements: false,
    typeCast: (field) => field.string(),
    disableEval: true,
  });
  // Whoever waits for an answer hears of it; nobody else has to.
  connection.on('error', () => undefined);
  try {
    await new Promise<void>((resolve, reject) =>
      connection.connect((error) => (error ? reject(error) : resolve())),
    );
  } catch (error) {
    connection.destroy();
    throw connectError(error, label);
  }
  try {
    const [row] = await ask<{ version: string; id: string }>(
      connection,
      'SELECT VERSION() AS version, CONNECTION_ID() AS id',
    );
    const server = serverOf(row?.version ?? '');
    // What is between us and the server gives its sessions to others too.
    if (Number(row?.id) !== connection.threadId) throw refused('pooler', { database: label });
    const waits = [
      `lock_wait_timeout = ${inSeconds(patienceMs)}`,
      `innodb_lock_wait_timeout = ${inSeconds(patienceMs)}`,
    ];
    const sets = [...SESSION, ...OF_FLAVOR[server.flavor], ...waits].map((set) => `SESSION ${set}`);
    await ask(connection, `SET ${sets.join(', ')}`);
    await ask(connection, 'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE');
    return {
      connection,
      server,
      database: settings.connection.database,
      eventsRest: settings.eventsRest ?? false,
    };
  } catch (error) {
    connection.destroy();
    throw connectError(error, label);
  }
}

/** The settings count in whole seconds, and in these nothing is no patience. */
export const inSeconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));

/** `5.5.5-10.11.19-MariaDB-0+deb12u1`: some put a number before it that old programs expect. */
function serverOf(text: string): Server {
  const flavor = /mariadb/i.test(text) ? 'mariadb' : 'mysql';
  const version = /^(?:5\.5\.5-)?(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? '0';
  const least = LEAST[flavor];
  if (compareVersions(version, least) < 0)
    throw refused('server-old', { server: TITLES[flavor], version, least });
  return { flavor, version };
}

/** Rows of a query, under the shape the caller knows it has; every value is a text as the server writes it, or null. */
export function rows<T>(client: Client, sql: string, values: readonly Value[] = []): Promise<T[]> {
  return ask<T>(client.connection, sql, values);
}
export type Value = string | number | null | readonly (string | number)[];

function ask<T>(connection: Connection, sql: string, values: readonly Value[] = []): Promise<T[]> {
  return new Promise((resolve, reject) => {
    connection.query(sql, [...values], (error: Error | null, result: unknown) => {
      if (error) reject(error);
      else resolve(Array.isArray(result) ? (result as T[]) : []);
    });
  });
}

/** A statement; returns how many rows it has changed. */
export function run(client: Client, sql: string, values: readonly Value[] = []): Promise<number> {
  return new Promise((resolve, reject) => {
    client.connection.query(sql, [...values], (error: Error | null, result: unknown) => {
      if (error) reject(error);
      else resolve((result as { affectedRows?: number }).affectedRows ?? 0);
    });
  });
}

export async function runAll(client: Client, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await run(client, statement);
}

export async function end(client: Client): Promise<void> {
  await new Promise<void>((resolve) => {
    client.connection.end(() => resolve());
    // A server that has gone does not answer.
    setTimeout(resolve, 2_000).unref();
  });
  client.connection.destroy();
}

/** Ends a session at once, whatever it is doing; the server notices and rolls back. */
export const cut = (client: Client): void => client.connection.destroy();
