import type { Browser, Page } from 'playwright-core';
import type { BackupItem, Cleared, DataFolder, ScheduleItem } from '../../src/server/api/api';
import { listen } from '../helpers/listener';
import { until } from '../helpers/waiting';
import { axe, closeNews, fromMenu, launch, openPage, picture } from './browser';
import { startConsole, type RealConsole } from './realConsole';

/** An admin sets it once: schedules, old backups, alarms, and what the page says of the app's safety. */
let ark: RealConsole;
let browser: Browser;
let page: Page & { faults: string[] };
/** Whom Ark tells. */
let web: Awaited<ReturnType<typeof listen>>;
let status = 500;

beforeAll(async () => {
  web = await listen((request, response) => {
    response.statusCode = request.url === '/hook' ? status : 200;
    response.end();
  });
  [ark, browser] = await Promise.all([startConsole(), launch()]);
  page = await openPage(browser, ark.url);
});
afterAll(async () => {
  await browser.close();
  await ark.stop();
  web.close();
});
afterEach(() => {
  expect(page.faults).toEqual([]);
});

const button = (name: string | RegExp, on: Page = page) => on.getByRole('button', { name, exact: true });
const row = (name: string | RegExp, on: Page = page) => on.getByRole('row').filter({ hasText: name });
const tab = (name: string | RegExp, on: Page = page) => on.getByRole('tab', { name }).click();
const strip = (on: Page = page) => on.getByTestId('safety');
const dialog = (name: string | RegExp) => page.getByRole('dialog', { name });

const menu = (name: string, item: string) => fromMenu(page, name, item);

/** Runs it from its button, and waits until it has written down how it went. */
async function runNow(name: string): Promise<void> {
  const before = await schedule(name);
  await button(`Run now: ${name}`).click();
  await until('the run has ended', async () => {
    const { running, last } = await schedule(name);
    return !running && last && last.startedAt !== before.last?.startedAt ? true : undefined;
  });
  await row(name).getByText('Running').waitFor({ state: 'hidden' });
  await closeNews(page);
}

const schedule = (name: string): Promise<ScheduleItem> =>
  ark.api<ScheduleItem>(`arkSchedules:get?filterByTk=${name}`);
const backups = async (): Promise<string[]> =>
  (await ark.api<BackupItem[]>('arkBackups:list')).map((one) => one.name);

test('at first there is no good backup, and the page invites to make a schedule', async () => {
  await strip().getByText('No good backup yet').waitFor();
  await strip().getByText('No schedule yet').waitFor();
  await tab('Schedules');
  await page.getByText('No one is alerted when a backup fails').waitFor();
  await button('Make the first schedule').waitFor();
  expect(await axe(page)).toEqual([]);
});

test('a cron pattern and a time zone that cannot be are told at their fields', async () => {
  await button('Make the first schedule').click();
  const form = dialog('New schedule');
  const runs = form.getByRole('list', { name: 'The next three' });
  // Every night at half past two, in this browser's zone.
  await form.getByText('daily at 02:30').waitFor();
  await form.getByText('by the clock of Europe/Amsterdam').waitFor();
  expect(await runs.getByRole('listitem').allTextContents()).toEqual([
    expect.stringContaining('02:30 AM'),
    expect.stringContaining('02:30 AM'),
    expect.stringContaining('02:30 AM'),
  ]);
  await form.getByText('Cron', { exact: true }).click();
  const pattern = form.getByLabel('Cron pattern');
  await pattern.fill('99 2 * * *');
  await form.getByText('This pattern cannot be used.').waitFor();
  await form.getByText(/The cron pattern "99 2 \* \* \*" cannot be used/).waitFor();
  expect(await runs.count()).toBe(0);
  expect(await axe(page)).toEqual([]);
  await pattern.fill('0 0 31 2 *');
  await form.getByText(/never comes/).waitFor();
  await pattern.fill('30 8-18 * * MON-FRI');
  await form.getByText('This pattern cannot be used.').waitFor({ state: 'hidden' });
  await runs.getByRole('listitem').nth(2).waitFor();

  const zone = form.getByLabel('Time zone');
  await zone.fill('Mars/Olympus');
  await form.getByText('There is no time zone “Mars/Olympus”').waitFor();
  await button('Save').click();
  expect(await form.isVisible()).toBe(true);
  await zone.fill('new york');
  await page.getByRole('option', { name: 'America/New_York' }).waitFor({ state: 'attached' });
  await page.locator('.ant-select-item-option').filter({ hasText: 'America/New_York' }).click();
  await form.getByText('by the clock of America/New_York').waitFor();
  await button('Cancel').click();
  await form.waitFor({ state: 'hidden' });
  expect(await ark.api<ScheduleItem[]>('arkSchedules:list')).toEqual([]);
});

