import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleCli } from '../helpers/cli';
import { s3Server, type S3Server } from '../helpers/s3Server';

/** `ark list` as a process: it ends, whatever its storages do, and tells of each. */
let folder: string;
let program: string;
let silent: Server;
let lateReader: S3Server;
let endless: S3Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ark-ends-'));
  program = await bundleCli(folder);
  silent = createServer(() => undefined);
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
  endless = await s3Server({ endless: 'round in circles' });
  lateReader = await s3Server({ silentReads: true });
  for (let i = 0; i < 40; i += 1) lateReader.put(`shop-${i}.ark`, Buffer.from('x'.repeat(100)));
});
afterAll(async () => {
  silent.closeAllConnections();
  await new Promise((done) => silent.close(done));
  await lateReader.close();
  await endless.close();
  await rm(folder, { recursive: true, force: true });
});

const urlOf = ({ endpoint, bucket, accessKeyId, secretAccessKey }: S3Server): string =>
  `s3+http://${accessKeyId}:${secretAccessKey}@${endpoint.replace('http://', '')}/${bucket}?addressing=path`;

test('with storages that never answer, never end, or list and answer nothing else', async () => {
  const data = join(folder, 'data');
  await mkdir(join(data, 'backups'), { recursive: true });
  await writeFile(join(data, 'backups', 'here.ark'), 'not an archive');
  const { port } = silent.address() as AddressInfo;
  const env = {
    PATH: process.env.PATH,
    ARK_DATA: data,
    ARK_STORAGE_SILENT: `s3+http://key:secret@127.0.0.1:${port}/bucket?addressing=path`,
    ARK_STORAGE_CLOUD: `webdav://u:p@127.0.0.1:${port}/dav`,
    ARK_STORAGE_ENDLESS: urlOf(endless),
    ARK_STORAGE_LATE: urlOf(lateReader),
  };
  const begun = Date.now();
  const { stdout } = await new Promise<{ stdout: string }>((done, fail) => {
    execFile(
      process.execPath,
      [program, 'list', '--json'],
      { env, cwd: folder, timeout: 90_000, maxBuffer: 1 << 26 },
      (error, out, err) => {
        if (error) fail(new Error(`${error.message}\n${err}`));
        else done({ stdout: out });
      },
    );
  });
  const seconds = (Date.now() - begun) / 1000;
  const { backups, failed } = JSON.parse(stdout) as {
    backups: { key: string; storage: string; error?: { code: string } }[];
    failed: { storage: string; code: string }[];
  };
  expect(failed.map(({ storage, code }) => `${storage} ${code}`).sort()).toEqual([
    'cloud STORAGE_UNAVAILABLE',
    'endless STORAGE_LISTING_CUT',
    'silent STORAGE_UNAVAILABLE',
  ]);
  expect(backups.filter((backup) => backup.storage === 'local').map((backup) => backup.key)).toEqual([
    'here.ark',
  ]);
  const late = backups.filter((backup) => backup.storage === 'late');
  expect(late).toHaveLength(40);
  expect(new Set(late.map((one) => one.error?.code))).toEqual(new Set(['STORAGE_UNAVAILABLE']));
  // Twice the twenty seconds that each is given, not a multiple for each archive.
  expect(seconds).toBeLessThan(80);
});
