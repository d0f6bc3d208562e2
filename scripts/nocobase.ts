import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbedded } from '../src/server/hosts/embedded';
import { startNocoBase } from '../__tests__/nocobase/app';

/**
 * `npm run nocobase`: a real NocoBase with the plugin, on the embedded PostgreSQL, for whoever wants to look. What
 * was installed and typed stays in a folder of its own (ARK_NOCOBASE) for the next time.
 */
const ROOT = join(__dirname, '..');
const PLUGIN = 'nocobase-plugin-ark';

async function main(): Promise<void> {
  const place = process.env.ARK_NOCOBASE ?? join(tmpdir(), `ark-nocobase-${process.getuid?.() ?? 0}`);
  process.env.ARK_NOCOBASE = place;
  mkdirSync(place, { recursive: true });
  // The embedded server may run as another user.
  chmodSync(place, 0o755);
  execFileSync('bash', [join(ROOT, '__tests__', 'nocobase', 'install.sh'), place], { stdio: 'inherit' });
  execFileSync('npm', ['run', 'build', '--silent'], { cwd: ROOT, stdio: 'inherit' });

  const home = join(place, 'home');
  const plugin = join(home, 'storage', 'plugins', PLUGIN);
  rmSync(plugin, { recursive: true, force: true });
  mkdirSync(plugin, { recursive: true });
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', plugin], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [tarball = ''] = readdirSync(plugin);
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1'], { cwd: plugin });
  rmSync(join(plugin, tarball));

  const server = await startEmbedded({ folder: join(place, 'postgres') });
  const admin = new Client({ connectionString: server.url('postgres') });
  await admin.connect();
  const { rowCount } = await admin.query("SELECT 1 FROM pg_database WHERE datname = 'nocobase'");
  if (rowCount === 0) await admin.query('CREATE DATABASE nocobase');
  await admin.end();

  const app = await startNocoBase({ home, database: server.url('nocobase') });
  await (await app.signIn()).post(`pm:enable?filterByTk=${PLUGIN}`);
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
