import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { startClean } from '../../src/server/actions/clean';
import { createBackup } from '../../src/server/actions/backups/createBackup';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { rehearseBackup } from '../../src/server/actions/restore/rehearse';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { summarize } from '../../src/server/actions/backups/summary';
import { applyUndo, dropUndo, findUndo } from '../../src/server/actions/restore/undos';
import { announce } from '../../src/server/dumper/files/exchange';
import { asideName, foldersOf } from '../../src/server/dumper/files/folders';
import { PART_BYTES } from '../../src/server/dumper/files/read';
import { newJobId } from '../../src/server/dumper/job';
import type { Host } from '../../src/server/host';
import { hostOf } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';

/** Uploaded files travel with the rows that point at them, come back with them, and go again with them. */
const { data, database } = ownPlace();

const APP = `
  CREATE TABLE "applicationPlugins" (name text, version text, enabled boolean, "packageName" text);
  INSERT INTO "applicationPlugins" VALUES ('users', '1', true, '@nocobase/plugin-users');
  CREATE TABLE storages (id bigint PRIMARY KEY, name text, type text, options jsonb);
  INSERT INTO storages VALUES (1, 'local', 'local', '{"documentRoot": "storage/uploads"}'), (2, 'cloud', 's3', '{}');
  CREATE TABLE attachments (id serial PRIMARY KEY, filename text, "storageId" bigint);
  INSERT INTO attachments (filename, "storageId") VALUES ('a.txt', 1), ('b.bin', 1);`;

interface App {
  readonly database: TestDatabase;
  readonly host: Host;
  readonly uploads: string;
  readonly storage: string;
}

let apps = 0;
async function newApp(): Promise<App> {
  const made = await database(APP);
  const storage = join(data.folder, `app-${(apps += 1)}`);
  const uploads = join(storage, 'uploads');
  await mkdir(uploads, { recursive: true });
  return {
    database: made,
    storage,
    uploads,
    host: hostOf(made.url, join(storage, 'ark'), { STORAGE_PATH: storage }),
  };
}

const put = async (app: App, path: string, content: string | Buffer): Promise<void> => {
  await mkdir(dirname(join(app.uploads, path)), { recursive: true });
  await writeFile(join(app.uploads, path), content);
};

