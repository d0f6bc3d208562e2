import { OWN_PATH, searchPath } from '../sql/searchPath';
import { literal } from '../sql/quote';
import { Client, DatabaseError, type ClientConfig, type QueryResult } from 'pg';
import { refused } from '../../../../errors/errors';
import { connectError, watchLogin } from './connectFailure';
import { sayingWhenLost } from './failure';
import { endSpare } from './spare';

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
 * Values leave and enter in one canonical text whatever the server's or the role's own settings are (docs/format.md),
 * what is made is made as an archive says, and nothing on our side gives up half way because of a timeout that was
 * meant for web requests. __tests__/dumper/roleSettings.test.ts knows why the other settings may stay as they are.
 */
export const SESSION = `
  SET client_encoding = 'UTF8';
  SET TimeZone = 'UTC';
  SET DateStyle = 'ISO, YMD';
  SET IntervalStyle = 'iso_8601';
  SET extra_float_digits = 1;
  SET bytea_output = 'hex';
  SET lc_monetary = 'C';
  SET xmloption = 'content';
  SET xmlbinary = 'base64';
  SET array_nulls = on;
  SET transform_null_equals = off;
  SET quote_all_identifiers = off;
  SET gin_fuzzy_search_limit = 0;
  SET default_tablespace = '';
  SET exit_on_error = off;
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
  SET cursor_tuple_fraction = 1;
  SET geqo = on;
  SET geqo_threshold = 12;
  SET join_collapse_limit = 8;
  SET from_collapse_limit = 8;
  SET jit = off;
  SET vacuum_cost_delay = 0;
`;

/**
 * What newer servers have and older ones do not know. A view or a foreign table is never read: people may put one where
 * a table was a moment ago, and reading it runs what they wrote (CVE-2024-7348 of pg_dump was that).
 */
const NEWER_SETTINGS = `
  SELECT set_config(name, value, false) FROM (VALUES ('idle_session_timeout', '0'), ('transaction_timeout', '0'),
      ('force_parallel_mode', '0'), ('debug_parallel_query', '0'),
      ('restrict_nonsystem_relation_kind', 'view, foreign-table')) AS newer(name, value)
    WHERE current_setting(name, true) IS NOT NULL;`;

const ANY_ROLE_SETTINGS = 'SELECT EXISTS (SELECT 1 FROM pg_db_role_setting) AS told;';

/**
 * What a role or a database may have told the planner: with all ways forbidden, or endlessly dear, a question to the
 * catalog takes minutes. The list of all settings costs a new connection more than all the rest of its start, and is
 * looked at only where somebody has set anything.
 */
const PLANNER_SETTINGS = `
  SELECT set_config(name, boot_val, false) FROM pg_settings
    WHERE name ~ '^enable_|_cost$' AND source IN ('database', 'user', 'database user')`;

/** Whether views may be read, on servers that can forbid it. */
export const readingViews = (value: '' | 'view, foreign-table', within: boolean): string =>
  `SELECT set_config(name, ${literal(value)}, ${within}) FROM (VALUES ('restrict_nonsystem_relation_kind')) AS newer(name)
    WHERE current_setting(name, true) IS NOT NULL`;

/** Makes a session that nobody has used, or that was emptied, one of Ark's; others see what it is for. */
export async function setUp(client: Client, settings: PostgresSettings, purpose: string): Promise<void> {
  const answers = (await client.query(
    `${SESSION} SET lock_timeout = ${Math.round(settings.patienceMs)}; SET search_path = ${OWN_PATH}; SET application_name = ${literal(`ark ${purpose}`)}; ${NEWER_SETTINGS} ${ANY_ROLE_SETTINGS}`,
  )) as unknown as QueryResult<{ told: boolean }>[];
  if (answers.at(-1)?.rows[0]?.told !== false) await client.query(PLANNER_SETTINGS);
}

/**
 * A connection of its own, set up for Ark. One that is passed on afterwards is called meanwhile what it was called when
 * it signed in.
 */
export async function connect(
  settings: PostgresSettings,
  purpose: string,
  signedInAs = purpose,
): Promise<Client> {
  const client = newClient(settings, signedInAs);
  const login = watchLogin(client);
  // Without a listener a connection that breaks while idle would end the process.
  client.on('error', () => undefined);
  sayingWhenLost(client);
  try {
    await endSpare(client);
    await client.connect();
    await refusePooler(client, settings.label);
    await setUp(client, settings, purpose);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw connectError(error, settings.label, login);
  }
  return client;
}

/** What a connection is made of may be files: certificates that the URL names. */
function newClient(settings: PostgresSettings, purpose: string): Client {
  try {
    return new Client({
      connectionTimeoutMillis: 15_000,
      keepAlive: true,
      ...settings.connection,
      application_name: `ark ${purpose}`,
    });
  } catch (error) {
    throw connectError(error, settings.label);
  }
}

/**
 * A pooler may give each transaction, or each statement, another session of the server: what Ark has set, locked or
 * exported in one is then gone in the next, or is left to somebody else, and rows would be read wrong or land in the
 * live table. The number of the server's process, told at the start, is then not the one that answers. A pooler that
 * keeps sessions apart cannot be told from one that does not, so none is taken, before anything is set.
 */
async function refusePooler(client: Client, label: string): Promise<void> {
  const question = { text: 'SELECT pg_catalog.pg_backend_pid() AS pid', query_timeout: ANSWER_MS };
  const answer = await client.query<{ pid: number }>(question).catch((error: unknown) => {
    if (error instanceof DatabaseError || !/read timeout/.test(String(error))) throw error;
    throw refused('pooler-silent', { database: label, seconds: ANSWER_MS / 1000 }, { cause: error });
  });
  if (answer.rows[0]?.pid === (client as unknown as { processID: number | null }).processID) return;
  throw refused('pooler', { database: label });
}

/** A server that has let somebody in answers at once. */
const ANSWER_MS = 15_000;

/** Rows of a query, under the shape the caller knows it has. */
export async function rows<T>(client: Client, query: string, values: unknown[] = []): Promise<T[]> {
  return (await client.query(query, values)).rows as T[];
}

/**
 * Rows of a query that prints texts as the app would write them: with only its schema in the path. Every name in the
 * query is looked up when the cursor is declared, in our own path; only what it prints is printed in the app's.
 */
export async function printed<T>(client: Client, schema: string, query: string): Promise<T[]> {
  const results = (await client.query(
    `DECLARE printed NO SCROLL CURSOR FOR ${query};
     SET LOCAL search_path = ${searchPath([schema])};
     FETCH ALL FROM printed;
     SET LOCAL search_path = ${OWN_PATH};
     CLOSE printed;`,
  )) as unknown as QueryResult[];
  return (results.find((result) => result.command === 'FETCH')?.rows ?? []) as T[];
}

/** Ends a connection at once, whatever it is doing; the server notices and rolls back. */
export function cut(client: Client): void {
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}
