import { asUrl } from '../../url';
import { readFlag, type Settings } from '../../../environment';
import { refused } from '../../../errors/errors';
import type { AppOptions, Dialect, Located } from '../../dialect';
import { tlsOf } from '../tls';
import type { MysqlSettings } from './connection/connection';
import { mysqlDatabase } from './database';
import type { Flavor } from './structure/structure';

const PORT = 3306;

/** Where a database of that name is found, by its URL, by NocoBase's environment, or as a running app has opened it. */
export function settingsOf(
  flavor: Flavor,
): Pick<Dialect, 'schemes' | 'fromUrl' | 'fromEnvironment' | 'fromApp'> {
  const locate = (
    connection: MysqlSettings['connection'],
    settings: Settings,
    app: Located['app'],
  ): Located => ({
    name: connection.database,
    database: mysqlDatabase({
      connection,
      name: flavor,
      label: labelOf(flavor, connection),
      patienceMs: settings.ARK_LOCK_TIMEOUT_MS,
    }),
    app,
  });
  const example = `${flavor}://user:password@host:3306/name`;
  return {
    schemes: [flavor],
    fromUrl(url, settings) {
      let parsed: URL;
      let [database, user, password] = ['', '', ''];
      try {
        parsed = new URL(asUrl(url));
        database = decodeURIComponent(parsed.pathname.slice(1));
        user = decodeURIComponent(parsed.username);
        password = decodeURIComponent(parsed.password);
      } catch (cause) {
        // The text itself may hold a password and is not repeated.
        throw refused('database-url', { example }, { cause });
      }
      if (database === '') throw refused('database-url-nameless', { example });
      const own = (key: string): string | undefined => {
        const value = parsed.searchParams.get(key)?.trim();
        return value === '' ? undefined : value;
      };
      const known = new Set(['tablePrefix', 'underscored', 'socket', 'ssl']);
      const stranger = [...parsed.searchParams.keys()].find((key) => !known.has(key));
      if (stranger !== undefined) throw refused('database-url-stranger', { option: stranger, example });
      const flag = (key: string): boolean | undefined => {
        const text = own(key);
        const value = text === undefined ? undefined : readFlag(text);
        if (text !== undefined && value === undefined)
          throw refused('database-url-flag', { option: key, example });
        return value;
      };
      const [underscored, ssl, socket] = [flag('underscored'), flag('ssl'), own('socket')];
      return locate(
        {
          ...(socket === undefined
            ? {
                host: parsed.hostname.replace(/^\[|\]$/g, '') || 'localhost',
                port: Number(parsed.port || PORT),
              }
            : { socketPath: socket }),
          database,
          user,
          password,
          ...(ssl && { ssl: tlsOf(settings) ?? {} }),
        },
        settings,
        { tablePrefix: own('tablePrefix'), underscored, timeZone: settings.DB_TIMEZONE },
      );
    },
    fromEnvironment(settings) {
      const { DB_USER: user, DB_DATABASE: database = 'nocobase', DB_PASSWORD: password } = settings;
      const ssl = tlsOf(settings);
      return locate(
        {
          host: settings.ARK_DB_HOST ?? settings.DB_HOST ?? 'localhost',
          port: settings.ARK_DB_PORT ?? settings.DB_PORT ?? PORT,
          database,
          ...(user !== undefined && { user }),
          ...(password !== undefined && { password }),
          ...(ssl && { ssl }),
        },
        settings,
        {
          tablePrefix: settings.DB_TABLE_PREFIX,
          underscored: settings.DB_UNDERSCORED,
          timeZone: settings.DB_TIMEZONE,
        },
      );
    },
    fromApp(options: AppOptions, settings) {
      const { database = '', username, password, ssl, app } = options;
      return locate(
        {
          host: settings.ARK_DB_HOST ?? options.host ?? 'localhost',
          port: settings.ARK_DB_PORT ?? Number(options.port ?? PORT),
          database,
          ...(username !== undefined && { user: username }),
          ...(password !== undefined && { password }),
          ...(ssl !== undefined && ssl !== false && { ssl: ssl === true ? {} : ssl }),
        },
        settings,
        app,
      );
    },
  };
}

function labelOf(
  flavor: Flavor,
  { user, host, port, socketPath, database }: MysqlSettings['connection'],
): string {
  const at = socketPath ?? `${host ?? ''}:${port ?? PORT}`;
  return `${flavor}://${user ? `${user}@` : ''}${at}/${database}`;
}
