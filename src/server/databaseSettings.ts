import type { AppHints } from './dumper/dialect';
import type { PostgresSettings } from './dumper/dialects/postgres/connection';
import { readFlag, type Settings } from './environment';
import { BackupError } from './errors';

export interface DatabaseSettings {
  readonly postgres: PostgresSettings;
  readonly app: AppHints;
  /** The database's own name, without its server. */
  readonly name: string;
}

/** A URL wins over the environment. Undefined: no database was named at all. */
export function databaseSettings(settings: Settings, url?: string): DatabaseSettings | undefined {
  if (url !== undefined) return fromUrl(url, settings);
  const { DB_DIALECT: dialect, DB_USER: user } = settings;
  const host = settings.ARK_DB_HOST ?? settings.DB_HOST ?? 'localhost';
  const port = settings.ARK_DB_PORT ?? settings.DB_PORT;
  if (dialect === undefined && settings.DB_DATABASE === undefined) return undefined;
  if (dialect !== undefined && dialect !== 'postgres') throw unsupported(`DB_DIALECT=${dialect}`);
  const { DB_DATABASE: name = 'nocobase', DB_PASSWORD: password, DB_SCHEMA: schema } = settings;
  const { DB_DIALECT_OPTIONS_SSL_REJECT_UNAUTHORIZED: rejectUnauthorized } = settings;
  return {
    name,
    postgres: {
      connection: {
        host,
        port,
        database: name,
        ...(user !== undefined && { user }),
        ...(password !== undefined && { password }),
        ...(rejectUnauthorized !== undefined && { ssl: { rejectUnauthorized } }),
      },
      label: databaseLabel(user, `${host}:${port}`, name, schema),
      schema: schema ?? 'public',
      patienceMs: settings.ARK_LOCK_TIMEOUT_MS,
    },
    app: {
      tablePrefix: settings.DB_TABLE_PREFIX,
      underscored: settings.DB_UNDERSCORED,
      timeZone: settings.DB_TIMEZONE,
    },
  };
}

function fromUrl(url: string, settings: Settings): DatabaseSettings {
  let parsed: URL;
  let name: string;
  let user: string;
  try {
    parsed = new URL(url);
    name = decodeURIComponent(parsed.pathname.slice(1));
    user = decodeURIComponent(parsed.username);
  } catch (cause) {
    // The text itself may hold a password and is not repeated.
    throw invalid('The database URL cannot be read', cause);
  }
  if (!['postgres:', 'postgresql:'].includes(parsed.protocol)) throw unsupported(`${parsed.protocol}//…`);
  if (name === '') throw invalid('The database URL names no database');
  const own = (key: string): string | undefined => {
    const value = parsed.searchParams.get(key)?.trim();
    parsed.searchParams.delete(key);
    return value === '' ? undefined : value;
  };
  const [schema, tablePrefix, flag] = [own('schema'), own('tablePrefix'), own('underscored')];
  const underscored = flag === undefined ? undefined : readFlag(flag);
  if (flag !== undefined && underscored === undefined)
    throw invalid('The database URL says underscored=… with a value that is neither true nor false');
  return {
    name,
    postgres: {
      connection: { connectionString: parsed.toString() },
      label: databaseLabel(user, parsed.host, name, schema),
      schema: schema ?? 'public',
      patienceMs: settings.ARK_LOCK_TIMEOUT_MS,
    },
    app: { tablePrefix, underscored, timeZone: settings.DB_TIMEZONE },
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

const invalid = (what: string, cause?: unknown): BackupError =>
  new BackupError('DATABASE_URL_INVALID', `${what}. It looks like postgres://user:password@host:5432/name.`, {
    cause,
  });

const unsupported = (what: string): BackupError =>
  new BackupError(
    'DATABASE_URL_INVALID',
    `${what}: this version of Ark works with PostgreSQL. Give a URL such as postgres://user:password@host:5432/name.`,
  );
