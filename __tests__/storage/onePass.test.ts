import fc from 'fast-check';
import { createServer } from 'node:http';
import { storageSource } from '../../src/server/dumper/container/storageSource';
import { onePass } from '../../src/server/storage/onePass';
import { s3Storage } from '../../src/server/storage/s3/s3';
import { webdavStorage } from '../../src/server/storage/webdav/webdav';
import { uploadsInMemory } from '../helpers/uploadsInMemory';

const MB = 1024 * 1024;
const whole = Buffer.alloc(40 * MB, (Math.random() * 256) | 0);
for (let at = 0; at < whole.length; at += 4096) whole.writeUInt32LE(at, at);

/** Gives everything from the beginning, and counts what was taken. */
function counting(bytes: Buffer, piece = 64 * 1024) {
  const counted = { passes: 0, taken: 0, closed: 0 };
  async function* pieces() {
    counted.passes += 1;
    try {
      for (let at = 0; at < bytes.length; at += piece) {
        await Promise.resolve();
        counted.taken += Math.min(piece, bytes.length - at);
        yield bytes.subarray(at, at + piece);
      }
    } finally {
      counted.closed += 1;
    }
  }
  return { counted, open: () => pieces() };
}

it('any ranges, in any order and at once, are what they should be', async () => {
  const bytes = whole.subarray(0, 9 * MB);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(bytes.length), fc.nat(3 * MB)), { minLength: 1, maxLength: 8 }),
      async (ranges) => {
        const { open } = counting(bytes, 100_001);
        const pass = onePass(open, bytes.length);
        await Promise.all(
          ranges.map(async ([start, length]) => {
            const end = Math.min(bytes.length, start + length);
            expect(Buffer.compare(await pass.read(start, end), bytes.subarray(start, end))).toBe(0);
          }),
        );
      },
    ),
    { numRuns: 40 },
  );
});

it('the end twice and everything in order costs two passes', async () => {
  const { open, counted } = counting(whole);
  const pass = onePass(open, whole.length);
  await pass.read(whole.length - 22, whole.length);
  await pass.read(whole.length - MB, whole.length - 22);
  for (let at = 0; at < whole.length; at += MB) await pass.read(at, at + MB);
  expect(counted.passes).toBe(2);
  expect(counted.taken).toBeLessThanOrEqual(2 * whole.length);
});

it('a pass that fails is told, closed, and begun anew for the next', async () => {
  let fails = true;
  const { open, counted } = counting(whole.subarray(0, MB));
  const cut = async function* () {
    for await (const piece of open()) {
      if (fails && counted.taken > MB / 2) throw new Error('cut');
      yield piece;
    }
  };
  const pass = onePass(cut, MB);
  await expect(pass.read(0, MB)).rejects.toThrow('cut');
  fails = false;
  expect(Buffer.compare(await pass.read(5, MB - 5), whole.subarray(5, MB - 5))).toBe(0);
  expect(counted).toMatchObject({ passes: 2, closed: 1 });
});

it('an object that is shorter than it was said to be gives what there is', async () => {
  const pass = onePass(counting(whole.subarray(0, 100)).open, 200);
  expect(await pass.read(50, 150)).toHaveLength(50);
});

describe.each(['s3', 'webdav'] as const)('a server of %s that knows no ranges', (kind) => {
  it('is read a few times whole, and not from its beginning for each range', async () => {
    let sent = 0;
    const server = createServer((request, response) => {
      if (request.method === 'PROPFIND') {
        response.writeHead(207, { 'content-type': 'application/xml' });
        const href = request.url ?? '';
        response.end(
          `<d:multistatus xmlns:d="DAV:"><d:response><d:href>${href}</d:href><d:propstat><d:prop><d:getcontentlength>${whole.length}</d:getcontentlength><d:getlastmodified>Thu, 26 Nov 2026 10:00:00 GMT</d:getlastmodified><d:resourcetype/></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>`,
        );
        return;
      }
      response.writeHead(200, {
        'content-length': whole.length,
        'last-modified': 'Thu, 26 Nov 2026 10:00:00 GMT',
        etag: '"1"',
      });
      if (request.method === 'HEAD') response.end();
      else {
        for (let at = 0; at < whole.length; at += MB) {
          response.write(whole.subarray(at, at + MB), () => (sent += MB));
        }
        response.end();
      }
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as { port: number };
    const url = `http://127.0.0.1:${port}`;
    const storage =
      kind === 's3'
        ? s3Storage('s3', {
            endpoint: url,
            region: 'us-east-1',
            bucket: 'b',
            accessKeyId: 'k',
            secretAccessKey: 's',
            addressing: 'path',
            unfinished: uploadsInMemory(),
          })
        : webdavStorage('dav', { url: `${url}/`, spool: '/nowhere' });
    try {
      const source = await storageSource(storage, 'big.ark');
      expect(source.size).toBe(whole.length);
      const read = async (start: number, end: number) =>
        expect(Buffer.compare(await source.read(start, end), whole.subarray(start, end))).toBe(0);
      await read(whole.length - 22, whole.length);
      expect(storage.ignoresRanges?.()).toBe(true);
      await read(whole.length - MB, whole.length - 22);
      // As verify does: three at once, on and on.
      const starts = Array.from({ length: 38 }, (_, i) => i * MB);
      for (let i = 0; i < starts.length; i += 3)
        await Promise.all(starts.slice(i, i + 3).map((start) => read(start, start + MB)));
      expect(sent).toBeLessThanOrEqual(3 * whole.length);
    } finally {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  });
});
