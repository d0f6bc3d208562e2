import { Client, escapeIdentifier, escapeLiteral, type ClientConfig, type DatabaseError } from 'pg';
import { asBackupError, BackupError } from '../../../errors';
import { storedColumns, type Relation } from '../../structure';

export const quote = escapeIdentifier;
export const literal = escapeLiteral;

/** Where the database is, and how the app that lives in it names its tables. */
export interface PostgresSettings {
  readonly connection: ClientConfig;
  /** For messages; never with a password. */
  readonly label: string;
  readonly schema: string;
  /** How long anything waits for somebody else's lock. */
  readonly patienceMs: number;
}

/**
 * Values leave and enter in one canonical text whatever the server's own settings are (docs/format.md), and
 * nothing on our side gives up half way because of a timeout that was meant for web requests.
 */
const SESSION = `
  SET client_encoding = 'UTF8';
  SET TimeZone = 'UTC';
  SET DateStyle = 'ISO, YMD';
  SET IntervalStyle = 'iso_8601';
  SET extra_float_digits = 1;
  SET bytea_output = 'hex';
  SET lc_monetary = 'C';
  SET xmloption = 'content';
  SET standard_conforming_strings = on;
  SET client_min_messages = 'warning';
  SET check_function_bodies = off;
  SET row_security = off;
  SET statement_timeout = 0;
  SET idle_in_transaction_session_timeout = 0;
  SET default_transaction_read_only = off;
  SET default_transaction_deferrable = off;
  SET default_transaction_isolation = 'read committed';
  SET default_table_access_method = heap;
`;

/**
 * A connection of its own, set up for Ark. The app's schema is the only one in its search path, so names of the
 * app's own objects are printed without a schema.
 */
export async function connect(settings: PostgresSettings, purpose: string): Promise<Client> {
  const client = new Client({
    connectionTimeoutMillis: 15_000,
    keepAlive: true,
    ...settings.connection,
    application_name: `ark ${purpose}`,
  });
  // Without a listener a connection that breaks while idle would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(
      `${SESSION} SET lock_timeout = ${Math.round(settings.patienceMs)}; SET search_path = ${quote(settings.schema)};`,
    );
    // Newer servers have limits that older ones do not know.
    await client.query(
      "SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('idle_session_timeout', 'transaction_timeout')",
    );
  } catch (error) {
    await client.end().catch(() => undefined);
    throw connectError(error, settings);
  }
  return client;
}

function connectError(error: unknown, { label }: PostgresSettings): BackupError {
  const code = (error as Partial<DatabaseError> | undefined)?.code;
  const detail = error instanceof Error && error.message ? error.message : String(code);
  switch (code) {
    case '28P01':
    case '28000':
      return new BackupError(
        'DATABASE_LOGIN_REFUSED',
        `${label} refused the login: ${detail}. Check the user and the password.`,
        { cause: error },
      );
    case '3D000':
      return new BackupError('DATABASE_UNKNOWN', `${label}: ${detail}. Create it first, or check the name.`, {
        cause: error,
      });
    default:
      return new BackupError(
        'DATABASE_UNREACHABLE',
        `Cannot reach ${label}: ${detail}. Check host, port and that the server is running.`,
        { cause: error },
      );
  }
}

/** Turns what the server says into a failure with a stable code; `doing` completes "while …". */
export function databaseError(error: unknown, doing: string): BackupError {
  if (error instanceof BackupError) return error;
  const { code, message, detail } = error as Partial<DatabaseError>;
  const said = [message ?? String(error), detail].filter(Boolean).join(': ');
  if (code === '55P03' || code === '40P01') {
    return new BackupError(
      'TABLE_LOCKED',
      `A table stayed locked while ${doing}: ${said}. Nothing was changed.`,
      {
        cause: error,
      },
    );
  }
  if (code === '53200' && said.includes('shared memory')) {
    return new BackupError(
      'TOO_MANY_LOCKS',
      `The server ran out of locks while ${doing}. Raise max_locks_per_transaction in postgresql.conf and restart it. Nothing was changed.`,
      { cause: error },
    );
  }
  if (code === '53100') {
    return new BackupError(
      'DATABASE_FULL',
      `The server's disk is full; that happened while ${doing}: ${said}. Nothing was changed. Free some space there.`,
      { cause: error },
    );
  }
  const lost =
    code === undefined
      ? /terminated|ended|closed|ECONNRESET|EPIPE|not queryable/i.test(said)
      : /^(57P0|08|ECONN|EPIPE)/.test(code);
  if (lost) {
    return new BackupError(
      'DATABASE_LOST',
      `The connection to the database was lost while ${doing}: ${said}. Nothing was changed; try again.`,
      { cause: error },
    );
  }
  if (code === undefined) return asBackupError(error);
  return new BackupError('DATABASE_REFUSED', `The database refused while ${doing}: ${said}`, {
    cause: error,
  });
}

/** Rows of a query, under the shape the caller knows it has. */
export async function rows<T>(client: Client, sql: string, values: unknown[] = []): Promise<T[]> {
  return (await client.query(sql, values)).rows as T[];
}

/** ` ("a", "b")` for COPY; nothing for a table without stored columns, which has rows all the same. */
export function columnList(relation: Relation): string {
  const columns = storedColumns(relation).map((column) => quote(column.name));
  return columns.length === 0 ? '' : ` (${columns.join(', ')})`;
}

/** Ends a connection at once, whatever it is doing; the server notices and rolls back. */
export function cut(client: Client): void {
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}
