import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Locator, Page } from 'playwright-core';
import type { BackupItem, JobItem, UploadItem } from '../../src/server/api/api';
import { axe, closeNews, confirmRestore, fromMenu, launch, openPage, picture } from './browser';
import { startConsole, type RealConsole, TOKEN } from './realConsole';

/** The whole way of an admin, in a real browser, with the real console and a real database. */
let ark: RealConsole;
let browser: Browser;
let page: Page & { faults: string[] };
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ark-download-'));
  [ark, browser] = await Promise.all([startConsole(), launch()]);
  page = await openPage(browser, ark.url);
});

afterAll(async () => {
  await browser.close();
  await ark.stop();
  await rm(folder, { recursive: true, force: true });
});

// A test that stops half way leaves no dialog to the next one.
beforeEach(async () => {
  await page.goto(ark.url);
  await page.getByRole('tab', { name: 'Backups' }).waitFor();
});

afterEach(() => {
  expect(page.faults).toEqual([]);
});

const rows = async (query: string): Promise<unknown[]> =>
  (await ark.sql.query<Record<string, unknown>>(query)).rows;
const count = async (table: string): Promise<number> =>
  Number(((await rows(`SELECT count(*) AS n FROM "${table}"`))[0] as { n: string }).n);
const button = (name: string | RegExp, on: Page = page) => on.getByRole('button', { name, exact: true });
const row = (name: string, on: Page = page) => on.getByRole('row').filter({ hasText: name });
const news = (text: string, on: Page = page) =>
  on.locator('.ant-notification-notice').filter({ hasText: text });

const menu = (name: string, item: string) => fromMenu(page, name, item);

async function newBackup(name: string, groups: readonly string[], passphrase?: string): Promise<void> {
  await page.locator('#ark-new').click();
  const dialog = page.getByRole('dialog', { name: 'New backup' });
  for (const group of ['Users', 'Custom data', 'Third-party services', 'Other', 'Logs']) {
    await dialog.getByRole('checkbox', { name: new RegExp(`^${group}`) }).setChecked(groups.includes(group));
  }
  await dialog.getByLabel('Name (optional)').fill(name);
  if (passphrase !== undefined) {
    await dialog.getByRole('checkbox', { name: 'Encrypt with a passphrase' }).check();
    await dialog.getByLabel('Passphrase', { exact: true }).fill(passphrase);
    await dialog.getByLabel('Passphrase again').fill(passphrase);
  }
  await button('Start backup').click();
  await news('The backup is ready').waitFor();
  await row(`${name}.ark`).waitFor();
  await closeNews(page);
}

async function previewOf(name: string): Promise<void> {
  await button(`Restore ${name}`).click();
  await button('See what changes').click();
  await page.getByText(/collections? (is|are) replaced/).waitFor();
}

test('without the token nobody gets in, and the page says what to do', async () => {
  const stranger = await openPage(browser, new URL('/', ark.url).href);
  await stranger.getByText('Access token needed').waitFor();
  expect(await axe(stranger)).toEqual([]);
  await stranger.getByLabel('Access token').fill('wrong');
  await button('Open', stranger).click();
  await stranger.getByText('This was not the right token').waitFor();
  await stranger.getByLabel('Access token').fill(TOKEN);
  await button('Open', stranger).click();
  await button('New backup', stranger).first().waitFor();
  // Once out, the cookie is worth nothing, and what is still open in another tab ends.
  const cookies = await stranger.context().cookies();
  const tab = await stranger.context().newPage();
  await tab.goto(stranger.url());
  await button('New backup', tab).first().waitFor();
  await button('Sign out', stranger).click();
  await tab.getByText('Access token needed').waitFor();
  await stranger.getByText('Access token needed').waitFor();
  expect(await button('Sign out', stranger).count()).toBe(0);
  await stranger.context().addCookies(cookies);
  await stranger.reload();
  await stranger.getByText('Access token needed').waitFor();
  expect(stranger.faults).toEqual([]);
  await stranger.context().close();
});

test('an empty list says how to begin', async () => {
  await page.getByText('No backups yet').waitFor();
  await button('Details').click();
  await page.getByText('Demo database').waitFor();
  expect(page.url()).not.toContain('token');
  expect(await axe(page)).toEqual([]);
});

