import type { Browser, Page } from 'playwright-core';
import { axe, closeNews, launch, openPage, picture } from './browser';
import { startConsole, type RealConsole } from './realConsole';

/** Into a backup, to a record, and through all backups: what an admin does who was told that a customer is gone. */
let ark: RealConsole;
let browser: Browser;
let page: Page & { faults: string[] };
/** What was pressed and typed into. */
let clicks = 0;

beforeAll(async () => {
  [ark, browser] = await Promise.all([startConsole(), launch()]);
  page = await openPage(browser, ark.url);
});

beforeEach(async () => {
  await page.goto(ark.url);
  await page.locator('#ark-new').waitFor();
});

afterAll(async () => {
  await browser.close();
  await ark.stop();
});

const news = (text: string) => page.locator('.ant-notification-notice').filter({ hasText: text });
const rows = () => page.getByRole('dialog', { name: /^Customers customers · in/ });
const click = async (...args: Parameters<Page['getByRole']>) => {
  clicks += 1;
  await page.getByRole(...args).click();
};

async function backUp(name: string): Promise<void> {
  await closeNews(page);
  await page.locator('#ark-new').click();
  await page.getByLabel('Name (optional)').fill(name);
  await page.getByRole('button', { name: 'Start backup' }).click();
  await page.getByText(`${name}.ark`).first().waitFor();
  await news('The backup is ready').waitFor();
}

test('a customer that is gone is looked up in a backup in four clicks and two words, with its history', async () => {
  const {
    rows: [customer],
  } = await ark.sql.query<{ id: string; name: string }>(
    'SELECT id::text AS id, name FROM customers ORDER BY id LIMIT 1',
  );
  const { id, name } = customer!;
  await backUp('monday');
  await ark.sql.query(`UPDATE customers SET name = name || ' & Sons' WHERE id = $1`, [id]);
  await backUp('tuesday');
  await ark.sql.query('ALTER TABLE customers DISABLE TRIGGER ALL');
  await ark.sql.query('DELETE FROM customers WHERE id = $1', [id]);
  await backUp('wednesday');

  await closeNews(page);
  clicks = 0;
  await click('button', { name: /^monday\.ark/ });
  await page.getByLabel('Search collections').fill('customers');
  await click('button', { name: 'Rows of Customers', exact: true });
  await rows()
    .getByText(/^Rows 1–50 of/)
    .waitFor();
  expect(await axe(page)).toEqual([]);
  await rows().getByLabel('Search in all values').fill(name);
  await page.keyboard.press('Enter');
  await rows()
    .getByText(/rows looked at/)
    .waitFor();
  await rows().getByRole('cell', { name, exact: true }).first().click();
  clicks += 1;
  await click('button', { name: 'Through all backups' });
  expect(clicks).toBe(4);
  const history = page.getByRole('dialog', { name: /^Customers through all backups/ });
  await history.getByText('Gone').waitFor();
  expect(await history.locator('.ant-timeline-item').allInnerTexts()).toEqual([
    expect.stringMatching(/Gone[^]*wednesday\.ark/),
    expect.stringMatching(new RegExp(`Changed[^]*tuesday\\.ark[^]*${name} → ${name} & Sons`)),
    expect.stringMatching(/There[^]*monday\.ark/),
  ]);
  expect(await axe(page)).toEqual([]);
  await picture(page, 'row-history');
  await page.keyboard.press('Escape');
  await picture(page, 'rows');
  // Only one value, and back.
  await rows().getByRole('button', { name: 'Only rows with this value: ID' }).click();
  await rows()
    .getByText(/rows looked at/)
    .waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  expect(page.faults).toEqual([]);
});

test('secrets are shown to nobody, and every look is in the history', async () => {
  await page.getByRole('button', { name: /^monday\.ark/ }).click();
  await page.getByLabel('Search collections').fill('users');
  await page.getByRole('button', { name: 'Rows of users', exact: true }).click();
  const users = page.getByRole('dialog', { name: /users · in monday/ });
  await users.locator('.ant-table-row').first().click();
  const shown = await users.innerText();
  const {
    rows: [user],
  } = await ark.sql.query<{ password: string }>('SELECT password FROM users LIMIT 1');
  expect(shown).toContain('••••');
  expect(shown).not.toContain(user!.password);
  await page.goto(ark.url);
  await page.getByRole('tab', { name: 'History' }).click();
  const line = page.locator('.ant-table-row').filter({ hasText: 'Look inside monday.ark' });
  await line.locator('.ant-table-row-expand-icon').click();
  await page.getByText('Looked at: customers, users').waitFor();
  expect(page.faults).toEqual([]);
});
