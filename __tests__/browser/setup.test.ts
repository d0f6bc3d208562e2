import frFR from '../../src/locale/fr-FR.json';
import zhCN from '../../src/locale/zh-CN.json';
import type { Browser, Page } from 'playwright-core';
import { SafetyStep } from '../../src/server/api/answers';
import { listen } from '../helpers/listener';
import { webdavServer, type WebdavServer } from '../helpers/webdavServer';
import { axe, launch, openPage, picture } from './browser';
import { startMock } from './mock';
import { startConsole, type RealConsole } from './realConsole';

/** A new admin comes from an empty console to "you are safe"; the storage and the webhook listen on this machine. */
let ark: RealConsole;
let browser: Browser;
let page: Page & { faults: string[] };
let cloud: WebdavServer;
let hook: Awaited<ReturnType<typeof listen>>;

beforeAll(async () => {
  [ark, browser, cloud, hook] = await Promise.all([
    startConsole(() => ({ ARK_OFFSITE: 'cloud' })),
    launch(),
    webdavServer(),
    listen(),
  ]);
  page = await openPage(browser, ark.url);
});

afterAll(async () => {
  await browser.close();
  await ark.stop();
  await cloud.close();
  hook.close();
});

afterEach(() => {
  expect(page.faults).toEqual([]);
});

const locales = { 'zh-CN': zhCN, 'fr-FR': frFR };
const SETUP = 'Safe in five minutes';
const dialog = (name: string | RegExp, on: Page = page) => on.getByRole('dialog', { name });
const setup = (on: Page = page) => dialog(SETUP, on);
const line = (on: Page = page) => setup(on).getByTestId('safe-line');
const press = (name: string | RegExp, within = setup()) =>
  within.getByRole('button', { name, exact: true }).click();
const open = () => press('Set up in five minutes', page.getByRole('tabpanel', { name: 'Backups' }));

test('an empty console offers to be set up, and says what is missing', async () => {
  await open();
  await line().getByText('0 of 4. Missing: Off-site storage, Schedule, Alerts, and Tested backup').waitFor();
  await setup().getByText('A place on another machine').waitFor();
  expect(await axe(page)).toEqual([]);
  // What is skipped is still missing.
  await press('Skip for now');
  await press('New schedule');
  await press('Cancel', dialog('New schedule'));
  await line().getByText('0 of 4').waitFor();
  await setup().getByRole('button', { name: 'Close', exact: true }).last().click();
  await setup().waitFor({ state: 'hidden' });
});

test('a storage that refuses is no step forward; one that works is tested and done', async () => {
  await open();
  await press('Add storage');
  const adding = dialog('Add a storage');
  await adding.getByText('WebDAV', { exact: true }).click();
  await adding.getByLabel('Name', { exact: true }).fill('cloud');
  await adding.getByLabel('WebDAV address').fill(cloud.url);
  await adding.getByLabel('User', { exact: true }).fill(cloud.user);
  await adding.getByLabel('Password', { exact: true }).fill('wrong');
  await press('Test and save', adding);
  await adding.getByText(/^Not saved yet/).waitFor();
  await line().getByText('0 of 4').waitFor();
  await adding.getByLabel('Password', { exact: true }).fill(cloud.password);
  await press('Test and save', adding);
  await adding.waitFor({ state: 'hidden' });
  await line().getByText('1 of 4').waitFor();
});

test('whoever closes the browser goes on where he was', async () => {
  await page.goto(ark.url);
  await open();
  await line().getByText('1 of 4. Missing: Schedule, Alerts, and Tested backup').waitFor();
  await setup().getByText('Backs up every night').waitFor();
});

test('the schedule is ready to be saved: each night, off-site too, with a rule and a restore test', async () => {
  await press('New schedule');
  const adding = dialog('New schedule');
  await adding.getByTitle('cloud').waitFor();
  expect(await adding.getByLabel('Test the restore of each backup').isChecked()).toBe(true);
  await press('Save', adding);
  await line().getByText('2 of 4. Missing: Alerts and Tested backup').waitFor();
  const [schedule] =
    await ark.api<
      { timing: object; timeZone: string; storages: string[]; retention: object; prove: boolean }[]
    >('arkSchedules:list');
  expect(schedule).toMatchObject({
    timing: { every: 1, unit: 'days', at: '02:30' },
    timeZone: 'Europe/Amsterdam',
    storages: ['local', 'cloud'],
    retention: { daily: 7, weekly: 4, monthly: 6 },
    prove: true,
  });
});

test('an alert counts when its test has arrived', async () => {
  await press('Alerts');
  const alerts = dialog('Alerts');
  await alerts.getByRole('checkbox', { name: 'Webhook' }).check();
  await alerts.getByLabel('Address of the webhook').fill(hook.url);
  await press('Save and test', alerts);
  await alerts.getByText('The test got through').waitFor();
  await press('Close', alerts.locator('.ant-modal-footer'));
  expect(hook.heard).toHaveLength(1);
  await line().getByText('3 of 4. Missing: Tested backup').waitFor();
});

test('the first backup is tested, and then all is well', async () => {
  await setup().getByText('A recent backup in the off-site storage').waitFor();
  await picture(page, 'wizard');
  await press('Back up now');
  await line().getByText('4 of 4: you are safe').waitFor({ timeout: 120_000 });
  expect(await axe(page)).toEqual([]);
});

