import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { Client } from 'pg';
import { fileSource } from '../../actions/backups/findBackup';
import { restoreBackup } from '../../actions/restore/restoreBackup';
import { dropUndo } from '../../actions/restore/undos';
import { dataFolder, type Settings } from '../../environment';
import { openArchive } from '../../dumper/archive/readArchive';
import type { Host } from '../../host';
import { claim } from '../../claim';
import { othersCanEnter, startEmbedded, type Embedded } from '../embedded/postgres';
import { standaloneHost } from './host';

const DATABASE = 'nocobase';

export interface Demo {
  readonly host: Host;
  /** With the password: for whoever wants to look into the database by other means. */
  readonly url: string;
  stop(): Promise<void>;
}

/** For whoever has no database at hand: a PostgreSQL of our own, filled by a restore of a real NocoBase's backup. */
export async function startDemo(env: Settings, archive: string, say: (line: string) => void): Promise<Demo> {
  const folder = await postgresFolder(dataFolder(env), say);
  const giveBack = await claim(`${folder}.owner`, folder);
  let server: Embedded | undefined;
  try {
    const started = await startEmbedded({ folder });
    server = started;
    await createDatabase(started.url('postgres'));
    const url = started.url(DATABASE);
    const host = standaloneHost(env, url);
    if (await isEmpty(host)) await fill(host, archive);
    return {
      host,
      url,
      async stop() {
        await started.stop();
        await giveBack();
      },
    };
  } catch (error) {
    await server?.stop();
    await giveBack();
    throw error;
  }
}

/**
 * Beside the archives; but for root PostgreSQL runs as another user, and where that one cannot get to, the data
 * goes to a place that depends on nothing but the data folder's name, so that the next start finds it again.
 */
async function postgresFolder(data: string, say: (line: string) => void): Promise<string> {
  // Root's PostgreSQL is another user: it may pass through, and see nothing on its way.
  await mkdir(data, { recursive: true, mode: userInfo().uid === 0 ? 0o711 : 0o700 });
  const near = join(data, 'postgres');
  if (process.platform === 'win32' || userInfo().uid !== 0 || (await othersCanEnter(data))) return near;
  const name = `postgres-${createHash('sha256').update(data).digest('hex').slice(0, 8)}`;
  const base = await firstUsable(['/var/lib/ark', join(tmpdir(), 'ark-root')]);
  say(
    `PostgreSQL does not run as root, and other users cannot enter ${data}: its data is in ${join(base, name)}.`,
  );
  return join(base, name);
}

async function firstUsable(folders: readonly string[]): Promise<string> {
  let last: unknown;
  for (const folder of folders) {
    try {
      await mkdir(folder, { recursive: true });
      // In a place that everybody may write to somebody else's folder, or a link, may bear this name.
      const { uid } = await lstat(folder).then((info) => (info.isDirectory() ? info : { uid: -1 }));
      if (uid !== userInfo().uid) throw new Error(`${folder} belongs to somebody else`);
      await chmod(folder, 0o755);
      if (await othersCanEnter(folder)) return folder;
    } catch (error) {
      last = error;
    }
  }
  throw last instanceof Error ? last : new Error(`other users cannot enter any of ${folders.join(', ')}`);
}

async function createDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE} TEMPLATE template0`);
  } finally {
    await client.end();
  }
}

async function isEmpty(host: Host): Promise<boolean> {
  const { schema } = await host.database.describe(host.app);
  return schema.relations.length === 0 && (await host.database.undos()).length === 0;
}

/** Like any restore it happens whole or not at all; but there is nothing to take back and nothing to tell of. */
async function fill(host: Host, archive: string): Promise<void> {
  const unrecorded = {
    save: () => Promise.resolve(),
    get: () => Promise.resolve(undefined),
    list: () => Promise.resolve([]),
  };
  const { result } = await restoreBackup(
    { ...host, jobs: unrecorded },
    await openArchive(await fileSource(archive)),
    basename(archive),
    // It came with Ark itself.
    { selection: { all: true }, allowBreaks: false, allowCode: true },
  );
  await dropUndo(host, result.undo.job);
}
