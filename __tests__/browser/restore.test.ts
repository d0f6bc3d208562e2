import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { axe, confirmRestore, launch, openPage } from './browser';
import { startConsole, type RealConsole } from './realConsole';

/** Choices of a restore and of an undo that need more than the demo has: uploaded files, and what would break. */
let ark: RealConsole;
let browser: Browser;
let page: Page & { faults: string[] };
/** The app's storage folder, which Ark's own data is not above. */
let app: string;
let uploads: string;

beforeAll(async () => {
  app = await mkdtemp(join(tmpdir(), 'ark-browser-app-'));
  [ark, browser] = await Promise.all([startConsole(() => ({ STORAGE_PATH: app })), launch()]);
  uploads = join(app, 'uploads');
  await mkdir(uploads, { recursive: true });
  for (const name of ['invoice.pdf', 'photo.jpg']) await writeFile(join(uploads, name), name);
  page = await openPage(browser, ark.url);
});

afterAll(async () => {
  await browser.close();
  await ark.stop();
  await rm(app, { recursive: true, force: true });
});

beforeEach(async () => {
  await page.goto(ark.url);
  await page.locator('#ark-new').waitFor();
});

afterEach(() => {
  expect(page.faults).toEqual([]);
});

const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
const news = (text: string) => page.locator('.ant-notification-notice').filter({ hasText: text });
const files = async () => (await readdir(uploads)).filter((name) => !name.startsWith('.')).sort();

async function backUp(name: string): Promise<void> {
  await page.locator('#ark-new').click();
  await page.getByLabel('Name (optional)').fill(name);
  await button('Start backup').click();
  await news('The backup is ready').waitFor();
}

async function confirm(asked: boolean): Promise<void> {
  await button('Continue').click();
  await confirmRestore(page, ark.instance, asked);
  await button('Restore now').click();
  await page.getByText('Restored', { exact: true }).waitFor({ timeout: 180_000 });
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
}

test('no backup begins before it is known what would be left out of it', async () => {
  let known: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => (known = resolve));
  await page.route('**/api/arkSystem:files', async (route) => {
    await waiting;
    await route.continue();
  });
  await page.locator('#ark-new').click();
  await page.getByRole('status').filter({ hasText: 'in the database' }).waitFor();
  expect(await button('Start backup').isDisabled()).toBe(true);
  known();
  await page.getByRole('checkbox', { name: /^Uploaded files \(2 files/ }).waitFor();
  expect(await button('Start backup').isDisabled()).toBe(false);
  await page.unroute('**/api/arkSystem:files');
  await button('Cancel').click();
});