test('a schedule is made and run: it is done, its backup is in the list and proven, the strip says what is left out', async () => {
  await button('New schedule').click();
  const form = dialog('New schedule');
  await form.getByText('daily at 02:30').waitFor();
  await form.getByRole('checkbox', { name: /^Custom data/ }).waitFor();
  for (const group of ['Users', 'Third-party services', 'Other']) {
    await form.getByRole('checkbox', { name: new RegExp(`^${group}`) }).uncheck();
  }
  // What most want is there already.
  expect(await form.getByRole('checkbox', { name: /^Test the restore/ }).isChecked()).toBe(true);
  expect(await form.getByLabel('The last', { exact: true }).inputValue()).toBe('7');
  expect(await axe(page)).toEqual([]);
  await form.getByLabel('Name', { exact: true }).scrollIntoViewIfNeeded();
  await picture(page, 'schedule');
  await button('Save').click();
  await form.waitFor({ state: 'hidden' });
  await row('nightly').getByText('Has not run yet').waitFor();
  await row('nightly').getByText('Keeps the last 7 · 4 weekly · 6 monthly').waitFor();
  expect(await schedule('nightly')).toMatchObject({
    on: true,
    timing: { every: 1, unit: 'days', at: '02:30' },
    timeZone: 'Europe/Amsterdam',
    groups: ['required', 'custom'],
    prove: true,
    retention: { last: 7, weekly: 4, monthly: 6 },
  });
  await row('nightly').getByText(/AM$/).hover();
  await page.getByRole('tooltip').getByText('The next three').waitFor();
  await page.mouse.move(0, 0);

  await runNow('nightly');
  await row('nightly').getByText('Done', { exact: true }).waitFor();
  await row('nightly')
    .getByText(/restore tested/)
    .waitFor();
  const [made] = await backups();
  // What the schedule leaves out is in no backup.
  await strip()
    .getByText(/Backed up, but not: Users, Third-party services, and Other/)
    .waitFor();
  await strip()
    .getByText(/Last good backup: .*, local · Restore tested/)
    .waitFor();
  await strip()
    .getByText(/Next .*\(nightly\)/)
    .waitFor();
  await tab('Backups');
  await row(made!).getByText('Restore tested').waitFor();
  await tab('Schedules');
  await closeNews(page);
  expect(await axe(page)).toEqual([]);
  await picture(page, 'schedules');
});

test('it can be switched off and on, and a passphrase that is kept is not shown', async () => {
  await page.getByRole('switch', { name: 'nightly is on' }).click();
  await row('nightly').getByText('Off', { exact: true }).waitFor();
  await strip().getByText('All schedules are off').waitFor();
  await menu('nightly', 'Edit');
  const form = dialog('Edit schedule nightly');
  await form.getByRole('switch', { name: 'On' }).click();
  await form.getByRole('checkbox', { name: 'Encrypt with a passphrase' }).check();
  await form.getByLabel('Passphrase', { exact: true }).fill('correct horse battery');
  await form.getByLabel('Passphrase again').fill('correct horse battery');
  await button('Save').click();
  await form.waitFor({ state: 'hidden' });
  await menu('nightly', 'Edit');
  await form.getByText('Encrypted with a passphrase that is kept and not shown.').waitFor();
  expect(await page.content()).not.toContain('correct horse');
  await form.getByLabel('The last', { exact: true }).fill('9');
  await button('Save').click();
  await form.waitFor({ state: 'hidden' });
  expect(await schedule('nightly')).toMatchObject({
    on: true,
    passphrase: '********',
    retention: { last: 9 },
  });
  // Taken away again.
  await menu('nightly', 'Edit');
  await button('Change').click();
  await form.getByRole('checkbox', { name: 'Encrypt with a passphrase' }).uncheck();
  await button('Save').click();
  await form.waitFor({ state: 'hidden' });
  expect((await schedule('nightly')).passphrase).toBeUndefined();
});

