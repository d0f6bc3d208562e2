import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { AppHints } from './dumper/dialect';
import type { PostgresSettings } from './dumper/dialects/postgres/connection';
import { BackupError } from './errors';

/** What the environment and the command line say, in the names that NocoBase uses in its own `.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface DatabaseSettings {
  readonly postgres: PostgresSettings;
  readonly app: AppHints;
}

const text = (value: string | undefined): string | undefined =>
  value === undefined || value === '' ? undefined : value;

function flag(value: string | undefined): boolean | undefined {
  if (text(value) === undefined) return undefined;
  return ['true', '1', 'yes', 'on'].includes((value ?? '').toLowerCase());
}

/** A URL wins over the environment. Undefined: no database was named at all. */
export function databaseSettings(env: Environment, url?: string): DatabaseSettings | undefined {
  if (url !== undefined) return fromUrl(url, env);
  const dialect = text(env.DB_DIALECT);
  if (dialect === undefined && text(env.DB_DATABASE) === undefined) return undefined;
  if (dialect !== undefined && dialect !== 'postgres') throw unsupported(`DB_DIALECT=${dialect}`);
  const host = text(env.DB_HOST) ?? 'localhost';
  const port = Number(text(env.DB_PORT) ?? 5432);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new BackupError('DATABASE_URL_INVALID', `DB_PORT=${env.DB_PORT ?? ''} is not a port number.`);
  }
  const user = text(env.DB_USER);
  const database = text(env.DB_DATABASE) ?? 'nocobase';
  const ssl = flag(env.DB_DIALECT_OPTIONS_SSL_REJECT_UNAUTHORIZED);
  return {
    postgres: {
      connection: {
        host,
        port,
        database,
        ...(user !== undefined && { user }),
        ...(env.DB_PASSWORD !== undefined && { password: env.DB_PASSWORD }),
        ...(ssl !== undefined && { ssl: { rejectUnauthorized: ssl } }),
      },
      label: databaseLabel(user, `${host}:${port}`, database, text(env.DB_SCHEMA)),
      schema: text(env.DB_SCHEMA) ?? 'public',
      patienceMs: patience(env),
    },
    app: {
      tablePrefix: text(env.DB_TABLE_PREFIX),
      underscored: flag(env.DB_UNDERSCORED),
      timeZone: text(env.DB_TIMEZONE),
    },
  };
}

/** In the swap this is divided into many short waits, so that the app's own queries pass in between. */
export const patience = (env: Environment): number => Number(text(env.ARK_LOCK_TIMEOUT_MS) ?? 10_000);

function fromUrl(url: string, env: Environment): DatabaseSettings {
  let parsed: URL;
  let database: string;
  let user: string;
  try {
    parsed = new URL(url);
    database = decodeURIComponent(parsed.pathname.slice(1));
    user = decodeURIComponent(parsed.username);
  } catch (cause) {
    // The text itself may hold a password and is not repeated.
    throw new BackupError(
      'DATABASE_URL_INVALID',
      'The database URL cannot be read. It looks like postgres://user:password@host:5432/name.',
      {
        cause,
      },
    );
  }
  if (!['postgres:', 'postgresql:'].includes(parsed.protocol)) throw unsupported(`${parsed.protocol}//…`);
  if (database === '') {
    throw new BackupError(
      'DATABASE_URL_INVALID',
      'The database URL names no database. It looks like postgres://user:password@host:5432/name.',
    );
  }
  const own = (name: string): string | undefined => {
    const value = text(parsed.searchParams.get(name) ?? undefined);
    parsed.searchParams.delete(name);
    return value;
  };
  const [schema, tablePrefix, underscored] = [own('schema'), own('tablePrefix'), own('underscored')];
  return {
    postgres: {
      connection: { connectionString: parsed.toString() },
      label: databaseLabel(user, parsed.host, database, schema),
      schema: schema ?? 'public',
      patienceMs: patience(env),
    },
    app: { tablePrefix, underscored: flag(underscored), timeZone: text(env.DB_TIMEZONE) },
  };
}

export function databaseLabel(
  user: string | undefined,
  host: string,
  database: string,
  schema: string | undefined,
): string {
  const rest = schema === undefined || schema === 'public' ? '' : `?schema=${encodeURIComponent(schema)}`;
  return `postgres://${user ? `${user}@` : ''}${host}/${database}${rest}`;
}

function unsupported(what: string): BackupError {
  return new BackupError(
    'DATABASE_URL_INVALID',
    `${what}: this version of Ark works with PostgreSQL. Give a URL such as postgres://user:password@host:5432/name.`,
  );
}

/** Where Ark keeps its own files: archives, records of jobs. */
export function dataFolder(env: Environment): string {
  const storage = text(env.STORAGE_PATH);
  return resolve(text(env.ARK_DATA) ?? (storage ? join(storage, 'ark') : join('storage', 'ark')));
}

export function instanceName(env: Environment, database: string): string {
  return text(env.ARK_INSTANCE) ?? `${hostname()}-${database}`;
}

/** Tells whether two apps have the same key without telling the key. */
export function fingerprintOf(key: string | undefined): string | undefined {
  if (text(key) === undefined) return undefined;
  return createHash('sha256')
    .update(`ark app key\n${key ?? ''}`)
    .digest('hex')
    .slice(0, 16);
}

const UPLOAD_LIMIT = 20e9;

/** Bytes of the largest archive that may be uploaded. */
export function uploadLimit(env: Environment): number {
  const limit = Number(text(env.ARK_UPLOAD_LIMIT) ?? UPLOAD_LIMIT);
  if (Number.isSafeInteger(limit) && limit > 0) return limit;
  throw new BackupError('USAGE', `ARK_UPLOAD_LIMIT=${env.ARK_UPLOAD_LIMIT ?? ''} is not a number of bytes.`);
}