test('the rescue sheet is one page without secrets, and alone on paper', async () => {
  await press('Rescue sheet');
  const sheet = dialog('Rescue sheet');
  await sheet.getByText('ark restore').waitFor();
  const text = await sheet.innerText();
  expect(text).toContain(cloud.url);
  expect(text).toContain('restore tested on');
  expect(text).not.toContain(cloud.password);
  expect(await axe(page)).toEqual([]);
  await picture(page, 'rescue-sheet');
  await page.emulateMedia({ media: 'print' });
  const printed = page.locator('body > .ark-printed');
  expect(await printed.isVisible()).toBe(true);
  expect(await sheet.isVisible()).toBe(false);
  expect(await printed.innerText()).toContain('ark restore');
  await page.emulateMedia({ media: 'screen' });
  expect(await printed.isVisible()).toBe(false);
  const [file] = await Promise.all([page.waitForEvent('download'), press('Download', sheet)]);
  expect(file.suggestedFilename()).toBe('rescue-sheet.md');
  await press('Close', sheet.locator('.ant-modal-footer'));
});

test.each([
  { language: 'zh-CN', theme: 'dark' as const, width: 375, height: 760 },
  { language: 'fr-FR', theme: 'light' as const, width: 375, height: 760 },
])('it fits into $width pixels in $language', async (look) => {
  const other = await openPage(browser, ark.url, look);
  await other.getByTestId('safety').getByRole('button').last().click();
  await other.getByTestId('safe-line').waitFor();
  expect(await axe(other)).toEqual([]);
  const words = locales[look.language as keyof typeof locales];
  for (const [button, title, shown] of [
    [words['setup.open'], words['setup.title'], words['setup.text']],
    [words['sheet.title'], words['sheet.title'], 'ark restore'],
  ] as const) {
    await other.getByRole('button', { name: button, exact: true }).first().click();
    const opened = other.getByRole('dialog', { name: title });
    await opened.getByText(shown).first().waitFor();
    expect(await axe(other)).toEqual([]);
    const within = await opened
      .locator('.ant-modal-body')
      .evaluate((body) => body.scrollWidth - body.clientWidth);
    expect(within).toBeLessThanOrEqual(0);
    if (process.env.ARK_TEST_LOOKS)
      await other.screenshot({ path: `${process.env.ARK_TEST_LOOKS}/${look.language}-${title}.png` });
    await other.keyboard.press('Escape');
    await opened.waitFor({ state: 'hidden' });
  }
  const wide = await other.evaluate(() => document.documentElement.scrollWidth);
  expect(wide).toBeLessThanOrEqual(look.width);
  await other.context().close();
});

test.each(Object.keys(locales) as (keyof typeof locales)[])(
  'whatever is missing has words of its own: %s',
  async (language) => {
    const mock = await startMock({ collections: 0, backups: 0 });
    const lacks = SafetyStep.shape.missing.element.options;
    const said = new Set<string>();
    const other = await openPage(browser, 'about:blank', { language });
    try {
      for (const lack of lacks) {
        mock.steps = [{ step: 'backup', done: false, name: '<b>x</b>', missing: [lack] }];
        await other.goto(mock.url);
        await other.getByRole('button', { name: locales[language]['setup.open'], exact: true }).click();
        const header = other.getByRole('dialog').locator('.ant-collapse-header');
        await header.getByText('<b>x</b>').waitFor();
        said.add(await header.innerText());
      }
      // Four are nothing at all yet.
      expect(said.size).toBe(lacks.length - 3);
      expect(other.faults).toEqual([]);
    } finally {
      await other.context().close();
      await mock.stop();
    }
  },
);

test.each([
  [['storage-here'], 0],
  [['storage-here', 'storage-untested'], 1],
] as const)('a storage of this machine is told apart from none: %j', async (missing, tests) => {
  const mock = await startMock({ collections: 0, backups: 0 });
  mock.steps = [{ step: 'storage', done: false, name: 'local', missing: [...missing] }];
  const other = await openPage(browser, mock.url);
  try {
    await press('Set up in five minutes', other.locator('body'));
    await setup(other).getByText('local: on this machine').waitFor();
    await setup(other).getByText('ARK_OFFSITE=local').waitFor();
    await setup(other).getByRole('button', { name: 'Add storage', exact: true }).waitFor();
    expect(await setup(other).getByRole('button', { name: 'Test local', exact: true }).count()).toBe(tests);
    expect(await axe(other)).toEqual([]);
  } finally {
    await other.context().close();
    await mock.stop();
  }
});

test.each([
  [['view'], false, false],
  [['view', 'backup'], false, true],
  [['view', 'settings'], true, false],
] as const)('a role that may %j is offered no more than that', async (may, setUp, backUp) => {
  const mock = await startMock({ collections: 0, backups: 0 });
  mock.may = may;
  const other = await openPage(browser, mock.url);
  try {
    await other.getByText('No backups yet').waitFor();
    const offered = (name: string) => other.getByRole('button', { name, exact: true }).count();
    expect([await offered('Set up in five minutes'), (await offered('New backup')) > 0]).toEqual([
      setUp ? 1 : 0,
      backUp,
    ]);
    if (!setUp) return;
    await other.getByRole('button', { name: 'Set up in five minutes', exact: true }).click();
    await other.getByRole('button', { name: /Tested backup/ }).click();
    await other.getByText('A recent backup in the off-site storage').waitFor();
    expect(await offered('Back up now')).toBe(0);
  } finally {
    await other.context().close();
    await mock.stop();
  }
});