test('what would be deleted is explained before anything goes', async () => {
  const [first] = await backups();
  await runNow('nightly');
  await menu('nightly', 'Edit');
  const form = dialog('Edit schedule nightly');
  for (const [rule, count] of [
    ['The last', '1'],
    ['Weekly', '0'],
    ['Monthly', '0'],
  ] as const) {
    await form.getByLabel(rule, { exact: true }).fill(count);
  }
  await button('Save').click();
  await form.waitFor({ state: 'hidden' });
  await menu('nightly', 'What would be deleted');
  const explained = dialog('Old backups of nightly');
  const line = (name: string) => explained.getByRole('row').filter({ hasText: name });
  await line(first!).getByText('Delete', { exact: true }).waitFor();
  await line(first!).getByText('no rule keeps it').waitFor();
  const newest = (await backups())[0]!;
  await line(newest).getByText('Keep').waitFor();
  await line(newest).getByText('1 of the last 1 · the newest that was verified').waitFor();
  await explained.getByText(/^Keep 1, delete 1/).waitFor();
  expect(await axe(page)).toEqual([]);
  await picture(page, 'old-backups');
  expect(await backups()).toContain(first);
  await button('Delete 1 now').click();
  await dialog('Delete 1 old backup?').getByRole('button', { name: 'Delete 1 now' }).click();
  await page.getByText('1 old backup was deleted').waitFor();
  await line(first!).waitFor({ state: 'hidden' });
  expect(await backups()).toEqual([newest]);
  await explained.getByRole('button', { name: 'Close' }).last().click();
  await explained.waitFor({ state: 'hidden' });
});

test('alarms: a webhook that refuses is told in words, then it gets through; the heart-beat comes after a run', async () => {
  await button('Alerts').click();
  const form = dialog('Alerts');
  await form.getByRole('checkbox', { name: 'Webhook' }).check();
  await form.getByLabel('Address of the webhook').fill('chat.example.org/hook');
  await button('Save and test').click();
  await form.getByText('An address begins with http:// or https://.').waitFor();
  expect(web.heard).toEqual([]);
  await form.getByLabel('Address of the webhook').fill(`${web.url}/hook`);
  await form.getByRole('checkbox', { name: 'Heartbeat' }).check();
  await form.getByLabel('Heartbeat URL').fill(`${web.url}/beat`);
  await form.getByRole('combobox', { name: 'Form of the message' }).press('ArrowDown');
  await page.locator('.ant-select-item-option').filter({ hasText: 'JSON of Ark’s own' }).click();
  await form.getByRole('checkbox', { name: 'Every week' }).check();
  await form.getByLabel('Weekday').waitFor();
  await button('Save and test').click();
  await form.getByText('The test did not get through everywhere').waitFor();
  await form.getByText(/^Webhook: 127\.0\.0\.1:\d+ answered 500/).waitFor();
  await form.getByText('Heartbeat: delivered').waitFor();
  expect(await axe(page)).toEqual([]);
  // Addresses are secrets: from now on they are kept and not shown.
  expect(await form.getByLabel('Address of the webhook').inputValue()).toBe('is set and not shown');
  await picture(page, 'alarms');
  await strip()
    .getByText(/answered 500/)
    .waitFor();
  status = 200;
  await button('Test').click();
  await form.getByText('The test got through').waitFor();
  expect(
    web.heard.filter((one) => one.path === '/hook').map((one) => JSON.parse(one.body) as unknown),
  ).toEqual([
    expect.objectContaining({ event: 'test', instance: ark.instance }),
    expect.objectContaining({ event: 'test', instance: ark.instance }),
  ]);
  await form.getByRole('button', { name: /Recently sent \(4\)/ }).click();
  await form.getByText(/test · Webhook: 127\.0\.0\.1:\d+ answered 500/).waitFor();
  expect(await axe(page)).toEqual([]);
  await form.getByRole('button', { name: 'Close' }).last().click();
  await form.waitFor({ state: 'hidden' });
  await page.getByText('Alerts are on').waitFor();
  await strip()
    .getByText(/answered 500/)
    .waitFor({ state: 'hidden' });

  const beats = () => web.heard.filter((one) => one.path === '/beat').length;
  const before = beats();
  await runNow('nightly');
  // It is sent once everything about the run is written down.
  await until('the heart-beat comes', () => Promise.resolve(beats() > before || undefined));
  expect(beats()).toBe(before + 1);
});

