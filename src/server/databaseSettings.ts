import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
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
  const ssl = tls(settings);
  return {
    name,
    postgres: {
      connection: {
        host,
        port,
        database: name,
        ...(user !== undefined && { user }),
        ...(password !== undefined && { password }),
        ...(ssl && { ssl }),
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

const PEM = [
  ['ca', 'DB_DIALECT_OPTIONS_SSL_CA'],
  ['key', 'DB_DIALECT_OPTIONS_SSL_KEY'],
  ['cert', 'DB_DIALECT_OPTIONS_SSL_CERT'],
] as const;

/** TLS as NocoBase asks for it: by any of its variables, whose values are files or what would be in them. */
function tls(settings: Settings): ConnectionOptions | undefined {
  const {
    DB_DIALECT_OPTIONS_SSL_MODE: mode,
    DB_DIALECT_OPTIONS_SSL_REJECT_UNAUTHORIZED: rejectUnauthorized,
  } = settings;
  const given = PEM.flatMap(([option, name]) => {
    const value = settings[name];
    return value === undefined ? [] : [[option, pemOf(name, value)] as const];
  });
  if (mode === undefined && rejectUnauthorized === undefined && given.length === 0) return undefined;
  return { ...Object.fromEntries(given), ...(rejectUnauthorized !== undefined && { rejectUnauthorized }) };
}

function pemOf(name: string, value: string): string {
  if (value.includes('-----BEGIN ')) return value;
  try {
    return readFileSync(value, 'utf8');
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new BackupError(
      'DATABASE_URL_INVALID',
      `${name} is neither the text of a PEM file nor the path of one that can be read (${why}).`,
      { cause },
    );
  }
}

/** `postgres://user@/name?host=/socket` is a URL to PostgreSQL, and to nobody else. */
export const asUrl = (text: string): string => text.replace(/^([a-z]+:\/\/[^/?#]*@)\//i, '$1localhost/');

function fromUrl(url: string, settings: Settings): DatabaseSettings {
  let parsed: URL;
  let name: string;
  let user: string;
  try {
    parsed = new URL(asUrl(url));
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
      label: databaseLabel(user, parsed.searchParams.get('host') ?? parsed.host, name, schema),
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
