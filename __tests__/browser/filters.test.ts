import type { Browser, Page } from 'playwright-core';
import { axe, launch, openPage, picture, SLOWER } from './browser';
import { startMock, type Mock } from './mock';

/** What the list is narrowed to is said, is kept while the tab lives, and goes in one click. */
let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

async function withMock(
  backups: number,
  look: (page: Page & { faults: string[] }, mock: Mock) => Promise<void>,
  how: Parameters<typeof openPage>[2] = {},
): Promise<void> {
  const mock = await startMock({ collections: 0, backups });
  const page = await openPage(browser, mock.url, how);
  try {
    await page.locator('.ant-table-row').first().waitFor();
    await look(page, mock);
    expect(page.faults).toEqual([]);
  } finally {
    await page.context().close();
    await mock.stop();
  }
}
const rows = (page: Page) => page.locator('.ant-table-row');
const chips = (page: Page) => page.getByTestId('filters');
const open = (page: Page) => page.getByRole('button', { name: 'Filters' }).click();

test('a click on a group shows those with it alone, and another shows all again', () =>
  withMock(15, async (page, mock) => {
    const having = mock.backups.filter(({ groups }) => groups.some(({ group }) => group === 'log'));
    expect(having.length).toBeGreaterThan(0);
    await rows(page).getByText('Logs').first().click();
    await page.getByText(`${having.length} backups ·`).waitFor();
    expect(await rows(page).count()).toBe(having.length);
    await chips(page)
      .getByText(`Filters hide ${mock.backups.length - having.length} backups`)
      .waitFor();
    expect(await axe(page)).toEqual([]);
    await chips(page).getByRole('button', { name: 'Show all' }).click();
    await page.getByText('15 backups ·').waitFor();
    expect(await chips(page).count()).toBe(0);
  }));

test('by days, by note, kept over a reload; an empty answer says how many are hidden', () =>
  withMock(15, async (page, mock) => {
    const day = (iso: string) => new Date(iso).toLocaleDateString('sv', { timeZone: 'Europe/Amsterdam' });
    const [from, to] = [day(mock.backups[6]!.createdAt), day(mock.backups[3]!.createdAt)];
    const within = mock.backups.filter(({ createdAt }) => day(createdAt) >= from && day(createdAt) <= to);
    mock.backups.splice(4, 1, { ...mock.backups[4]!, note: 'the price list' });
    await open(page);
    await page.getByLabel('From', { exact: true }).fill(from);
    await page.getByLabel('To', { exact: true }).fill(to);
    await page.getByText(`${within.length} backups ·`).waitFor();
    expect(await axe(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.reload();
    await page.getByText(`${within.length} backups ·`).waitFor();
    await page.getByLabel('Search backups').fill('PRICE');
    await page.getByText('1 backup ·').waitFor();
    await page.getByLabel('Search backups').fill('no such thing');
    await page.locator('.ant-empty').getByText('Filters hide 15 backups').waitFor();
    expect(await axe(page)).toEqual([]);
    await page.locator('.ant-empty').getByRole('button', { name: 'Show all' }).click();
    await page.getByText('15 backups ·').waitFor();
  }));

test('which contain a collection: what could not be looked into is named', () =>
  withMock(15, async (page, mock) => {
    await open(page);
    await page.getByLabel('Contains a collection').fill('orders');
    await page.keyboard.press('Enter');
    const has = mock.backups.filter(({ name, state }) => state === 'ok' && name.startsWith('before-'));
    await page.getByText(`${has.length} backups ·`).waitFor();
    const unseen = mock.backups.filter(({ state }) => state !== 'ok');
    await chips(page).getByText(`Could not be looked into: ${unseen.length} backups`).click();
    for (const { name } of unseen) await chips(page).getByText(name).waitFor();
    expect(await axe(page)).toEqual([]);
    // A failure hides nothing and says so.
    mock.failing.set('arkBackups:containing', { status: 500, code: 'INTERNAL', message: 'broken' });
    await page.getByRole('button', { name: 'Refresh' }).click();
    await chips(page).getByRole('alert').waitFor();
    await page.getByText('15 backups ·').waitFor();
  }));

test('300 backups are narrowed in the blink of an eye', () =>
  withMock(300, async (page) => {
    const begun = Date.now();
    await rows(page).getByText('Logs').first().click();
    await chips(page).getByText('Filters hide').waitFor();
    expect(Date.now() - begun).toBeLessThan(2000 * SLOWER);
  }));

const looks = [
  { language: 'en-US' },
  { language: 'zh-CN', theme: 'dark' },
  { language: 'en-US', width: 375, height: 760 },
] as const;
test.each(looks)('looks well: %j', (how) =>
  withMock(
    15,
    async (page) => {
      await rows(page).locator('button[tabindex="-1"]').nth(1).click();
      await chips(page).waitFor();
      await page.locator('button:has(.anticon-filter)').click();
      await page.locator('input[type=date]').first().fill('2026-01-01');
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      const form = await page.locator('.ant-popover').boundingBox();
      expect(form!.x).toBeGreaterThanOrEqual(0);
      expect(await axe(page)).toEqual([]);
      if (process.env.ARK_PICTURES) await picture(page, `filters-${looks.indexOf(how)}`);
    },
    how,
  ),
);
