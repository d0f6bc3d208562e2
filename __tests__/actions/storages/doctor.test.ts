import dns from 'node:dns';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorageTest } from '../../../src/server/api/api';
import { examine } from '../../../src/server/actions/storages/doctor';
import { parseRecord } from '../../../src/server/actions/storages/storageRecord';
import { webdavStorage } from '../../../src/server/storage/webdav/webdav';
import { bytesOf } from '../../suites/storage';
import { faultyProxy, type FaultyProxy } from '../../helpers/faultyProxy';
import { s3Server, type S3Server } from '../../helpers/s3Server';
import { webdavServer, type WebdavServer } from '../../helpers/webdavServer';

let spool: string;
let server: S3Server;
let cloud: WebdavServer;
let proxy: FaultyProxy;
beforeEach(async () => {
  spool = await mkdtemp(join(tmpdir(), 'ark-doctor-'));
  server = await s3Server();
  cloud = await webdavServer();
  proxy = await faultyProxy(cloud.port);
});
afterEach(async () => {
  await proxy.close();
  await cloud.close();
  await server.close();
  await rm(spool, { recursive: true, force: true });
});

const s3 = (more: object = {}): Promise<StorageTest> =>
  examine(
    'bucket',
    parseRecord({
      kind: 's3',
      endpoint: server.endpoint,
      bucket: server.bucket,
      accessKeyId: server.accessKeyId,
      secretAccessKey: server.secretAccessKey,
      ...more,
    }),
    spool,
  );
const webdav = (more: object = {}): Promise<StorageTest> =>
  examine(
    'cloud',
    parseRecord({
      kind: 'webdav',
      url: `http://127.0.0.1:${proxy.port}/`,
      user: cloud.user,
      password: cloud.password,
      path: 'a/b',
      ...more,
    }),
    spool,
  );
const found = (test: StorageTest, what: string) => test.checks.find((check) => check.what === what);
const worked = ['reach', 'write', 'read', 'range', 'list', 'remove'];

/** Knows every name below localhost, as the name server of a real service knows every bucket. */
function nameServer() {
  const real = dns.lookup;
  return jest.spyOn(dns, 'lookup').mockImplementation(((host: string, options: object, done: () => void) => {
    real(host.endsWith('.localhost') ? '127.0.0.1' : host, options, done);
  }) as typeof dns.lookup);
}

describe('S3', () => {
  it('that works, and leaves no probe', async () => {
    const test = await s3();
    expect(test).toMatchObject({ ok: true });
    expect(test.proposal).toBeUndefined();
    expect(test.checks.filter((check) => check.state === 'ok').map((check) => check.what)).toEqual(
      expect.arrayContaining(worked),
    );
    expect(server.objects()).toEqual([]);
    expect(server.uploads()).toEqual([]);
    // The double refuses what other programs send.
    expect(found(test, 'chunked')).toMatchObject({
      state: 'note',
      message: expect.stringContaining('MissingContentLength') as string,
    });
  });

  it('a wrong region: the right one is proposed', async () => {
    server.options.region = 'eu-central-7';
    const test = await s3({ region: 'us-west-2' });
    expect(test).toMatchObject({ ok: false, proposal: { region: 'eu-central-7' } });
    expect(await s3({ region: 'us-west-2', ...test.proposal })).toMatchObject({ ok: true });
  });

  it('a wrong way of addressing: the right one is proposed', async () => {
    server.options.styles = ['virtual'];
    const names = nameServer();
    try {
      const endpoint = `http://s3.localhost:${server.port}`;
      const test = await s3({ endpoint, addressing: 'path' });
      expect(test).toMatchObject({ ok: false, proposal: { addressing: 'virtual' } });
      server.options.styles = ['path'];
      expect((await s3({ endpoint, addressing: 'virtual' })).proposal).toEqual({ addressing: 'path' });
    } finally {
      names.mockRestore();
    }
  });

  it('the bucket in the endpoint: it works, and the better endpoint is proposed', async () => {
    const test = await s3({ endpoint: `${server.endpoint}/${server.bucket}/` });
    expect(test).toMatchObject({ ok: true, proposal: { endpoint: server.endpoint } });
    expect(found(test, 'endpoint')?.state).toBe('note');
  });

  it('a clock that is off', async () => {
    server.options.clockAhead = -42;
    const test = await s3();
    expect(test.ok).toBe(false);
    expect(found(test, 'clock')?.message).toMatch(/42 minutes ahead/);
  });

  it('wrong keys and a wrong bucket are told apart, and nothing is tried with them', async () => {
    for (const [wrong, code] of [
      [{ secretAccessKey: 'wrong' }, 'STORAGE_LOGIN_REFUSED'],
      [{ accessKeyId: 'NOBODY' }, 'STORAGE_LOGIN_REFUSED'],
      [{ bucket: 'no-such-bucket' }, 'STORAGE_SETTINGS_WRONG'],
    ] as const) {
      const test = await s3(wrong);
      expect([test.ok, found(test, 'reach')?.code, test.proposal]).toEqual([false, code, undefined]);
    }
  });

  it('a public bucket is shouted about', async () => {
    server.options.public = true;
    const test = await s3();
    expect(test.ok).toBe(false);
    expect(found(test, 'public')).toMatchObject({
      state: 'danger',
      message: expect.stringMatching(/^ANYBODY/) as string,
    });
    expect(server.objects()).toEqual([]);
  });

  it('a limit to the size: a volume size that works is proposed', async () => {
    server.options.limit = 3_000_000;
    const test = await s3();
    expect(found(test, 'write')?.code).toBe('STORAGE_TOO_LARGE');
    expect(test.proposal).toEqual({ volumeMb: 2 });
    expect(await s3(test.proposal)).toMatchObject({ ok: true });
  });

  it('a listing that is cut', async () => {
    server.options.pageSize = 5;
    for (let i = 0; i < 20; i += 1) server.put(`aa-${i}.ark`, Buffer.from('x'));
    expect(await s3()).toMatchObject({ ok: true });
    server.options.cutsListings = true;
    expect(found(await s3(), 'reach')?.code).toBe('STORAGE_LISTING_CUT');
  });
});