/** Digest by path. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile())
      found[path.slice(folder.length + 1)] = createHash('md5')
        .update(await readFile(path))
        .digest('hex');
  }
  return found;
}

const beside = async (app: App): Promise<string[]> =>
  (await readdir(app.storage)).filter((name) => name.startsWith('.ark-'));

const backUp = async (app: App, name: string, more: { passphrase?: string } = {}) => {
  const file = join(app.storage, `${name}.ark`);
  await createBackup(app.host, {
    selection: {},
    to: { file },
    files: true,
    ...(more.passphrase !== undefined && { encryptFor: { passphrase: more.passphrase } }),
  });
  return findArchive(app.host, file, more);
};
const restore = (app: App, archive: Awaited<ReturnType<typeof backUp>>, files?: boolean) =>
  restoreBackup(app.host, archive, 'x.ark', { selection: {}, allowBreaks: false, files });

async function fill(app: App): Promise<void> {
  await put(app, 'a.txt', 'first');
  await put(app, 'empty', '');
  await put(app, 'deep/er/ünï 🌻.bin', randomBytes(1000));
  await put(app, 'deep/%41 & "q".txt', 'quoted');
  await put(app, 'large.bin', randomBytes(2 * PART_BYTES + 17));
  await utimes(join(app.uploads, 'a.txt'), new Date('2020-01-02'), new Date('2020-01-02'));
}

it('come back byte by byte in another app, over what was there, and go again with an undo', async () => {
  const source = await newApp();
  await fill(source);
  const archive = await backUp(source, 'whole');
  expect(summarize('whole', archive).files).toEqual([
    { storage: 'local', files: 5, bytes: 5 + 1000 + 6 + 2 * PART_BYTES + 17 },
  ]);
  const target = await newApp();
  await put(target, 'a.txt', 'mine');
  await put(target, 'own/only here.txt', 'kept for the undo');
  const before = await filesOf(target.uploads);

  const { files } = await previewBackup(target.host, archive, {});
  expect(files).toMatchObject([{ storage: 'local', files: 5, filesNow: 2, lost: 1 }]);
  const { result } = await restore(target, archive);
  expect(await filesOf(target.uploads)).toEqual(await filesOf(source.uploads));
  const stats = await import('node:fs/promises').then((fs) => fs.stat(join(target.uploads, 'a.txt')));
  expect(stats.mtime.toISOString()).toBe('2020-01-02T00:00:00.000Z');

  const undone = await applyUndo(target.host, await findUndo(target.host, result.undo.job), {
    allowBreaks: false,
  });
  expect(await filesOf(target.uploads)).toEqual(before);
  // And the undo can be undone too.
  await applyUndo(target.host, await findUndo(target.host, undone.job.id), { allowBreaks: false });
  expect(await filesOf(target.uploads)).toEqual(await filesOf(source.uploads));
  const [last] = await target.host.database.undos();
  await dropUndo(target.host, last?.job ?? '');
  expect(await beside(target)).toEqual([]);
});

it('what cannot be taken is said: other servers, links, and what vanishes meanwhile', async () => {
  const app = await newApp();
  await put(app, 'a.txt', 'first');
  await symlink('/etc/passwd', join(app.uploads, 'link'));
  const { manifest } = await backUp(app, 'said');
  expect(manifest.notIncluded).toContainEqual({
    what: 'uploaded files',
    name: 'cloud',
    reason: expect.stringContaining('s3') as string,
    why: { code: 'files-elsewhere', type: 's3' },
  });
  expect(manifest.notIncluded).toContainEqual({
    what: 'uploaded file',
    name: 'local/link',
    reason: 'a link or a device, not a file',
    why: { code: 'no-file' },
  });
  expect(manifest.files?.[0]?.files.map((file) => file.path)).toEqual(['a.txt']);
});

it('stay as they are where they are not wanted, and where single collections are restored', async () => {
  const source = await newApp();
  await fill(source);
  const archive = await backUp(source, 'unwanted');
  const target = await newApp();
  await put(target, 'mine', 'x');
  const before = await filesOf(target.uploads);
  await restore(target, archive, false);
  await restoreBackup(target.host, archive, 'x', {
    selection: { collections: ['attachments'] },
    allowBreaks: false,
  });
  expect(await filesOf(target.uploads)).toEqual(before);
  expect(await beside(target)).toEqual([]);
});

it('encrypted: names are hidden, and the AES key travels; plain: it does not', async () => {
  const source = await newApp();
  await fill(source);
  const keyFile = (app: App) => join(app.storage, 'apps', 'main', 'aes_key.dat');
  await mkdir(dirname(keyFile(source)), { recursive: true });
  await writeFile(keyFile(source), randomBytes(32));
  const plain = await backUp(source, 'plain');
  expect(plain.manifest.keyFile).toBeUndefined();
  // It is said at the backup, not on the new server.
  const key = expect.objectContaining({ what: 'key', name: 'aes_key.dat' }) as object;
  expect(plain.manifest.notIncluded).toContainEqual(key);
  const sealed = await backUp(source, 'sealed', { passphrase: 'a long passphrase' });
  expect(sealed.manifest.notIncluded).not.toContainEqual(key);
  const bytes = await readFile(join(source.storage, 'sealed.ark'));
  expect(bytes.includes('large.bin')).toBe(false);
  expect((await readFile(join(source.storage, 'plain.ark'))).includes(await readFile(keyFile(source)))).toBe(
    false,
  );

  const target = await newApp();
  await mkdir(dirname(keyFile(target)), { recursive: true });
  await writeFile(keyFile(target), randomBytes(32));
  const own = await readFile(keyFile(target));
  const warned = await previewBackup(target.host, plain, {});
  // The tests' account is a superuser, of which every preview warns.
  const kinds = (preview: typeof warned) =>
    preview.warnings.map((warning) => warning.kind).filter((kind) => kind !== 'account');
  expect(kinds(warned)).toEqual(['key']);
  expect(kinds(await previewBackup(target.host, sealed, {}))).toEqual([]);
  await restore(target, sealed);
  expect(await readFile(keyFile(target))).toEqual(await readFile(keyFile(source)));
  expect(await filesOf(target.uploads)).toEqual(await filesOf(source.uploads));
  await applyUndo(target.host, await findUndo(target.host), { allowBreaks: false });
  expect(await readFile(keyFile(target))).toEqual(own);

  // A new server has no folder for it yet.
  const fresh = await newApp();
  await restore(fresh, sealed);
  expect(await readFile(keyFile(fresh))).toEqual(await readFile(keyFile(source)));
}, 120_000);

describe('a folder of several apps', () => {
  it('keeps what jobs of another app have put beside it', async () => {
    const app = await newApp();
    await put(app, 'a.txt', 'first');
    const another = await (await newApp()).host.files();
    const names = (['stage', 'undo'] as const).map((what) =>
      asideName(what, newJobId(), another, app.uploads),
    );
    for (const name of names) await mkdir(join(app.storage, name));
    const own = asideName('undo', newJobId(), await app.host.files(), app.uploads);
    await mkdir(join(app.storage, own));
    await backUp(app, 'beside');
    expect((await beside(app)).sort()).toEqual(names.sort());
  });

  it('is no longer exchanged once there are sub-apps in it, and said so before anything is loaded', async () => {
    const source = await newApp();
    await fill(source);
    const archive = await backUp(source, 'to-a-family');
    const app = await newApp();
    await put(app, 'of the sub-app', 'x');
    await app.database.sql(
      `CREATE TABLE applications (name text); INSERT INTO applications VALUES ('shop');`,
    );
    const before = [await filesOf(app.uploads), await digest(app.database.url)];
    await expect(restore(app, archive)).rejects.toMatchObject({ code: 'FILES_NOT_MOVABLE' });
    expect([await filesOf(app.uploads), await digest(app.database.url)]).toEqual(before);
    expect(await beside(app)).toEqual([]);
    await restore(app, archive, false);
    expect(await filesOf(app.uploads)).toEqual(before[0]);
  });

  it("a sub-app's backup leaves out what it shares, and has what is its own", () => {
    const storages = [
      { name: 'local', type: 'local' },
      { name: 'own', type: 'local', documentRoot: 'storage/shop' },
      { name: 'cloud', type: 's3' },
    ];
    const env = { STORAGE_PATH: '/srv/storage' };
    expect(foldersOf(storages, env, 'sub')).toEqual({
      folders: [{ storage: 'own', folder: '/srv/storage/shop' }],
      left: [
        {
          name: 'local',
          reason: '/srv/storage/uploads holds files of other apps too',
          why: { code: 'files-shared', folder: '/srv/storage/uploads' },
        },
        {
          name: 'cloud',
          reason: 'they lie on s3, which keeps its own copies',
          why: { code: 'files-elsewhere', type: 's3' },
        },
      ],
    });
    expect(foldersOf(storages, env, 'main').folders).toEqual([
      { storage: 'local', folder: '/srv/storage/uploads', shared: true },
      { storage: 'own', folder: '/srv/storage/shop' },
    ]);
  });
});

describe('killed', () => {
  it('before the commit: the files stay, and what was staged goes', async () => {
    const app = await newApp();
    await fill(app);
    const before = await filesOf(app.uploads);
    const job = newJobId();
    const files = await app.host.files();
    const incoming = join(app.storage, asideName('stage', job, files, app.uploads));
    await mkdir(incoming);
    await writeFile(join(incoming, 'half'), 'x');
    const aside = join(app.storage, asideName('undo', job, files, app.uploads));
    await announce(files, job, [{ live: app.uploads, incoming, aside }]);
    await startClean(app.host);
    expect(await filesOf(app.uploads)).toEqual(before);
    expect(await beside(app)).toEqual([]);
    expect(await readdir((await app.host.files()).journal)).toEqual([]);
  });

  it.each(['before the first rename', 'between the two', 'after both'])(
    'after the commit, %s: the files follow the tables',
    async (moment) => {
      const source = await newApp();
      await fill(source);
      const archive = await backUp(source, 'followed');
      const app = await newApp();
      await put(app, 'mine', 'x');
      const own = await filesOf(app.uploads);
      const { result } = await restore(app, archive);
      // Back to how a killed process would have left it.
      const { job } = result.undo;
      const files = await app.host.files();
      const at = (what: 'stage' | 'undo') => join(app.storage, asideName(what, job, files, app.uploads));
      if (moment !== 'after both') await rename(app.uploads, at('stage'));
      if (moment === 'before the first rename') await rename(at('undo'), app.uploads);
      await announce(files, job, [{ live: app.uploads, incoming: at('stage'), aside: at('undo') }]);
      await startClean(app.host);
      expect(await filesOf(app.uploads)).toEqual(await filesOf(source.uploads));
      expect(await beside(app)).toEqual([asideName('undo', job, files, app.uploads)]);
      await applyUndo(app.host, await findUndo(app.host, job), { allowBreaks: false });
      expect(await filesOf(app.uploads)).toEqual(own);
    },
  );
});

it('a restore that fails at its tables leaves the files alone', async () => {
  const source = await newApp();
  await fill(source);
  const archive = await backUp(source, 'fails');
  const app = await newApp();
  await put(app, 'mine', 'x');
  const [files, tables] = [await filesOf(app.uploads), await digest(app.database.url)];
  const failing = restoreBackup(
    {
      ...app.host,
      live: {
        pause: () => Promise.reject(new Error('the app does not pause')),
        reload: () => Promise.resolve(),
        resume: () => Promise.resolve(),
      },
    },
    archive,
    'x',
    { selection: {}, allowBreaks: false },
  );
  await expect(failing).rejects.toThrow('the app does not pause');
  expect(await filesOf(app.uploads)).toEqual(files);
  expect(await digest(app.database.url)).toEqual(tables);
  expect(await beside(app)).toEqual([]);
});

it('an app that does not start with it gets its tables and its files back', async () => {
  const source = await newApp();
  await fill(source);
  await source.database.sql(`INSERT INTO attachments (filename) VALUES ('third')`);
  const archive = await backUp(source, 'refused');
  const app = await newApp();
  await put(app, 'mine', 'x');
  const [files, tables] = [await filesOf(app.uploads), await digest(app.database.url)];
  const said: string[] = [];
  const live = {
    pause: () => Promise.resolve(void said.push('pause')),
    reload: async () => {
      const [found] = await app.database.query<{ n: number }>('SELECT count(*)::int AS n FROM attachments');
      said.push(`reload with ${found?.n ?? 0}`);
      if (found?.n === 3) throw new Error('I do not know the third');
    },
    resume: () => Promise.resolve(void said.push('resume')),
  };
  const failing = restoreBackup({ ...app.host, live }, archive, 'x', { selection: {}, allowBreaks: false });
  await expect(failing).rejects.toMatchObject({ code: 'APP_REFUSED' });
  expect(said).toEqual(['pause', 'reload with 3', 'reload with 2', 'resume']);
  expect(await filesOf(app.uploads)).toEqual(files);
  expect(await digest(app.database.url)).toEqual(tables);
  expect(await app.host.database.undos()).toEqual([]);
  expect(await beside(app)).toEqual([]);
});

describe('made to do harm', () => {
  it.each([
    '../escaped',
    'a/../../escaped',
    '/etc/escaped',
    'a\\..\\escaped',
    'nul\0',
    '.ark-stage-x',
    'a//b',
  ])('a path such as %j is refused when the archive is opened', async (path) => {
    const app = await newApp();
    await put(app, 'a.txt', 'first');
    const archive = await backUp(app, `harm-${newJobId()}`);
    const { Manifest } = await import('../../src/server/dumper/archive/manifest');
    const files = archive.manifest.files?.map((one) => ({
      ...one,
      files: one.files.map((file) => ({ ...file, path })),
    }));
    expect(Manifest.safeParse(archive.manifest).success).toBe(true);
    expect(Manifest.safeParse({ ...archive.manifest, files }).success).toBe(false);
  });

  it('a link inside the live folder is not followed out of it', async () => {
    const source = await newApp();
    await put(source, 'sub/a.txt', 'from the backup');
    const archive = await backUp(source, 'through-a-link');
    const app = await newApp();
    const outside = join(app.storage, 'outside');
    await mkdir(outside);
    await symlink(outside, join(app.uploads, 'sub'));
    await restore(app, archive);
    expect(await readdir(outside)).toEqual([]);
    expect(await readFile(join(app.uploads, 'sub', 'a.txt'), 'utf8')).toBe('from the backup');
  });
});

it('a folder that is missing is made, and an app without files of its own says so', async () => {
  const source = await newApp();
  await fill(source);
  const archive = await backUp(source, 'missing');
  const app = await newApp();
  await rm(app.uploads, { recursive: true });
  await restore(app, archive);
  expect(await filesOf(app.uploads)).toEqual(await filesOf(source.uploads));
  await applyUndo(app.host, await findUndo(app.host), { allowBreaks: false });
  expect(existsSync(app.uploads) ? await readdir(app.uploads) : []).toEqual([]);

  const cloudOnly = await newApp();
  await cloudOnly.database.sql(`DELETE FROM storages WHERE type = 'local'`);
  const tables = await digest(cloudOnly.database.url);
  await expect(restore(cloudOnly, archive)).rejects.toMatchObject({ code: 'FILES_NOT_MOVABLE' });
  expect(await digest(cloudOnly.database.url)).toEqual(tables);
});

describe('a rehearsal', () => {
  it('reads files and key whole, and says what it has not shown', async () => {
    const app = await newApp();
    await fill(app);
    await mkdir(join(app.storage, 'apps', 'main'), { recursive: true });
    await writeFile(join(app.storage, 'apps', 'main', 'aes_key.dat'), randomBytes(32));
    const said = async (archive: Awaited<ReturnType<typeof backUp>>) =>
      (await rehearseBackup(app.host, archive, 'x.ark', { allowPlain: true })).result.unproven;
    const plain = await backUp(app, 'plain');
    expect(await said(plain)).toEqual(['key', 'exchange']);
    const locked = await backUp(app, 'locked', { passphrase: 'correct horse battery' });
    expect(await said(locked)).toEqual(['exchange']);
    const tables = join(app.storage, 'tables.ark');
    await createBackup(app.host, { selection: {}, to: { file: tables } });
    expect(await said(await findArchive(app.host, tables))).toEqual(['files', 'key', 'exchange']);
  });

  it('does not go well with one byte of a file changed', async () => {
    const app = await newApp();
    await fill(app);
    const { manifest } = await backUp(app, 'changed');
    const path = join(app.storage, 'changed.ark');
    const bytes = await readFile(path);
    const content = bytes.indexOf('quoted');
    expect(content).toBeGreaterThan(0);
    bytes[content] = 'Q'.charCodeAt(0);
    await writeFile(path, bytes);
    expect(manifest.files).toBeDefined();
    const archive = await findArchive(app.host, path);
    await expect(rehearseBackup(app.host, archive, 'x.ark', {})).rejects.toMatchObject({
      code: 'ARCHIVE_DAMAGED',
    });
  });
});
