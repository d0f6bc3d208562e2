import type { Browser, Page } from 'playwright-core';
import type { PreparedItem } from '../../src/server/api/api';
import { digest } from '../helpers/digest';
import { axe, closeNews, fromMenu, launch, openPage, picture } from './browser';
import { startMock, type Mock } from './mock';
import * as data from './mockData';
import { startConsole, type RealConsole } from './realConsole';

/** Prepare, look, swap: what an admin does who wants to know exactly before anything is changed. */
let ark: RealConsole;
let browser: Browser;
let page: Page & { faults: string[] };
/** As it was backed up. */
let monday: unknown;

const sql = (text: string, values: unknown[] = []) => ark.sql.query(text, values);
const whole = () => {
  const { user, password, host, port, database } = ark.sql;
  return digest(`postgres://${user ?? ''}:${password ?? ''}@${host}:${port}/${database ?? ''}`);
};
const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
const news = (text: string) => page.locator('.ant-notification-notice').filter({ hasText: text });
const prepared = () => page.getByRole('dialog', { name: /^Prepared restore of/ });
const line = () => page.getByTestId('prepared-line');
const waiting = () => ark.api<PreparedItem[]>('arkPrepared:list');
const row = (name: string) => prepared().getByRole('row').filter({ hasText: name }).first();
const numbers = async (name: string) => (await row(name).getByRole('cell').allInnerTexts()).slice(-4);

async function backUp(name: string, passphrase?: string): Promise<void> {
  await page.locator('#ark-new').click();
  await page.getByLabel('Name (optional)').fill(name);
  if (passphrase !== undefined) {
    await page.getByRole('checkbox', { name: 'Encrypt' }).check();
    for (const label of ['Passphrase', 'Passphrase again'])
      await page.getByLabel(label, { exact: true }).fill(passphrase);
  }
  await button('Start backup').click();
  await news('The backup is ready').waitFor();
  await closeNews(page);
}

async function prepare(name: string): Promise<void> {
  await button(`Restore ${name}`).click();
  await button('See what changes').click();
  await button('Prepare and compare exactly').click();
  await prepared()
    .getByText(/^Prepared until/)
    .waitFor({ timeout: 180_000 });
}

/** Three rows change, two come to be, and one goes, of five thousand and more. */
async function work(): Promise<void> {
  await sql(`UPDATE customers SET name = 'changed ' || id WHERE id IN (SELECT min(id) FROM customers)`);
  await sql(`INSERT INTO lockers VALUES (8, 'new', 'hush-8'), (9, 'newer', 'hush-9')`);
  await sql(`UPDATE lockers SET code = 'B', api_token = 'hush-other' WHERE id = 1`);
  await sql(`DELETE FROM lockers WHERE id = 2`);
}

beforeAll(async () => {
  [ark, browser] = await Promise.all([startConsole(), launch()]);
  await sql('CREATE TABLE lockers (id int PRIMARY KEY, code text, api_token text)');
  await sql(`INSERT INTO lockers VALUES (1, 'A', 'hush-1'), (2, 'A', 'hush-2'), (3, 'A', 'hush-3')`);
  page = await openPage(browser, ark.url);
  await backUp('monday');
  await backUp('sealed', 'correct horse battery');
  monday = await whole();
});

beforeEach(async () => {
  await page.goto(ark.url);
  await page.locator('#ark-new').waitFor();
  await closeNews(page);
});

afterEach(() => {
  expect(page.faults).toEqual([]);
});

afterAll(async () => {
  await browser.close();
  await ark.stop();
});

