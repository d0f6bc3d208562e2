import type { Browser, Page } from 'playwright-core';
import type { BackupDetail, ScheduleItem } from '../../src/server/api/api';
import { digest } from '../helpers/digest';
import { axe, closeNews, confirmRestore, launch, openPage } from './browser';
import { startConsole, type RealConsole } from './realConsole';

/** Parts of an app: structure without rows, collections left out, and another place for them. */
let ark: RealConsole;
let browser: Browser;
let page: Page & { faults: string[] };

const sql = (text: string) => ark.sql.query(text);
const whole = () => {
  const { user, password, host, port, database } = ark.sql;
  return digest(`postgres://${user ?? ''}:${password ?? ''}@${host}:${port}/${database ?? ''}`);
};
const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
const news = (text: string) => page.locator('.ant-notification-notice').filter({ hasText: text });
const ids = async (table: string) =>
  (await ark.sql.query<{ id: number }>(`SELECT id FROM ${table} ORDER BY id`)).rows.map(({ id }) => id);

/** Picks a collection in one of the two fields, which are folded away at first. */
async function pick(field: 'Structure only' | 'Left out', name: string): Promise<void> {
  const input = page.getByLabel(field, { exact: true });
  if (!(await input.isVisible())) await page.locator('summary').filter({ hasText: 'left out' }).click();
  await page.locator('.ant-select').filter({ has: input }).click();
  await page.keyboard.type(name);
  await page
    .locator('.ant-select-dropdown:visible .ant-select-item-option')
    .filter({ hasText: name })
    .first()
    .click();
  // Tab takes nothing that was not meant, and Escape closes the list, not the dialog.
  for (const key of ['Tab', 'Escape']) await page.keyboard.press(key);
  await page.locator('.ant-select-dropdown:visible').waitFor({ state: 'hidden' });
}

async function backUp(name: string, choose?: () => Promise<void>): Promise<void> {
  await page.locator('#ark-new').click();
  await page.getByLabel('Name (optional)').fill(name);
  await choose?.();
  await button('Start backup').click();
  await news('The backup is ready').waitFor();
  await closeNews(page);
}

async function finish(asked: boolean): Promise<void> {
  await button('Continue').click();
  await confirmRestore(page, ark.instance, asked);
  await button('Restore now').click();
}

beforeAll(async () => {
  [ark, browser] = await Promise.all([startConsole(), launch()]);
  await sql('CREATE TABLE lockers (id int PRIMARY KEY); CREATE TABLE visits (id int PRIMARY KEY)');
  await sql('INSERT INTO lockers VALUES (1), (2); INSERT INTO visits VALUES (1), (2), (3)');
  page = await openPage(browser, ark.url);
  await backUp('whole');
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

test('a backup takes the structure alone of one collection, and nothing of another', async () => {
  await backUp('parts', async () => {
    await pick('Structure only', 'lockers');
    await pick('Left out', 'visits');
    await page.getByRole('status').filter({ hasText: '1 structure only · 1 left out' }).waitFor();
    expect(await axe(page)).toEqual([]);
  });
  const { collections } = await ark.api<BackupDetail>('arkBackups:get?filterByTk=parts.ark');
  expect(collections.find(({ name }) => name === 'lockers')).toMatchObject({ structureOnly: true });
  expect(collections.map(({ name }) => name)).not.toContain('visits');
  expect(collections.length).toBeGreaterThan(50);
});

test('a restore brings one collection without rows, and leaves another as it is', async () => {
  await sql('INSERT INTO lockers VALUES (7); INSERT INTO visits VALUES (7)');
  await button('Restore whole.ark').click();
  await page.getByText('What is ticked is replaced').waitFor();
  await pick('Structure only', 'lockers');
  await pick('Left out', 'visits');
  await button('See what changes').click();
  await page.getByText(/· 1 structure only\./).waitFor();
  expect(await axe(page)).toEqual([]);
  await finish(true);
  await page.getByText('Restored', { exact: true }).waitFor({ timeout: 180_000 });
  expect([await ids('lockers'), await ids('visits')]).toEqual([[], [1, 2, 3, 7]]);
  await sql('INSERT INTO lockers VALUES (1), (2); DELETE FROM visits WHERE id = 7');
});

test('collections come into a place of their own, and the statement that is shown takes it away', async () => {
  const before = await whole();
  await button('Restore whole.ark').click();
  await button('Select none').click();
  await page.getByLabel('Search collections').fill('lockers');
  await page
    .locator('.ant-tree-treenode')
    .filter({ hasText: /^lockers/ })
    .locator('.ant-tree-checkbox')
    .click();
  await page.getByRole('radio', { name: 'Beside it, as plain tables' }).check();
  expect(await button('See what changes').isDisabled()).toBe(true);
  await page.getByLabel('Name of the new place').fill('public');
  await button('See what changes').click();
  await page.getByText('NAME_TAKEN').waitFor();
  await page.getByLabel('Name of the new place').fill('look "monday"');
  expect(await axe(page)).toEqual([]);
  await button('See what changes').click();
  await page.getByText(/^All of it comes as plain tables into look "monday"/).waitFor();
  expect(await button('Prepare and compare exactly').count()).toBe(0);
  await finish(false);
  await page.getByText('Restored into look "monday"').waitFor({ timeout: 180_000 });
  expect(await axe(page)).toEqual([]);
  expect(await ids('"look ""monday""".lockers')).toEqual([1, 2]);
  const statement = await page.locator('.ant-result-extra code').innerText();
  await sql(statement);
  expect(await whole()).toEqual(before);
});

test('a schedule takes parts, shows them again, and gives them up', async () => {
  const saved = () => ark.api<ScheduleItem[]>('arkSchedules:list');
  await page.getByRole('tab', { name: 'Schedules' }).click();
  await button('New schedule').first().click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('parts');
  await pick('Structure only', 'lockers');
  await pick('Left out', 'visits');
  expect(await axe(page)).toEqual([]);
  await button('Save').click();
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  expect(await saved()).toMatchObject([{ name: 'parts', noRows: ['lockers'], exclude: ['visits'] }]);

  await page.getByRole('button', { name: 'More actions for parts' }).click();
  await page.getByRole('menuitem', { name: 'Edit' }).click();
  const field = page.locator('.ant-modal .ant-select').filter({ has: page.getByLabel('Structure only') });
  await field.getByText('lockers').waitFor();
  for (const label of ['Structure only', 'Left out']) {
    await page.getByLabel(label, { exact: true }).focus();
    await page.keyboard.press('Backspace');
  }
  await button('Save').click();
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  const [now] = await saved();
  expect([now?.noRows, now?.exclude]).toEqual([undefined, undefined]);
});

test.each(['en-US', 'fr-FR'])('at 375 pixels nothing is wider than the dialog, in %s', async (language) => {
  const narrow = await openPage(browser, ark.url, { width: 375, height: 800, language });
  await narrow.locator('#ark-new').waitFor();
  await narrow.locator('[id^=ark-more]').first().waitFor();
  await narrow.getByRole('button', { name: /^Rest.* whole\.ark$/ }).click();
  await narrow.locator('.ant-modal summary').click();
  await narrow.locator('.ant-modal .ant-radio-input').nth(1).check();
  const body = await narrow.locator('.ant-modal-body').evaluate((element) => ({
    scrollWidth: element.scrollWidth,
    clientWidth: element.clientWidth,
  }));
  expect(body.scrollWidth).toBeLessThanOrEqual(body.clientWidth);
  expect(await axe(narrow)).toEqual([]);
  await narrow.context().close();
});
