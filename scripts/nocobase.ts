import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbedded } from '../src/server/hosts/embedded/postgres';
import { enableArk, installFolder, PLUGIN, startNocoBase, unpackArk } from '../__tests__/nocobase/app';
import { installNocoBase } from '../__tests__/nocobase/install';

/**
 * `npm run nocobase`: a real NocoBase with the plugin, on the embedded PostgreSQL, for whoever wants to look. What
 * was installed and typed stays in a folder of its own (ARK_NOCOBASE) for the next time.
 */
async function main(): Promise<void> {
  const place = installFolder();
  mkdirSync(place, { recursive: true });
  // The embedded server may run as another user.
  chmodSync(place, 0o755);
  installNocoBase();

  const home = join(place, 'home');
  rmSync(join(home, 'storage', 'plugins', PLUGIN), { recursive: true, force: true });
  await unpackArk(home);

  const server = await startEmbedded({ folder: join(place, 'postgres') });
  const admin = new Client({ connectionString: server.url('postgres') });
  await admin.connect();
  const { rowCount } = await admin.query("SELECT 1 FROM pg_database WHERE datname = 'nocobase'");
  if (rowCount === 0) await admin.query('CREATE DATABASE nocobase');
  await admin.end();

  const app = await startNocoBase({ home, database: server.url('nocobase') });
  await enableArk(app);
  console.log(`\nNocoBase with Ark: ${app.url}/admin/settings/ark
Sign in as admin@nocobase.com with admin123. Ctrl-C stops it; what you made stays in ${place}.`);
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    void app
      .stop()
      .then(() => server.stop())
      .then(() => process.exit(0));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

void main();