test('uploaded files come back, unless they are left out', async () => {
  await page.locator('#ark-new').click();
  await page.getByRole('checkbox', { name: /^Uploaded files \(2 files/ }).waitFor();
  await button('Cancel').click();
  await backUp('with-files');
  await rm(join(uploads, 'photo.jpg'));
  await writeFile(join(uploads, 'new.txt'), 'new');

  await button('Restore with-files.ark').click();
  await button('See what changes').click();
  const tick = page.getByRole('checkbox', { name: 'Uploaded files too' });
  expect(await tick.isChecked()).toBe(true);
  await page.getByText('1 file that is there now is not in the backup').waitFor();
  expect(await axe(page)).toEqual([]);
  await tick.uncheck();
  await page.getByText('Uploaded files stay as they are now.').waitFor();
  // A file of now is not in the backup.
  await confirm(true);
  expect(await files()).toEqual(['invoice.pdf', 'new.txt']);

  // Whole groups bring them, single collections do not.
  await button('Restore with-files.ark').click();
  await button('Select none').click();
  // The list follows what is typed a moment later, and the buttons act on the list.
  const users = page.locator('.ant-tree-treenode').filter({ hasText: /^Users/ });
  await page.getByLabel('Search collections').fill('orders');
  await users.waitFor({ state: 'detached' });
  await button('Select all').click();
  await button('See what changes').click();
  await page.getByText('They come back where whole groups are chosen').waitFor();
  expect(await tick.count()).toBe(0);
  await button('Back').click();
  await page.getByLabel('Search collections').fill('');
  await users.waitFor();
  await button('Select all').click();
  await users.locator('.ant-tree-checkbox').click();
  await button('See what changes').click();
  await tick.waitFor();
  await confirm(true);
  expect(await files()).toEqual(['invoice.pdf', 'photo.jpg']);
});

test('an app with an AES key: what holds it is said before, in a backup and in a schedule', async () => {
  const key = join(app, 'apps', 'main', 'aes_key.dat');
  await mkdir(dirname(key), { recursive: true });
  await writeFile(key, randomBytes(32));
  try {
    await page.reload();
    await page.locator('#ark-new').click();
    const left = page.getByRole('alert').filter({ hasText: 'keep a copy of aes_key.dat' });
    const held = page.getByRole('alert').filter({ hasText: 'AES key is in this backup' });
    await left.waitFor();
    expect(await axe(page)).toEqual([]);
    await button('Encrypt, with uploaded files').click();
    await held.waitFor();
    await page.getByRole('checkbox', { name: /^Uploaded files/ }).uncheck();
    await left.waitFor();
    await button('Learn more about the groups').click();
    await page.getByText('Uploaded files are not in this backup').waitFor();
    const learn = page.getByRole('dialog', { name: 'About backups and groups' });
    await learn.getByText('The key goes only into encrypted backups').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Uploaded files are not in this backup').waitFor({ state: 'hidden' });
    await page.getByRole('checkbox', { name: 'Encrypt' }).uncheck();
    await page.getByRole('checkbox', { name: /^Uploaded files/ }).check();
    await button('Cancel').click();
    await backUp('without-key');
    await button('without-key.ark').click();
    await page.getByRole('tab', { name: /^Not in this backup/ }).click();
    await page.getByText('The AES key: only encrypted backups with uploaded files hold it').waitFor();
    await page.keyboard.press('Escape');
  } finally {
    await rm(key);
  }
});

test('what the app knows may stay, where it describes all that comes back', async () => {
  await backUp('before-role');
  await ark.sql.query(
    `INSERT INTO "roles" ("name", "title", "createdAt", "updatedAt") VALUES ('clerk', 'Clerk', now(), now())`,
  );
  await ark.sql.query(`UPDATE "customers" SET "name" = 'changed'`);
  const forgotten = page.getByText('The app would no longer know these');
  const keep = page.getByRole('checkbox', { name: 'Keep what the app knows now' });
  await button('Restore before-role.ark').click();
  await button('See what changes').click();
  await forgotten.waitFor();
  expect(await keep.isChecked()).toBe(false);
  await keep.click();
  await forgotten.waitFor({ state: 'detached' });
  await page.getByText('Only the rows of the other groups come back.').waitFor();
  expect(await axe(page)).toEqual([]);
  await confirm(false);
  const count = async (query: string) => (await ark.sql.query(query)).rowCount;
  expect(await count(`SELECT 1 FROM "roles" WHERE "name" = 'clerk'`)).toBe(1);
  expect(await count(`SELECT 1 FROM "customers" WHERE "name" = 'changed'`)).toBe(0);

  // Not where a collection has another structure by now.
  await ark.sql.query('ALTER TABLE "customers" ADD COLUMN "since" text');
  await button('Restore before-role.ark').click();
  await button('See what changes').click();
  await forgotten.waitFor();
  expect(await keep.count()).toBe(0);
  await button('Cancel').click();
  await ark.sql.query('ALTER TABLE "customers" DROP COLUMN "since"');
  await ark.sql.query(`DELETE FROM "roles" WHERE "name" = 'clerk'`);
});

test('views have no number of rows', async () => {
  await ark.sql.query('CREATE VIEW "large orders" AS SELECT * FROM "orders"');
  await backUp('with-view');
  await button('with-view.ark').click();
  await page.getByLabel('Search collections').fill('large orders');
  const view = page.getByRole('dialog').getByRole('row').filter({ hasText: 'large orders' });
  expect(await view.getByRole('cell').last().textContent()).toBe('–');
  await page.keyboard.press('Escape');
  await ark.sql.query('DROP VIEW "large orders"');
});

test('an undo names what it would break, and goes on once that is accepted', async () => {
  await ark.sql.query('ALTER TABLE "orders" ADD COLUMN "bonus" text');
  await backUp('with-bonus');
  await ark.sql.query('ALTER TABLE "orders" DROP COLUMN "bonus"');
  await button('Restore with-bonus.ark').click();
  await button('See what changes').click();
  await page.getByText(/\d collections are replaced/).waitFor();
  // Our own, and nothing of now is lost: a click is enough.
  await confirm(false);
  await ark.sql.query('CREATE VIEW "bonuses" AS SELECT "id", "bonus" FROM "orders"');

  const banner = page.getByTestId('undo-line').filter({ hasText: 'with-bonus.ark' });
  const undo = page.getByRole('dialog').getByRole('button', { name: 'Undo', exact: true });
  await banner.getByRole('button', { name: 'Undo', exact: true }).click();
  await page.getByRole('dialog').getByText('bonuses').waitFor();
  expect(await undo.isDisabled()).toBe(true);
  expect(await axe(page)).toEqual([]);
  await page.getByRole('checkbox', { name: 'I understand. Undo anyway.' }).check();
  await undo.click();
  await news('The restore was undone').waitFor();
  await expect(ark.sql.query('SELECT "bonus" FROM "orders" LIMIT 1')).rejects.toThrow('bonus');
});
