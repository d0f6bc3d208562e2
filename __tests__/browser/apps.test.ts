import type { Browser } from 'playwright-core';
import type { InstanceItem } from '../../src/server/api/api';
import { axe, launch, openPage, picture } from './browser';
import { startMock, type Mock } from './mock';

/** What an admin of many apps sees of all that share a storage. */
let browser: Browser;
let mock: Mock;
beforeAll(async () => {
  browser = await launch();
  mock = await startMock();
});
afterAll(async () => {
  await browser.close();
  await mock.stop();
});

const HOUR = 3_600_000;
const NOW = Date.now();
const at = (hours: number) => new Date(NOW + hours * HOUR).toISOString();
const app = (
  instance: string | undefined,
  id: string | undefined,
  more: Partial<InstanceItem> = {},
): InstanceItem => ({
  ...(instance !== undefined && { instance }),
  ...(id !== undefined && { id }),
  lastGood: {
    key: `${instance ?? 'x'}.ark`,
    createdAt: at(-5),
    size: 12_000_000,
    storages: ['local', 'off-site'],
    badges: ['ready'],
    proof: 3,
    rehearsedAt: at(-4),
  },
  age: 5 * 3600,
  next: at(19),
  backups: 14,
  bytes: 160_000_000,
  storages: ['local', 'off-site'],
  problems: [],
  ...more,
});
const HOSTILE = '<img src=x onerror=alert(1)>';

const row = (page: Awaited<ReturnType<typeof openPage>>, name: string) =>
  page.getByRole('row').filter({ hasText: name });

test('there is no such page where there is one app', async () => {
  mock.instances.push(app('shop', 'a1', { own: true }));
  const page = await openPage(browser, mock.url);
  await page.locator('.ant-table-row').first().waitFor();
  expect(await page.getByRole('tab', { name: /^Apps/ }).count()).toBe(0);
  await page.context().close();
});

test('each app has its line: how fresh, how well proven, what is wrong; two of one name are two', async () => {
  const [first] = mock.backups;
  mock.backups.push(
    { ...first!, name: 'crm.ark', instance: 'crm', origin: { instance: 'b2' } },
    { ...first!, name: 'crm-other.ark', instance: 'crm', origin: { instance: 'c3c3c3c3c3' } },
  );
  const { lastGood, age, ...none } = app('empty', 'e5', { problems: ['none', 'damaged'], backups: 1 });
  expect([lastGood?.proof, age]).toEqual([3, 18_000]);
  mock.instances.push(
    app('crm', 'b2b2b2b2b2b2', { next: at(-30), problems: ['late'] }),
    app('crm', 'c3c3c3c3c3c3'),
    app(HOSTILE, 'd4'),
    none,
    app(undefined, undefined),
  );
  for (const [theme, width] of [
    ['light', 1280],
    ['dark', 375],
  ] as const) {
    const page = await openPage(browser, mock.url, { theme, width });
    await page.getByRole('tab', { name: 'Apps (3)' }).click();
    await row(page, 'crm (b2b2b2b2)')
      .getByText(/^The next one was due on/)
      .waitFor();
    await row(page, 'crm (c3c3c3c3)').getByText('All well').waitFor();
    await row(page, HOSTILE).getByText('Restore tested').waitFor();
    await row(page, 'shop').getByText('this app').waitFor();
    await row(page, 'empty').getByText('No good backup').waitFor();
    await row(page, 'empty').getByText('The newest backup is damaged').waitFor();
    await row(page, 'Do not say whose they are').waitFor();
    expect(await axe(page)).toEqual([]);
    const overflow = () =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(await overflow()).toBe(0);
    if (width === 1280) await picture(page, 'apps');
    await page.getByRole('checkbox', { name: 'Only with problems' }).check();
    await row(page, 'c3c3c3c3').waitFor({ state: 'hidden' });
    expect(await page.locator('.ant-table-row:visible').count()).toBe(2);
    expect(page.faults).toEqual([]);
    await page.context().close();
  }
});

test('a storage that cannot be asked is named', async () => {
  mock.failing.set('arkBackups:instances', {
    status: 502,
    code: 'STORAGE_UNAVAILABLE',
    message: 'nothing listens there',
  });
  const page = await openPage(browser, mock.url);
  await page.getByRole('tab', { name: /^Apps/ }).click();
  await page.getByText('STORAGE_UNAVAILABLE').waitFor();
  mock.failing.clear();
  // It heals by itself.
  await row(page, 'shop').getByText('this app').waitFor();
  expect(page.faults).toEqual([]);
  await page.context().close();
});
