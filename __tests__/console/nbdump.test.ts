import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackupDetail, BackupItem, Preview, Started, UndoItem } from '../../src/server/api/api';
import { bundleCli } from '../helpers/cli';
import { testConsole, type TestConsole } from '../helpers/console';
import { digest } from '../helpers/digest';
import { dump, nbdata, sealed } from '../helpers/nbdata';
import { nbdump, sample } from '../helpers/nbdump';
import { newDatabase, type TestDatabase } from '../helpers/postgres';

/** Old backups by the way of the page, and by the command line. */
let database: TestDatabase;
let ark: TestConsole;
beforeAll(async () => {
  database = await newDatabase();
  ark = await testConsole(database.url);
});
afterAll(async () => {
  await ark.stop();
  await database.drop();
});

const upload = (name: string, body: Buffer) =>
  ark.raw('POST', `/api/arkBackups:upload?name=${encodeURIComponent(name)}`, {
    headers: { 'content-type': 'application/octet-stream' },
    body,
  });
const uploaded = async (name: string, body: Buffer): Promise<BackupItem> => {
  const reply = await upload(name, body);
  expect(reply.status).toBe(200);
  return (JSON.parse(reply.body.toString()) as { data: BackupItem }).data;
};

describe('in the console', () => {
  it('is uploaded, listed as what it is, looked into, verified, previewed, restored by group, undone', async () => {
    const bytes = readFileSync(sample('custom'));
    const item = await uploaded('backup_20261120 (1).nbdump', bytes);
    expect(item).toMatchObject({
      name: 'backup_20261120 (1).nbdump',
      state: 'ok',
      format: 'nbdump',
      encrypted: false,
      createdAt: '2026-11-20T23:25:04.000Z',
    });
    expect(item.instance).toBeUndefined();
    expect(await ark.get<BackupItem[]>('arkBackups:list')).toEqual([item]);
    const query = { filterByTk: item.name };
    const detail = await ark.get<BackupDetail>('arkBackups:get', query);
    expect(detail.collections).toContainEqual(
      expect.objectContaining({ name: 'd_posts', group: 'custom', rows: 30 }),
    );
    expect(detail.notIncluded).toContainEqual(expect.objectContaining({ what: 'structure' }));
    const download = await ark.raw(
      'GET',
      `/api/arkBackups:download?filterByTk=${encodeURIComponent(item.name)}`,
    );
    expect(download.body.equals(bytes)).toBe(true);

    const checked = await ark.post<Started>('arkBackups:verify', query);
    expect(await ark.ended(checked.job.id)).toMatchObject({ state: 'done' });
    const before = await digest(database.url);
    const preview = await ark.post<Preview>('arkBackups:preview', query, { groups: ['custom'] });
    expect(preview.collections).toContainEqual(
      expect.objectContaining({ name: 'd_posts', action: 'create', rowsInBackup: 30 }),
    );
    expect(preview.warnings).toContainEqual(expect.objectContaining({ kind: 'old-format' }));
    expect(await digest(database.url)).toEqual(before);

    // Nobody signed it, and it has a view.
    expect(preview).toMatchObject({ asksForCode: true, code: [{ kind: 'view', state: 'new' }] });
    const { job } = await ark.post<Started>('arkBackups:restore', query, {
      groups: ['custom'],
      allowCode: true,
    });
    expect(await ark.ended(job.id)).toMatchObject({ state: 'done' });
    expect(await database.query('SELECT count(*)::int AS n FROM d_posts')).toEqual([{ n: 30 }]);
    expect(await database.query("SELECT to_regclass('users') AS users")).toEqual([{ users: null }]);
    const [undo] = await ark.get<UndoItem[]>('arkUndos:list');
    const undone = await ark.post<Started>('arkUndos:apply', { filterByTk: undo!.job });
    expect(await ark.ended(undone.job.id)).toMatchObject({ state: 'done' });
    expect(await digest(database.url)).toEqual(before);
    await ark.post('arkBackups:destroy', query);
    expect(await ark.get<BackupItem[]>('arkBackups:list')).toEqual([]);
  });

  it('takes one of the Backup manager, plain or with a password, and restores it by group', async () => {
    const bytes = await nbdata(dump('odd.dump'), { 'uploads/x': 'y' });
    expect(await uploaded('manager.ark', bytes)).toMatchObject({
      name: 'manager.nbdata',
      state: 'ok',
      format: 'nbdata',
      encrypted: false,
    });
    const locked = await uploaded('locked.nbdata', sealed(bytes, 'a password'));
    expect(locked).toMatchObject({ state: 'locked', format: 'nbdata', encrypted: true });
    expect(await ark.get<BackupItem[]>('arkBackups:list')).toContainEqual(locked);
    const query = { filterByTk: locked.name };
    await expect(ark.post('arkBackups:preview', query, { passphrase: 'another' })).rejects.toThrow(
      'ARCHIVE_KEY_WRONG',
    );
    const asked = { collections: ['parent', 'child'], passphrase: 'a password' };
    const preview = await ark.post<Preview>('arkBackups:preview', query, asked);
    expect(preview).toMatchObject({ asksForCode: false, code: [] });
    expect(preview.warnings).toContainEqual(
      expect.objectContaining({
        code: 'dump-plain',
        tables: expect.arrayContaining(['parent', 'child']) as string[],
      }),
    );
    const { job } = await ark.post<Started>('arkBackups:restore', query, asked);
    expect(await ark.ended(job.id)).toMatchObject({ state: 'done' });
    expect(await database.query('SELECT count(*)::int AS n FROM parent')).toEqual([{ n: 3 }]);
    for (const name of ['manager.nbdata', 'locked.nbdata'])
      await ark.post('arkBackups:destroy', { filterByTk: name });
  });

  it('keeps it under the ending that it should have', async () => {
    const bytes = await nbdump({ t: { fields: { id: { type: 'bigInt' } }, rows: [[1]] } });
    expect((await uploaded('wrong.ark', bytes)).name).toBe('wrong.nbdump');
    expect((await uploaded('without', bytes)).name).toBe('without.nbdump');
    expect(await ark.refused(upload('wrong.ark', bytes))).toBe('409 BACKUP_EXISTS');
  });

  it('refuses what it cannot read, and keeps nothing of it', async () => {
    const list = await ark.get<BackupItem[]>('arkBackups:list');
    const sqlite = { version: '2.2.15', database: { dialect: 'sqlite' } };
    const unknown = await nbdata('SQLite format 3', {}, sqlite);
    expect(await ark.refused(upload('a.nbdata', unknown))).toBe('422 ARCHIVE_NBDATA');
    expect(await ark.refused(upload('a.ark', unknown))).toBe('422 ARCHIVE_NBDATA');
    expect(await ark.refused(upload('a.nbdata', Buffer.alloc(100)))).toBe('422 ARCHIVE_NOT_ARK');
    const cut = readFileSync(sample('custom')).subarray(0, 50_000);
    expect(await ark.refused(upload('cut.nbdump', cut))).toBe('422 ARCHIVE_DAMAGED');
    expect(await ark.get<BackupItem[]>('arkBackups:list')).toEqual(list);
  });
});

