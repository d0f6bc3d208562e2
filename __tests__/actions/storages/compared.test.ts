import { refused } from '../../../src/server/errors/errors';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBackup } from '../../../src/server/actions/backups/createBackup';
import { untilAnswering } from '../../../src/server/actions/backups/untilAnswering';
import { storageFailure } from '../../../src/server/storage/failure';
import { s3Storage } from '../../../src/server/storage/s3/s3';
import type { Storage } from '../../../src/server/storage/storage';
import { webdavStorage } from '../../../src/server/storage/webdav/webdav';
import { hostOf } from '../../helpers/ark';
import { faultyProxy } from '../../helpers/faultyProxy';
import { fixedStorages } from '../../helpers/fixedStorages';
import { ownPlace } from '../../helpers/place';
import { quickClock, quickPatience } from '../../helpers/quickClock';
import { s3Server, type S3Server } from '../../helpers/s3Server';
import { uploadsInMemory } from '../../helpers/uploadsInMemory';
import { webdavServer, type WebdavServer } from '../../helpers/webdavServer';

/** What is called stored is what was sent: by what that was seen, and what happens if it is not so. */
const { data, database } = ownPlace();
let bucket: S3Server;
let cloud: WebdavServer;
let spool: string;
beforeEach(async () => {
  spool = await mkdtemp(join(tmpdir(), 'ark-compared-'));
  bucket = await s3Server();
  cloud = await webdavServer();
});
afterEach(async () => {
  await bucket.close();
  await cloud.close();
  await rm(spool, { recursive: true, force: true });
});

const s3 = (): Storage =>
  s3Storage('bucket', {
    ...bucket,
    partBytes: 1 << 20,
    patience: quickPatience(),
    unfinished: uploadsInMemory(),
  });
const dav = (port = cloud.port): Storage =>
  webdavStorage('cloud', { ...cloud, url: `http://127.0.0.1:${port}/`, spool, patience: quickPatience() });

async function backUpTo(storage: Storage, name: string) {
  const { url } = await database(`CREATE TABLE "orders" ("id" int PRIMARY KEY, "note" text);
    INSERT INTO "orders" SELECT n, md5(n::text) || md5((n * 7)::text) FROM generate_series(1, 60000) AS n;`);
  const host = { ...hostOf(url, data.folder), storages: fixedStorages([storage]) };
  const { job } = await createBackup(host, {
    selection: { all: true },
    to: { storage: storage.name, name },
  });
  return (job.log ?? []).map((one) => one.text);
}

test('S3: by the digest of the service, or byte by byte where its ETags are none', async () => {
  expect(await backUpTo(s3(), 'digest.ark')).toContain(
    'bucket: the digest of the storage is that of what was sent',
  );
  const before = bucket.sent;
  bucket.options.ownEtags = true;
  expect(await backUpTo(s3(), 'bytes.ark')).toContain('bucket: every byte was read back and compared');
  expect(bucket.sent - before).toBeGreaterThan(1 << 20);
});

test('WebDAV: byte by byte', async () => {
  expect(await backUpTo(dav(), 'bytes.ark')).toContain('cloud: every byte was read back and compared');
});

test.each(['before its digest', 'after its digest'] as const)(
  'one bit that a service alters %s is no success, unless it vouches for what it does not have',
  async (alters) => {
    bucket.options.alters = alters;
    const backup = backUpTo(s3(), 'altered.ark');
    if (alters === 'before its digest') {
      await expect(backup).rejects.toMatchObject({ code: 'STORED_DIFFERS' });
      expect(bucket.objects()).toEqual([]);
    } else {
      // It has computed the digest of what it was sent, and lost it afterwards: that is what verifying is for.
      expect(await backup).toContain('bucket: the digest of the storage is that of what was sent');
    }
  },
);

test('one bit that a WebDAV server or a proxy alters is no success', async () => {
  const proxy = await faultyProxy(cloud.port);
  try {
    proxy.fault = ({ method, headers }) =>
      method === 'GET' && headers.range === undefined
        ? { rewrite: (body) => body.replace(/[a-m]/, 'n') }
        : undefined;
    await expect(backUpTo(dav(proxy.port), 'altered.ark')).rejects.toMatchObject({ code: 'STORED_DIFFERS' });
    proxy.fault = () => undefined;
    expect(await dav().list()).toEqual([]);
  } finally {
    await proxy.close();
  }
});

describe('before a schedule begins', () => {
  const fake = (answers: (Error | undefined)[]): Storage & { asked: number } => {
    const storage = {
      ...s3(),
      name: 'away',
      asked: 0,
      stat: () => {
        const error = answers[Math.min(storage.asked, answers.length - 1)];
        storage.asked += 1;
        return Promise.reject(error ?? refused('backup-gone', { key: 'new.ark', storage: 'away' }));
      },
    };
    return storage;
  };
  const away = storageFailure(
    { code: 'storage-fails', storage: 'away', address: 'there', reason: { code: 'busy' } },
    { transient: true },
  );

  test('a storage that is away is waited for, a quarter of an hour at most, and the log says so once', async () => {
    const notes: string[] = [];
    const back = fake([...Array<Error>(8).fill(away), undefined]);
    await untilAnswering([back], 'new.ark', (text) => notes.push(text), undefined, quickClock());
    expect(back.asked).toBe(9);
    expect(notes).toEqual([
      expect.stringMatching(/^! away: away at there: it is too busy just now, .*\. It is tried again until /),
    ]);
    const gone = fake([away]);
    const clock = quickClock();
    const begun = clock.now();
    await untilAnswering([gone], 'new.ark', () => undefined, undefined, clock);
    expect(clock.now() - begun).toBeGreaterThanOrEqual(15 * 60_000);
    expect(clock.now() - begun).toBeLessThan(16 * 60_000);
  });

  test('what does not pass is not waited for, and who stops it is heard', async () => {
    const denied = fake([
      storageFailure({ code: 'storage-fails', storage: 'away', address: 'there', reason: { code: 'login' } }),
    ]);
    await untilAnswering([denied], 'new.ark', () => undefined, undefined, quickClock());
    expect(denied.asked).toBe(1);
    const stop = AbortSignal.abort(new Error('stopped'));
    await expect(
      untilAnswering([fake([away])], 'new.ark', () => undefined, stop, quickClock()),
    ).rejects.toThrow('stopped');
  });
});
