import type { Browser, Page } from 'playwright-core';
import { launch, openPage, picture } from '../browser/browser';
import { pressEverything } from '../browser/offered';
import { s3Server } from '../helpers/s3Server';
import { until } from '../helpers/waiting';
import {
  appPlace,
  generalCollection,
  PLUGIN,
  runJob,
  startInstalled,
  type Caller,
  type NocoBase,
} from './app';

/** An admin at NocoBase's own pages, the classic and the modern one, in a real browser. */
const place = appPlace();
let app: NocoBase;
let browser: Browser;

beforeAll(async () => {
  let admin: Caller;
  ({ app, admin } = await startInstalled(place));
  await admin.post('collections:create', generalCollection('notes', 'Notes', 'text'));
  for (const text of ['first', 'second', 'third']) await admin.post('notes:create', { text });
  browser = await launch();
}, 180_000);
afterAll(async () => {
  await browser.close();
  await app.stop();
});

/** In at the door, by its form. */
async function signedIn(path: string): Promise<Page & { faults: string[] }> {
  const page = await openPage(browser, `${app.url}/signin?redirect=${encodeURIComponent(path)}`);
  page.setDefaultTimeout(40_000);
  await page.locator('input[type=password]').waitFor();
  await page.locator('input:not([type=password])').first().fill('admin@nocobase.com');
  await page.locator('input[type=password]').fill('admin123');
  await page.locator('button[type=submit]').first().click();
  await page.waitForURL((url) => !url.pathname.includes('signin'));
  return page;
}

/** Of somebody who has signed in before, as the browser keeps it. */
async function openedAs(
  path: string,
  account?: string,
  password?: string,
): Promise<Page & { faults: string[] }> {
  const { token = '' } = await app.signIn(account, password);
  const page = await openPage(browser, `${app.url}${path}`, { kept: { NOCOBASE_TOKEN: token } });
  page.setDefaultTimeout(40_000);
  return page;
}

const texts = async (): Promise<string[] | undefined> => {
  const caller = await app.signIn().catch(() => undefined);
  const answer = await caller?.get('notes:list?sort=id');
  return answer?.status === 200 ? (answer.data as { text: string }[]).map((one) => one.text) : undefined;
};

it('Settings → Backup & restore (Ark): back up, change rows, restore with a preview, undo', async () => {
  const page = await signedIn('/admin/settings/ark');
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  await page.goto(`${app.url}/admin/settings/ark`);
  await page.locator('#ark-new').click();
  await page.getByRole('dialog').getByLabel('Name (optional)').fill('from-the-page');
  await picture(page, 'nocobase-new-backup');
  await button('Start backup').click();
  await button('Restore from-the-page.ark').waitFor();
  await picture(page, 'nocobase-backups');

  const links: string[] = [];
  page.on('request', (request) => void links.push(request.url()));
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    button('Download from-the-page.ark').click(),
  ]);
  expect(download.suggestedFilename()).toBe('from-the-page.ark');
  expect(await download.failure()).toBeNull();
  // What signs people in is in no address: addresses are written into logs.
  const token = await page.evaluate(() => localStorage.getItem('NOCOBASE_TOKEN'));
  expect(token).toMatch(/^ey/);
  for (const link of [...links, download.url()]) expect(link).not.toContain(token);

  const api = await app.signIn();
  await api.post('notes:update?filter={"id.$gt":0}', { text: 'overwritten' });
  await api.post('notes:create', { text: 'newer' });
  expect(await texts()).toEqual(['overwritten', 'overwritten', 'overwritten', 'newer']);

  await button('Restore from-the-page.ark').click();
  await button('See what changes').click();
  await page.getByText(/collections? (is|are) replaced/).waitFor();
  await picture(page, 'nocobase-preview');
  await button('Continue').click();
  const { instance } = (await api.get('arkSystem:get')).data as { instance: string };
  await page.getByLabel(/type the name of this instance/).fill(instance);
  await button('Restore now').click();
  await until(
    'the rows are back',
    async () => ((await texts())?.join() === 'first,second,third' ? true : undefined),
    120_000,
  );
  // It was the same admin before: the page goes on by itself once the app has started again.
  await page.getByTestId('undo-banner').getByText('Restored on').waitFor({ timeout: 90_000 });
  await picture(page, 'nocobase-restored');
  await page.context().close();

  // The restored users know nothing of the sign-in before.
  const later = await openedAs('/admin/settings/ark');
  await later.getByTestId('undo-banner').getByRole('button', { name: 'Undo' }).click();
  // Rows came since, but only those of a sign-in, which nobody misses: no name has to be typed first.
  await later.getByRole('dialog').getByRole('button', { name: 'Undo' }).click();
  await until(
    'the undo is through',
    async () => ((await texts())?.at(-1) === 'newer' ? true : undefined),
    120_000,
  );
  expect(await texts()).toEqual(['overwritten', 'overwritten', 'overwritten', 'newer']);
  await later.context().close();
});