test('the dialog for a new backup explains the groups', async () => {
  await page.locator('#ark-new').click();
  const dialog = page.getByRole('dialog', { name: 'New backup' });
  const required = dialog.getByRole('checkbox', { name: /^Required/ });
  await required.waitFor();
  expect(await required.isDisabled()).toBe(true);
  expect(await required.isChecked()).toBe(true);
  expect(await dialog.getByRole('checkbox', { name: /^Custom data/ }).isChecked()).toBe(true);
  expect(await dialog.getByRole('checkbox', { name: /^Logs/ }).isChecked()).toBe(false);
  expect(await axe(page)).toEqual([]);
  await picture(page, 'new-backup');
  await button('Learn more about the groups').click();
  await page.getByText('About backups and groups').waitFor();
  await page.getByRole('button', { name: /^(right|expanded|collapsed)?\s*Custom data/ }).click();
  await page.getByText('Contacts', { exact: true }).waitFor();
  expect(await axe(page)).toEqual([]);
  await picture(page, 'learn-more');
  await page.keyboard.press('Escape');
  await page.getByText('About backups and groups').waitFor({ state: 'hidden' });
  await page.getByText('Single collections', { exact: true }).click();
  await dialog.getByLabel('Search collections').fill('order');
  await dialog.getByText('orders', { exact: false }).first().waitFor();
  expect(await axe(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('ark-new');
});

test('a backup of custom data; rows are changed; a restore with preview brings them back; undo', async () => {
  const before = await rows('SELECT * FROM "orders" ORDER BY "id"');
  const customers = await count('customers');
  expect(before.length).toBeGreaterThan(0);
  await newBackup('custom-data', ['Custom data']);

  await ark.sql.query(
    `DELETE FROM "orders" WHERE "id" IN (SELECT "id" FROM "orders" ORDER BY "id" LIMIT 50)`,
  );
  await ark.sql.query(
    `UPDATE "orders" SET "createdAt" = now() WHERE "id" IN (SELECT "id" FROM "orders" ORDER BY "id" LIMIT 20)`,
  );
  await ark.sql.query(
    `UPDATE "customers" SET "createdAt" = now() + interval '1 hour', "name" = 'typed after the backup' WHERE "id" IN (SELECT "id" FROM "customers" ORDER BY "id" LIMIT 7)`,
  );
  await ark.sql.query(`ALTER TABLE "orders" ADD COLUMN "bonus" text`);
  const changed = await rows('SELECT * FROM "orders" ORDER BY "id"');

  await previewOf('custom-data.ark');
  await page.getByText('At least 27 rows that are here now are not in the backup').waitFor();
  await page.getByText('Column bonus goes: it is not in the backup').waitFor();
  expect(await axe(page)).toEqual([]);
  await picture(page, 'restore-preview');
  // Nothing has happened yet.
  expect(await rows('SELECT * FROM "orders" ORDER BY "id"')).toEqual(changed);

  await button('Continue').click();
  expect(await button('Restore now').isDisabled()).toBe(true);
  await page.getByLabel(/type the name of this instance/).fill('something else');
  expect(await button('Restore now').isDisabled()).toBe(true);
  await page.getByLabel(/type the name of this instance/).fill(ark.instance);
  expect(await axe(page)).toEqual([]);
  await picture(page, 'restore-confirm');
  await button('Restore now').click();
  await page.getByText('Restored', { exact: true }).waitFor();
  expect(await rows('SELECT * FROM "orders" ORDER BY "id"')).toEqual(before);
  expect(await rows(`SELECT 1 FROM "customers" WHERE "name" = 'typed after the backup'`)).toEqual([]);
  expect(await axe(page)).toEqual([]);
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
  await closeNews(page);

  const banner = page.getByTestId('undo-line');
  await banner.getByText('from custom-data.ark').waitFor();
  expect(await axe(page)).toEqual([]);
  await picture(page, 'undo-line');
  // A row that came after the restore would be lost, and the 50 that it brought back: the name has to be typed.
  await ark.sql.query(
    `INSERT INTO "customers" ("id", "name", "createdAt") VALUES (990001, 'typed since', now())`,
  );
  const dialog = page.getByRole('dialog');
  await banner.getByRole('button', { name: 'Undo' }).click();
  await dialog.getByText('At least 51 rows that are here now would be lost').waitFor();
  await dialog.getByText('By collection').click();
  await dialog.getByRole('row').filter({ hasText: 'customers' }).getByText('at least 1').waitFor();
  expect(await dialog.getByRole('button', { name: 'Undo' }).isDisabled()).toBe(true);
  expect(await axe(page)).toEqual([]);
  await picture(page, 'undo-preview');
  await page.getByLabel(/type the name of this instance/).fill(ark.instance);
  await dialog.getByRole('button', { name: 'Undo' }).click();
  await news('The restore was undone').waitFor();
  expect(await rows('SELECT * FROM "orders" ORDER BY "id"')).toEqual(changed);
  await closeNews(page);

  // The undo can be taken back, and what it keeps can be deleted.
  await banner.getByText('A restore was undone').waitFor();
  await banner.getByRole('button', { name: 'Redo the restore' }).click();
  // Seven rows bear a date after the undo.
  await page.getByLabel(/type the name of this instance/).fill(ark.instance);
  await page.getByRole('dialog').getByRole('button', { name: 'Redo the restore' }).click();
  await news('The restore was undone').waitFor();
  expect(await rows('SELECT * FROM "orders" ORDER BY "id"')).toEqual(before);
  // With what was typed after the restore.
  expect(await count('customers')).toBe(customers + 1);
  await ark.sql.query('DELETE FROM "customers" WHERE "id" = 990001');
  await closeNews(page);
  // Put away, it is still where everything that can be undone is listed, and in this browser nowhere else.
  const choose = async (line: Locator, item: string) => {
    await line.getByRole('button', { name: /^More actions/ }).click();
    await page.getByRole('menuitem', { name: item }).click();
  };
  await choose(banner, 'Hide this line (it stays under Data)');
  await banner.waitFor({ state: 'hidden' });
  await page.reload();
  await page.getByRole('tab', { name: 'Data' }).click();
  const kept = page.getByTestId('undo-kept');
  await kept.getByText('A restore was undone').waitFor();
  expect(await banner.count()).toBe(0);
  expect(await axe(page)).toEqual([]);
  await choose(kept, 'Delete this undo');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete this undo' }).click();
  await kept.waitFor({ state: 'hidden' });
  await page.getByRole('tab', { name: 'Backups' }).click();
});

test('a single collection is restored and the others stay', async () => {
  await ark.sql.query(`DELETE FROM "orders"`);
  await ark.sql.query(`UPDATE "products" SET "name" = 'renamed'`).catch(() => undefined);
  const products = await rows('SELECT * FROM "products" ORDER BY 1');
  await button('Restore custom-data.ark').click();
  await page.getByText(/^\d+ of \d+ collections selected/).waitFor();
  expect(await axe(page)).toEqual([]);
  await button('Select none').click();
  await page.getByLabel('Search collections').fill('orders');
  await page
    .locator('.ant-tree-treenode')
    .filter({ hasText: /^Orders(?! by)/ })
    .locator('.ant-tree-checkbox')
    .click();
  await page.getByText(/^1 of \d+ collections selected/).waitFor();
  await picture(page, 'restore-choose');
  await button('See what changes').click();
  // With the counters of its sequence field.
  await page.getByText('2 collections are replaced').waitFor();
  await button('Continue').click();
  // Our own, and no row of now is lost: a click is enough.
  await confirmRestore(page, ark.instance, false);
  await button('Restore now').click();
  await page.getByText('Restored', { exact: true }).waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
  expect(await count('orders')).toBeGreaterThan(0);
  expect(await rows('SELECT * FROM "products" ORDER BY 1')).toEqual(products);
  await closeNews(page);
});

test('verify, and the details of a backup', async () => {
  await menu('custom-data.ark', 'Verify');
  await news('The backup is intact').waitFor();
  await row('custom-data.ark').getByText('Every byte checked').waitFor();
  await closeNews(page);
  await button('custom-data.ark').click();
  await page.getByRole('tab', { name: /^Not in this backup/ }).click();
  await page.getByText(/Not selected, group Users/).waitFor();
  expect(await axe(page)).toEqual([]);
  await page.getByRole('tab', { name: /^Contents/ }).click();
  await page.getByLabel('Search collections').last().fill('contacts');
  await picture(page, 'details');
  await page.keyboard.press('Escape');
  await page.getByRole('tab', { name: /^Not in this backup/ }).waitFor({ state: 'hidden' });
});

test('a note is written where the backup is made, and stands in the list', async () => {
  await page.locator('#ark-new').click();
  const dialog = page.getByRole('dialog', { name: 'New backup' });
  await dialog.getByLabel('Name (optional)').fill('noted');
  await dialog.getByLabel('Note (optional)').fill('  before the <b>upgrade</b> to 2.1 ');
  await button('Start backup').click();
  await news('The backup is ready').waitFor();
  await row('noted.ark').getByText('before the <b>upgrade</b> to 2.1', { exact: true }).waitFor();
  const made = (await ark.api<BackupItem[]>('arkBackups:list')).find(({ name }) => name === 'noted.ark');
  expect(made?.note).toBe('before the <b>upgrade</b> to 2.1');
  await closeNews(page);
});

test('an encrypted backup asks for its passphrase, and says when it is wrong', async () => {
  await newBackup('for-the-safe', ['Users', 'Custom data'], 'correct horse battery');
  await row('for-the-safe.ark').getByText('Encrypted').waitFor();
  await button('Restore for-the-safe.ark').click();
  await page.getByLabel('Passphrase', { exact: true }).fill('wrong');
  await button('Open').click();
  await page.getByText('The passphrase does not open this archive').first().waitFor();
  await page.getByText('ARCHIVE_KEY_WRONG').waitFor();
  expect(await axe(page)).toEqual([]);
  await page.getByLabel('Passphrase', { exact: true }).fill('correct horse battery');
  await button('Open').click();
  await page.getByText(/collections selected/).waitFor();
  await button('Cancel').click();
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await menu('for-the-safe.ark', 'Verify');
  await page.getByLabel('Passphrase', { exact: true }).fill('correct horse battery');
  await page.getByRole('dialog').getByRole('button', { name: 'Verify' }).click();
  await news('The backup is intact').waitFor();
  await closeNews(page);
});

test('download, delete, upload again by dropping it; a file that is no archive is refused in words', async () => {
  const downloading = page.waitForEvent('download');
  await button('Download custom-data.ark').click();
  const file = join(folder, 'custom-data (1).ark');
  await (await downloading).saveAs(file);

  await menu('custom-data.ark', 'Delete');
  await page.getByRole('dialog').getByText('deleted permanently').waitFor();
  expect(await axe(page)).toEqual([]);
  await button('Delete permanently').click();
  await row('custom-data.ark').waitFor({ state: 'hidden' });
  expect(await ark.backupFiles()).not.toContain('custom-data.ark');

  await page.locator('input[type=file]').setInputFiles(file);
  await page.getByText('custom-data (1).ark was uploaded and can be restored').waitFor();
  await row('custom-data (1).ark').waitFor();
  expect(await ark.backupFiles()).toContain('custom-data (1).ark');

  const junk = join(folder, 'holiday.ark');
  await writeFile(junk, 'not an archive at all');
  const sent: string[] = [];
  page.on('request', (request) => sent.push(request.url()));
  await page.locator('input[type=file]').setInputFiles(junk);
  await page.getByText('holiday.ark was not kept').waitFor();
  await page.getByText('This file is not an Ark archive').waitFor();
  await page.getByText('ARCHIVE_NOT_ARK').waitFor();
  expect(await axe(page)).toEqual([]);
  expect(await ark.backupFiles()).not.toContain('holiday.ark');
  // Its first bytes have told, before anything was sent.
  expect(sent.filter((url) => url.includes('upload'))).toEqual([]);
  await page.getByRole('button', { name: 'Close' }).last().click();

  // Dropped anywhere on the page, it is taken as well.
  const transfer = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(['nothing'], 'dropped.ark'));
    return data;
  });
  await page.dispatchEvent('main table', 'dragenter', { dataTransfer: transfer });
  await page.getByText('Drop the archive here').waitFor();
  await page.dispatchEvent('main table', 'drop', { dataTransfer: transfer });
  await page.getByText('dropped.ark was not kept').waitFor();
  await page.getByRole('button', { name: 'Close' }).last().click();
});

