import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, stat, statfs, utimes, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { cleanUploads } from '../../src/server/actions/uploads/cleanUploads';
import type { BackupItem, Cleared, Started, UploadItem } from '../../src/server/api/api';
import { readSettings } from '../../src/server/environment';
import { startConsole, type Console } from '../../src/server/console';
import { send, testConsole, TOKEN, type Reply, type TestConsole } from '../helpers/console';
import { newDatabase, type TestDatabase } from '../helpers/postgres';

let database: TestDatabase;
let ark: TestConsole;
let archive: Buffer;
beforeAll(async () => {
  database = await newDatabase();
  await database.sql(
    `CREATE TABLE noise (id serial PRIMARY KEY, value text);
     INSERT INTO noise (value) SELECT md5(random()::text) || md5(random()::text) FROM generate_series(1, 20000); ANALYZE`,
  );
  ark = await testConsole(database.url, { ARK_UPLOAD_LIMIT: String(2 ** 50) });
  const { job } = await ark.post<Started>('arkBackups:create', {}, { name: 'whole', all: true });
  expect(await ark.ended(job.id)).toMatchObject({ state: 'done' });
  archive = (await ark.raw('GET', '/api/arkBackups:download?filterByTk=whole.ark')).body;
  expect(archive.length).toBeGreaterThan(500_000);
});
afterAll(async () => {
  await ark.stop();
  await database.drop();
});
afterEach(async () => {
  await rm(folder(), { recursive: true, force: true });
});

const folder = () => join(ark.folder, 'uploads');
const files = async () => (await readdir(folder()).catch(() => [] as string[])).sort();
const announced = (name: string, bytes: Buffer, more: object = {}) => ({
  name,
  size: bytes.length,
  begin: bytes.subarray(0, 512).toString('base64'),
  end: bytes.subarray(-65_557).toString('base64'),
  ...more,
});
const begin = (name: string, bytes: Buffer, more: object = {}) =>
  ark.post<UploadItem>('arkUploads:create', {}, announced(name, bytes, more));