describe('WebDAV', () => {
  it('that works, and leaves no probe', async () => {
    const test = await webdav();
    expect(test).toMatchObject({ ok: true });
    expect(test.checks.filter((check) => check.state === 'ok').map((check) => check.what)).toEqual(worked);
    expect(await cloud.files()).toEqual([]);
  });

  it('a wrong password and a wrong address are told apart', async () => {
    const password = await webdav({ password: 'wrong', provider: 'nextcloud' });
    expect(found(password, 'reach')?.code).toBe('STORAGE_LOGIN_REFUSED');
    expect(found(password, 'password')?.message).toMatch(/app password/);
    const address = await webdav({ url: `http://127.0.0.1:${proxy.port}/no/such/folder/` });
    expect(found(address, 'write')?.code ?? found(address, 'reach')?.code).toMatch(
      /STORAGE_(SETTINGS_WRONG|REFUSED)/,
    );
    expect((await webdav({ path: 'made/when needed' })).ok).toBe(true);
  });

  it('the address of the page: the WebDAV address is found', async () => {
    await webdavStorage('root', { ...cloud, path: 'dav', spool }).put('a.ark', bytesOf('x'));
    proxy.fault = ({ path }) =>
      path.startsWith('/dav/')
        ? undefined
        : { status: 200, headers: { 'Content-Type': 'text/html' }, body: '<html>Sign in</html>' };
    const test = await webdav();
    expect(test.proposal).toEqual({ url: `http://127.0.0.1:${proxy.port}/dav/` });
    expect(found(test, 'reach')).toMatchObject({ state: 'failed', code: 'STORAGE_SETTINGS_WRONG' });
    expect(found(test, 'reach')?.message).toMatch(/not a WebDAV address. It answered 200 with text\/html\.$/);
  });

  it('uploads in chunks refused: good to know, and no harm', async () => {
    proxy.fault = ({ method, headers }) =>
      method === 'PUT' && headers['transfer-encoding'] !== undefined ? { status: 411 } : undefined;
    const test = await webdav();
    expect(test.ok).toBe(true);
    expect(found(test, 'chunked')).toMatchObject({
      state: 'note',
      message: expect.stringContaining('411') as string,
    });
  });

  it('a limit to the size: a volume size that works is proposed', async () => {
    proxy.fault = ({ method, headers }) =>
      method === 'PUT' && Number(headers['content-length']) > 4_500_000 ? { status: 413 } : undefined;
    const test = await webdav();
    expect(found(test, 'write')?.code).toBe('STORAGE_TOO_LARGE');
    expect(test.proposal).toEqual({ volumeMb: 4 });
  });

  it('a listing that does not show what is there', async () => {
    proxy.fault = ({ method, headers }) =>
      method === 'PROPFIND' && headers.depth === '1'
        ? {
            rewrite: (body) =>
              body.replace(/<D:response>(?:(?!<D:response>).)*ark-probe[^<]*\.ark<.*?<\/D:response>/gs, ''),
          }
        : undefined;
    const test = await examine(
      'cloud',
      parseRecord({
        kind: 'webdav',
        url: `http://127.0.0.1:${proxy.port}/`,
        user: cloud.user,
        password: cloud.password,
      }),
      spool,
    );
    expect(found(test, 'write')?.code).toBe('STORAGE_LISTING_CUT');
  }, 180_000);
});