test('an upload that is cancelled half way leaves nothing', async () => {
  const big = join(folder, 'big.ark');
  // It begins and ends as a ZIP does: more than that is not known of it before all of it is there.
  const [begin, end] = ['PK\x03\x04', 'PK\x05\x06'].map((mark) => Buffer.from(mark, 'latin1'));
  await writeFile(big, Buffer.concat([begin!, Buffer.alloc(30_000_000, 7), end!, Buffer.alloc(18)]));
  const before = await ark.backupFiles();
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 2_000_000,
  });
  await page.locator('input[type=file]').setInputFiles(big);
  const card = page.getByTestId('upload-progress');
  await card.getByText(/MB of 30 MB · .* per second, about .* left/).waitFor();
  await card.getByRole('button', { name: 'Cancel' }).click();
  await card.waitFor({ state: 'hidden' });
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: -1,
  });
  await session.detach();
  expect(await ark.backupFiles()).toEqual(before);
  while ((await ark.api<UploadItem[]>('arkUploads:list')).length > 0) await sleep(50);
  expect(await readdir(join(ark.folder, 'uploads'))).toEqual([]);
  expect((await ark.api<BackupItem[]>('arkBackups:list')).map((one) => one.name)).not.toContain('big.ark');
});

/** While the server's processes that read a table hardly move. Ones that stood still might hold what others need. */
async function whileSlow(table: string, work: () => Promise<void>): Promise<void> {
  const reading = async () =>
    (
      await ark.sql.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'COPY%' AND position($1 in query) > 0`,
        [table],
      )
    ).rows.map(({ pid }) => pid);
  // They may have ended in between.
  const send = (signal: 'SIGSTOP' | 'SIGCONT', pids: readonly number[]) =>
    pids.filter((pid) => {
      try {
        return process.kill(pid, signal);
      } catch {
        return false;
      }
    });
  let over = false;
  let slowed = 0;
  const slow = (async () => {
    while (!over) {
      const stopped = send('SIGSTOP', await reading());
      slowed += stopped.length;
      await sleep(250);
      send('SIGCONT', stopped);
      await sleep(15);
    }
  })();
  await work().finally(async () => {
    over = true;
    await slow;
  });
  expect(slowed).toBeGreaterThan(0);
}

test('a second tab sees the progress, and can cancel', async () => {
  await ark.sql.query(
    `CREATE TABLE measurements AS SELECT n AS id, now() - n * interval '1 second' AS at, md5(n::text) || md5((n + 1)::text) AS reading FROM generate_series(1, 1500000) n`,
  );
  // As autovacuum would: without it nobody knows how many rows there are, nor how long they take.
  await ark.sql.query('ANALYZE measurements');
  const second = await openPage(browser, ark.url);
  await row('custom-data (1).ark', second).waitFor();
  await page.locator('#ark-new').click();
  await page.getByLabel('Name (optional)').fill('with-measurements');
  // On a busy machine the backup would be done before anybody looks at it.
  await whileSlow('measurements', async () => {
    await button('Start backup').click();
    for (const tab of [page, second]) {
      await tab.getByText('Backing up to with-measurements.ark').first().waitFor();
      await tab.getByText('Step 2 of 3').waitFor();
    }
    await second
      .getByTestId('job-progress')
      .getByText(/about .* left/)
      .waitFor();
    await picture(second, 'progress');
    // Whoever comes later sees it at once, too.
    const third = await openPage(browser, ark.url);
    await third.getByText('Backing up to with-measurements.ark').first().waitFor();
    await third.context().close();
    await button('Cancel', second).click();
    await button('Cancel the job', second).click();
    for (const tab of [page, second]) await news('The backup was cancelled', tab).waitFor();
  });
  expect(second.faults).toEqual([]);
  await second.context().close();
  expect(await ark.backupFiles()).not.toContain('with-measurements.ark');
  await ark.sql.query('DROP TABLE measurements');
  await closeNews(page);
});

test('the history tells how each job ended', async () => {
  await page.getByRole('tab', { name: /^History/ }).click();
  const cancelled = row('with-measurements.ark');
  await cancelled.getByText('Cancelled').waitFor();
  await row('for-the-safe.ark').filter({ hasText: 'Backup' }).first().getByText('Done').waitFor();
  await page.getByRole('row').filter({ hasText: 'Restore' }).first().getByRole('button').first().click();
  await page.getByText('Loading rows').waitFor();
  expect(await axe(page)).toEqual([]);
  await picture(page, 'history');
  expect((await ark.api<JobItem[]>('arkJobs:list')).length).toBeGreaterThan(5);
  await page.getByRole('tab', { name: 'Backups' }).click();
});

describe('looks', () => {
  beforeAll(async () => {
    await page.goto(ark.url);
    await newBackup('before the upgrade', ['Users', 'Custom data', 'Third-party services', 'Other', 'Logs']);
    await newBackup('november', ['Users', 'Custom data', 'Third-party services', 'Other']);
    await menu('november.ark', 'Verify');
    await news('The backup is intact').waitFor();
    await closeNews(page);
  });

  test('the list', async () => {
    await picture(page, 'list');
  });

  test.each([
    ['zh-CN', '新建备份'],
    ['fr-FR', 'Nouvelle sauvegarde'],
    ['ja-JP', '新規バックアップ'],
    ['nl-NL', 'Nieuwe back-up'],
  ])('in %s', async (language, text) => {
    const other = await openPage(browser, ark.url, { language });
    await button(text, other).waitFor();
    await row('november.ark', other).waitFor();
    expect(await other.evaluate(() => document.documentElement.lang)).toBe(language);
    expect(await axe(other)).toEqual([]);
    // One of them is enough in the documentation.
    if (language === 'zh-CN') await picture(other, 'chinese');
    await button(text, other).click();
    await other.getByRole('checkbox').nth(4).waitFor();
    expect(await axe(other)).toEqual([]);
    expect(other.faults).toEqual([]);
    await other.context().close();
  });

  test('the language and the look are remembered', async () => {
    const other = await openPage(browser, ark.url);
    await other.getByLabel('Language').first().click();
    await other.getByTitle('Nederlands').click();
    await button('Donkere weergave', other).click();
    await button('Nieuwe back-up', other).waitFor();
    await other.reload();
    await button('Nieuwe back-up', other).waitFor();
    await button('Lichte weergave', other).waitFor();
    await other.context().close();
  });

  test('dark', async () => {
    const other = await openPage(browser, ark.url, { theme: 'dark' });
    await row('november.ark', other).waitFor();
    expect(await axe(other)).toEqual([]);
    await picture(other, 'dark');
    await button('Restore november.ark', other).click();
    await button('See what changes', other).click();
    await other.getByText(/\d collections are replaced/).waitFor();
    expect(await axe(other)).toEqual([]);
    await picture(other, 'dark-preview');
    await other.context().close();
  });

  test('narrow: 360 pixels', async () => {
    const other = await openPage(browser, ark.url, { width: 360, height: 740 });
    await button('november.ark', other).waitFor();
    const overflow = () =>
      other.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(await overflow()).toBe(0);
    expect(await axe(other)).toEqual([]);
    await picture(other, 'narrow');
    await button('Restore november.ark', other).click();
    await button('See what changes', other).click();
    await other.getByText(/\d collections are replaced/).waitFor();
    expect(await overflow()).toBe(0);
    expect(await axe(other)).toEqual([]);
    await picture(other, 'narrow-preview');
    await other.context().close();
  });

  test('by keyboard alone', async () => {
    const other = await openPage(browser, ark.url);
    await row('november.ark', other).waitFor();
    const focused = () =>
      other.evaluate(() => {
        const active = document.activeElement;
        return active?.getAttribute('aria-label') ?? active?.textContent ?? '';
      });
    const tabTo = async (label: string) => {
      for (let steps = 0; steps < 60; steps++) {
        await other.keyboard.press('Tab');
        if ((await focused()) === label) return;
      }
      throw new Error(`the Tab key never comes to ${label}`);
    };
    await tabTo('New backup');
    await other.keyboard.press('Enter');
    await other.getByRole('checkbox', { name: /^Custom data/ }).waitFor();
    await tabTo('Cancel');
    await other.keyboard.press('Enter');
    await other.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await focused()).toBe('New backup');

    await tabTo('More actions for november.ark');
    await other.keyboard.press('Enter');
    await other.getByRole('menuitem', { name: 'Delete' }).waitFor();
    const comesTo = (item: string) =>
      other.waitForFunction((text) => document.activeElement?.textContent === text, item);
    const [first, ...others] = await other.getByRole('menuitem').allInnerTexts();
    expect(others.at(-1)).toBe('Delete');
    await comesTo(first!);
    for (const item of others) {
      await other.keyboard.press('ArrowDown');
      await comesTo(item);
    }
    await other.keyboard.press('Enter');
    await other.getByRole('dialog', { name: 'Delete this backup?' }).waitFor();
    await other.waitForFunction(() => document.activeElement?.closest('[role=dialog]'));
    await other.keyboard.press('Escape');
    await other.getByRole('dialog', { name: 'Delete this backup?' }).waitFor({ state: 'hidden' });
    expect(await focused()).toBe('More actions for november.ark');
    await other.context().close();
  });
});
