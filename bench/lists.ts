/**
 * What a list of backups costs, as the whole command: many archives of many collections, first and later; a storage
 * that lists 100,000 files, one that never answers, one whose list never ends. Prints a table and writes JSON to
 * bench/results/. `npx tsx bench/lists.ts --backups 500 --collections 1000`
 */
import { Command } from 'commander';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleCli } from '../__tests__/helpers/cli';
import { s3Server, type S3Server } from '../__tests__/helpers/s3Server';
import { table } from '../src/server/terminal/table';
import { makeBackups } from './backups';
import { measure, type Measured } from './measure';

const options = new Command('lists')
  .option('--backups <n>', 'archives', '500')
  .option('--collections <n>', 'collections of each', '1000')
  .option('--keys <n>', "other people's files in one bucket", '100000')
  .parse()
  .opts<{ backups: string; collections: string; keys: string }>();

const urlOf = ({ endpoint, bucket, accessKeyId, secretAccessKey }: S3Server): string =>
  `s3+http://${accessKeyId}:${secretAccessKey}@${endpoint.replace('http://', '')}/${bucket}?addressing=path`;

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ark-lists-'));
  const found: { what: string; measured: Measured }[] = [];
  const silent = createServer(() => undefined);
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
  const [many, endless] = [await s3Server(), await s3Server({ endless: 'round in circles' })];
  try {
    const program = await bundleCli(folder);
    const list = async (what: string, data: string, env: Record<string, string> = {}) => {
      mkdirSync(join(folder, data, 'backups'), { recursive: true });
      const measured = await measure(process.execPath, [program, 'list', '--json'], {
        ARK_DATA: join(folder, data),
        ...env,
      });
      found.push({ what, measured });
    };
    const backups = join(folder, 'local', 'backups');
    mkdirSync(backups, { recursive: true });
    await makeBackups(backups, Number(options.backups), Number(options.collections));
    const size = `${options.backups} backups of ${options.collections} collections`;
    await list(`${size}, first`, 'local');
    await list(`${size}, later`, 'local');

    for (let i = 0; i < Number(options.keys); i += 1) many.put(`photo-${i}.jpg`, Buffer.from('x'));
    await list(`a bucket with ${options.keys} other files`, 'many', { ARK_STORAGE_MANY: urlOf(many) });
    const { port } = silent.address() as AddressInfo;
    await list('a storage that never answers', 'silent', {
      ARK_STORAGE_SILENT: `s3+http://key:secret@127.0.0.1:${port}/bucket?addressing=path`,
    });
    await list('a storage whose list never ends', 'endless', { ARK_STORAGE_ENDLESS: urlOf(endless) });
  } finally {
    silent.closeAllConnections();
    silent.close();
    await many.close();
    await endless.close();
    rmSync(folder, { recursive: true, force: true });
  }
  const about = { node: process.version, cores: cpus().length, load: loadavg()[0] };
  const rows = found.map(({ what, measured }) => [
    what,
    `${measured.seconds.toFixed(2)} s`,
    `${Math.round(measured.peak / 1e6)} MB`,
  ]);
  console.log(table(['', 'time', 'memory'], rows, { right: [1, 2] }).join('\n'));
  console.log(JSON.stringify(about));
  mkdirSync(join(__dirname, 'results'), { recursive: true });
  writeFileSync(join(__dirname, 'results', 'lists.json'), JSON.stringify({ about, found }, null, 2));
}

void main();
