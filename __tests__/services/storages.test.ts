import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { openDoor } from '../../src/server/outgoing';
import { s3Storage } from '../../src/server/storage/s3/s3';
import { retrying } from '../../src/server/storage/retrying';
import { sftpStorage } from '../../src/server/storage/sftp/sftp';
import { volumes } from '../../src/server/storage/volumes';
import { webdavStorage } from '../../src/server/storage/webdav/webdav';
import type { StorageItem, StorageTest } from '../../src/server/api/api';
import { ownPlace } from '../helpers/place';
import { backedUp, restoredByB, twoConsoles } from '../helpers/twoConsoles';
import { faultyProxy } from '../helpers/faultyProxy';
import { quickPatience } from '../helpers/quickClock';
import { tcpProxy } from '../helpers/tcpProxy';
import { tinyDisk } from '../helpers/tinyDisk';
import { uploadsInMemory } from '../helpers/uploadsInMemory';
import {
  bytesOf,
  codeOf,
  HUGE,
  pseudoRandom,
  readAll,
  storageSuite,
  type SuiteOptions,
} from '../suites/storage';
import { startService, type Service } from './service';

let places = 0;
const place = ownPlace();

/** A backs up into the storage; B lists it, previews it, and restores one table of it. */
async function fromAToB(input: { name: string } & Record<string, unknown>): Promise<void> {
  const { a, b, to, stop } = await twoConsoles(place);
  try {
    for (const console of [a, b]) {
      await console.post<StorageItem>('arkStorages:create', {}, input);
      expect(await console.post<StorageTest>('arkStorages:test', { filterByTk: input.name })).toMatchObject({
        ok: true,
      });
    }
    await backedUp(a, 'monday', input.name);
    await restoredByB(b, to, 'monday', input.name);
  } finally {
    await stop();
  }
}

function webdavSuite(what: string, service: () => Service, root: string, options: SuiteOptions = {}) {
  storageSuite(
    what,
    async () => {
      const { port, folder } = service();
      const path = `place ${(places += 1)}/backups`;
      const spool = await mkdtemp(join(tmpdir(), 'ark-spool-'));
      const proxy = await faultyProxy(port);
      const open = () =>
        retrying(
          webdavStorage('dav', {
            url: `http://127.0.0.1:${proxy.port}${root}`,
            user: 'u',
            password: 'p',
            path,
            spool,
            patience: quickPatience(),
          }),
          quickPatience(),
        );
      return {
        storage: volumes(open(), { bytes: 40_000_000, spool }),
        other: open(),
        leftovers: async () => [
          ...(await readdir(join(folder, 'files', path)).catch(() => [] as string[])),
          ...(await readdir(spool)),
        ],
        async seed(keys) {
          // The storage makes its folder itself, so that the server may write there.
          await open().put('first.ark', bytesOf('x'));
          await open().remove('first.ark');
          await Promise.all(
            keys.map((key) => writeFile(join(folder, 'files', path, key), 'x', { mode: 0o666 })),
          );
        },
        async sparse(key, size) {
          await open().put('first.ark', bytesOf('x'));
          await open().remove('first.ark');
          const file = join(folder, 'files', path, key);
          await writeFile(file, '', { mode: 0o666 });
          await truncate(file, size);
        },
        reachable: (yes) => {
          proxy.fault = () => (yes ? undefined : { cutRequestAt: 0 });
        },
        close: async () => {
          await proxy.close();
          await rm(spool, { recursive: true });
        },
      };
    },
    options,
  );
}

describe('Apache', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService('apache');
  });
  afterAll(() => service.stop());
  webdavSuite('mod_dav, Basic', () => service, '/basic/');
  webdavSuite('mod_dav, Digest', () => service, '/digest/');

  it.each(['basic', 'digest'])('A → Apache → B, %s', async (auth) => {
    const url = `http://127.0.0.1:${service.port}/${auth}/`;
    await fromAToB({
      name: 'dav',
      kind: 'webdav',
      url,
      user: 'u',
      password: 'p',
      path: `shops/${auth}`,
      volumeMb: 1,
    });
  });
});

describe('nginx', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService('nginx');
  });
  afterAll(() => service.stop());
  webdavSuite('dav-ext', () => service, '/');

  it('A → nginx → B', async () => {
    const url = `http://127.0.0.1:${service.port}/`;
    await fromAToB({ name: 'dav', kind: 'webdav', url, user: 'u', password: 'p', path: 'shops/of nginx' });
  });
});