test('exactly what goes, changes and comes is shown, then swapped, and can be undone', async () => {
  await work();
  const since = await whole();
  await prepare('monday.ark');
  expect(await whole()).toEqual(since);
  expect(await numbers('lockers')).toEqual(['2', '1', '1', '1']);
  expect((await numbers('Customers')).slice(0, 3)).toEqual(['0', '1', '0']);
  await row('lockers').click();
  await prepared().getByText('Changed columns, each with its rows: code (1), api_token (1)').waitFor();
  const shown = await prepared().innerText();
  for (const text of ['8', '9', 'B', 'hidden']) expect(shown).toContain(text);
  expect(shown).not.toContain('hush');
  expect(await axe(page)).toEqual([]);

  // Somebody writes meanwhile.
  await page.getByLabel(/type the name of this instance/).fill(ark.instance);
  await sql(`INSERT INTO lockers VALUES (10, 'newest', 'hush-10')`);
  const late = await whole();
  await button('Swap now').click();
  await prepared()
    .getByText(/^Something was written since you looked/)
    .waitFor({ timeout: 180_000 });
  expect(await whole()).toEqual(late);
  expect(await numbers('lockers')).toEqual(['3', '1', '1', '1']);
  expect(await button('Swap now').isDisabled()).toBe(true);
  await closeNews(page);
  await page.getByLabel(/type the name of this instance/).fill(ark.instance);
  await button('Swap now').click();
  await page.getByText('Restored', { exact: true }).waitFor({ timeout: 180_000 });
  expect(await whole()).toEqual(monday);
  await prepared().getByRole('button', { name: 'Close' }).last().click();
  expect(await waiting()).toEqual([]);
  expect(await line().count()).toBe(0);

  await page.getByTestId('undo-line').getByRole('button', { name: 'Undo' }).click();
  const undo = page.getByRole('dialog', { name: 'Undo this restore?' });
  const field = undo.getByLabel(/type the name of this instance/);
  await undo.getByRole('button', { name: 'Undo', exact: true }).waitFor();
  await undo.getByText('Counting what would change').waitFor({ state: 'hidden' });
  if ((await field.count()) > 0) await field.fill(ark.instance);
  await undo.getByRole('button', { name: 'Undo', exact: true }).click();
  await news('The restore was undone').waitFor({ timeout: 180_000 });
  expect(await whole()).toEqual(late);
});

test('a line leads back to it, also after a reload, and deletes it', async () => {
  await prepare('monday.ark');
  await prepared().getByRole('button', { name: 'Close' }).last().click();
  await line().filter({ hasText: 'A restore of monday.ark is prepared until' }).waitFor();
  await page.reload();
  await line().waitFor();
  expect(await axe(page)).toEqual([]);
  await button('Look and swap').click();
  await prepared()
    .getByText(/^Prepared until/)
    .waitFor();
  // Whether the restore would have asked for it is not known any more.
  expect(await button('Swap now').isDisabled()).toBe(true);
  const before = await whole();
  await button('Delete what was prepared').click();
  const sure = page.getByRole('dialog', { name: 'Delete what was prepared?' });
  await sure.getByRole('button', { name: 'Delete what was prepared' }).click();
  await line().waitFor({ state: 'detached' });
  expect(await waiting()).toEqual([]);
  expect(await whole()).toEqual(before);
});

test('an encrypted backup is opened with the key that was given, and after a reload asks for it', async () => {
  await button('Restore sealed.ark').click();
  await page.getByLabel('Passphrase', { exact: true }).fill('correct horse battery');
  await button('Open').click();
  await button('See what changes').click();
  await button('Prepare and compare exactly').click();
  await prepared()
    .getByText(/^Prepared until/)
    .waitFor({ timeout: 180_000 });
  await page.reload();
  await button('Look and swap').click();
  const passphrase = prepared().getByLabel('Passphrase', { exact: true });
  await passphrase.fill('wrong');
  await button('Open').click();
  await prepared().getByText('ARCHIVE_KEY_WRONG').waitFor();
  await passphrase.fill('correct horse battery');
  await button('Open').click();
  await prepared()
    .getByText(/^Prepared until/)
    .waitFor();
  // Another structure makes it void: it says so, swaps nothing, and can be deleted.
  await page.getByLabel(/type the name of this instance/).fill(ark.instance);
  await sql('ALTER TABLE lockers ADD COLUMN since text');
  const before = await whole();
  await button('Swap now').click();
  await prepared().getByText('PREPARED_VOID').waitFor({ timeout: 180_000 });
  expect(await whole()).toEqual(before);
  expect(await button('Swap now').count()).toBe(0);
  await sql('ALTER TABLE lockers DROP COLUMN since');
  await closeNews(page);
  await button('Delete what was prepared').click();
  const sure = page.getByRole('dialog', { name: 'Delete what was prepared?' });
  await sure.getByRole('button', { name: 'Delete what was prepared' }).click();
  await line().waitFor({ state: 'detached' });
});

