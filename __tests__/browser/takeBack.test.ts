import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { digest } from '../helpers/digest';
import { axe, closeNews, launch, openPage, picture } from './browser';
import { customerWithPapers, type Customer } from './papers';
import { startConsole, type RealConsole } from './realConsole';

/** Single rows come back on the page: what an admin does who was told that a customer is gone. */
let ark: RealConsole;
let browser: Browser;
let page: Page & { faults: string[] };
/** The app's storage folder, which Ark's own data is not above. */
let app: string;
let clicks = 0;
let customer: Customer;

const sql = (text: string, values: unknown[] = []) => ark.sql.query(text, values);
const whole = () => {
  const { user, password, host, port, database } = ark.sql;
  return digest(`postgres://${user ?? ''}:${password ?? ''}@${host}:${port}/${database ?? ''}`);
};
const news = (text: string) => page.locator('.ant-notification-notice').filter({ hasText: text });
const rows = () => page.getByRole('dialog', { name: / · in monday/ });
const taking = () => page.getByRole('dialog', { name: 'Take rows back from monday.ark' });
const click = async (...args: Parameters<Page['getByRole']>) => {
  clicks += 1;
  await page.getByRole(...args).click();
};

async function openRows(collection: string, title = collection): Promise<void> {
  await click('button', { name: /^monday\.ark/ });
  await page.getByLabel('Search collections').fill(collection);
  await click('button', { name: `Rows of ${title}`, exact: true });
  await rows()
    .getByText(/^Rows 1–/)
    .waitFor();
}

async function searchFor(text: string): Promise<void> {
  await rows().getByLabel('Search in all values').fill(text);
  await page.keyboard.press('Enter');
  await rows()
    .getByText(/rows looked at/)
    .waitFor();
}