describe('Ceph', () => {
  let service: Service;
  const login = { accessKeyId: 'testkey', secretAccessKey: 'testsecret' };
  beforeAll(async () => {
    service = await startService('ceph');
  });
  afterAll(async () => {
    await service.stop();
  });
  storageSuite(
    'S3',
    async () => {
      const proxy = await faultyProxy(service.port);
      const endpoint = `http://127.0.0.1:${proxy.port}`;
      const bucket = `place-${(places += 1)}`;
      const client = new S3Client({
        endpoint,
        region: 'us-east-1',
        credentials: { ...login },
        forcePathStyle: true,
      });
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      const open = () =>
        retrying(
          s3Storage('ceph', {
            ...login,
            endpoint,
            bucket,
            path: 'ark',
            partBytes: 5 << 20,
            patience: quickPatience(),
            unfinished: uploadsInMemory(),
          }),
          quickPatience(),
        );
      return {
        storage: open(),
        other: open(),
        async seed(keys) {
          for (let at = 0; at < keys.length; at += 50) {
            await Promise.all(
              keys
                .slice(at, at + 50)
                .map((key) =>
                  client.send(new PutObjectCommand({ Bucket: bucket, Key: `ark/${key}`, Body: 'x' })),
                ),
            );
          }
        },
        reachable: (yes) => {
          proxy.fault = () => (yes ? undefined : { cutRequestAt: 0 });
        },
        close: async () => {
          client.destroy();
          await proxy.close();
        },
      };
    },
    { skip: { [HUGE]: 'its store is in memory; the double in process does it' } },
  );

  it('A → Ceph → B', async () => {
    const endpoint = `http://127.0.0.1:${service.port}`;
    const client = new S3Client({
      endpoint,
      region: 'us-east-1',
      credentials: { ...login },
      forcePathStyle: true,
    });
    await client.send(new CreateBucketCommand({ Bucket: 'shops' }));
    client.destroy();
    await fromAToB({ name: 'ceph', kind: 's3', provider: 'ceph', endpoint, bucket: 'shops', ...login });
  });
});

describe('OpenSSH', () => {
  const HOST_KEYS = ['ed25519', 'ecdsa', 'rsa'] as const;
  let service: Service;
  let hostKey: string;
  const fingerprint = (type: (typeof HOST_KEYS)[number]) =>
    execFileSync('ssh-keygen', ['-lf', join(service.folder, `host_${type}.pub`)], {
      encoding: 'utf8',
    }).split(' ')[1]!;
  beforeAll(async () => {
    service = await startService('openssh');
    hostKey = fingerprint('ed25519');
  });
  afterAll(() => service.stop());
  const login = () => ({
    user: userInfo().username,
    privateKey: readFileSync(join(service.folder, 'id_ed25519'), 'utf8'),
    passphrase: 'p',
  });
  const opened = (path: string, more: { port?: number; hostKey?: string } = {}) =>
    retrying(
      sftpStorage('ssh', {
        ...login(),
        host: '127.0.0.1',
        port: service.port,
        hostKey,
        path,
        door: openDoor(),
        patience: quickPatience(),
        ...more,
      }),
      quickPatience(),
    );
  const folder = () => join(service.folder, 'files', `place ${(places += 1)}`, 'backups');
  storageSuite('SFTP', async () => {
    const proxy = await tcpProxy(service.port);
    const path = folder();
    const open = () => opened(path, { port: proxy.port });
    return {
      storage: open(),
      other: open(),
      leftovers: () => readdir(path).catch(() => [] as string[]),
      async seed(keys) {
        await mkdir(path, { recursive: true });
        await Promise.all(keys.map((key) => writeFile(join(path, key), 'x')));
      },
      async sparse(key, size) {
        await mkdir(path, { recursive: true });
        await writeFile(join(path, key), '');
        await truncate(join(path, key), size);
      },
      reachable: (yes) => proxy.reachable(yes),
      close: () => proxy.close(),
    };
  });

  it.each(HOST_KEYS)('it has keys of three kinds, and is recognized by %s', async (type) => {
    const storage = opened(folder(), { hostKey: fingerprint(type) });
    await storage.put('a.ark', bytesOf('x'));
    expect((await readAll(storage.get('a.ark'))).toString()).toBe('x');
  });

  it('a key that is none of them is another', async () => {
    const other = opened(folder(), { hostKey: `SHA256:${'x'.repeat(43)}` });
    expect(await codeOf(other.put('a.ark', bytesOf('x')))).toBe('HOST_KEY_CHANGED');
  });

  describe('on a small disk', () => {
    const { path, why, remove } = tinyDisk('10m');
    afterAll(remove);
    (why === '' ? it : it.skip)(`a full disk is STORAGE_FULL, and nothing is left${why}`, async () => {
      const storage = opened(path);
      await storage.put('small.ark', bytesOf('fits'));
      expect(await codeOf(storage.put('large.ark', pseudoRandom(14 << 20)))).toBe('STORAGE_FULL');
      expect(await readdir(path)).toEqual(['small.ark']);
      await storage.put('next.ark', pseudoRandom(8 << 20));
      expect((await readdir(path)).sort()).toEqual(['next.ark', 'small.ark']);
    });
  });

  it('A → OpenSSH → B, by the key that the first test has shown', async () => {
    const { a, stop } = await twoConsoles(place);
    const input = { name: 'ssh', kind: 'sftp', host: '127.0.0.1', port: service.port, ...login() };
    try {
      const first = await a.post<StorageTest>('arkStorages:test', {}, input);
      expect(first).toMatchObject({ ok: false, trust: { hostKey } });
    } finally {
      await stop();
    }
    await fromAToB({ ...input, hostKey, path: join(service.folder, 'files', 'shops') });
  });
});
