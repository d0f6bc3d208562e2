import { chmod, chown, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createBackup } from '../../src/server/actions/backups/createBackup';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { refusesFolder } from '../../src/server/dumper/files/allowed';
import { readSettings } from '../../src/server/environment';
import { previewText } from '../../src/server/terminal/tables';
import { hostOf } from '../helpers/ark';
import { ownPlace } from '../helpers/place';

/** Which folder an app's files are in is told by a row, and rows come from archives: that alone opens no folder. */
const { data, database } = ownPlace();

const APP = `
  CREATE TABLE "applicationPlugins" (name text, version text, enabled boolean, "packageName" text);
  INSERT INTO "applicationPlugins" VALUES ('users', '1', true, '@nocobase/plugin-users');
  CREATE TABLE storages (id bigint PRIMARY KEY, name text, type text, options jsonb);
  CREATE TABLE attachments (id serial PRIMARY KEY, filename text, "storageId" bigint);
  INSERT INTO attachments (filename, "storageId") VALUES ('a.txt', 1);`;

let apps = 0;
async function newApp(more: Record<string, string> = {}) {
  const made = await database(APP);
  const base = join(data.folder, `place-${(apps += 1)}`);
  const storage = join(base, 'storage');
  await mkdir(join(storage, 'uploads'), { recursive: true });
  const host = hostOf(made.url, join(storage, 'ark'), { STORAGE_PATH: storage, ...more });
  const row = (id: number, name: string, root: string) =>
    made.sql(
      `INSERT INTO storages VALUES (${id}, '${name}', 'local', '${JSON.stringify({ documentRoot: root })}')`,
    );
  return { base, storage, host, row, made };
}
type App = Awaited<ReturnType<typeof newApp>>;

const put = async (file: string, content: string, mode = 0o644): Promise<void> => {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  await chmod(file, mode);
};
async function backUp({ host, base }: App, passphrase?: string) {
  const file = join(base, `a-${Math.random().toString(36).slice(2)}.ark`);
  const encryptFor = passphrase === undefined ? {} : { encryptFor: { passphrase } };
  await createBackup(host, { selection: {}, to: { file }, files: true, ...encryptFor });
  return findArchive(host, file, passphrase === undefined ? {} : { passphrase });
}
const restore = ({ host }: App, archive: Awaited<ReturnType<typeof backUp>>, files?: boolean) =>
  restoreBackup(host, archive, 'x.ark', { selection: {}, allowBreaks: false, files });

const BAD = [
  'OUTSIDE',
  'STORAGE',
  'STORAGE/plugins',
  'STORAGE/plugins/@my/plugin-a',
  'STORAGE/apps',
  'STORAGE/apps/main',
  'STORAGE/ark',
  'STORAGE/ark/backups',
  'STORAGE/environment-variables/main',
  'STORAGE/node_modules/koa',
  'STORAGE/a/node_modules',
  'BASE',
  '/etc',
  '/',
  'STORAGE/link-out',
  'STORAGE/link-out/deeper',
  'STORAGE/uploads/../plugins',
  'storage/plugins',
  './storage',
];

it.each(BAD)('%s is neither read by a backup nor replaced by a restore, and that is said', async (given) => {
  const source = await newApp();
  await source.row(1, 'docs', join(source.storage, 'docs'));
  await put(join(source.storage, 'docs', 'server.js'), 'theirs');
  const archive = await backUp(source);

  const app = await newApp();
  const outside = join(app.base, 'outside');
  await put(join(outside, 'server.js'), 'code');
  await put(join(app.storage, 'plugins', '@my', 'plugin-a', 'server.js'), 'code');
  await symlink(outside, join(app.storage, 'link-out'));
  const root = given.replace('OUTSIDE', outside).replace('STORAGE', app.storage).replace('BASE', app.base);
  await app.row(1, 'docs', root);

  const { manifest } = await backUp(app);
  expect(manifest.files).toEqual([]);
  expect(manifest.notIncluded).toContainEqual(
    expect.objectContaining({ what: 'uploaded files', name: 'docs' }),
  );

  const preview = await previewBackup(app.host, archive, {});
  expect(preview.files).toMatchObject([{ storage: 'docs', refused: expect.stringMatching(/./) as string }]);
  expect(previewText(preview).join('\n')).toMatch(/docs cannot come back: .*--no-files/);

  await expect(restore(app, archive)).rejects.toMatchObject({ code: 'FILES_NOT_MOVABLE' });
  // The rows come back all the same.
  await restore(app, archive, false);
  expect(await readFile(join(outside, 'server.js'), 'utf8')).toBe('code');
  expect(await readFile(join(app.storage, 'plugins', '@my', 'plugin-a', 'server.js'), 'utf8')).toBe('code');
  expect((await readdir(app.base)).sort().filter((name) => !name.endsWith('.ark'))).toEqual([
    'outside',
    'storage',
  ]);
});

