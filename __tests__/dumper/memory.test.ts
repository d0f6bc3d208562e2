import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleCli } from '../helpers/cli';
import { ownPlace } from '../helpers/place';
import { s3Server, type S3Server } from '../helpers/s3Server';

/**
 * The command line as a process, with an archive that is many times larger than what it may take, encrypted, from and
 * to S3: how much memory it had at the most, as the system counted it.
 */
const place = ownPlace();
let program: string;
let hook: string;
let bucket: S3Server;
let passphrase: string;

const MOST = 300e6;

beforeAll(async () => {
  const { folder } = place.data;
  program = await bundleCli(folder);
  bucket = await s3Server();
  passphrase = join(folder, 'passphrase');
  await writeFile(passphrase, 'correct horse battery staple\n');
  hook = join(folder, 'hook.cjs');
  await writeFile(
    hook,
    `const { readFileSync, writeFileSync } = require('node:fs');
     process.on('exit', () => writeFileSync(process.env.STATUS_COPY, readFileSync('/proc/self/status')));`,
  );
}, 60_000);
afterAll(() => bucket.close());

/** Fails with what the command said if it failed. */
async function peakOf(args: readonly string[], url?: string): Promise<number> {
  const status = join(place.data.folder, 'status');
  const child = spawn(
    process.execPath,
    ['--require', hook, program, ...args, ...(url === undefined ? [] : ['--database', url])],
    {
      cwd: place.data.folder,
      env: {
        PATH: process.env.PATH,
        ARK_DATA: join(place.data.folder, 'ark'),
        ARK_STORAGE_CLOUD: `s3+http://${bucket.accessKeyId}:${bucket.secretAccessKey}@${bucket.endpoint.replace('http://', '')}/${bucket.bucket}?addressing=path`,
        STATUS_COPY: status,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const exit = await new Promise((resolve) => child.once('close', resolve));
  if (exit !== 0) throw new Error(`ark ${args.join(' ')} ended with ${String(exit)}: ${said}`);
  const [, kilobytes] = /^VmHWM:\s+(\d+)/m.exec(await readFile(status, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

test('encrypted, to S3 and back', async () => {
  const database = await place.database(
    `CREATE TABLE large (id integer PRIMARY KEY, noise text);
     INSERT INTO large SELECT i, (SELECT string_agg(md5(i || '-' || g), '') FROM generate_series(1, 32) g) FROM generate_series(1, 80000) i`,
  );
  const { url } = database;
  const row = ['one.ark', '--passphrase-file', passphrase];
  const peaks: Record<string, number> = {};
  const measure = async (args: readonly string[], database?: string) => {
    peaks[args.slice(0, 2).join(' ')] = await peakOf(args, database);
  };
  await measure(
    ['backup', '--all', '--storage', 'cloud', '--name', 'one', '--passphrase-file', passphrase],
    url,
  );
  for (const what of ['inspect', 'verify']) await measure([what, ...row]);
  await measure(['preview', ...row], url);
  await measure(['restore', ...row, '--yes', '--allow-code'], url);
  await measure(['list']);
  expect(Object.entries(peaks).filter(([, peak]) => !(peak > 0 && peak < MOST))).toEqual([]);
}, 300_000);