describe('on the command line', () => {
  let folder: string;
  let cli: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ark-old-'));
    cli = await bundleCli(folder);
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const run = (...args: string[]): Promise<{ exit: number; json: Record<string, unknown> }> =>
    new Promise((resolve) => {
      const env = { ...process.env, ARK_DATA: folder };
      execFile('node', [cli, ...args, '--json'], { env, cwd: folder, maxBuffer: 1 << 26 }, (error, out) =>
        resolve({ exit: Number(error?.code ?? 0), json: JSON.parse(out) as Record<string, unknown> }),
      );
    });

  it('inspects, verifies, previews and restores a file', async () => {
    const target = await newDatabase();
    try {
      const file = sample('custom');
      expect(await run('inspect', file)).toMatchObject({
        exit: 0,
        json: { database: { dialect: 'postgres' }, rows: 1524 },
      });
      expect(await run('verify', file)).toMatchObject({ exit: 0, json: { ok: true } });
      const to = ['--database', target.url];
      expect(await run('preview', file, '--groups', 'custom', ...to)).toMatchObject({ exit: 0 });
      expect(await run('restore', file, '--groups', 'custom', '--yes', ...to)).toMatchObject({
        exit: 2,
        json: { error: { code: 'CODE_NOT_ALLOWED' } },
      });
      expect(await run('restore', file, '--groups', 'custom', '--yes', '--allow-code', ...to)).toMatchObject({
        exit: 0,
        json: { rows: 1524 },
      });
      expect(await target.query('SELECT count(*)::int AS n FROM d_tags')).toEqual([{ n: 12 }]);
    } finally {
      await target.drop();
    }
  });

  it('ends with 3 for a damaged file, and for one of the Backup manager whose password it is not told', async () => {
    const bytes = readFileSync(sample('custom'));
    bytes[60_000] = bytes[60_000]! ^ 4;
    await writeFile(join(folder, 'flipped.nbdump'), bytes);
    await writeFile(join(folder, 'sealed.nbdata'), sealed(await nbdata(dump('odd.dump')), 'a password'));
    await writeFile(join(folder, 'password'), 'a password\n');
    expect(await run('verify', './flipped.nbdump')).toMatchObject({
      exit: 3,
      json: { error: { code: 'ARCHIVE_DAMAGED' } },
    });
    expect(await run('restore', './flipped.nbdump', '--yes', '--database', database.url)).toMatchObject({
      exit: 3,
      json: { error: { code: 'ARCHIVE_DAMAGED' } },
    });
    expect(await run('inspect', './sealed.nbdata')).toMatchObject({
      exit: 3,
      json: { error: { code: 'ARCHIVE_LOCKED' } },
    });
    expect(await run('verify', './sealed.nbdata', '--passphrase-file', 'password')).toMatchObject({
      exit: 0,
      json: { ok: true },
    });
  });
});
