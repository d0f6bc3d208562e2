import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createBackup } from '../../../src/server/actions/backups/createBackup';
import { findArchive } from '../../../src/server/actions/backups/findBackup';
import { previewTakeBack } from '../../../src/server/actions/takeBack/previewTakeBack';
import { takeBack } from '../../../src/server/actions/takeBack/takeBack';
import { undoRows } from '../../../src/server/actions/takeBack/undoRows';
import type { Archive } from '../../../src/server/dumper/archive/archive';
import type { TakeBackAsked } from '../../../src/server/dumper/takeBack/plan';
import type { Host } from '../../../src/server/host';
import { hostOf } from '../../helpers/ark';
import { digest } from '../../helpers/digest';
import { NOCOBASE_DELETED, NOCOBASE_SHOP } from '../../helpers/nocobaseShop';
import { ownPlace } from '../../helpers/place';
import type { TestDatabase } from '../../helpers/postgres';

const { data, database } = ownPlace();
let apps = 0;

interface App {
  readonly at: TestDatabase;
  readonly host: Host;
  readonly archive: Archive;
  readonly uploads: string;
}

async function newApp(files = true): Promise<App> {
  const at = await database(NOCOBASE_SHOP);
  const storage = join(data.folder, `app-${(apps += 1)}`);
  const uploads = join(storage, 'uploads');
  await mkdir(join(uploads, 'deep', 'er'), { recursive: true });
  await writeFile(join(uploads, 'a.txt'), 'contract');
  await writeFile(join(uploads, 'deep', 'er', 'b.bin'), Buffer.alloc(70_000, 7));
  const host = hostOf(at.url, join(storage, 'ark'), { STORAGE_PATH: storage });
  const file = join(storage, 'app.ark');
  await createBackup(host, { selection: { all: true }, to: { file }, ...(files && { files: true }) });
  return { at, host, archive: await findArchive(host, file), uploads };
}

const asked = (collection: string, keys: string[], more: Partial<TakeBackAsked> = {}): TakeBackAsked => ({
  collection,
  keys,
  parents: true,
  children: false,
  ...more,
});
const take = ({ host, archive }: App, what: TakeBackAsked) =>
  takeBack(host, archive, 'app.ark', { asked: what, overwrite: false });

test('a deleted customer with three orders and an attachment is back in one go, its file too', async () => {
  const app = await newApp();
  const before = await digest(app.at.url);
  for (const statement of NOCOBASE_DELETED) await app.at.sql(statement);
  const deleted = await digest(app.at.url);
  await rm(join(app.uploads, 'deep'), { recursive: true });
  const what = asked('customers', ['7'], { children: true });
  const preview = await previewTakeBack(app.host, app.archive, what);
  expect(preview.rows.map(({ collection, key, why, does }) => [collection, key, why, does])).toEqual([
    ['customers', '7', 'asked', 'insert'],
    ['orders', '1', 'child', 'insert'],
    ['orders', '2', 'child', 'insert'],
    ['orders', '3', 'child', 'insert'],
    ['customer_papers', '7, 2', 'child', 'insert'],
    ['attachments', '2', 'parent', 'insert'],
    ['order_tags', '1, 1', 'child', 'insert'],
  ]);
  expect(preview.files).toEqual([
    {
      collection: 'attachments',
      key: '2',
      storage: 'local',
      path: 'deep/er/b.bin',
      state: 'comes',
      bytes: 70_000,
    },
  ]);
  expect(JSON.stringify(preview)).not.toContain('hush');
  const { job, result } = await take(app, what);
  expect(result).toMatchObject({ inserted: 7, files: 1 });
  expect(await digest(app.at.url)).toEqual(before);
  expect(await readFile(join(app.uploads, 'deep', 'er', 'b.bin'))).toEqual(Buffer.alloc(70_000, 7));
  await undoRows(app.host, job.id, { overwrite: false });
  expect(await digest(app.at.url)).toEqual(deleted);
});