const notBegun = (body: object) =>
  ark.refused(
    ark.raw('POST', '/api/arkUploads:create', {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  );
const crcOf = (bytes: Buffer) => crc32(bytes).toString(16).padStart(8, '0');
const FILE = { 'content-type': 'application/octet-stream' };
const pathOf = (id: string, offset: number, crc: string) =>
  `/api/arkUploads:append?filterByTk=${id}&offset=${offset}&crc=${crc}`;
const append = (id: string, offset: number, bytes: Buffer, crc = crcOf(bytes)) =>
  ark.raw('POST', pathOf(id, offset, crc), { headers: FILE, body: bytes });
const offsetOf = (reply: Reply) => (JSON.parse(reply.body.toString()) as { data: UploadItem }).data.offset;
const detailsOf = (reply: Reply) =>
  (JSON.parse(reply.body.toString()) as { errors: { details?: object }[] }).errors[0]?.details;
const finish = (id: string) => ark.post<BackupItem>('arkUploads:finish', { filterByTk: id });
const JSON_BODY = { headers: { 'content-type': 'application/json' }, body: '{}' };
const finishing = (id: string) => ark.raw('POST', `/api/arkUploads:finish?filterByTk=${id}`, JSON_BODY);
const listed = () => ark.get<UploadItem[]>('arkUploads:list');
const destroyBackup = (name: string) => ark.post('arkBackups:destroy', { filterByTk: name });
const kept = async (name: string) =>
  (await ark.raw('GET', `/api/arkBackups:download?filterByTk=${encodeURIComponent(name)}`)).body;

/** The rest of it, in pieces of at most so many bytes. */
async function sendRest(id: string, bytes: Buffer, from = 0, piece = 200_000): Promise<void> {
  for (let at = from; at < bytes.length; at += piece) {
    const reply = await append(id, at, bytes.subarray(at, at + piece));
    expect([reply.status, offsetOf(reply)]).toEqual([200, Math.min(at + piece, bytes.length)]);
  }
}

/** A piece of which only so many bytes are sent; `cut` breaks the line. */
function half(port: number, id: string, offset: number, bytes: Buffer, sent: number): { cut(): void } {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    `POST ${pathOf(id, offset, crcOf(bytes))} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\n` +
      `Content-Type: application/octet-stream\r\nContent-Length: ${bytes.length}\r\n\r\n`,
  );
  socket.write(bytes.subarray(0, sent));
  return { cut: () => void socket.destroy() };
}
const until = async (condition: () => Promise<boolean>): Promise<void> => {
  while (!(await condition())) await sleep(10);
};
const onDisk = async (id: string) => (await stat(join(folder(), `${id}.bytes`))).size;

describe('an upload in pieces', () => {
  it('arrives as it was sent, and becomes a backup under its name', async () => {
    const upload = await begin('in pieces', archive);
    expect(upload).toMatchObject({
      name: 'in pieces.ark',
      file: 'in pieces',
      offset: 0,
      size: archive.length,
    });
    expect(upload.piece).toBe(8 * 1024 * 1024);
    expect(Date.parse(upload.until) - Date.parse(upload.beganAt)).toBe(24 * 3600 * 1000);
    await sendRest(upload.id, archive);
    expect(await finish(upload.id)).toMatchObject({
      name: 'in pieces.ark',
      state: 'ok',
      size: archive.length,
    });
    expect((await kept('in pieces.ark')).equals(archive)).toBe(true);
    expect(await listed()).toEqual([]);
    // All that stays is what tells whoever asks once more.
    expect(await files()).toEqual([`${upload.id}.json`]);
    await destroyBackup('in pieces.ark');
  });

  it('is finished once, however often and at once it is asked for', async () => {
    const upload = await begin('asked', archive);
    await sendRest(upload.id, archive);
    const answers = await Promise.all([finish(upload.id), finish(upload.id), finish(upload.id)]);
    expect(answers.map(({ name }) => name)).toEqual(['asked.ark', 'asked.ark', 'asked.ark']);
    expect(await finish(upload.id)).toMatchObject({ name: 'asked.ark', size: archive.length });
    await destroyBackup('asked.ark');
    expect(await ark.refused(finishing(upload.id))).toBe('404 BACKUP_UNKNOWN');
  });

  it('is finished though the process ended between publishing it and noting so; another backup under its name is not taken for it', async () => {
    const upload = await begin('noted', archive);
    await sendRest(upload.id, archive);
    const note = join(folder(), `${upload.id}.json`);
    const bytes = join(folder(), `${upload.id}.bytes`);
    const [before, content] = [await readFile(note), await readFile(bytes)];
    await finish(upload.id);
    await writeFile(note, before);
    await writeFile(bytes, content);
    expect(await finish(upload.id)).toMatchObject({ name: 'noted.ark' });

    const other = Buffer.from(archive);
    other[other.length - 1_000]! ^= 1;
    await writeFile(note, before);
    await writeFile(bytes, content);
    await writeFile(join(ark.folder, 'backups', 'noted.ark'), other);
    expect(await ark.refused(finishing(upload.id))).toBe('409 BACKUP_EXISTS');
    // Nothing is lost: it can have another name.
    const named = await ark.post<BackupItem>('arkUploads:finish', { filterByTk: upload.id, name: 'noted-2' });
    expect(named.name).toBe('noted-2.ark');
    expect((await kept('noted-2.ark')).equals(archive)).toBe(true);
    await rm(join(ark.folder, 'backups', 'noted.ark'));
    await destroyBackup('noted-2.ark');
  });

  it('goes on after a line was cut in the middle of a piece', async () => {
    const upload = await begin('cut', archive);
    await sendRest(upload.id, archive.subarray(0, 200_000));
    const piece = archive.subarray(200_000, 400_000);
    const line = half(ark.served.port, upload.id, 200_000, piece, 150_000);
    await until(async () => (await onDisk(upload.id)) > 200_000);
    line.cut();
    await sleep(100);
    expect(await listed()).toMatchObject([{ id: upload.id, offset: 200_000 }]);
    await sendRest(upload.id, archive, 200_000);
    await finish(upload.id);
    expect((await kept('cut.ark')).equals(archive)).toBe(true);
    await destroyBackup('cut.ark');
  });

  it('is sent by one at a time; a line that is silent gives way', async () => {
    const upload = await begin('two', archive);
    const piece = archive.subarray(0, 200_000);
    half(ark.served.port, upload.id, 0, piece, 150_000);
    await until(async () => (await onDisk(upload.id)) > 0);
    expect(await ark.refused(append(upload.id, 0, piece))).toBe('409 UPLOAD_BUSY');
    expect(await ark.refused(finishing(upload.id))).toBe('409 UPLOAD_BUSY');
    await sleep(5_200);
    expect(offsetOf(await append(upload.id, 0, piece))).toBe(200_000);
    await sendRest(upload.id, archive, 200_000);
    await finish(upload.id);
    expect((await kept('two.ark')).equals(archive)).toBe(true);
    await destroyBackup('two.ark');
  }, 20_000);

  it('refuses a piece that is for another place, differs from its sum, or goes past the end; none of them counts', async () => {
    const upload = await begin('refused', archive);
    const piece = archive.subarray(0, 200_000);
    const flipped = Buffer.from(piece);
    flipped[100_000]! ^= 1;
    expect(await ark.refused(append(upload.id, 0, flipped, crcOf(piece)))).toBe('400 UPLOAD_PIECE_WRONG');
    expect(offsetOf(await append(upload.id, 0, piece))).toBe(200_000);
    for (const offset of [0, 199_999, 200_001, archive.length]) {
      const reply = await append(upload.id, offset, piece);
      expect([reply.status, detailsOf(reply)]).toEqual([409, { code: 'upload-offset', offset: 200_000 }]);
    }
    const past = Buffer.concat([archive.subarray(200_000), Buffer.from('x')]);
    expect(await ark.refused(append(upload.id, 200_000, past))).toBe('400 UPLOAD_PIECE_WRONG');
    expect(await ark.refused(append(upload.id, 200_000, Buffer.alloc(0)))).toBe('400 UPLOAD_PIECE_WRONG');
    const early = await finishing(upload.id);
    expect([early.status, detailsOf(early)]).toEqual([409, { code: 'upload-offset', offset: 200_000 }]);
    expect(await listed()).toMatchObject([{ offset: 200_000 }]);
    await sendRest(upload.id, archive, 200_000);
    await finish(upload.id);
    expect((await kept('refused.ark')).equals(archive)).toBe(true);
    await destroyBackup('refused.ark');
  });

  it('refuses a piece of more than 8 MiB, and one of unknown length', async () => {
    const large = Buffer.concat([archive, randomBytes(9_000_000), archive.subarray(-65_557)]);
    const { id } = await begin('large', large);
    expect(await ark.refused(append(id, 0, large.subarray(0, 8 * 1024 * 1024 + 1)))).toBe(
      '400 UPLOAD_PIECE_WRONG',
    );
    const chunked = ark.raw('POST', pathOf(id, 0, crcOf(archive)), {
      headers: { ...FILE, 'transfer-encoding': 'chunked' },
      body: archive,
    });
    expect(await ark.refused(chunked)).toBe('411 LENGTH_MISSING');
    expect(offsetOf(await append(id, 0, large.subarray(0, 8 * 1024 * 1024)))).toBe(8 * 1024 * 1024);
  });

  it('that is no backup after all is thrown away', async () => {
    const broken = Buffer.from(archive);
    // In its directory, which is announced as it is: whether all of it fits shows only when all of it is here.
    broken[broken.length - 30]! ^= 1;
    const { id } = await begin('broken', broken);
    await sendRest(id, broken);
    expect(await ark.refused(finishing(id))).toMatch(/^422 ARCHIVE_(DAMAGED|NOT_ARK)$/);
    expect(await files()).toEqual([]);
  });

  it('whose end is another than was announced is thrown away', async () => {
    const { id } = await begin('swapped', archive);
    await sendRest(id, Buffer.concat([archive.subarray(0, -10), Buffer.alloc(10)]));
    expect(await ark.refused(finishing(id))).toBe('409 UPLOAD_DIFFERS');
    expect(await files()).toEqual([]);
  });

  it('is announced with what tells that it is no backup, too large, or of a name that is taken', async () => {
    const zip = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), Buffer.alloc(2_000_000)]);
    expect(await notBegun(announced('text', Buffer.alloc(2_000_000, 'x')))).toBe('422 ARCHIVE_NOT_ARK');
    expect(await notBegun(announced('cut', zip))).toMatch(/^422 ARCHIVE_/);
    expect(await notBegun(announced('empty', Buffer.alloc(0)))).toBe('422 ARCHIVE_EMPTY');
    expect(await notBegun(announced('whole', archive))).toBe('409 BACKUP_EXISTS');
    expect(await notBegun(announced('../x', archive))).toBe('400 NAME_INVALID');
    expect(await notBegun(announced('x', archive, { storage: 'nowhere' }))).toBe('404 STORAGE_UNKNOWN');
    expect(await notBegun(announced('x', archive, { size: 2 ** 51 }))).toBe('413 BODY_TOO_LARGE');
    expect(await notBegun(announced('x', archive, { size: 2 ** 49 }))).toBe('507 STORAGE_FULL');
    expect(await notBegun(announced('x', archive, { begin: 'UEs=' }))).toBe('400 USAGE');
    expect(await notBegun(announced('x', archive, { end: archive.toString('base64') }))).toBe('400 USAGE');
    expect(await notBegun(announced('x'.repeat(301), archive))).toBe('400 USAGE');
    expect(await notBegun(announced('x', archive, { file: 'x'.repeat(301) }))).toBe('400 USAGE');
    expect(await files()).toEqual([]);
  });

  it('leaves the room that others have announced', async () => {
    const { bavail, bsize } = await statfs(ark.folder);
    const most = Math.floor(bavail * bsize * 0.6);
    await begin('first', archive, { size: most });
    expect(await notBegun(announced('second', archive, { size: most }))).toBe('507 STORAGE_FULL');
    const plain = ark.raw('POST', '/api/arkBackups:upload?name=third', {
      headers: { ...FILE, 'content-length': String(most) },
      body: archive,
    });
    expect(await ark.refused(plain)).toBe('507 STORAGE_FULL');
    await ark.post('arkUploads:destroy', { filterByTk: (await listed())[0]!.id });
    expect(await begin('second', archive, { size: most })).toMatchObject({ offset: 0 });
  });

  it('is gone on with by whoever announces the same file, and by nobody who announces another', async () => {
    const upload = await begin('again', archive);
    await sendRest(upload.id, archive.subarray(0, 200_000));
    expect(await begin('again', archive)).toMatchObject({ id: upload.id, offset: 200_000 });
    expect(await begin('again', archive, { upload: upload.id })).toMatchObject({ offset: 200_000 });
    const other = Buffer.from(archive);
    other[other.length - 70]! ^= 1;
    expect(await notBegun(announced('again', other, { upload: upload.id }))).toBe('409 UPLOAD_DIFFERS');
    expect(await notBegun(announced('renamed', archive, { upload: upload.id }))).toBe('409 UPLOAD_DIFFERS');
    expect(await notBegun(announced('again', archive, { upload: '0'.repeat(32) }))).toBe(
      '404 UPLOAD_UNKNOWN',
    );
    expect(await listed()).toMatchObject([{ id: upload.id, offset: 200_000 }]);
  });

  it('is one of at most twenty', async () => {
    for (let i = 0; i < 20; i += 1) await begin(`many-${i}`, archive);
    expect(await notBegun(announced('many-20', archive))).toBe('409 UPLOADS_MANY');
    expect(await begin('many-3', archive)).toMatchObject({ offset: 0 });
    expect(await listed()).toHaveLength(20);
  });

  it('can be thrown away, also while a piece is under way', async () => {
    const { id } = await begin('away', archive);
    half(ark.served.port, id, 0, archive.subarray(0, 200_000), 150_000);
    await until(async () => (await onDisk(id)) > 0);
    await ark.post('arkUploads:destroy', { filterByTk: id });
    expect(await files()).toEqual([]);
    expect(await ark.refused(append(id, 0, archive.subarray(0, 10)))).toBe('404 UPLOAD_UNKNOWN');
  });

  it.each(['..', '../../etc/passwd', 'x', 'A'.repeat(32), `${'a'.repeat(32)}.json`, `${'a'.repeat(31)}/`])(
    'is not known by %j',
    async (id) => {
      const asked = encodeURIComponent(id);
      const empty = ark.raw('POST', `/api/arkUploads:destroy?filterByTk=${asked}`, JSON_BODY);
      expect(await ark.refused(empty)).toBe('400 USAGE');
      expect(await ark.refused(append(asked, 0, Buffer.from('x')))).toBe('400 USAGE');
    },
  );
});

