import { readdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type {
  BackupDetail,
  BackupItem,
  JobItem,
  LiveCollection,
  Preview,
  Started,
  SystemInfo,
  UndoItem,
} from '../../src/server/api/api';
import { testConsole, TOKEN, type Reply, type TestConsole } from '../helpers/console';
import { newDatabase, withClient, type TestDatabase } from '../helpers/postgres';

const FILE = { 'content-type': 'application/octet-stream' };

let database: TestDatabase;
let ark: TestConsole;
beforeAll(async () => {
  database = await newDatabase();
  await database.sql(
    `CREATE TABLE people (id serial PRIMARY KEY, name text); INSERT INTO people (name) SELECT 'p' || g FROM generate_series(1, 1000) g;
     CREATE TABLE pets (id serial PRIMARY KEY, owner integer REFERENCES people); INSERT INTO pets (owner) SELECT g FROM generate_series(1, 50) g; ANALYZE`,
  );
  ark = await testConsole(database.url, { ARK_UPLOAD_LIMIT: '1000000' });
});
afterAll(async () => {
  await ark.stop();
  await database.drop();
});

const people = async () =>
  (await database.query<{ n: number }>('SELECT count(*)::int AS n FROM people'))[0]!.n;
const upload = (name: string, body: Buffer, headers: Record<string, string> = {}) =>
  ark.raw('POST', `/api/arkBackups:upload?name=${encodeURIComponent(name)}`, {
    headers: { ...FILE, ...headers },
    body,
  });
const files = async () => {
  const inside = await Promise.all(
    ['backups', 'uploads'].map((folder) => readdir(join(ark.folder, folder)).catch(() => [] as string[])),
  );
  return inside.flat().sort();
};
const backUp = async (name: string): Promise<Buffer> => {
  const { job } = await ark.post<Started>('arkBackups:create', {}, { name, all: true });
  expect(await ark.ended(job.id)).toMatchObject({ state: 'done', subject: `${name}.ark` });
  return (await ark.raw('GET', `/api/arkBackups:download?filterByTk=${name}.ark`)).body;
};
/** Keeps every job on this database waiting until it is called. */
const block = async (): Promise<() => Promise<void>> => {
  let release: () => void = () => undefined;
  const wait = new Promise<void>((resolve) => (release = resolve));
  let held: Promise<void> = Promise.resolve();
  await new Promise<void>((taken) => {
    held = withClient(database.url, async (client) => {
      await client.query('BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE');
      taken();
      await wait;
    });
  });
  return async () => {
    release();
    await held;
  };
};

describe('a backup over HTTP', () => {
  it('is made, listed, fetched, uploaded under another name, previewed, restored and undone', async () => {
    const archive = await backUp('first');
    const list = await ark.get<BackupItem[]>('arkBackups:list');
    expect(list).toMatchObject([
      { name: 'first.ark', storage: 'local', state: 'ok', encrypted: false, size: archive.length },
    ]);
    expect(list[0]!.groups).toEqual([{ group: 'unknown', collections: 2, rows: 1050 }]);
    const detail = await ark.get<BackupDetail>('arkBackups:get', { filterByTk: 'first.ark' });
    expect(detail.collections.map((collection) => [collection.name, collection.rows])).toEqual([
      ['people', 1000],
      ['pets', 50],
    ]);

    const uploaded = await upload('Kopie (2) – 备份', archive);
    expect(uploaded.status).toBe(200);
    expect(JSON.parse(uploaded.body.toString())).toMatchObject({
      data: { name: 'Kopie (2) – 备份.ark', state: 'ok' },
    });
    expect(await ark.refused(upload('first.ark', archive))).toBe('409 BACKUP_EXISTS');

    await database.sql(
      `DELETE FROM pets; DELETE FROM people WHERE id > 10; ALTER TABLE people ADD nick text`,
    );
    const which = { filterByTk: 'Kopie (2) – 备份.ark' };
    const preview = await ark.post<Preview>('arkBackups:preview', which, { collections: ['people', 'pets'] });
    expect(preview.collections).toMatchObject([
      { name: 'people', action: 'replace', rowsNow: 10, rowsInBackup: 1000 },
      { name: 'pets', rowsNow: 0, rowsInBackup: 50 },
    ]);
    expect(preview.collections[0]!.structure).toContainEqual(expect.objectContaining({ name: 'nick' }));
    expect(await people()).toBe(10);

    const { job } = await ark.post<Started>('arkBackups:restore', which);
    expect(job).toMatchObject({ kind: 'restore', state: 'running' });
    const restored = await ark.ended(job.id);
    expect(restored.state).toBe('done');
    expect(restored.log!.map((line) => line.text)).toEqual(
      expect.arrayContaining(['loading', 'swapping', 'done']),
    );
    expect(await people()).toBe(1000);

    const undos = await ark.get<UndoItem[]>('arkUndos:list');
    expect(undos).toMatchObject([{ job: job.id, action: 'restore' }]);
    const undone = await ark.post<Started>('arkUndos:apply', { filterByTk: job.id });
    expect((await ark.ended(undone.job.id)).state).toBe('done');
    expect(await people()).toBe(10);

    const [again] = await ark.get<UndoItem[]>('arkUndos:list');
    await ark.post('arkUndos:destroy', { filterByTk: again!.job });
    expect(await ark.get('arkUndos:list')).toEqual([]);
    await ark.post('arkBackups:destroy', which);
    expect(await files()).toEqual(['first.ark']);
    expect(await ark.refused(ark.raw('GET', '/api/arkBackups:get?filterByTk=gone.ark'))).toBe(
      '404 BACKUP_UNKNOWN',
    );

    const jobs = await ark.get<JobItem[]>('arkJobs:list');
    expect(jobs.map((job) => `${job.kind} ${job.state}`)).toEqual([
      'undo done',
      'restore done',
      'backup done',
    ]);
    expect(await ark.get<JobItem>('arkJobs:get', { filterByTk: jobs[1]!.id })).toEqual(restored);
  });

  it('tells of the database, the space and the live collections', async () => {
    const info = await ark.get<SystemInfo>('arkSystem:get');
    expect(info.database).toMatchObject({ dialect: 'postgres', demo: false });
    expect(info.uploadLimit).toBe(1_000_000);
    const live = await ark.get<LiveCollection[]>('arkCollections:list');
    expect(live.map((one) => `${one.group} ${one.name}`)).toEqual(['unknown people', 'unknown pets']);
  });

  it('is verified, and that is remembered until it is another file', async () => {
    await backUp('checked');
    const { job } = await ark.post<Started>('arkBackups:verify', { filterByTk: 'checked.ark' });
    expect((await ark.ended(job.id)).state).toBe('done');
    const find = async () =>
      (await ark.get<BackupItem[]>('arkBackups:list')).find((one) => one.name === 'checked.ark')!;
    expect((await find()).verifiedAt).toBeDefined();
    const detail = await ark.get<BackupDetail>('arkBackups:get', { filterByTk: 'checked.ark' });
    expect(detail.verifiedAt).toBeDefined();
    await writeFile(join(ark.folder, 'backups', 'checked.ark'), 'PK\x03\x04 and no more than that');
    expect(await find()).toMatchObject({ state: 'damaged', error: { code: 'ARCHIVE_DAMAGED' } });
    expect((await find()).verifiedAt).toBeUndefined();
    await ark.post('arkBackups:destroy', { filterByTk: 'checked.ark' });
  });

  it('is opened with its passphrase only', async () => {
    const { job } = await ark.post<Started>(
      'arkBackups:create',
      {},
      { name: 'secret', passphrase: 'open wide sesame' },
    );
    await ark.ended(job.id);
    const [item] = await ark.get<BackupItem[]>('arkBackups:list');
    expect(item).toMatchObject({ name: 'secret.ark', encrypted: true, state: 'locked', groups: [] });
    const path = '/api/arkBackups:get?filterByTk=secret.ark';
    expect(await ark.refused(ark.raw('GET', path))).toBe('422 ARCHIVE_LOCKED');
    const json = { 'content-type': 'application/json' };
    const wrong = ark.raw('POST', path, { headers: json, body: '{"passphrase":"x"}' });
    expect(await ark.refused(wrong)).toBe('422 ARCHIVE_KEY_WRONG');
    const opened = await ark.post<BackupDetail>(
      'arkBackups:get',
      { filterByTk: 'secret.ark' },
      { passphrase: 'open wide sesame' },
    );
    expect(opened).toMatchObject({ state: 'ok', encrypted: true });
    await ark.post('arkBackups:destroy', { filterByTk: 'secret.ark' });
  });
});

describe('a job', () => {
  it('is seen by two who watch, and can be cancelled by either', async () => {
    const free = await block();
    const [one, two] = [ark.watch(), ark.watch()];
    const before = await files();
    const { job } = await ark.post<Started>('arkBackups:create', {}, { name: 'cancelled' });
    const late = ark.watch();
    const sees = (jobs: readonly JobItem[]) =>
      jobs.some((seen) => seen.id === job.id && seen.progress !== undefined);
    await Promise.all([one, two, late].map((watcher) => watcher.until(sees)));

    const busy = ark.raw('POST', '/api/arkBackups:create', {
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(await ark.refused(busy)).toBe('409 JOB_BUSY');

    await ark.post('arkJobs:cancel', { filterByTk: job.id });
    const ends = (jobs: readonly JobItem[]) =>
      jobs.some((seen) => seen.id === job.id && seen.state === 'cancelled');
    await Promise.all([one, two, late].map((watcher) => watcher.until(ends)));
    for (const watcher of [one, two, late]) watcher.close();
    expect(await files()).toEqual(before);
    expect(await ark.ended(job.id)).toMatchObject({ state: 'cancelled', error: { code: 'JOB_CANCELLED' } });
    await free();
  });

  it('of a database that is busy with another process is refused at once', async () => {
    const other = await testConsole(database.url);
    const free = await block();
    const { job } = await other.post<Started>('arkBackups:create', {}, {});
    const headers = { 'content-type': 'application/json' };
    expect(await ark.refused(ark.raw('POST', '/api/arkBackups:create', { headers, body: '{}' }))).toBe(
      '409 JOB_BUSY',
    );
    await free();
    expect((await other.ended(job.id)).state).toBe('done');
    await other.stop();
  });

  it('that failed before it began says why to whoever started it', async () => {
    const gone = await testConsole(database.url.replace(/\/[^/]*$/, '/nothing'));
    const headers = { 'content-type': 'application/json' };
    expect(await ark.refused(gone.raw('POST', '/api/arkBackups:create', { headers, body: '{}' }))).toBe(
      '502 DATABASE_UNKNOWN',
    );
    expect((await gone.get<SystemInfo>('arkSystem:get')).database.error?.code).toBe('DATABASE_UNKNOWN');
    expect(await gone.get('arkBackups:list')).toEqual([]);
    await gone.stop();
  });

  it('of a killed process says that it failed once the console starts again', async () => {
    const dead = {
      id: '20260101_000000_abcdef',
      kind: 'backup',
      state: 'running',
      subject: 'x.ark',
      pid: 2 ** 22 + 1,
    };
    await writeFile(
      join(ark.folder, 'jobs', `${dead.id}.json`),
      JSON.stringify({ ...dead, startedAt: '2026-01-01T00:00:00.000Z', host: hostname() }),
    );
    const mended = await testConsole(database.url, { ARK_DATA: ark.folder });
    expect(await mended.get<JobItem>('arkJobs:get', { filterByTk: dead.id })).toMatchObject({
      state: 'failed',
    });
    await mended.stop();
  });
});

describe('an upload', () => {
  it('that stops half way leaves nothing', async () => {
    const archive = await backUp('half');
    const before = await files();
    const socket = connect(ark.served.port, '127.0.0.1');
    socket.write(
      `POST /api/arkBackups:upload?name=cut HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\n` +
        `Content-Type: application/octet-stream\r\nContent-Length: ${archive.length}\r\n\r\n`,
    );
    socket.write(archive.subarray(0, archive.length >> 1));
    const appeared = async () => (await files()).length > before.length;
    while (!(await appeared())) await new Promise((resolve) => setTimeout(resolve, 10));
    socket.destroy();
    while (await appeared()) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await files()).toEqual(before);
  });

  it('is refused when it is too large, of unknown length, empty, no archive, or damaged', async () => {
    const archive = await backUp('refused');
    const before = await files();
    const flipped = Buffer.from(archive);
    flipped[flipped.length - 30]! ^= 1;
    expect(await ark.refused(upload('large', Buffer.alloc(1_000_001)))).toBe('413 BODY_TOO_LARGE');
    expect(await ark.refused(upload('none', Buffer.alloc(0)))).toBe('422 ARCHIVE_EMPTY');
    expect(await ark.refused(upload('text', Buffer.from('hello')))).toBe('422 ARCHIVE_NOT_ARK');
    expect(await ark.refused(upload('zeros', Buffer.alloc(900_000)))).toBe('422 ARCHIVE_NOT_ARK');
    for (const size of [1, 3, 4]) {
      const begun = Buffer.from('PK\x03\x04', 'latin1').subarray(0, size);
      expect([size, await ark.refused(upload('begun', begun))]).toEqual([
        size,
        expect.stringMatching(/^422 ARCHIVE_/),
      ]);
    }
    expect(await ark.refused(upload('cut', archive.subarray(0, -5)))).toBe('422 ARCHIVE_DAMAGED');
    expect(await ark.refused(upload('flipped', flipped))).toMatch(/^422 ARCHIVE_(DAMAGED|NOT_ARK)$/);
    expect(await ark.refused(upload('form', archive, { 'content-type': 'multipart/form-data' }))).toBe(
      '415 CONTENT_TYPE_WRONG',
    );
    const chunked = upload('chunked', archive, { 'transfer-encoding': 'chunked' });
    expect(await ark.refused(chunked)).toBe('411 LENGTH_MISSING');
    const wide = await testConsole(database.url, { ARK_UPLOAD_LIMIT: String(2 ** 50) });
    const full = new Promise<string>((resolve) => {
      const socket = connect(wide.served.port, '127.0.0.1');
      socket.write(
        `POST /api/arkBackups:upload?name=full HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\n` +
          `Content-Type: application/octet-stream\r\nContent-Length: ${2 ** 49}\r\n\r\n`,
      );
      socket.once('data', (data) => {
        socket.destroy();
        resolve(data.toString());
      });
    });
    expect(await full).toMatch(/^HTTP\/1.1 507 [^]*STORAGE_FULL/);
    await wide.stop();
    expect(await files()).toEqual(before);
  });
});

describe('a download', () => {
  let whole: Buffer;
  let tag: string;
  const path = '/api/arkBackups:download?filterByTk=ranges%20%C3%A9.ark';
  const get = (headers: Record<string, string> = {}): Promise<Reply> => ark.raw('GET', path, { headers });
  beforeAll(async () => {
    const archive = await backUp('ranges');
    await upload('ranges é', archive);
    whole = archive;
  });

  it('is whole, with its name and a tag', async () => {
    const { status, headers, body } = await get();
    expect(status).toBe(200);
    expect(body.equals(whole)).toBe(true);
    expect(headers['content-length']).toBe(String(whole.length));
    expect(headers['accept-ranges']).toBe('bytes');
    expect(headers['content-type']).toBe('application/octet-stream');
    expect(headers['content-disposition']).toBe(
      `attachment; filename="ranges _.ark"; filename*=UTF-8''ranges%20%C3%A9.ark`,
    );
    expect(new Date(headers['last-modified']!).getTime()).toBeLessThanOrEqual(Date.now());
    tag = headers.etag!;
    expect(tag).toMatch(/^"[^"]+"$/);
  });

  it.each([
    ['bytes=0-0', 0, 1],
    ['bytes=10-19', 10, 20],
    ['bytes=100-', 100, undefined],
    ['bytes=-22', -22, undefined],
    ['bytes=5-999999999', 5, undefined],
    ['bytes=-999999999', 0, undefined],
  ])('in part: %s', async (range, start, end) => {
    const { status, headers, body } = await get({ range });
    const part = whole.subarray(start, end);
    const first = start < 0 ? whole.length + start : start;
    expect(status).toBe(206);
    expect(body.equals(part)).toBe(true);
    expect(headers['content-range']).toBe(`bytes ${first}-${first + part.length - 1}/${whole.length}`);
    expect(headers['content-length']).toBe(String(part.length));
  });

  it('has no bytes after its end', async () => {
    for (const range of [`bytes=${whole.length}-`, 'bytes=-0']) {
      const { status, headers, body } = await get({ range });
      expect([status, headers['content-range'], body.length]).toEqual([416, `bytes */${whole.length}`, 0]);
    }
  });

  it('is whole when the range makes no sense, or the file is another by now', async () => {
    for (const range of ['bytes=9-2', 'lines=1-2', 'bytes=-', 'bytes=0-1,5-6'])
      expect((await get({ range })).status).toBe(200);
    expect((await get({ range: 'bytes=0-0', 'if-range': '"other"' })).status).toBe(200);
    expect((await get({ range: 'bytes=0-0', 'if-range': tag })).status).toBe(206);
  });

  it('is not sent again to who has it, and HEAD sends no bytes', async () => {
    expect((await get({ 'if-none-match': tag })).status).toBe(304);
    const head = await ark.raw('HEAD', path);
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([
      200,
      String(whole.length),
      0,
    ]);
  });
});

describe('stopping', () => {
  it('cancels the running job, ends the event streams, and lets go of the port', async () => {
    const other = await testConsole(database.url);
    const free = await block();
    const watcher = other.watch();
    const { job } = await other.post<Started>('arkBackups:create', {}, {});
    await watcher.until((jobs) => jobs.some((one) => one.id === job.id));
    const records = other.served.ark.host.jobs;
    const began = Date.now();
    await other.served.stop();
    expect(Date.now() - began).toBeLessThan(20_000);
    await watcher.closed;
    expect(await records.get(job.id)).toMatchObject({ state: 'cancelled' });
    await free();
    await expect(other.raw('GET', '/')).rejects.toThrow(/ECONNREFUSED/);
  });

  it('waits for no request that hangs', async () => {
    const other = await testConsole(database.url);
    const asked = new Promise<void>((resolve) => {
      other.served.ark.host.jobs.list = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    const answer = expect(other.raw('GET', '/api/arkJobs:list')).rejects.toThrow();
    await asked;
    await other.served.stop();
    await answer;
  });

  it('says what to do when the port is taken', async () => {
    const taken = testConsole(database.url, {}, { port: ark.served.port });
    await expect(taken).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      details: { code: 'port-taken', port: String(ark.served.port) },
      way: 'otherPort',
    });
  });
});

describe('a failure that nobody foresaw', () => {
  it('is answered with its code and told to whoever started the console', async () => {
    const said: string[] = [];
    const other = await testConsole(database.url, {}, { say: (line) => said.push(line) });
    other.served.ark.host.jobs.list = () => Promise.reject(new Error('the moon is in the wrong place'));
    expect(await ark.refused(other.raw('GET', '/api/arkJobs:list'))).toBe('500 INTERNAL');
    expect(said.join('\n')).toContain('the moon is in the wrong place');
    await other.stop();
  });
});
