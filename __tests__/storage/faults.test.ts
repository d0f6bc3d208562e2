import { CreateMultipartUploadCommand, S3Client } from '@aws-sdk/client-s3';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackupError } from '../../src/server/errors/errors';
import { retrying } from '../../src/server/storage/retrying';
import { s3Storage, type S3Options } from '../../src/server/storage/s3/s3';
import type { Storage } from '../../src/server/storage/storage';
import { volumes } from '../../src/server/storage/volumes';
import { webdavStorage } from '../../src/server/storage/webdav/webdav';
import { faultyProxy, type Fault, type FaultyProxy } from '../helpers/faultyProxy';
import { quickClock, quickPatience } from '../helpers/quickClock';
import { uploadsInMemory } from '../helpers/uploadsInMemory';
import { s3Server, type S3Server } from '../helpers/s3Server';
import { webdavServer, type WebdavServer } from '../helpers/webdavServer';
import { bytesOf, pseudoRandom, readAll, within } from '../suites/storage';

/** What goes wrong between us and a storage; in each case the right words, nothing half, nothing good removed. */
let spool: string;
beforeEach(async () => {
  spool = await mkdtemp(join(tmpdir(), 'ark-faults-'));
});
afterEach(() => rm(spool, { recursive: true, force: true }));

const MB = 1 << 20;
const always =
  (method: string, fault: Fault) =>
  (request: { method: string }): Fault | undefined =>
    request.method === method ? fault : undefined;
/** Once, then never again. */
const once = (method: string, fault: Fault) => {
  let done = false;
  return (request: { method: string }): Fault | undefined => {
    if (done || request.method !== method) return undefined;
    done = true;
    return fault;
  };
};

/** Given up once everything is sent, while the server is still about to make the file. */
async function givenUpLate(
  proxy: FaultyProxy,
  isLast: (request: { method: string; path: string }) => boolean,
  put: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const giving = new AbortController();
  let late = 0;
  proxy.fault = (request) => {
    if (!isLast(request)) return undefined;
    late += 1;
    setTimeout(() => giving.abort(new Error('given up')), 100);
    return { lateMs: 350 };
  };
  await expect(within(10_000, 'giving up', put(giving.signal))).rejects.toThrow(/given up|abort/);
  await new Promise((done) => setTimeout(done, 600));
  expect(late).toBe(1);
}

async function failureOf(work: Promise<unknown>): Promise<BackupError> {
  const error = await within(60_000, 'a failure', work).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (error instanceof BackupError) return error;
  throw new Error(`no failure that was foreseen: ${String(error)}`, { cause: error });
}