test('what is gone meanwhile is said, and leads back to the choices', async () => {
  await prepare('monday.ark');
  const [item] = await waiting();
  const gone = await page.evaluate(
    async (job) =>
      (
        await fetch(`/api/arkPrepared:destroy?filterByTk=${job}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{}',
        })
      ).ok,
    item!.job,
  );
  expect(gone).toBe(true);
  await page.getByLabel(/type the name of this instance/).fill(ark.instance);
  await button('Swap now').click();
  await prepared().getByText('PREPARED_UNKNOWN').waitFor();
  expect(await button('Delete what was prepared').count()).toBe(0);
  await button('Back').click();
  await button('Prepare and compare exactly').waitFor();
});

test('a backup is compared with now and with another one, and nobody compares for who has closed it', async () => {
  await backUp('tuesday');
  const before = await whole();
  const dialog = page.getByRole('dialog', { name: 'What differs from monday.ark' });
  await fromMenu(page, 'monday.ark', 'Compare with…');
  // Locker 1 has another code now, 8 to 10 were added, and 2 was deleted.
  await dialog
    .getByText('3 rows are only here now · 2 rows have changed · 1 row is only in the backup')
    .waitFor();
  const lockers = dialog.getByRole('row').filter({ hasText: 'lockers' }).first();
  expect((await lockers.getByRole('cell').allInnerTexts()).slice(-4)).toEqual(['3', '1', '1', '1']);
  await lockers.click();
  await dialog.getByText('api_token').first().waitFor();
  expect(await dialog.innerText()).not.toContain('hush');
  expect(await axe(page)).toEqual([]);
  await dialog.locator('.ant-select-selector').click();
  await page.locator('.ant-select-item-option').filter({ hasText: 'tuesday.ark' }).click();
  await dialog.getByText('3 rows are only in the other backup · 2 rows differ').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await dialog.waitFor({ state: 'hidden' });

  const over = page.waitForEvent('requestfailed', (request) => request.url().includes('arkBackups:compare'));
  await page.route('**/api/arkBackups:compare**', () => undefined);
  await fromMenu(page, 'monday.ark', 'Compare with…');
  await dialog.getByText('Comparing every row').waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  expect((await over).failure()?.errorText).toBe('net::ERR_ABORTED');
  await page.unroute('**/api/arkBackups:compare**');
  expect(await whole()).toEqual(before);
});

test('in pictures', async () => {
  await prepare('monday.ark');
  await row('lockers').click();
  await prepared().getByText('api_token').first().waitFor();
  await closeNews(page);
  await picture(page, 'prepare');
});

describe('what the demo does not have', () => {
  let mock: Mock;
  const item: PreparedItem = {
    job: 'job_prepared',
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    bytes: 48_000_000,
    readable: true,
    at: new Date().toISOString(),
    backup: 'shop-\u202e<b>x</b>.ark',
    storage: 'local',
    by: 'Ada',
    collections: [{ name: 'contacts', rows: 41_206 }],
  };
  const stranger: PreparedItem = { ...item, job: 'job_other', readable: false, collections: [] };
  delete (stranger as { backup?: string }).backup;

  beforeEach(async () => {
    mock = await startMock();
    mock.prepared.push(item);
  });
  afterEach(async () => {
    await mock.stop();
  });

  const looks: Parameters<typeof openPage>[2][] = [
    { width: 375, height: 800 },
    { width: 375, height: 800, language: 'fr-FR' },
    { language: 'zh-CN', theme: 'dark' },
    { language: 'ja-JP' },
    { language: 'nl-NL', width: 375, height: 800 },
  ];
  test.each(looks)('everything that there may be to say, in %j', async (look) => {
    const shown = await openPage(browser, mock.url, look);
    await shown.getByTestId('prepared-line').getByRole('button').first().click();
    const dialog = shown.locator('.ant-modal').last();
    await dialog.getByText('contacts').first().waitFor();
    for (const name of ['Contacts', 'visits', 'orders']) {
      await dialog.getByRole('row').filter({ hasText: name }).first().click();
    }
    await dialog.getByText('<b>note</b>').first().waitFor();
    for (const summary of await dialog.locator('summary').all()) await summary.click();
    const text = await dialog.innerText();
    expect(text).toContain('\\u202estray');
    expect(text).not.toContain('\u202e');
    expect(text).not.toMatch(/difference\.|prepared\.|undefined/);
    const { scrollWidth, clientWidth } = await shown.evaluate(() => ({
      scrollWidth: document.documentElement.scrollWidth,
      clientWidth: document.documentElement.clientWidth,
    }));
    expect(scrollWidth).toBeLessThanOrEqual(clientWidth);
    const body = await dialog.locator('.ant-modal-body').evaluate((element) => ({
      scrollWidth: element.scrollWidth,
      clientWidth: element.clientWidth,
    }));
    expect(body.scrollWidth).toBeLessThanOrEqual(body.clientWidth);
    expect(await axe(shown)).toEqual([]);
    expect(shown.faults).toEqual([]);
    if (process.env.ARK_PICTURES) await picture(shown, `prepare-${looks.indexOf(look)}`);
    await shown.context().close();
  });

  test('who may not restore is offered no swap, and who may not look sees numbers', async () => {
    mock.may = ['view', 'restore'];
    const numbers = await openPage(browser, mock.url);
    await numbers.getByRole('button', { name: 'Look and swap' }).click();
    const dialog = numbers.getByRole('dialog', { name: /^Prepared restore of/ });
    await dialog.getByText('your role may not look into them').waitFor();
    await dialog.getByRole('row').filter({ hasText: 'Contacts' }).first().click();
    await dialog.getByText(/^Changed columns/).waitFor();
    expect(await dialog.getByText('Ann').count()).toBe(0);
    await numbers.context().close();

    mock.may = ['view', 'look'];
    const rows = await openPage(browser, mock.url);
    await rows.getByRole('button', { name: 'Look', exact: true }).click();
    const looked = rows.getByRole('dialog', { name: /^Prepared restore of/ });
    await looked.getByText('Contacts').first().waitFor();
    for (const name of ['Swap now', 'Delete what was prepared'])
      expect(await rows.getByRole('button', { name, exact: true }).count()).toBe(0);
    await rows.context().close();

    mock.may = ['view'];
    const line = await openPage(browser, mock.url);
    await line.getByTestId('prepared-line').waitFor();
    expect(await line.getByTestId('prepared-line').getByRole('button').count()).toBe(0);
    await line.context().close();
  });

  test('what another installation has prepared can only be deleted', async () => {
    mock.prepared.splice(0, 1, stranger);
    const shown = await openPage(browser, mock.url);
    const other = shown.getByTestId('prepared-line');
    await other.getByText(/^Another installation has prepared a restore here/).waitFor();
    expect(await other.getByRole('button').allInnerTexts()).toEqual(['Delete']);
    await other.getByRole('button').click();
    await shown
      .getByRole('dialog', { name: 'Delete what was prepared?' })
      .getByRole('button', { name: 'Delete what was prepared' })
      .click();
    await other.waitFor({ state: 'detached' });
    await shown.context().close();
  });

  test('a preparation that fails says so, and leads back to the choices', async () => {
    mock.prepared.splice(0);
    mock.preview = { ...data.preview(mock.live), warnings: [] };
    const shown = await openPage(browser, mock.url);
    await shown
      .getByRole('button', { name: /^Restore shop-/ })
      .first()
      .click();
    await shown.getByRole('button', { name: 'See what changes' }).click();
    await shown.getByRole('button', { name: 'Prepare and compare exactly' }).click();
    const dialog = shown.getByRole('dialog', { name: /^Prepared restore of/ });
    await dialog.getByText('The live data is not touched').waitFor();
    const job = mock.jobs.find(({ kind }) => kind === 'prepare')!;
    mock.tell({
      ...job,
      state: 'failed',
      endedAt: new Date().toISOString(),
      error: { code: 'DATABASE_LOST', message: 'gone' },
    });
    await dialog.getByText('The restore was not prepared; nothing was changed').waitFor();
    expect(await axe(shown)).toEqual([]);
    await dialog.getByRole('button', { name: 'Back' }).click();
    await shown.getByRole('button', { name: 'Prepare and compare exactly' }).waitFor();
    expect(shown.faults).toEqual([]);
    await shown.context().close();
  });
});
