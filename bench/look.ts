/**
 * One row among many of a backup in a remote storage: how long a search takes, how much it fetches of the file, and
 * how much of the file the collection is. S3 of our own on this machine, which counts the bytes that it sends.
 * `npx tsx bench/look.ts [ROWS]`
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { bundleCli } from '../__tests__/helpers/cli';
import { s3Server } from '../__tests__/helpers/s3Server';
import { openArchive } from '../src/server/dumper/archive/readArchive';
import { storageSource } from '../src/server/dumper/container/storageSource';
import { startEmbedded } from '../src/server/hosts/embedded/postgres';
import { localStorage } from '../src/server/storage/local/local';
import { table } from '../src/server/terminal/table';
import { makeRows } from './data';

const ROWS = Number(process.argv[2] ?? 1_000_000);
const NEEDLE = 'Zephyrine Quill';

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ark-bench-'));
  chmodSync(folder, 0o755);
  const cli = await bundleCli(folder);
  const server = await startEmbedded({ folder: join(folder, 'postgres') });
  const admin = new Client({ connectionString: server.url('postgres') });
  await admin.connect();
  await admin.query('CREATE DATABASE source');
  const client = new Client({ connectionString: server.url('source') });
  await client.connect();
  const far = await s3Server();
  const env = {
    ...process.env,
    NODE_ENV: 'production',
    ARK_DATA: join(folder, 'ark'),
    ARK_STORAGE_FAR: `s3+http://${far.accessKeyId}:${far.secretAccessKey}@127.0.0.1:${far.port}/${far.bucket}/apps`,
  };
  const lines: string[][] = [];
  const ark = async (what: string, ...args: string[]): Promise<unknown> => {
    const [before, requests] = [far.sent, far.log.length];
    const began = performance.now();
    const child = spawn(process.execPath, [cli, ...args, '--json'], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let [out, peak] = ['', 0];
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    const timer = setInterval(() => (peak = Math.max(peak, highWater(child.pid))), 10);
    const [code] = (await once(child, 'close')) as [number];
    clearInterval(timer);
    if (code !== 0) throw new Error(`${what} ended with ${code}`);
    lines.push([
      what,
      ((performance.now() - began) / 1000).toFixed(2),
      ((far.sent - before) / 1e6).toFixed(2),
      String(far.log.length - requests),
      (peak / 1e6).toFixed(0),
    ]);
    return JSON.parse(out);
  };
  try {
    await makeRows(client, ROWS);
    await client.query(`CREATE TABLE others AS SELECT * FROM orders LIMIT ${Math.floor(ROWS / 2)}`);
    await client.query('ALTER TABLE others ADD PRIMARY KEY (id)');
    const at = Math.floor(ROWS * 0.9);
    await client.query(
      'UPDATE orders SET note = $1 WHERE id = (SELECT id FROM orders ORDER BY id OFFSET $2 LIMIT 1)',
      [NEEDLE, at],
    );
    await ark(
      'backup into it',
      'backup',
      '--all',
      '--database',
      server.url('source'),
      '--storage',
      'far',
      '--name',
      'far.ark',
    );
    const local = join(folder, 'same.ark');
    await ark('backup into a file', 'backup', '--all', '--database', server.url('source'), '--output', local);
    const show = ['show', 'far.ark', 'orders', '--storage', 'far'];
    const found = await ark(`search, all ${ROWS} rows`, ...show, '--search', NEEDLE);
    if (!JSON.stringify(found).includes(NEEDLE)) throw new Error('the row was not found');
    await ark('first page', ...show, '--limit', '20');
    await ark(`page at row ${at}`, ...show, '--offset', String(at), '--limit', '20');
    const archive = await openArchive(await storageSource(localStorage(folder), 'same.ark'));
    const sizes = new Map(
      archive.manifest.collections.map(({ name, chunks }) => [
        name,
        chunks.reduce((sum, { size }) => sum + size, 0),
      ]),
    );
    console.log(
      table(['', 'seconds', 'MB fetched', 'requests', 'peak MB'], lines, { right: [1, 2, 3, 4] }).join('\n'),
    );
    for (const [name, bytes] of sizes) console.log(`${name}: ${(bytes / 1e6).toFixed(2)} MB of the file`);
  } finally {
    await client.end();
    await admin.end();
    await server.stop();
    await far.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function highWater(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

void main();
