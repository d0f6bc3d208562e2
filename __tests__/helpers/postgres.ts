import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { endSpare } from '../../src/server/dumper/dialects/postgres/connection/spare';

export const serverUrl = (database: string): string => {
  const url = new URL(process.env.ARK_TEST_URL ?? 'postgres://127.0.0.1:1/none');
  url.pathname = `/${database}`;
  return url.toString();
};

/** How long a session stays that nobody uses; the server waits longer than that for the last one of a database. */
const IDLE_MS = 2_000;
const idle = new Map<
  string,
  { readonly client: Client; readonly timer: NodeJS.Timeout; readonly at: number }
>();
/** How often the settings of new sessions were changed: what was idle before that is no new session. */
let renewed = 0;

/** A session in which nobody has set or left anything: to a server a new one costs more than most questions. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const { client, at } = await take(url);
  try {
    const result = await work(client);
    await leave(url, client, at);
    return result;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

async function take(url: string): Promise<{ readonly client: Client; readonly at: number }> {
  const before = idle.get(url);
  idle.delete(url);
  if (before) {
    clearTimeout(before.timer);
    const lives =
      before.at === renewed &&
      (await before.client.query('SELECT').then(
        () => true,
        () => false,
      ));
    if (lives) return before;
    await before.client.end().catch(() => undefined);
  }
  const at = renewed;
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return { client: watched(client), at };
}

/** Nobody is in a database that is copied or dropped. */
async function endIdle(url: string): Promise<void> {
  const { client, timer } = idle.get(url) ?? {};
  idle.delete(url);
  clearTimeout(timer);
  await client?.end().catch(() => undefined);
}

/** What a session begins with is set for those that come: none that is there knows of it. */
const SETS_OTHERS = /\bALTER\s+(DATABASE|ROLE|USER|SYSTEM)\b/i;

function watched(client: Client): Client {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  client.query = ((...args: unknown[]) => {
    const [text] = args;
    if (typeof text === 'string' && SETS_OTHERS.test(text)) renewed += 1;
    return query(...args);
  }) as Client['query'];
  return client;
}

async function leave(url: string, client: Client, at: number): Promise<void> {
  const clean = await client
    .query('ROLLBACK')
    .then(() => client.query('DISCARD ALL'))
    .then(
      () => !idle.has(url),
      () => false,
    );
  if (!clean) return client.end().catch(() => undefined);
  const timer = setTimeout(() => void endIdle(url), IDLE_MS);
  idle.set(url, { client, timer, at });
}

export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  sql(text: string): Promise<void>;
  query<T>(text: string): Promise<T[]>;
  drop(): Promise<void>;
}

/** Files are copied in a third of the time that it takes to log them block by block; before 15 there is no choice. */
const howCopied = async (client: Client): Promise<string> => {
  const { rows } = await client.query<{ v: number }>(
    "SELECT current_setting('server_version_num')::int AS v",
  );
  return (rows[0]?.v ?? 0) >= 150_000 ? 'STRATEGY file_copy' : '';
};
let copies: string | undefined;

/**
 * The server waits five seconds for those who leave, which is not enough on a machine with much to do. Whoever does not
 * leave is named.
 */
async function onceNobodyIsIn(client: Client, template: string, make: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries += 1)
    try {
      await make();
      return;
    } catch (error) {
      const busy = (error as { code?: string }).code === '55006';
      if (!busy) throw error;
      if (tries < 4) continue;
      const { rows } = await client.query(
        `SELECT pid, backend_type, application_name, state, backend_start, query FROM pg_stat_activity WHERE datname = $1`,
        [template],
      );
      throw new Error(`still in ${template}: ${JSON.stringify(rows)}`, { cause: error });
    }
}

/** A fresh database, from a template or empty. */
export async function newDatabase(template = 'template0'): Promise<TestDatabase> {
  const name = `ark_${randomBytes(6).toString('hex')}`;
  await endIdle(serverUrl(template));
  // Ark keeps what it has used for half a second, and the server would wait for that.
  const { hostname: host, port } = new URL(serverUrl(template));
  if (template !== 'template0') await endSpare({ host, port: Number(port) });
  await withClient(serverUrl('postgres'), async (client) => {
    copies ??= await howCopied(client);
    await onceNobodyIsIn(client, template, () =>
      client.query(`CREATE DATABASE ${name} TEMPLATE ${template} ${copies ?? ''}`),
    );
  });
  const url = serverUrl(name);
  return {
    name,
    url,
    sql: (text) =>
      withClient(url, async (client) => {
        await client.query(text);
      }),
    query: <T>(text: string) => withClient(url, async (client) => (await client.query(text)).rows as T[]),
    drop: async () => {
      await endIdle(url);
      await withClient(serverUrl('postgres'), async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`).catch(async () => {
          // PostgreSQL 12 does not know FORCE.
          await client.query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
          );
          await client.query(`DROP DATABASE IF EXISTS ${name}`);
        });
      });
    },
  };
}

export const fixture = (name: string): string =>
  readFileSync(join(__dirname, '..', 'fixtures', name), 'utf8');

/** Where pg_dump is that can read this server, if anywhere. */
export function pgDump(): string | undefined {
  const native = process.env.ARK_TEST_POSTGRES;
  const own = native === undefined ? undefined : join(native, 'bin', 'pg_dump');
  if (own !== undefined && existsSync(own)) return own;
  const base = '/usr/lib/postgresql';
  const found = existsSync(base) ? readdirSync(base).filter((one) => Number(one) >= 18) : [];
  return found.map((one) => join(base, one, 'bin', 'pg_dump')).find((one) => existsSync(one));
}

/** The text of `pg_dump --schema-only`, without what differs from run to run. */
export function schemaText(tool: string, url: string): string {
  const text = execFileSync(tool, ['--schema-only', '-N', 'ark_*', url], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return text.replace(/^\\(un)?restrict .*$/gm, '');
}