beforeAll(async () => {
  app = await mkdtemp(join(tmpdir(), 'ark-browser-app-'));
  await mkdir(join(app, 'uploads'));
  [ark, browser] = await Promise.all([startConsole(() => ({ STORAGE_PATH: app })), launch()]);
  await sql(`CREATE TABLE lockers (id int PRIMARY KEY, code text UNIQUE)`);
  await sql(`INSERT INTO lockers VALUES (1, 'A-1')`);
  customer = await customerWithPapers(ark, app);
  page = await openPage(browser, ark.url);
  await page.locator('#ark-new').click();
  await page.getByLabel('Name (optional)').fill('monday');
  await page.getByRole('checkbox', { name: /^Uploaded files \(1 file/ }).waitFor();
  await page.getByRole('button', { name: 'Start backup' }).click();
  await news('The backup is ready').waitFor();
});

beforeEach(async () => {
  await page.goto(ark.url);
  await page.locator('#ark-new').waitFor();
  await closeNews(page);
  clicks = 0;
});

afterEach(() => {
  expect(page.faults).toEqual([]);
});

afterAll(async () => {
  await browser.close();
  await ark.stop();
  await rm(app, { recursive: true, force: true });
});

test('a deleted customer with three orders and a file is back in six clicks, and gone again by an undo', async () => {
  const before = await whole();
  await customer.remove();
  const without = await whole();
  expect(without).not.toEqual(before);

  await openRows('customers', 'Customers');
  await searchFor(customer.id);
  await click('checkbox', { name: `Take back row ${customer.id}` });
  await click('button', { name: 'Take back 1 row' });
  await taking().getByText('orders: 3 rows are missing').waitFor();
  await taking().getByText('1 row comes back').waitFor();
  const tick = taking().getByRole('checkbox', { name: 'And what belongs to them' });
  const place = (await tick.boundingBox())!.y;
  await click('checkbox', { name: 'And what belongs to them' });
  await taking().getByText('6 rows come back').waitFor();
  expect((await tick.boundingBox())!.y).toBe(place);
  await taking()
    .getByText(/contract\.txt · .* · comes back/)
    .waitFor();
  expect(await axe(page)).toEqual([]);
  await picture(page, 'take-back');
  expect(await whole()).toEqual(without);
  await click('button', { name: 'Take back 6 rows' });
  await taking().getByText('6 rows are back').waitFor();
  expect(clicks).toBeLessThanOrEqual(6);
  await taking().getByText('1 file came with them.').waitFor();
  expect(await whole()).toEqual(before);
  expect(await readFile(customer.contract, 'utf8')).toBe('signed');
  expect(await axe(page)).toEqual([]);

  await taking().getByRole('button', { name: 'Undo', exact: true }).click();
  const undo = page.getByRole('dialog', { name: 'Undo taking these rows back?' });
  await undo.getByText('6 rows go').waitFor();
  expect(await axe(page)).toEqual([]);
  await undo.getByRole('button', { name: 'Put back as before' }).click();
  await undo.getByText('6 rows are as they were before').waitFor();
  expect(await whole()).toEqual(without);
  await undo.getByRole('button', { name: 'Close' }).last().click();
  await taking().waitFor({ state: 'hidden' });

  // The undo can be undone, at the top of the page.
  await page.goto(ark.url);
  const kept = page.getByTestId('rows-undo-line');
  await kept.getByText(/^6 rows put back as before on/).waitFor();
  expect(await axe(page)).toEqual([]);
  await kept.getByRole('button', { name: 'Take back again' }).click();
  const again = page.getByRole('dialog', { name: 'Take these rows back again?' });
  await again.getByText('6 rows come back').waitFor();
  await again.getByRole('button', { name: 'Take back again' }).click();
  await again.getByText('6 rows are as they were before').waitFor();
  expect(await whole()).toEqual(before);
  await again.getByRole('button', { name: 'Close' }).last().click();

  await kept.getByRole('button', { name: /^More actions/ }).click();
  await page.getByRole('menuitem', { name: 'Delete this undo' }).click();
  await page
    .getByRole('dialog', { name: 'Delete this undo?' })
    .getByRole('button', { name: 'Delete this undo' })
    .click();
  await kept.waitFor({ state: 'detached' });
  expect(await ark.api('arkTakeBacks:list')).toEqual([]);
});

test('one spoiled field of one record is back from its history, and nothing else has changed', async () => {
  await sql(`UPDATE customers SET phone = 'newer' WHERE id <> $1`, [customer.id]);
  const good = await whole();
  await sql(`UPDATE customers SET name = 'spoiled' WHERE id = $1`, [customer.id]);
  await openRows('customers', 'Customers');
  await searchFor(customer.id);
  await rows().getByRole('cell', { name: customer.name, exact: true }).first().click();
  await rows().getByRole('button', { name: 'Take back this row' }).waitFor();
  await rows().getByRole('button', { name: 'Through all backups' }).click();
  await page.getByRole('button', { name: 'Take back this row: monday.ark' }).click();
  await taking().getByText('1 row is overwritten').waitFor();
  const cells = taking().locator('.ant-table-expanded-row .ant-table-tbody .ant-table-row');
  expect((await cells.allInnerTexts()).map((line) => line.split(/\s*\t\s*|\n+/).filter(Boolean))).toEqual([
    ['Name', 'spoiled', customer.name],
  ]);
  expect(await axe(page)).toEqual([]);
  await taking().getByRole('button', { name: 'Take back 1 row, overwriting 1' }).click();
  await taking().getByText('1 row is back').waitFor();
  expect(await whole()).toEqual(good);
});

test('what somebody has changed since the preview is shown anew before anything is written', async () => {
  await sql(`UPDATE customers SET name = 'spoiled' WHERE id = $1`, [customer.id]);
  await openRows('customers', 'Customers');
  await searchFor(customer.id);
  await rows()
    .getByRole('checkbox', { name: `Take back row ${customer.id}` })
    .check();
  await rows().getByRole('button', { name: 'Take back 1 row' }).click();
  await taking().getByText('spoiled', { exact: true }).waitFor();
  await sql(`UPDATE customers SET name = 'meanwhile' WHERE id = $1`, [customer.id]);
  const now = await whole();
  await taking().getByRole('button', { name: 'Take back 1 row, overwriting 1' }).click();
  await taking().getByText('Something has changed since you looked').waitFor();
  await taking().getByText('meanwhile', { exact: true }).waitFor();
  expect(await whole()).toEqual(now);
  expect(await axe(page)).toEqual([]);
  await closeNews(page);
  await taking().getByRole('button', { name: 'Take back 1 row, overwriting 1' }).click();
  await taking().getByText('1 row is back').waitFor();
  await page.goto(ark.url);

  // And so it is with an undo.
  await sql(`UPDATE customers SET phone = '+31' WHERE id = $1`, [customer.id]);
  const kept = page.getByTestId('rows-undo-line').first();
  await kept.getByText(/^1 row taken back on .* from monday\.ark$/).waitFor();
  await kept.getByRole('button', { name: 'Undo taking back' }).click();
  const undo = page.getByRole('dialog', { name: 'Undo taking these rows back?' });
  await undo.getByText('Somebody has changed 1 row since.').waitFor();
  await sql(`UPDATE customers SET phone = '+32' WHERE id = $1`, [customer.id]);
  await undo.getByRole('button', { name: 'Put back as before, overwriting 1 change' }).click();
  await undo.getByText('Something has changed since you looked').waitFor();
  await undo.getByText('+32').waitFor();
  await closeNews(page);
  await undo.getByRole('button', { name: 'Put back as before, overwriting 1 change' }).click();
  await undo.getByText('1 row is as it was before').waitFor();
  expect(await whole()).toEqual(now);
});

test('a row that cannot be taken back says why, and nothing can be pressed', async () => {
  await sql('DELETE FROM lockers');
  await sql(`INSERT INTO lockers VALUES (2, 'A-1')`);
  await openRows('lockers');
  await rows().getByRole('cell', { name: 'A-1', exact: true }).click();
  await rows().getByRole('button', { name: 'Take back this row' }).click();
  await taking().getByText('These rows cannot be taken back. Nothing was changed.').waitFor();
  await taking()
    .getByText(/code.*lockers.*2|lockers.*code.*2/)
    .first()
    .waitFor();
  expect(await taking().getByRole('button', { name: 'Take back 1 row' }).isDisabled()).toBe(true);
  expect(await axe(page)).toEqual([]);
});
