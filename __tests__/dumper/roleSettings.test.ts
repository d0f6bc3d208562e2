import { createBackup } from '../../src/server/actions/backups/createBackup';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { SESSION } from '../../src/server/dumper/dialects/postgres/connection/connection';
import { hostOf, restoreAll } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import { fixture, serverUrl, withClient, type TestDatabase } from '../helpers/postgres';

/**
 * Whatever a role or a database may have set for its sessions, a backup is the same and comes back the same. Every
 * setting that anybody may set for a session, or a superuser for others', is tried, at each of its odd values.
 */
const { data, database } = ownPlace();

interface Setting {
  readonly name: string;
  readonly type: 'bool' | 'enum' | 'integer' | 'real' | 'string';
  readonly reset: string;
  readonly values: readonly string[] | null;
  readonly least: string | null;
  readonly most: string | null;
  readonly unit: string | null;
}

/** Where an odd value stops every session, or the server, and nothing is left to be tried. */
const NOT_TRIED: Readonly<Record<string, string>> = {
  client_encoding: 'pg sets it at each connection',
  // Each is told by the server when it is set, and none is a session's to have.
  transaction_isolation: 'of one transaction',
  transaction_read_only: 'of one transaction',
  transaction_deferrable: 'of one transaction',
  role: 'another role is another account',
  session_authorization: 'of one session',
  local_preload_libraries: 'names files of the server',
  ignore_system_indexes: 'only at the start of a session',
  post_auth_delay: 'waits',
  pre_auth_delay: 'waits',
};

/** Numbers that are sizes or times of the server's work: the largest would be more than the machine has. */
const EXTREME = new Set(['kB', 'MB', 'B', '8kB']);

/** Texts have no odd values that could be listed; these are what people set. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  DateStyle: ['SQL, DMY', 'German', 'Postgres, MDY'],
  TimeZone: ['Asia/Kathmandu', 'America/St_Johns'],
  lc_monetary: ['C'],
  search_path: ['nowhere', '""', 'pg_catalog'],
  default_tablespace: ['pg_default'],
  default_text_search_config: ['pg_catalog.german'],
  timezone_abbreviations: ['Australia', 'India'],
};

const oddValues = ({ name, type, reset, values, least, most, unit }: Setting): string[] => {
  if (type === 'bool') return [reset === 'on' ? 'off' : 'on'];
  if (type === 'enum') return (values ?? []).filter((value) => value !== reset);
  if (type === 'string') return [...(TEXTS[name] ?? [])];
  const sized = unit !== null && EXTREME.has(unit);
  return [least, sized ? null : most].filter((value) => value !== null && value !== reset) as string[];
};

async function settingsOf(at: TestDatabase): Promise<Setting[]> {
  const found = await at.query<Setting>(
    `SELECT name, vartype AS type, reset_val AS reset, enumvals AS values, min_val AS least, max_val AS most, unit
     FROM pg_settings WHERE context IN ('user', 'superuser') ORDER BY name`,
  );
  return found.filter(({ name }) => !(name in NOT_TRIED));
}

/** Said from another database: this one's own sessions are odd already. */
const alter = (at: TestDatabase, what: string): Promise<void> =>
  withClient(serverUrl('postgres'), async (client) => {
    await client.query(`ALTER DATABASE ${at.name} ${what}`);
  });

/** Whoever has signed in before has the settings of then. */
const signOut = (...all: TestDatabase[]): Promise<void> =>
  withClient(serverUrl('postgres'), async (client) => {
    await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY($1)', [
      all.map(({ name }) => name),
    ]);
  });

const set = (at: TestDatabase, name: string, value: string): Promise<void> =>
  alter(at, `SET "${name}" = ${name === 'search_path' ? value : `'${value.replaceAll("'", "''")}'`}`);

const APP = `${fixture('types.sql')}
  CREATE TABLE odd (id integer PRIMARY KEY, list text[], spans interval[], amount money, at timestamptz, x xml, bytes bytea, f double precision, flag boolean,
    CHECK (list IS DISTINCT FROM NULL OR flag IS NULL), CHECK ((list = NULL) IS NOT TRUE));
  CREATE INDEX "Odd by flag" ON odd (flag) WHERE flag = false;
  CREATE VIEW "Odd view" AS SELECT id, at::date AS "When" FROM odd WHERE flag;
  INSERT INTO odd VALUES (1, ARRAY[NULL, 'NULL', '', 'null'], ARRAY['1 year 2 days -3 hours'::interval], '1234.56', '2026-03-29 01:30:00+00', '<a>&#228;</a>', '\\x00ff5c', 1.4142135623730951, true),
    (2, NULL, NULL, NULL, NULL, NULL, NULL, 'NaN', NULL), (3, ARRAY[]::text[], NULL, '-0.01', 'infinity', 'text only', '', '-Infinity', false);`;

it('each odd value of each setting', async () => {
  const from = await database(APP);
  const to = await database();
  const whole = await digest(from.url);
  const settings = await settingsOf(from);
  expect(settings.length).toBeGreaterThan(80);
  const rounds = Math.max(...settings.map((setting) => oddValues(setting).length));
  for (let round = 0; round < rounds; round += 1) {
    // All at once: none of them may matter, so together they may not either.
    const tried: string[] = [];
    for (const setting of settings) {
      const value = oddValues(setting)[round];
      if (value === undefined) continue;
      // What the server itself does not take (another unit, a build without it) cannot be set by anybody.
      const taken = await set(from, setting.name, value).then(
        () => true,
        () => false,
      );
      if (!taken) continue;
      await set(to, setting.name, value);
      tried.push(`${setting.name}=${value}`);
    }
    await signOut(from, to);
    const name = `settings-${round}`;
    const source = hostOf(from.url, data.folder);
    const target = hostOf(to.url, data.folder);
    const came = await createBackup(source, { selection: { all: true }, to: { storage: 'local', name } })
      .then(() => findArchive(source, `${name}.ark`))
      .then((archive) => restoreAll(target, archive))
      .then(
        () => 'whole',
        (error: unknown) => error,
      );
    for (const at of [from, to]) await alter(at, 'RESET ALL');
    expect({ round, tried, came }).toEqual({ round, tried, came: 'whole' });
    expect({ round, tried, now: await digest(to.url) }).toEqual({ round, tried, now: whole });
  }
});

it('nothing is set for the session that this server does not know', async () => {
  const at = await database();
  const names = [...SESSION.matchAll(/SET (\w+) =/g)].map(([, name = '']) => name.toLowerCase());
  const known = new Set(
    (await at.query<{ name: string }>('SELECT lower(name) AS name FROM pg_settings')).map((one) => one.name),
  );
  expect(names.filter((name) => !known.has(name))).toEqual([]);
});