describe('what is unfinished', () => {
  it('is no backup, is counted in the data folder, and is said before it is cleared', async () => {
    const upload = await begin('clear', archive);
    await sendRest(upload.id, archive.subarray(0, 200_000));
    expect((await ark.get<BackupItem[]>('arkBackups:list')).map(({ name }) => name)).toEqual(['whole.ark']);
    const clear = (dryRun: boolean) => ark.post<Cleared>('arkSystem:clearCache', {}, { dryRun });
    const uploads = ({ items }: Cleared) => items.filter(({ kind }) => kind === 'upload');
    // Somebody may be sending it.
    expect(uploads(await clear(true))).toEqual([]);
    await clear(false);
    expect(await listed()).toHaveLength(1);
    await aged(upload.id, 11 * 60_000);
    expect(uploads(await clear(true))).toEqual([{ kind: 'upload', name: 'clear', bytes: 200_000 }]);
    expect(await listed()).toHaveLength(1);
    expect(uploads(await clear(false))).toEqual([{ kind: 'upload', name: 'clear', bytes: 200_000 }]);
    expect(await files()).toEqual([]);
  });

  it('stays for a day without a byte, and goes then; so does what nobody has noted anything of', async () => {
    const [old, live] = [await begin('old', archive), await begin('live', archive)];
    await sendRest(old.id, archive.subarray(0, 10));
    const stray = join(folder(), `${'b'.repeat(32)}.bytes`);
    await writeFile(stray, 'x');
    await aged(old.id, 24 * 3600_000 + 1);
    await aged(live.id, 24 * 3600_000 - 60_000);
    expect(await listed()).toMatchObject([{ id: live.id }]);
    expect(await ark.refused(append(old.id, 10, archive.subarray(10, 20)))).toBe('404 UPLOAD_UNKNOWN');
    await cleanUploads(ark.folder, new Date());
    expect(await files()).toEqual([`${'b'.repeat(32)}.bytes`, `${live.id}.bytes`, `${live.id}.json`].sort());
    const yesterday = new Date(Date.now() - 25 * 3600_000);
    await utimes(stray, yesterday, yesterday);
    await cleanUploads(ark.folder, new Date());
    expect(await files()).toEqual([`${live.id}.bytes`, `${live.id}.json`]);
  });

  it('survives the end of the console in the middle of a piece', async () => {
    const second: Console[] = [];
    const start = async () => {
      const env = readSettings({ ARK_DATA: ark.folder, ARK_INSTANCE: 'test' });
      const page = join(__dirname, '..', 'fixtures', 'page');
      const served = await startConsole({ env, database: database.url, port: 0, token: TOKEN, page });
      second.push(served);
      return served.port;
    };
    let port = await start();
    const ask = (action: string, query: string, body: Buffer | string, type: string) =>
      send(
        port,
        'POST',
        `/api/arkUploads:${action}?${query}`,
        {
          authorization: `Bearer ${TOKEN}`,
          'content-type': type,
        },
        body,
      );
    const upload = await begin('restarted', archive);
    await sendRest(upload.id, archive.subarray(0, 200_000));
    half(port, upload.id, 200_000, archive.subarray(200_000, 400_000), 120_000);
    await until(async () => (await onDisk(upload.id)) > 200_000);
    await second[0]!.stop();
    port = await start();
    const rest = archive.subarray(200_000);
    const wrong = await ask(
      'append',
      `filterByTk=${upload.id}&offset=320000&crc=${crcOf(rest)}`,
      rest,
      FILE['content-type'],
    );
    expect(detailsOf(wrong)).toEqual({ code: 'upload-offset', offset: 200_000 });
    const right = await ask(
      'append',
      `filterByTk=${upload.id}&offset=200000&crc=${crcOf(rest)}`,
      rest,
      FILE['content-type'],
    );
    expect(offsetOf(right)).toBe(archive.length);
    expect((await ask('finish', `filterByTk=${upload.id}`, '{}', 'application/json')).status).toBe(200);
    expect((await kept('restarted.ark')).equals(archive)).toBe(true);
    await second[1]!.stop();
    await destroyBackup('restarted.ark');
  }, 30_000);

  /** As if nothing had come for so long. */
  async function aged(id: string, ms: number): Promise<void> {
    const note = join(folder(), `${id}.json`);
    const kept_ = JSON.parse(await readFile(note, 'utf8')) as { heardAt: string };
    await writeFile(note, JSON.stringify({ ...kept_, heardAt: new Date(Date.now() - ms).toISOString() }));
  }
});