test('without children they are counted; those that point elsewhere now are counted apart', async () => {
  const app = await newApp();
  await app.at.sql(
    `DELETE FROM customers WHERE id = 7; DELETE FROM orders WHERE id = 1; UPDATE orders SET "customerId" = NULL WHERE id = 2`,
  );
  const preview = await previewTakeBack(app.host, app.archive, asked('customers', ['7']));
  expect(preview.counts.insert).toBe(1);
  expect(preview.children).toEqual([{ collection: 'orders', missing: 1, apart: 1, come: false }]);
  const named = await previewTakeBack(
    app.host,
    app.archive,
    asked('customers', ['7'], { children: ['orders'] }),
  );
  expect(named.counts.insert).toBe(2);
  await expect(
    previewTakeBack(app.host, app.archive, asked('customers', ['7'], { children: ['tags'] })),
  ).rejects.toMatchObject({ code: 'USAGE', details: { code: 'rows-children', children: ['tags'] } });
});

test('a relation of the app alone may stay loose, and is named; who has written a row does not come back with it', async () => {
  const app = await newApp();
  await app.at.sql('DELETE FROM users; DELETE FROM customers WHERE id = 7; DELETE FROM orders WHERE id = 1');
  const alone = await previewTakeBack(app.host, app.archive, asked('orders', ['1'], { parents: false }));
  expect(alone.loose).toEqual([
    {
      collection: 'orders',
      key: '1',
      columns: ['customerId'],
      to: 'customers',
      inBackup: true,
      author: false,
    },
  ]);
  const { result } = await take(app, asked('orders', ['1']));
  expect(result.collections).toEqual([
    { name: 'orders', rows: 1 },
    { name: 'customers', rows: 1 },
  ]);
  expect(await app.at.query('SELECT 1 FROM users')).toEqual([]);
});

test('what the app reads at its start is named', async () => {
  const app = await newApp();
  await app.at.sql(`DELETE FROM collections WHERE name = 'tags'`);
  const preview = await previewTakeBack(app.host, app.archive, asked('collections', ['c3']));
  expect(preview.restart).toEqual(['collections']);
});

test('files are never put in the place of another, outside of the folder, or where there is none', async () => {
  const app = await newApp();
  const states = async () => {
    const { files } = await previewTakeBack(app.host, app.archive, asked('attachments', ['1', '2', '3']));
    return files.map(({ path, state }) => [path, state]);
  };
  await app.at.sql('DELETE FROM attachments');
  expect(await states()).toEqual([
    ['a.txt', 'there'],
    ['deep/er/b.bin', 'there'],
    ['c.bin', 'elsewhere'],
  ]);
  await writeFile(join(app.uploads, 'a.txt'), 'CONTRACT');
  await rm(join(app.uploads, 'deep'), { recursive: true });
  const outside = join(data.folder, 'outside');
  await mkdir(outside, { recursive: true });
  await symlink(outside, join(app.uploads, 'deep'));
  expect(await states()).toEqual([
    ['a.txt', 'other'],
    ['deep/er/b.bin', 'elsewhere'],
    ['c.bin', 'elsewhere'],
  ]);
  const { result } = await take(app, asked('attachments', ['1', '2', '3']));
  expect(result).toMatchObject({ inserted: 3, files: 0 });
  expect(await readFile(join(app.uploads, 'a.txt'), 'utf8')).toBe('CONTRACT');
});

test('a file of a row that is refused goes again', async () => {
  const app = await newApp();
  await app.at.sql('DELETE FROM attachments; ALTER TABLE attachments ADD COLUMN needed text NOT NULL');
  await rm(join(app.uploads, 'a.txt'));
  await expect(take(app, asked('attachments', ['1']))).rejects.toMatchObject({
    details: { code: 'row-refused' },
  });
  await expect(readFile(join(app.uploads, 'a.txt'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a backup without files says that there are none', async () => {
  const app = await newApp(false);
  await app.at.sql('DELETE FROM attachments');
  await rm(join(app.uploads, 'a.txt'));
  const { files } = await previewTakeBack(app.host, app.archive, asked('attachments', ['1', '2']));
  expect(files.map(({ state }) => state)).toEqual(['absent', 'unsure']);
});
