import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { appendPiece, PIECE } from '../../../src/server/actions/uploads/appendPiece';
import { beginUpload } from '../../../src/server/actions/uploads/beginUpload';
import { dropUpload } from '../../../src/server/actions/uploads/dropUpload';
import { finishUpload } from '../../../src/server/actions/uploads/finishUpload';
import {
  findUpload,
  unfinishedUploads,
  type Unfinished,
} from '../../../src/server/actions/uploads/unfinished';
import { localStorage } from '../../../src/server/storage/local/local';
import { newDataFolder } from '../../helpers/ark';
import { tinyDisk } from '../../helpers/tinyDisk';

const now = () => new Date();
let data: Awaited<ReturnType<typeof newDataFolder>>;
let folder: string;
beforeEach(async () => {
  data = await newDataFolder();
  folder = join(data.folder, 'uploads');
});
afterEach(() => data.remove());

const END = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]);
/** Passes for a backup until it is opened. */
const fake = (size: number) =>
  Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), randomBytes(size - 26), END]);
const begin = (bytes: Buffer, owner?: string, where = folder) =>
  beginUpload(
    {
      name: 'x',
      file: 'x.ark',
      size: bytes.length,
      begin: bytes.subarray(0, 512),
      end: bytes.subarray(-65_557),
      storage: localStorage(join(data.folder, 'backups')),
      owner,
      id: undefined,
      limit: Infinity,
      folder: where,
    },
    now(),
  );
// eslint-disable-next-line @typescript-eslint/require-await -- a body comes by and by
async function* parts(bytes: Buffer, of = 64 * 1024) {
  for (let at = 0; at < bytes.length; at += of) yield bytes.subarray(at, at + of);
}
const append = (upload: Unfinished, bytes: Buffer, more: object = {}) =>
  appendPiece(
    folder,
    {
      id: upload.id,
      owner: upload.owner,
      offset: upload.offset,
      length: bytes.length,
      crc: crc32(bytes),
      body: parts(bytes),
      signal: new AbortController().signal,
      ...more,
    },
    now,
  );

it('an upload is of whoever began it, and there is none for anybody else', async () => {
  const bytes = fake(100_000);
  const upload = await begin(bytes, '1');
  const storages = { list: () => Promise.resolve([]), find: () => Promise.reject(new Error('not asked')) };
  for (const owner of ['2', undefined]) {
    const unknown = { code: 'UPLOAD_UNKNOWN' };
    await expect(append(upload, bytes.subarray(0, 10), { owner })).rejects.toMatchObject(unknown);
    await expect(dropUpload(folder, upload.id, owner)).rejects.toMatchObject(unknown);
    const finishing = finishUpload(folder, storages, { id: upload.id, owner, name: undefined });
    await expect(finishing).rejects.toMatchObject(unknown);
    await expect(findUpload(folder, upload.id, owner, now())).rejects.toMatchObject(unknown);
    // The same file is another upload.
    const own = await begin(bytes, owner);
    expect(own.id).not.toBe(upload.id);
    expect((await begin(bytes, owner)).id).toBe(own.id);
  }
  expect(await append(upload, bytes.subarray(0, 10))).toMatchObject({ offset: 10 });
});

it('its id leads nowhere else', async () => {
  for (const id of ['', '.', '..', '../x', 'a'.repeat(31), `${'a'.repeat(32)}\0`, `../${'a'.repeat(32)}`])
    await expect(findUpload(folder, id, undefined, now())).rejects.toMatchObject({ code: 'UPLOAD_UNKNOWN' });
});

it('many pieces take no memory', async () => {
  const piece = randomBytes(PIECE);
  piece.write('PK\x03\x04', 'latin1');
  const size = 25 * PIECE;
  const end = Buffer.concat([piece.subarray(0, -END.length), END]);
  let upload = await beginUpload(
    {
      name: 'big',
      file: 'big.ark',
      size,
      begin: piece.subarray(0, 512),
      end: end.subarray(-65_557),
      storage: localStorage(join(data.folder, 'backups')),
      owner: undefined,
      id: undefined,
      limit: Infinity,
      folder,
    },
    now(),
  );
  const before = process.memoryUsage.rss();
  let most = 0;
  while (upload.offset < size) {
    upload = await append(upload, upload.offset + PIECE < size ? piece : end);
    most = Math.max(most, process.memoryUsage.rss());
  }
  expect((await stat(join(folder, `${upload.id}.bytes`))).size).toBe(size);
  expect(most - before).toBeLessThan(100e6);
});

it('a sender that stops for good ends its piece, and nothing of it counts', async () => {
  const bytes = fake(300_000);
  const upload = await begin(bytes);
  const over = new AbortController();
  async function* stuck() {
    yield bytes.subarray(0, 100_000);
    setTimeout(() => over.abort(), 10);
    await new Promise(() => undefined);
  }
  const piece = append(upload, bytes, { body: stuck(), signal: over.signal });
  await expect(piece).rejects.toMatchObject({ code: 'UPLOAD_PIECE_WRONG' });
  expect(await unfinishedUploads(folder, now())).toMatchObject([{ offset: 0 }]);
  // What has come of it is written over, whatever it was.
  await writeFile(join(folder, `${upload.id}.bytes`), randomBytes(200_000));
  expect(await append(upload, bytes)).toMatchObject({ offset: bytes.length });
  expect((await readFile(join(folder, `${upload.id}.bytes`))).equals(bytes)).toBe(true);
});

const disk = tinyDisk('80m');
afterAll(() => disk.remove());
(disk.why === '' ? it : it.skip)(
  `a disk that fills up is told, and the upload goes on when it is mended${disk.why}`,
  async () => {
    folder = join(disk.path, 'uploads');
    await mkdir(folder);
    const bytes = fake(3_000_000);
    const upload = await begin(bytes);
    // What others write cannot be foretold.
    const others = join(disk.path, 'others');
    const { bavail, bsize } = await statfs(disk.path);
    await writeFile(others, Buffer.alloc(bavail * bsize - 1_000_000));
    await expect(append(upload, bytes)).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(await readdir(folder)).toHaveLength(2);
    // The piece has taken what was free, and its note finds no room either.
    await writeFile(join(disk.path, 'rest'), Buffer.alloc(1_000_000)).catch(() => undefined);
    const within = append(upload, bytes.subarray(0, 500_000));
    await expect(within).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(await readdir(folder)).toHaveLength(2);
    await rm(others);
    expect(await append(upload, bytes)).toMatchObject({ offset: bytes.length });
  },
);