it('a schedule is made, run and proven; the cache of the app is cleared when it is ticked', async () => {
  const page = await openedAs('/admin/settings/ark');
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  await page.getByRole('tab', { name: 'Schedules' }).click();
  await button('Make the first schedule').click();
  await page.getByText('daily at 02:30').waitFor();
  await page.getByRole('checkbox', { name: /^Custom data/ }).waitFor();
  await button('Save').click();
  await button('Run now: nightly').click();
  const line = page.getByRole('row').filter({ hasText: 'nightly' });
  await line.getByText(/restore tested/).waitFor({ timeout: 120_000 });
  await page.getByTestId('safety').getByText('Restore tested').waitFor();
  await picture(page, 'nocobase-schedules');
  await page.getByRole('tab', { name: 'Data' }).click();
  await button('Clear cache').click();
  await page.getByRole('checkbox', { name: 'The app’s own cache too' }).check();
  await page.getByText('The app’s own cache', { exact: true }).waitFor();
  await button('Clear now').click();
  await page.getByText(/were freed$/).waitFor();
  await page.context().close();
});

it('a storage is added, which the test has tried; a backup goes there too', async () => {
  const s3 = await s3Server();
  const page = await openedAs('/admin/settings/ark');
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  await page.getByRole('tab', { name: 'Storages' }).click();
  await button('Add storage').click();
  const adding = page.getByRole('dialog', { name: 'Add a storage' });
  await adding.getByLabel('Name', { exact: true }).fill('off-site');
  await adding.getByLabel('Endpoint').fill(s3.endpoint);
  await adding.getByLabel('Region').fill('us-east-1');
  await adding.getByLabel('Bucket', { exact: true }).fill(s3.bucket);
  await adding.getByLabel('Access key').fill(s3.accessKeyId);
  await adding.getByLabel('Secret key').fill(s3.secretAccessKey);
  await button('Test').click();
  await adding.getByText('It works: everything that a backup and a restore need was tried.').waitFor();
  await button('Save').click();
  await page.getByRole('row').filter({ hasText: 'off-site' }).waitFor();
  await picture(page, 'nocobase-storages');
  await page.getByRole('tab', { name: 'Backups' }).click();
  await page.locator('#ark-new').click();
  const backup = page.getByRole('dialog', { name: 'New backup' });
  await backup.getByLabel('Name (optional)').fill('in-two-places');
  const where = backup.getByLabel('Destination');
  await where.press('ArrowDown');
  await page.locator('.ant-select-item-option').filter({ hasText: 'off-site' }).click();
  await where.press('Escape');
  await button('Start backup').click();
  await page
    .getByRole('row')
    .filter({ hasText: 'in-two-places.ark' })
    .filter({ hasText: 'off-site' })
    .waitFor();
  expect(s3.objects()).toEqual(['in-two-places.ark']);
  await page.context().close();
  await s3.close();
});

it('the modern page shows it too', async () => {
  const page = await openedAs('/v/admin/settings/ark');
  await page.getByRole('button', { name: 'Restore from-the-page.ark', exact: true }).waitFor();
  await picture(page, 'nocobase-modern');
  await page.context().close();
});

it('a role that may look alone sees everything, is offered nothing else, and is refused nothing', async () => {
  const { caller: admin } = await runJob(
    await app.signIn(),
    'arkBackups:create',
    { name: 'to-look-at' },
    () => app.signIn(),
  );
  await admin.post('roles:create', { name: 'r_viewer', title: 'Viewer', snippets: [`pm.${PLUGIN}.view`] });
  await admin.post('users:create', {
    username: 'viewer',
    password: 'secret-1',
    roles: [{ name: 'r_viewer' }],
  });
  for (const path of ['/admin/settings/ark', '/v/admin/settings/ark']) {
    const page = await openedAs(path, 'viewer', 'secret-1');
    const { names, refused } = await pressEverything(page, () => page.goto(`${app.url}${path}`));
    const ours = refused.filter((one) => /\/api\/ark/.test(one));
    expect([path, ours]).toEqual([path, []]);
    const may =
      /^(Refresh|Show contents|Verify|Expand row|Copy the path|Backups|Show storages|nightly is on|(More actions for )?\S+\.ark)$/;
    expect([path, names.filter((name) => !may.test(name))]).toEqual([path, []]);
    await page.getByRole('tab', { name: 'Backups' }).click();
    await page.getByRole('button', { name: 'More actions for to-look-at.ark' }).click();
    await page.getByRole('menuitem', { name: 'Show contents' }).click();
    await page
      .getByRole('dialog')
      .getByText(/^Contents \(/)
      .waitFor();
    await page.context().close();
  }
});
