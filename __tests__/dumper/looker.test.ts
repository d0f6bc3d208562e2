import { setTimeout } from 'node:timers/promises';
import type { Client } from 'pg';
import { connect } from '../../src/server/dumper/dialects/postgres/connection/connection';
import { connectAgain, looker } from '../../src/server/dumper/dialects/postgres/connection/looker';
import { postgresDatabase } from '../../src/server/dumper/dialects/postgres/database';
import { ownPlace } from '../helpers/place';
import { serverUrl, withClient } from '../helpers/postgres';

/** A look passes its session on: whatever it has left there, the next finds what it would find in a new one. */
const place = ownPlace();
const settingsOf = (url: string) => ({
  connection: { connectionString: url },
  label: 'test',
  schema: 'public',
  patienceMs: 1234,
});

/** All that a session can have that another one has not. */
async function state(client: Client): Promise<unknown> {
  const { rows } = await client.query<{ state: unknown }>(`
    SELECT json_build_object(
      'settings', (SELECT json_object_agg(name, setting) FROM pg_settings),
      'locks', (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'),
      'channels', (SELECT count(*) FROM pg_listening_channels()),
      'statements', (SELECT count(*) FROM pg_prepared_statements),
      'cursors', (SELECT count(*) FROM pg_cursors WHERE is_holdable),
      'temporary', (SELECT count(*) FROM pg_class WHERE relpersistence = 't' AND relnamespace = pg_my_temp_schema()),
      'role', current_user::text) AS state`);
  return rows[0]?.state;
}
const pid = async (client: Client): Promise<unknown> =>
  (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid;

const LEFT = [
  "SET work_mem = '77MB'",
  "SET search_path = public; SET statement_timeout = 54321; SET row_security = on; SET TimeZone = 'Asia/Tokyo'",
  'SET ROLE pg_monitor',
  'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY',
  'SELECT pg_advisory_lock(4711)',
  'LISTEN something',
  'PREPARE left_over AS SELECT 1',
  'CREATE TEMPORARY TABLE left_over (n int)',
  'DECLARE left_over CURSOR WITH HOLD FOR SELECT 1',
  'BEGIN',
  'BEGIN; LOCK TABLE pg_class IN ACCESS SHARE MODE; SAVEPOINT a',
];

it.each(LEFT)('%s', async (left) => {
  const settings = settingsOf((await place.database()).url);
  const look = looker(settings);
  const used = await look(async (client) => {
    await client.query(left);
    return pid(client);
  });
  const [again, found] = await look(async (client) => [await pid(client), await state(client)] as const);
  expect(again).toBe(used);
  const fresh = await connect(settings, 'look');
  expect(found).toEqual(await state(fresh));
  await fresh.end();
});

it('whoever takes it over has it alone, under a name of its own', async () => {
  const settings = settingsOf((await place.database()).url);
  const look = looker(settings);
  const used = await look(pid);
  const mine = await connectAgain(settings, 'waiting 1');
  expect(await pid(mine)).toBe(used);
  expect(await look(pid)).not.toBe(used);
  const { rows } = await mine.query('SHOW application_name');
  expect(rows).toEqual([{ application_name: 'ark waiting 1' }]);
  await mine.end();
});

it('a session that the server has ended, before or while it is left, costs nobody what was seen', async () => {
  const settings = settingsOf((await place.database()).url);
  const look = looker(settings);
  const other = await connect(settings, 'other');
  const end = (which: unknown) => other.query('SELECT pg_terminate_backend($1)', [which]);
  const first = await look(pid);
  await end(first);
  expect(await look(pid)).not.toBe(first);
  const seen = await look(async (client) => {
    const which = await pid(client);
    await end(which);
    return which;
  });
  expect(await look(pid)).not.toBe(seen);
  await other.end();
});

it('a session that waits ends before another begins, in whatever database, also if its server says nothing any more', async () => {
  const [one, other] = [settingsOf((await place.database()).url), settingsOf((await place.database()).url)];
  const waiting = await looker(one)(pid);
  const alive = async () =>
    withClient(
      serverUrl('postgres'),
      async (client) =>
        (await client.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [waiting])).rows.length,
    );
  expect(await alive()).toBe(1);
  await (await connect(other, 'look')).end();
  for (let tries = 0; (await alive()) > 0; tries += 1) {
    if (tries > 100) throw new Error('it is still there');
    await setTimeout(20);
  }

  const silent = await looker(one)((client) => Promise.resolve(client));
  const { stream } = (silent as unknown as { connection: { stream: { write(): boolean } } }).connection;
  let said = 0;
  stream.write = () => {
    said += 1;
    return true;
  };
  const next = await connect(other, 'look');
  expect(said).toBeGreaterThan(0);
  await next.end();
});

it('a database that was dropped and made anew is another one, though somebody has just looked at it', async () => {
  const made = await place.database();
  const database = postgresDatabase(settingsOf(made.url));
  const before = await database.id();
  expect(await database.id()).toBe(before);
  await made.drop();
  await withClient(serverUrl('postgres'), async (client) => {
    await client.query(`CREATE DATABASE ${made.name} TEMPLATE template0`);
  });
  expect(await database.id()).not.toBe(before);
});
