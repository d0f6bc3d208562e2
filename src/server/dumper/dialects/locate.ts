import type { Settings } from '../../environment';
import { refused } from '../../errors/errors';
import type { AppOptions, Dialect, Located } from '../dialect';
import { asUrl } from '../url';
import { dialects } from './dialects';

/** A URL wins over the environment. Undefined: no database was named at all. */
export function locateDatabase(settings: Settings, url?: string): Located | undefined {
  if (url !== undefined) return byScheme(url).fromUrl(url, settings);
  const { DB_DIALECT: name, DB_DATABASE: database } = settings;
  if (name === undefined && database === undefined) return undefined;
  return byName(name ?? 'postgres', `DB_DIALECT=${name}`).fromEnvironment(settings);
}

/** The database of a running app. */
export const databaseOfApp = (options: AppOptions, settings: Settings): Located =>
  byName(options.dialect, `This app's database is ${options.dialect}`).fromApp(options, settings);

const all = (): Dialect[] => Object.values(dialects);

function byScheme(url: string): Dialect {
  let scheme: string;
  try {
    scheme = new URL(asUrl(url)).protocol.slice(0, -1);
  } catch (cause) {
    // The text itself may hold a password and is not repeated.
    throw refused('database-url', { example: EXAMPLE }, { cause });
  }
  return all().find(({ schemes }) => schemes.includes(scheme)) ?? refuseKind(`${scheme}://…`);
}

const byName = (name: string, named: string): Dialect =>
  (Object.hasOwn(dialects, name) ? dialects[name as keyof typeof dialects] : undefined) ?? refuseKind(named);

const EXAMPLE = 'postgres://user:password@host:5432/name';

function refuseKind(named: string): never {
  throw refused('database-kind', { named, known: all().map(({ title }) => title), example: EXAMPLE });
}