describe('WebDAV', () => {
  let server: WebdavServer;
  let proxy: FaultyProxy;
  let storage: Storage;
  const clock = quickClock();
  const names = async () => (await server.files()).map((file) => file.path);
  const open = (more: { gapMs?: number } = {}) =>
    webdavStorage('cloud', {
      url: `http://127.0.0.1:${proxy.port}/`,
      user: server.user,
      password: server.password,
      auth: 'basic',
      path: 'a',
      spool,
      idleMs: 400,
      patience: quickPatience(clock),
      ...more,
    });
  beforeEach(async () => {
    server = await webdavServer();
    proxy = await faultyProxy(server.port);
    storage = retrying(open(), quickPatience(clock));
    clock.pauses.length = 0;
    await storage.put('good.ark', bytesOf('the good one'));
  });
  afterEach(async () => {
    proxy.fault = () => undefined;
    await proxy.close();
    await server.close();
  });
  const goodIsThere = async (...besides: string[]) => {
    proxy.fault = () => undefined;
    expect((await readAll(storage.get('good.ark'))).toString()).toBe('the good one');
    expect((await storage.list()).map((object) => object.key).sort()).toEqual(
      [...besides, 'good.ark'].sort(),
    );
  };

  it.each([
    [507, 'STORAGE_FULL', /507 Insufficient Storage/],
    [413, 'STORAGE_TOO_LARGE', /413 .*volume size|volume size.*413/],
    [401, 'STORAGE_LOGIN_REFUSED', /app password.*401/],
    [403, 'STORAGE_REFUSED', /403 Forbidden/],
    [423, 'STORAGE_UNAVAILABLE', /locked.*423/],
  ])('an upload that is answered with %i', async (status, code, words) => {
    proxy.fault = always('PUT', { status });
    const error = await failureOf(storage.put('new.ark', bytesOf('x')));
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(words)]);
    await goodIsThere();
    expect(await names()).toEqual(['/a/good.ark']);
  });

  it('a file that the server makes after its writer has given up does not stay', async () => {
    await givenUpLate(
      proxy,
      ({ method }) => method === 'PUT',
      (signal) => storage.put('new.ark', bytesOf('x'), signal),
    );
    await goodIsThere();
    expect(await names()).toEqual(['/a/good.ark']);
  });

  it('a sign-in by Digest that runs out just when a file is sent is renewed, and the whole file sent', async () => {
    const digest = await webdavServer('digest');
    const between = await faultyProxy(digest.port);
    try {
      const { user, password } = digest;
      const url = `http://127.0.0.1:${between.port}/`;
      const asked = await fetch(url, { method: 'PROPFIND' });
      const challenge = asked.headers.get('www-authenticate') ?? '';
      expect(challenge).toMatch(/^Digest /);
      const headers = { 'WWW-Authenticate': `${challenge}, stale=true` };
      const away = webdavStorage('cloud', { url, user, password, path: 'a', spool, idleMs: 5000 });
      const text = 'x'.repeat(3 * MB);
      for (const key of ['one.ark', 'two.ark']) {
        between.fault = once('PUT', { status: 401, headers });
        await within(60_000, 'a put', away.put(key, bytesOf(text)));
        expect((await readAll(away.get(key))).toString()).toBe(text);
      }
      expect(between.log.filter((one) => one.startsWith('PUT'))).toHaveLength(4);
      expect((await away.list()).map((object) => object.key).sort()).toEqual(['one.ark', 'two.ark']);
      // Whoever is never let in hears of it.
      between.fault = always('PUT', { status: 401, headers });
      const refused = await failureOf(away.put('three.ark', bytesOf(text)));
      expect([refused.code, refused.message]).toEqual([
        'STORAGE_UNAVAILABLE',
        expect.stringMatching(/new sign-in/),
      ]);
      between.fault = () => undefined;
      expect((await digest.files()).map((file) => file.path).sort()).toEqual(['/a/one.ark', '/a/two.ark']);
    } finally {
      await between.close();
      await digest.close();
    }
  });

  it('429 and 503 are waited for as long as the server asks', async () => {
    const file = join(spool, 'file');
    await writeFile(file, 'content');
    const answers: Fault[] = [
      { status: 429, headers: { 'Retry-After': '7' } },
      { status: 503, headers: { 'Retry-After': '30' } },
    ];
    proxy.fault = ({ method }) => (method === 'PUT' ? answers.shift() : undefined);
    await storage.adopt?.('new.ark', file);
    expect(clock.pauses).toEqual([7000, 30_000]);
    await goodIsThere('new.ark');
    proxy.fault = always('PROPFIND', { status: 503, headers: { 'Retry-After': '1800' } });
    expect((await failureOf(storage.list())).message).toMatch(/503.*left alone for 30 minutes/);
  });

  it('401 after an hour', async () => {
    proxy.fault = always('PROPFIND', { status: 401 });
    expect((await failureOf(storage.list())).code).toBe('STORAGE_LOGIN_REFUSED');
    expect((await failureOf(storage.stat('good.ark'))).message).toMatch(/no longer valid/);
    await goodIsThere();
  });

  it('an upload that is cut at any byte', async () => {
    for (const cutRequestAt of [0, 1, 77_777, 1_500_000, 2 * MB - 1]) {
      proxy.fault = always('PUT', { cutRequestAt });
      const error = await failureOf(storage.put('new.ark', pseudoRandom(2 * MB)));
      expect(error.code).toBe('STORAGE_UNAVAILABLE');
    }
    await goodIsThere();
    // What could not be removed because the connection was gone is not seen, and removed a day later.
    await clock.sleep(25 * 3600_000);
    await storage.clean();
    expect(await names()).toEqual(['/a/good.ark']);
  });

  it('an upload that stalls', async () => {
    proxy.fault = always('PUT', { silent: true });
    const impatient = webdavStorage('cloud', {
      url: `http://127.0.0.1:${proxy.port}/`,
      user: server.user,
      password: server.password,
      path: 'a',
      spool,
      idleMs: 400,
      finishMs: 600,
      patience: quickPatience(clock),
    });
    const error = await failureOf(impatient.put('new.ark', bytesOf('x')));
    expect(error.message).toMatch(/said nothing/);
    await goodIsThere();
  });

  it('a download that is cut or stalls goes on where it was', async () => {
    const whole = await readAll(pseudoRandom(3 * MB));
    await storage.put('large.ark', bytesOf(whole));
    for (const fault of [{ cutAnswerAt: 1_234_567 }, { stallAt: 2_000_000 }, { cutAnswerAt: 0 }] as const) {
      proxy.fault = once('GET', fault);
      const back = await within(30_000, 'a download', readAll(storage.get('large.ark')));
      expect(back.equals(whole)).toBe(true);
    }
    proxy.fault = always('GET', { cutAnswerAt: 0 });
    expect((await failureOf(readAll(storage.get('large.ark')))).message).toMatch(/tried 5 times/);
  });

  it('not found right after the upload: looks again', async () => {
    let looks = 0;
    proxy.fault = ({ method, path }) =>
      method === 'PROPFIND' && path.endsWith('.arkpart') && (looks += 1) < 4 ? { status: 404 } : undefined;
    await storage.put('new.ark', bytesOf('x'));
    expect(looks).toBe(4);
    await goodIsThere('new.ark');
  });

  it('a size that is not what was sent', async () => {
    proxy.fault = always('PUT', { shorten: 5 });
    const error = await failureOf(storage.put('new.ark', bytesOf('more than five bytes')));
    expect([error.code, error.message]).toEqual([
      'STORED_DIFFERS',
      expect.stringMatching(/5 bytes.*where 20 bytes/),
    ]);
    await goodIsThere();
    expect(await names()).toEqual(['/a/good.ark']);
  });

  it('a lost answer to the last step is not a failure', async () => {
    proxy.fault = once('MOVE', { loseAnswer: true });
    await storage.put('new.ark', bytesOf('x'));
    await goodIsThere('new.ark');
  });

  it('a listing that ends in the middle is not taken for a short one', async () => {
    proxy.fault = always('PROPFIND', { rewrite: (body) => body.slice(0, body.length / 2) });
    const error = await failureOf(storage.list());
    expect([error.code, error.message]).toEqual([
      'STORAGE_LISTING_CUT',
      expect.stringMatching(/ends in the middle/),
    ]);
    await goodIsThere();
  });

  it('a server that does not list what it has', async () => {
    proxy.fault = ({ method, headers }) =>
      method === 'PROPFIND' && headers.depth === '1'
        ? {
            rewrite: (body) =>
              body.replace(/<D:response>(?:(?!<D:response>).)*new\.ark<.*?<\/D:response>/s, ''),
          }
        : undefined;
    const error = await failureOf(storage.put('new.ark', bytesOf('x')));
    expect(error.code).toBe('STORAGE_LISTING_CUT');
    await goodIsThere();
    expect(await names()).toEqual(['/a/good.ark']);
  });

  it('a page where WebDAV is wanted', async () => {
    proxy.fault = always('PROPFIND', {
      status: 200,
      headers: { 'Content-Type': 'text/html' },
      body: '<html><h1>Welcome</h1>',
    });
    const error = await failureOf(storage.list());
    expect([error.code, error.message]).toEqual([
      'STORAGE_SETTINGS_WRONG',
      expect.stringMatching(/text\/html\.$/),
    ]);
  });

  it('a server that says of every folder that it is there already', async () => {
    proxy.fault = always('MKCOL', { status: 405 });
    const before = clock.now();
    await storage.put('new.ark', bytesOf('x'));
    expect(clock.now() - before).toBeLessThan(5000);
    await goodIsThere('new.ark');
  });

  it('a server that knows no MOVE is told by that', async () => {
    proxy.fault = always('MOVE', { status: 501 });
    expect((await failureOf(storage.put('new.ark', bytesOf('x')))).message).toMatch(
      /needs PROPFIND.*MOVE.*501/,
    );
    await goodIsThere();
  });

  it('what a listing tells of other folders is not in ours', async () => {
    const elsewhere = `<d:multistatus xmlns:d="DAV:">${['/other/', '/other/theirs.ark', '/a/../theirs2.ark']
      .map(
        (href) =>
          `<d:response><d:href>${href}</d:href><d:propstat><d:prop>${href.endsWith('/') ? '<d:resourcetype><d:collection/></d:resourcetype>' : '<d:getcontentlength>1</d:getcontentlength>'}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`,
      )
      .join('')}</d:multistatus>`;
    proxy.fault = ({ method }) => (method === 'PROPFIND' ? { rewrite: () => elsewhere } : undefined);
    expect(await storage.list()).toEqual([]);
  });

  it('one request at a time, with a gap, where that is wanted', async () => {
    const slow = open({ gapMs: 3000 });
    await Promise.all([slow.list(), slow.list(), slow.stat('good.ark')]);
    expect(clock.pauses).toEqual([expect.closeTo(3000, -2), expect.closeTo(3000, -2)]);
  });

  it('an upload that failed at volume 7 of 10 goes on there', async () => {
    const inVolumes = volumes(storage, { bytes: MB, spool });
    let sent = 0;
    proxy.fault = ({ method, path }) => {
      if (method === 'PUT' && /\.000\d\d-/.test(path)) sent += 1;
      return method === 'PUT' && path.includes('.00007-') ? { status: 507 } : undefined;
    };
    const size = 9.5 * MB;
    expect((await failureOf(inVolumes.put('large.ark', pseudoRandom(size)))).code).toBe('STORAGE_FULL');
    expect(sent).toBe(7);
    expect((await inVolumes.list()).map((object) => object.key)).toEqual(['good.ark']);
    sent = 0;
    proxy.fault = ({ method, path }) => {
      if (method === 'PUT' && /\.000\d\d-/.test(path)) sent += 1;
      return undefined;
    };
    await inVolumes.put('large.ark', pseudoRandom(size));
    expect(sent).toBe(4);
    expect((await readAll(inVolumes.get('large.ark'))).equals(await readAll(pseudoRandom(size)))).toBe(true);
    await inVolumes.remove('large.ark');
    expect(await names()).toEqual(['/a/good.ark']);
  });

  it('volumes that a killed writer has left are gone once the name has its archive, and `cat` gives that', async () => {
    const inVolumes = volumes(storage, { bytes: MB, spool });
    // Its index never came.
    let volumesSent = 0;
    proxy.fault = ({ method, path }) =>
      method === 'PUT' && /\.000\d\d-/.test(path) && (volumesSent += 1) > 3 ? { status: 507 } : undefined;
    await failureOf(inVolumes.put('large.ark', pseudoRandom(5 * MB)));
    proxy.fault = () => undefined;
    const left = (await storage.list())
      .filter((object) => object.key.startsWith('large.ark'))
      .map((object) => object.key);
    expect(left).toHaveLength(3);
    // Made anew, it has other bytes.
    const body = Buffer.concat([Buffer.from('other'), await readAll(pseudoRandom(4 * MB))]);
    await inVolumes.put('large.ark', bytesOf(body));
    const parts = (await storage.list())
      .map((object) => object.key)
      .filter((key) => /^large\.ark\.0/.test(key))
      .sort();
    const joined = Buffer.concat(await Promise.all(parts.map((key) => readAll(storage.get(key)))));
    expect(joined.equals(body)).toBe(true);
    // Orphans beside an index of somebody else's go with time, and nothing else does.
    const orphan = `large.ark.00009-${'0'.repeat(12)}.arkv`;
    await storage.put(orphan, bytesOf('x'));
    await inVolumes.clean();
    expect((await storage.list()).map((object) => object.key)).toContain(orphan);
    const tomorrow = () => Date.now() + 25 * 60 * 60_000;
    expect(await volumes(storage, { bytes: MB, spool, now: tomorrow }).clean()).toBe(1);
    expect((await storage.list()).map((object) => object.key).sort()).toEqual(
      ['good.ark', 'large.ark.index.arkv', ...parts].sort(),
    );
  });

  it('an archive that has lost a volume is listed otherwise than before', async () => {
    const inVolumes = volumes(storage, { bytes: MB, spool });
    await inVolumes.put('large.ark', pseudoRandom(3 * MB));
    const [before] = (await inVolumes.list()).filter((object) => object.key === 'large.ark');
    await storage.remove((await storage.list()).find((object) => object.key.includes('.00002-'))!.key);
    const [after] = (await inVolumes.list()).filter((object) => object.key === 'large.ark');
    expect([before!.size, after!.size]).toEqual([3 * MB, 2 * MB]);
    expect((await failureOf(inVolumes.stat('large.ark'))).code).toBe('VOLUME_MISSING');
  });

  it('a missing and a foreign volume are named', async () => {
    const inVolumes = () => volumes(storage, { bytes: MB, spool });
    await inVolumes().put('large.ark', pseudoRandom(3 * MB));
    const second = (await storage.list()).find((object) => object.key.includes('.00002-'))!.key;
    await storage.remove(second);
    for (const work of [inVolumes().stat('large.ark'), readAll(inVolumes().get('large.ark'))]) {
      const error = await failureOf(work);
      expect([error.code, error.message]).toEqual(['VOLUME_MISSING', expect.stringContaining(second)]);
    }
    await storage.put(second, bytesOf('something else'));
    expect((await failureOf(inVolumes().stat('large.ark'))).message).toMatch(/Volume 2 of 3.*14 bytes/);
    await storage.remove(second);
    await storage.put(second, bytesOf(Buffer.alloc(MB)));
    const error = await failureOf(readAll(inVolumes().get('large.ark')));
    expect([error.code, error.message]).toEqual(['VOLUME_FOREIGN', expect.stringContaining(second)]);
  });
});

