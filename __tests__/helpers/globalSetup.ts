import { mkdtemp, statfs, writeFile, chmod } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbedded, type Embedded } from '../../src/server/hosts/embedded/postgres';

declare global {
  var arkTestServer: { server: Embedded; folder: string } | undefined;
}

const LARGE_PAGES = 'glibc.malloc.hugetlb=1';

/** A password is proved in thousands of rounds, by both sides and for each session; one round proves it too. */
async function quickLogin(server: Embedded): Promise<void> {
  const client = new Client({ connectionString: server.url('postgres') });
  await client.connect();
  const { rows } = await client.query<{ known: boolean }>(
    "SELECT current_setting('scram_iterations', true) IS NOT NULL AS known",
  );
  if (rows[0]?.known)
    await client.query(
      `SET scram_iterations = 1; ALTER ROLE postgres PASSWORD ${client.escapeLiteral(server.password)}`,
    );
  await client.end();
}

const SHARED_MEMORY = '/dev/shm';
const ROOM = 4 * 1024 ** 3;

/**
 * A database is hundreds of files, and tests make and drop hundreds of databases: a disk's file system takes longer for
 * that than the server for its questions. In memory where there is plenty of it.
 */
async function quickFolder(): Promise<string> {
  const room = await statfs(SHARED_MEMORY).then(
    ({ bavail, bsize }) => Math.min(bavail * bsize, freemem()),
    () => 0,
  );
  return room > ROOM ? SHARED_MEMORY : tmpdir();
}

/**
 * One server for all test files; each file makes databases of its own. `ARK_TEST_POSTGRES=/usr/lib/postgresql/15`
 * (a folder with `bin/`) runs the same suite on another PostgreSQL.
 */
export default async function setup(): Promise<void> {
  const folder = await mkdtemp(join(await quickFolder(), 'ark-test-'));
  await chmod(folder, 0o755);
  const native = process.env.ARK_TEST_POSTGRES;
  // A session of a few milliseconds is mostly memory that is touched for the first time: in large pages that is less.
  process.env.GLIBC_TUNABLES ??= LARGE_PAGES;
  const server = await startEmbedded({
    folder: join(folder, 'data'),
    // Tests need speed, not durability; kill tests kill clients, not the server.
    settings: [
      'fsync=off',
      'full_page_writes=off',
      // Each minute it would open a session in every database of every test.
      'autovacuum_naptime=1h',
      'max_connections=60',
      'log_min_messages=fatal',
      // In a folder that is the server's own.
      ...(process.platform === 'win32' ? [] : [`unix_socket_directories=${join(folder, 'data')}`]),
    ],
    ...(native !== undefined && { native }),
  });
  if (process.env.GLIBC_TUNABLES === LARGE_PAGES) delete process.env.GLIBC_TUNABLES;
  await quickLogin(server);
  globalThis.arkTestServer = { server, folder };
  process.env.ARK_TEST_FOLDER = folder;
  process.env.ARK_TEST_URL = server.url('postgres');
  await writeFile(join(folder, 'url'), server.url('postgres'));
}
