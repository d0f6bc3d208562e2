import { asUrl } from '../../url';
import { tlsOf } from '../tls';
import { readFlag, type Settings } from '../../../environment';
import { refused } from '../../../errors/errors';
import type { AppOptions, Located } from '../../dialect';
import type { PostgresSettings } from './connection/connection';
import { postgresDatabase } from './database';

export const schemes = ['postgres', 'postgresql'];

/** The settings, and what is made of them. */
export type LocatedPostgres = Located & { readonly settings: PostgresSettings };

const locate = (name: string, settings: PostgresSettings, app: Located['app']): LocatedPostgres => ({
  name,
  settings,
  database: postgresDatabase(settings),
  app,
});

export function fromEnvironment(settings: Settings): LocatedPostgres {
  const { DB_USER: user } = settings;
  const host = settings.ARK_DB_HOST ?? settings.DB_HOST ?? 'localhost';
  const port = settings.ARK_DB_PORT ?? settings.DB_PORT ?? 5432;
  const { DB_DATABASE: name = 'nocobase', DB_PASSWORD: password, DB_SCHEMA: schema } = settings;
  const ssl = tlsOf(settings);
  return locate(
    name,
    {
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
    {
      tablePrefix: settings.DB_TABLE_PREFIX,
      underscored: settings.DB_UNDERSCORED,
      timeZone: settings.DB_TIMEZONE,
    },
  );
}

/** As a running app has opened it; it may go through a pooler, which Ark cannot. */
export function fromApp(options: AppOptions, settings: Settings): LocatedPostgres {
  const { database: name = '', username, password, schema = 'public', ssl, app } = options;
  const host = settings.ARK_DB_HOST ?? options.host ?? 'localhost';
  const port = settings.ARK_DB_PORT ?? Number(options.port ?? 5432);
  return locate(
    name,
    {
      connection: {
        host,
        port,
        database: name,
        ...(username !== undefined && { user: username }),
        ...(password !== undefined && { password }),
        ...(ssl !== undefined && { ssl }),
      },
      label: databaseLabel(username, `${host}:${port}`, name, schema),
      schema,
      patienceMs: settings.ARK_LOCK_TIMEOUT_MS,
    },
    app,
  );
}

const EXAMPLE = 'postgres://user:password@host:5432/name';

export function fromUrl(url: string, settings: Settings): LocatedPostgres {
  let parsed: URL;
  let name: string;
  let user: string;
  try {
    parsed = new URL(asUrl(url));
    name = decodeURIComponent(parsed.pathname.slice(1));
    user = decodeURIComponent(parsed.username);
  } catch (cause) {
    // The text itself may hold a password and is not repeated.
    throw refused('database-url', { example: EXAMPLE }, { cause });
  }
  if (name === '') throw refused('database-url-nameless', { example: EXAMPLE });
  const own = (key: string): string | undefined => {
    const value = parsed.searchParams.get(key)?.trim();
    parsed.searchParams.delete(key);
    return value === '' ? undefined : value;
  };
  const [schema, tablePrefix, flag] = [own('schema'), own('tablePrefix'), own('underscored')];
  const underscored = flag === undefined ? undefined : readFlag(flag);
  if (flag !== undefined && underscored === undefined)
    throw refused('database-url-flag', { option: 'underscored', example: EXAMPLE });
  return locate(
    name,
    {
      connection: { connectionString: parsed.toString() },
      label: databaseLabel(user, parsed.searchParams.get('host') ?? parsed.host, name, schema),
      schema: schema ?? 'public',
      patienceMs: settings.ARK_LOCK_TIMEOUT_MS,
    },
    { tablePrefix, underscored, timeZone: settings.DB_TIMEZONE },
  );
}

function databaseLabel(
  user: string | undefined,
  host: string,
  database: string,
  schema: string | undefined,
): string {
  const rest = schema === undefined || schema === 'public' ? '' : `?schema=${encodeURIComponent(schema)}`;
  return `postgres://${user ? `${user}@` : ''}${host}/${database}${rest}`;
}