/** Uploads in parts that other programs have begun. */
async function foreignUploads(
  { endpoint, bucket, accessKeyId, secretAccessKey }: S3Server,
  keys: readonly string[],
) {
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  for (const Key of keys) await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }));
  client.destroy();
  return keys;
}

describe('S3', () => {
  let server: S3Server;
  let proxy: FaultyProxy;
  let storage: Storage;
  const clock = quickClock();
  const open = (more: Partial<S3Options> = {}) =>
    retrying(
      s3Storage('bucket', {
        ...server,
        endpoint: `http://127.0.0.1:${proxy.port}`,
        partBytes: MB,
        idleMs: 500,
        patience: quickPatience(clock),
        unfinished: uploadsInMemory(),
        ...more,
      }),
      quickPatience(clock),
    );
  beforeEach(async () => {
    server = await s3Server();
    proxy = await faultyProxy(server.port);
    storage = open();
    await storage.put('good.ark', bytesOf('the good one'));
    clock.pauses.length = 0;
  });
  afterEach(async () => {
    await proxy.close();
    await server.close();
  });
  const goodIsThere = async (...besides: string[]) => {
    proxy.fault = () => undefined;
    expect((await readAll(storage.get('good.ark'))).toString()).toBe('the good one');
    expect((await storage.list()).map((object) => object.key).sort()).toEqual(
      [...besides, 'good.ark'].sort(),
    );
    expect(server.uploads()).toEqual([]);
  };
  it.each([
    ['PUT', 1],
    ['POST', 3 * MB],
  ])('an object that the last %s makes after its writer has given up does not stay', async (last, size) => {
    await givenUpLate(
      proxy,
      ({ method, path }) => method === last && !path.includes('uploads'),
      (signal) => storage.put('new.ark', pseudoRandom(size), signal),
    );
    await goodIsThere();
    expect(server.objects()).toEqual(['good.ark']);
  });

  const said = (code: string) => `<Error><Code>${code}</Code><Message>in other words</Message></Error>`;

  it.each([
    [507, 'InsufficientStorage', 'STORAGE_FULL'],
    [403, 'QuotaExceeded', 'STORAGE_FULL'],
    [413, 'EntityTooLarge', 'STORAGE_TOO_LARGE'],
    [403, 'SignatureDoesNotMatch', 'STORAGE_LOGIN_REFUSED'],
    [403, 'AccessDenied', 'STORAGE_REFUSED'],
    [503, 'SlowDown', 'STORAGE_UNAVAILABLE'],
    [500, 'InternalError', 'STORAGE_UNAVAILABLE'],
  ])('parts that are answered with %i %s', async (status, code, ours) => {
    let puts = 0;
    proxy.fault = ({ method }) =>
      method === 'PUT' && (puts += 1) > 2 ? { status, body: said(code) } : undefined;
    const error = await failureOf(storage.put('new.ark', pseudoRandom(5 * MB)));
    expect([error.code, error.message]).toEqual([ours, expect.stringContaining(`${status} ${code}`)]);
    await goodIsThere();
  });

  it('429 and 503 are waited for as long as the service asks', async () => {
    const answers: Fault[] = [
      { status: 503, headers: { 'Retry-After': '3' }, body: said('SlowDown') },
      { status: 429, headers: { 'Retry-After': '5' }, body: said('TooManyRequests') },
    ];
    proxy.fault = ({ method }) => (method === 'PUT' ? answers.shift() : undefined);
    await storage.put('new.ark', bytesOf('x'));
    expect(clock.pauses).toEqual([3000, 5000]);
    await goodIsThere('new.ark');
  });

  it('uploads that are cut are tried again, part by part', async () => {
    const cuts = [0, 500_000, 1_000_000];
    proxy.fault = ({ method }) => {
      const cutRequestAt = method === 'PUT' ? cuts.shift() : undefined;
      return cutRequestAt === undefined ? undefined : { cutRequestAt };
    };
    await storage.put('new.ark', pseudoRandom(5 * MB));
    expect((await readAll(storage.get('new.ark'))).equals(await readAll(pseudoRandom(5 * MB)))).toBe(true);
    proxy.fault = always('PUT', { cutRequestAt: 10 });
    expect((await failureOf(storage.put('newer.ark', pseudoRandom(5 * MB)))).code).toBe(
      'STORAGE_UNAVAILABLE',
    );
    await goodIsThere('new.ark');
  });

  it('lost answers to the last step are no failures, of a small object and of a large one', async () => {
    proxy.fault = once('PUT', { loseAnswer: true });
    await storage.put('small.ark', bytesOf('x'));
    let complete = false;
    proxy.fault = ({ method, path }) => {
      if (complete || method !== 'POST' || path.includes('uploads')) return undefined;
      complete = true;
      return { loseAnswer: true };
    };
    await storage.put('large.ark', pseudoRandom(3 * MB));
    expect(complete).toBe(true);
    await goodIsThere('small.ark', 'large.ark');
  });

  it('a download that is cut or stalls goes on where it was', async () => {
    const whole = await readAll(pseudoRandom(3 * MB));
    await storage.put('large.ark', bytesOf(whole));
    for (const fault of [{ cutAnswerAt: 1_234_567 }, { stallAt: 2_000_000 }] as const) {
      proxy.fault = once('GET', fault);
      const back = await within(30_000, 'a download', readAll(storage.get('large.ark')));
      expect(back.equals(whole)).toBe(true);
    }
  });

  it('an upload that stalls ends, and leaves nothing', async () => {
    proxy.fault = always('PUT', { silent: true });
    const error = await failureOf(storage.put('new.ark', pseudoRandom(3 * MB)));
    expect(error.message).toMatch(/said nothing/);
    await goodIsThere();
  });

  it('a size that is not what was sent', async () => {
    server.options.loses = 3;
    const error = await failureOf(storage.put('new.ark', bytesOf('more than three bytes')));
    expect(error.code).toBe('STORED_DIFFERS');
    server.options.loses = 0;
    await goodIsThere();
  });

  it('a listing that says there is more and does not tell it', async () => {
    for (let i = 0; i < 30; i += 1) server.put(`more-${String(i).padStart(2, '0')}.ark`, Buffer.from('x'));
    server.options.pageSize = 10;
    expect(await storage.list()).toHaveLength(31);
    server.options.cutsListings = true;
    expect((await failureOf(storage.list())).code).toBe('STORAGE_LISTING_CUT');
  });

  it('a listing that goes round in circles, or never ends, ends', async () => {
    for (const endless of ['round in circles', 'empty pages', 'new tokens'] as const) {
      server.options.endless = endless;
      const asked = server.log.length;
      const error = await within(60_000, endless, failureOf(storage.list()));
      expect([endless, error.code]).toEqual([endless, 'STORAGE_LISTING_CUT']);
      expect(server.log.length - asked).toBeLessThan(2100);
    }
    server.options.endless = 'new tokens';
    const asked = new AbortController();
    const listing = storage.list(asked.signal).catch((error: unknown) => error);
    setTimeout(() => asked.abort(new Error('nobody waits any more')), 50);
    expect(String(await within(5000, 'a listing that is given up', listing))).toMatch(/nobody waits/);
    await new Promise((done) => setTimeout(done, 100));
    const then = server.log.length;
    await new Promise((done) => setTimeout(done, 100));
    expect(server.log.length).toBe(then);
  });

  it('bytes that the service alters are seen by its own digest, or not called compared', async () => {
    for (const size of [100_000, 3 * MB]) {
      const kept = await storage.put(`kept-${size}.ark`, pseudoRandom(size));
      expect(kept.compared).toBe('digest');
      server.options.alters = 'before its digest';
      expect((await storage.put(`altered-${size}.ark`, pseudoRandom(size))).compared).toBe('size');
      server.options.alters = undefined;
      server.options.ownEtags = true;
      expect((await storage.put(`own-${size}.ark`, pseudoRandom(size))).compared).toBe('size');
      server.options.ownEtags = false;
    }
  });

  it('bytes that change on the way are refused by the service, and sent again', async () => {
    let changed = 0;
    proxy.fault = ({ method, headers }) => {
      if (method !== 'PUT' || changed > 0) return undefined;
      expect(headers['content-md5']).toMatch(/^[A-Za-z0-9+/]{22}==$/);
      changed += 1;
      return { status: 400, body: said('BadDigest') };
    };
    await storage.put('new.ark', pseudoRandom(3 * MB));
    expect(changed).toBe(1);
    await goodIsThere('new.ark');
  });

  it('an upload that went through though no good answer came is known by its bytes where its mark is lost', async () => {
    server.options.stripsMeta = true;
    const lastSteps: [string, number, (method: string, path: string) => boolean][] = [
      ['small.ark', 100, (method) => method === 'PUT'],
      ['large.ark', 3 * MB, (method, path) => method === 'POST' && path.includes('uploadId')],
    ];
    for (const [key, size, isLast] of lastSteps) {
      for (const fault of [
        { loseAnswer: true },
        { answerWith: { status: 500, body: said('InternalError') } },
      ] as const) {
        let hit = false;
        proxy.fault = ({ method, path }) => {
          if (hit || !isLast(method, path)) return undefined;
          hit = true;
          return fault;
        };
        const name = `${Object.keys(fault)[0]!}-${key}`;
        expect((await storage.put(name, pseudoRandom(size))).size).toBe(size);
        expect(hit).toBe(true);
      }
    }
    // Somebody else's object of that name is not taken for ours.
    server.put('theirs.ark', Buffer.from('theirs'));
    let asked = 0;
    proxy.fault = ({ method }) => (method === 'HEAD' && (asked += 1) <= 2 ? { status: 404 } : undefined);
    expect((await failureOf(storage.put('theirs.ark', bytesOf('ours')))).code).toBe('BACKUP_EXISTS');
  });

  it('an object that is shown late, or without its length, is waited for and not removed', async () => {
    let late = 0;
    proxy.fault = ({ method, path }) =>
      method === 'HEAD' &&
      path.endsWith('late.ark') &&
      server.objects().includes('late.ark') &&
      (late += 1) < 4
        ? { status: 404 }
        : undefined;
    expect((await storage.put('late.ark', bytesOf('here'))).size).toBe(4);
    expect(late).toBeGreaterThanOrEqual(4);
    server.options.noLength = true;
    expect((await storage.put('unsaid.ark', bytesOf('here'))).size).toBe(4);
    expect((await storage.stat('unsaid.ark')).size).toBe(4);
    server.options.noLength = false;
    await goodIsThere('late.ark', 'unsaid.ark');
  });

  it('what differs and cannot be removed is not said to be removed', async () => {
    server.options.loses = 3;
    proxy.fault = ({ method }) =>
      method === 'DELETE' ? { status: 403, body: said('AccessDenied') } : undefined;
    const error = await failureOf(storage.put('new.ark', bytesOf('more than three bytes')));
    expect(error.message).toMatch(/could not be removed: do so by hand/);
  });

  it('a service that is away for ten minutes in the middle is waited for, and says so once; one that stays away fails', async () => {
    const minutes = 60_000;
    const patient = open({ patience: { ...quickPatience(clock), lastingMs: undefined } });
    const begun = clock.now();
    let parts = 0;
    proxy.fault = ({ method }) =>
      method === 'PUT' && (parts += 1) > 1 && clock.now() < begun + 10 * minutes
        ? { status: 503, body: said('SlowDown') }
        : undefined;
    const waits: string[] = [];
    const stored = await patient.put('new.ark', pseudoRandom(3 * MB), undefined, (why, until) => {
      waits.push(why.message);
      expect(until).toBeGreaterThan(begun + 14 * minutes);
    });
    expect(stored.compared).toBe('digest');
    expect(waits.length).toBeGreaterThan(0);
    expect(waits[0]).toMatch(/503 SlowDown/);
    proxy.fault = ({ method }) => (method === 'PUT' ? { status: 503, body: said('SlowDown') } : undefined);
    const error = await failureOf(patient.put('newer.ark', pseudoRandom(3 * MB)));
    // Whoever has it elsewhere may try once more.
    expect(error).toMatchObject({ code: 'STORAGE_UNAVAILABLE', transient: true });
    await goodIsThere('new.ark');
  });

  it('where nothing can be written down, an upload goes on', async () => {
    const unfinished = { ...uploadsInMemory(), begin: () => Promise.reject(new Error('read-only')) };
    await open({ unfinished }).put('new.ark', pseudoRandom(3 * MB));
    await goodIsThere('new.ark');
  });

  it('away from the start, it is told soon', async () => {
    const before = clock.now();
    proxy.fault = () => ({ status: 503, body: said('SlowDown') });
    expect((await failureOf(storage.put('new.ark', bytesOf('x')))).code).toBe('STORAGE_UNAVAILABLE');
    expect(clock.now() - before).toBeLessThan(60_000);
  });

  it('clean gives up what this machine began and nobody will end, and nothing else', async () => {
    const theirs = await foreignUploads(server, [
      'other-app/huge.bin',
      'p/nested/thing.iso',
      'their-backup.ark',
      'good.ark',
    ]);
    const unfinished = uploadsInMemory();
    const own = open({ unfinished });
    proxy.fault = ({ method, path }) =>
      method === 'DELETE' || path.includes('partNumber=2')
        ? { status: 403, body: said('AccessDenied') }
        : undefined;
    await failureOf(own.put('killed.ark', pseudoRandom(3 * MB)));
    proxy.fault = () => undefined;
    expect(server.uploads().sort()).toEqual([...theirs, 'killed.ark'].sort());
    // Its writer may still be at it.
    await own.clean();
    expect(server.uploads()).toContain('killed.ark');
    unfinished.die();
    // Of another bucket, or another folder of this one.
    await open({ unfinished, path: 'elsewhere' }).clean();
    expect(unfinished.begun()).toHaveLength(1);
    await own.clean();
    expect(server.uploads().sort()).toEqual([...theirs].sort());
    expect(unfinished.begun()).toEqual([]);
    expect(server.log.filter((one) => one.startsWith('DELETE'))).toHaveLength(1);
  });

  it('a connection that is cut is not called silence', async () => {
    proxy.fault = always('PUT', { cutRequestAt: 10 });
    const error = await failureOf(storage.put('new.ark', bytesOf('x'.repeat(1000))));
    expect(error.message).toMatch(/cut/);
    expect(error.message).not.toMatch(/said nothing/);
  });

  it('a part that does not say which it is, and what comes compressed', async () => {
    const whole = await readAll(pseudoRandom(200_000));
    await storage.put('new.ark', bytesOf(whole));
    proxy.fault = ({ method }) => (method === 'GET' ? { dropHeader: 'content-range' } : undefined);
    expect(
      (await readAll(storage.get('new.ark', { start: 1000, end: 5000 }))).equals(whole.subarray(1000, 5000)),
    ).toBe(true);
    proxy.fault = ({ method }) =>
      method === 'GET' ? { addHeader: ['content-encoding', 'gzip'] } : undefined;
    expect((await failureOf(readAll(storage.get('new.ark')))).message).toMatch(/compressed \(gzip\)/);
  });

  it('services that know neither conditions nor the new way of listing', async () => {
    server.options.unconditional = true;
    server.options.onlyOldLists = true;
    server.options.pageSize = 2;
    await storage.put('small.ark', bytesOf('x'));
    await storage.put('large.ark', pseudoRandom(3 * MB));
    expect((await failureOf(storage.put('small.ark', bytesOf('y')))).code).toBe('BACKUP_EXISTS');
    await goodIsThere('small.ark', 'large.ark');
  });

  it('a clock that is off is made up for', async () => {
    server.options.clockAhead = 60;
    const other = open();
    await other.put('new.ark', bytesOf('x'));
    expect((await readAll(other.get('new.ark'))).toString()).toBe('x');
  });

  it('an archive larger than its parts allow says what to change', async () => {
    const error = await failureOf(open({ maxParts: 3 }).put('new.ark', pseudoRandom(5 * MB)));
    expect([error.code, error.message]).toEqual([
      'STORAGE_TOO_LARGE',
      expect.stringMatching(/3 parts of 1\.05 MB.*part size/),
    ]);
    await goodIsThere();
  });

  it.each([
    ['bucket', { bucket: 'no-such-bucket' }, /no bucket no-such-bucket.*NoSuchBucket/],
    ['region', { region: 'eu-west-9' }, /Set the region to us-east-1/],
    ['access key', { accessKeyId: 'NOBODY' }, /access key.*InvalidAccessKeyId/],
    ['secret key', { secretAccessKey: 'wrong' }, /secret key.*SignatureDoesNotMatch/],
    ['endpoint', { endpoint: 'http://127.0.0.1:1' }, /nothing listens/],
    ['addressing', { addressing: 'path' as const }, /addressing style.*SecondLevelDomainForbidden/],
  ])('a wrong %s is told by its own message', async (_, wrong, words) => {
    if ('addressing' in wrong) server.options.styles = ['virtual'];
    for (const work of [open(wrong).list(), open(wrong).put('new.ark', bytesOf('x'))]) {
      expect((await failureOf(work)).message).toMatch(words);
    }
  });
});