it('a folder below the storage folder is, and the preview names it on the disk', async () => {
  const app = await newApp();
  const docs = join(app.storage, 'docs');
  await app.row(1, 'docs', docs);
  await put(join(docs, 'a.txt'), 'then');
  const archive = await backUp(app);
  await put(join(docs, 'a.txt'), 'now');
  const preview = await previewBackup(app.host, archive, {});
  expect(preview.files).toMatchObject([{ storage: 'docs', folder: docs }]);
  expect(previewText(preview).join('\n')).toContain(`docs replace what is in ${docs}`);
  await restore(app, archive);
  expect(await readFile(join(docs, 'a.txt'), 'utf8')).toBe('then');
});

it('a folder elsewhere is, where the environment allows it', async () => {
  const disk = join(data.folder, 'disk');
  const app = await newApp({ ARK_FILE_ROOTS: disk });
  await app.row(1, 'docs', join(disk, 'docs'));
  await put(join(disk, 'docs', 'a.txt'), 'then');
  const archive = await backUp(app);
  await put(join(disk, 'docs', 'a.txt'), 'now');
  await restore(app, archive);
  expect(await readFile(join(disk, 'docs', 'a.txt'), 'utf8')).toBe('then');
});

it('a folder that is led elsewhere after it was allowed is looked at again', async () => {
  const app = await newApp();
  const docs = join(app.storage, 'docs');
  await app.row(1, 'docs', docs);
  const files = await app.host.files();
  expect(await files.refuses(docs)).toBeUndefined();
  await mkdir(join(app.base, 'outside'));
  await symlink(join(app.base, 'outside'), docs);
  expect(await files.refuses(docs)).toMatchObject({ code: 'folder-outside', folder: docs });
});

it('a sub-app has its name in the path of its folders, the main app any', async () => {
  const storage = join(data.folder, 'several');
  const env = readSettings({ STORAGE_PATH: storage, ARK_FILE_ROOTS: join(data.folder, 'roots') });
  const of = (name: string, path: string) =>
    refusesFolder(join(storage, path), env, { name, data: join(storage, 'ark', 'apps', name) });
  for (const own of ['shop', 'files/shop', 'files/shop/a', '../roots/shop']) {
    expect(await of('shop', own)).toBeUndefined();
  }
  for (const foreign of [
    'files',
    'uploads',
    'shop2',
    'files/other',
    '../roots',
    'apps/shop',
    'ark/apps/shop',
  ]) {
    expect(await of('shop', foreign)).toMatchObject({ code: expect.stringMatching(/^folder-/) as string });
  }
  expect(await of('main', 'files/any')).toBeUndefined();
});

it('what comes back is as open as what it replaces, and no more', async () => {
  const key = 'apps/main/aes_key.dat';
  const source = await newApp();
  await source.row(1, 'docs', join(source.storage, 'docs'));
  for (const path of ['a.txt', 'in/b.txt', 'new/c.txt']) await put(join(source.storage, 'docs', path), path);
  await put(join(source.storage, key), 'their key', 0o644);
  const archive = await backUp(source, 'a passphrase that is long');

  for (const mask of [0o000, 0o077]) {
    const app = await newApp();
    const docs = join(app.storage, 'docs');
    await app.row(1, 'docs', docs);
    await put(join(docs, 'a.txt'), 'mine', 0o604);
    await put(join(docs, 'in', 'b.txt'), 'mine', 0o600);
    await put(join(app.storage, key), 'my key', 0o644);
    await chmod(join(docs, 'in'), 0o750);
    await chmod(docs, 0o700);
    const was = process.umask(mask);
    try {
      await restore(app, archive);
    } finally {
      process.umask(was);
    }
    const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
    const paths = ['', 'a.txt', 'in', 'in/b.txt', 'new', 'new/c.txt'];
    expect(await Promise.all(paths.map((path) => mode(join(docs, path))))).toEqual([
      '700',
      '604',
      '750',
      '600',
      '700',
      '600',
    ]);
    expect(await readFile(join(app.storage, key), 'utf8')).toBe('their key');
    expect(await mode(join(app.storage, key))).toBe('600');
  }
});

it('on a new server the key lies where it belongs, and is its who owns the app’s folder', async () => {
  const key = 'apps/main/aes_key.dat';
  const source = await newApp();
  await put(join(source.storage, key), 'their key');
  const archive = await backUp(source, 'a passphrase that is long');
  const app = await newApp();
  await chmod(app.storage, 0o750);
  // Root restores for an app that runs as somebody else.
  if (process.getuid?.() === 0) await chown(app.storage, 4711, 4712);
  const owner = await stat(app.storage);
  await restore(app, archive);
  for (const [path, mode] of [
    ['apps', 0o750],
    ['apps/main', 0o750],
    [key, 0o600],
  ] as const) {
    const made = await stat(join(app.storage, path));
    expect([path, made.mode & 0o777, made.uid, made.gid]).toEqual([path, mode, owner.uid, owner.gid]);
  }
});
