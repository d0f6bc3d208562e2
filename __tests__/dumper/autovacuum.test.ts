import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded, type Embedded } from '../../src/server/hosts/embedded/postgres';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import { withClient } from '../helpers/postgres';
import { until } from '../helpers/waiting';

/**
 * The server cleans up a large table for as long as it takes, but gives way to whoever waits for the table's lock for
 * a second. A swap waits for less at a time, so that the app passes between two attempts: it has to ask in another way.
 */
const { data } = ownPlace();
let folder: string;
let server: Embedded;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ark-autovacuum-'));
  await chmod(folder, 0o755);
  const native = process.env.ARK_TEST_POSTGRES;
  server = await startEmbedded({
    folder: join(folder, 'postgres'),
    settings: ['autovacuum_naptime=1s', 'fsync=off'],
    ...(native !== undefined && { native }),
  });
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

it.each([
  ['a table', 'TABLE', `UPDATE visits SET value = 'spoiled'`],
  ['a materialized view', 'MATERIALIZED VIEW', 'REFRESH MATERIALIZED VIEW visits'],
])('%s that the server is cleaning up is no reason to refuse a restore', async (_, kind, spoil) => {
  const name = kind === 'TABLE' ? 'first' : 'second';
  await withClient(server.url('postgres'), (client) => client.query(`CREATE DATABASE ${name}`));
  const url = server.url(name);
  const host = hostOf(url, data.folder, { ARK_LOCK_TIMEOUT_MS: '3000' });
  await withClient(url, async (client) => {
    await client.query(
      `CREATE ${kind} visits AS SELECT n AS id, md5(n::text) AS value FROM generate_series(1, 20000) n; CREATE TABLE others (id int)`,
    );
    const archive = await backUp(host, name);
    const before = await digest(url);
    // Slow enough to be at it until it is asked to stop.
    await client.query(`
      ALTER ${kind} visits SET (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0,
        autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1, autovacuum_analyze_scale_factor = 100);
      ${spoil}`);
    await until('it is cleaned up', async () => {
      const { rows } = await client.query(
        `SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid)
         WHERE l.relation = 'visits'::regclass AND a.backend_type = 'autovacuum worker'`,
      );
      return rows.length > 0 || undefined;
    });
    await restoreAll(host, archive);
    expect(await digest(url)).toEqual(before);
  });
});