test('a run that fails is told in its line and at the top', async () => {
  await page.evaluate(async () => {
    const post = (action: string, body: object) =>
      fetch(`api/${action}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    await post('arkStorages:create', { name: 'gone', kind: 'local', folder: '/proc/ark-cannot-be' });
    await post('arkSchedules:create', { name: 'doomed', timing: { cron: '0 3 1 1 *' }, storages: ['gone'] });
    await post('arkStorages:destroy?filterByTk=gone', {});
  });
  await page.reload();
  await tab('Schedules');
  await row('doomed').getByText('STORAGE_UNKNOWN').first().waitFor();
  await strip().getByText('At risk').waitFor();
  await strip()
    .getByRole('button', { name: /^Details/ })
    .click();
  const banners = page.getByTestId('troubles');
  await banners.getByText('“doomed” will fail with its current settings').waitFor();
  await button('Run now: doomed').click();
  const refused = dialog('The schedule was not run');
  await refused.getByText('STORAGE_UNKNOWN').waitFor();
  await refused.getByRole('button', { name: 'Close' }).click();
  await row('doomed').getByText('Failed', { exact: true }).waitFor();
  await banners.getByText(/The last run of “doomed” \(.*\) failed: There is no such storage/).waitFor();
  expect(await axe(page)).toEqual([]);
  const told = web.heard.filter((one) => one.path === '/hook').at(-1)!;
  expect(JSON.parse(told.body)).toMatchObject({
    event: 'failed',
    schedule: 'doomed',
    code: 'STORAGE_UNKNOWN',
  });
  await menu('doomed', 'Remove');
  await dialog('Remove the schedule doomed?').getByRole('button', { name: 'Remove' }).click();
  await row('doomed').waitFor({ state: 'hidden' });
  await strip()
    .getByText(/Backed up, but not/)
    .waitFor();
});

test('a backup by hand is rehearsed and bears it', async () => {
  await tab('Backups');
  await page.locator('#ark-new').click();
  const form = dialog('New backup');
  await form.getByRole('checkbox', { name: /^Custom data/ }).waitFor();
  await form.getByLabel('Name (optional)').fill('by hand');
  await button('Start backup').click();
  await row('by hand.ark').waitFor();
  await closeNews(page);
  await menu('by hand.ark', 'Test restore');
  await dialog('Test the restore of by hand.ark?').getByRole('button', { name: 'Test restore' }).click();
  await page
    .locator('.ant-notification-notice')
    .getByText('Restore test passed')
    .waitFor({ timeout: 180_000 });
  await row('by hand.ark').getByText('Restore tested').waitFor();
  await closeNews(page);
  await button('by hand.ark').click();
  const details = page.getByRole('dialog');
  await details.getByText(/restored into a new database on the same server/).waitFor();
  await details.getByText(/^Not shown: the exchange with the live tables/).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.ant-drawer-mask').waitFor({ state: 'hidden' });
});

test('the history can be searched, and shows how backups grow', async () => {
  await tab(/^History/);
  await page.getByRole('img', { name: /^Size: \d+ backups/ }).waitFor();
  await page.getByTestId('backups-chart').getByText('Duration', { exact: true }).click();
  await page.getByRole('img', { name: /^Duration: \d+ backups/ }).waitFor();
  const lines = page.locator('.ant-table-row:visible');
  const all = await lines.count();
  await page.getByLabel('Search jobs').fill('by hand');
  await page.waitForFunction(
    (before) => document.querySelectorAll('.ant-tabs-tabpane-active .ant-table-row').length < before,
    all,
  );
  expect((await lines.allTextContents()).every((text) => text.includes('by hand.ark'))).toBe(true);
  expect(await axe(page)).toEqual([]);
  await page.getByLabel('Search jobs').fill('');
});

test('the data tab tells what there is, and what clearing the cache would free and freed', async () => {
  await tab('Data');
  const data = await ark.api<DataFolder>('arkSystem:data');
  await page.getByText(data.folder, { exact: true }).waitFor();
  await row('Records of jobs').getByText(/file/).waitFor();
  await row('Cache').waitFor();
  expect(await axe(page)).toEqual([]);
  await picture(page, 'data');
  await button('Clear cache').click();
  const clear = dialog('Clear the cache');
  await clear.getByText(/would be freed:$/).waitFor();
  await clear.getByText('Ark’s cache').waitFor();
  // The console has no cache of an app beside its own.
  expect(await clear.getByRole('checkbox').count()).toBe(0);
  expect(await axe(page)).toEqual([]);
  const [answer] = await Promise.all([
    page.waitForResponse(
      (response) =>
        response.url().includes('clearCache') && response.request().postData()!.includes('"dryRun":false'),
    ),
    button('Clear now').click(),
  ]);
  await clear.getByText(/were freed$/).waitFor();
  expect(((await answer.json()) as { data: Cleared }).data.freed).toBeGreaterThan(0);
  await clear.getByRole('button', { name: 'Close' }).last().click();
  await clear.waitFor({ state: 'hidden' });
  await button('Backups').click();
  await row('by hand.ark').waitFor();
});

describe('looks', () => {
  test.each([
    ['dark', { theme: 'dark' as const }],
    ['narrow', { width: 375, height: 800 }],
  ])('%s', async (name, look) => {
    const other = await openPage(browser, ark.url, look);
    const overflow = () =>
      other.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    for (const [title, seen] of [
      ['Schedules', 'nightly'],
      [/^History/, 'by hand.ark'],
      ['Data', 'Records of jobs'],
    ] as const) {
      await other.getByRole('tab', { name: title }).click();
      await other.locator('.ant-tabs-tabpane-active').getByText(seen).first().waitFor();
      expect(await axe(other)).toEqual([]);
      expect(await overflow()).toBe(0);
    }
    await other.getByRole('tab', { name: 'Schedules' }).click();
    await picture(other, `schedules-${name}`);
    await button('New schedule', other).click();
    await other.getByText('daily at 02:30').last().waitFor();
    await other.getByRole('checkbox', { name: /^Custom data/ }).waitFor();
    expect(await axe(other)).toEqual([]);
    expect(await overflow()).toBe(0);
    await button('Cancel', other).click();
    await button('Alerts', other).click();
    await other.getByRole('checkbox', { name: 'E-mail' }).check();
    expect(await axe(other)).toEqual([]);
    expect(await overflow()).toBe(0);
    expect(other.faults).toEqual([]);
    await other.context().close();
  });

  test.each(['zh-CN', 'fr-FR', 'ja-JP', 'nl-NL'])('in %s', async (language) => {
    const other = await openPage(browser, ark.url, { language });
    for (let at = 1; at < 4; at++) {
      await other.getByRole('tab').nth(at).click();
      expect(await axe(other)).toEqual([]);
    }
    expect(other.faults).toEqual([]);
    await other.context().close();
  });
});
