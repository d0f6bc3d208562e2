import type { Browser } from 'playwright-core';
import { launch, picture } from '../browser/browser';
import { aDayAtThePage, openedAs } from './atThePage';
import { pressEverything } from '../browser/offered';
import { s3Server } from '../helpers/s3Server';
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

const opened = (path: string, account?: string, password?: string) =>
  openedAs(browser, app, path, account, password);

it('Settings → Backup & restore (Ark): back up, change rows, restore with a preview, undo', () =>
  aDayAtThePage(browser, app, {
    collection: 'notes',
    field: 'text',
    pictures: 'nocobase',
    steps: ['new-backup', 'backups', 'rows', 'preview', 'restored'],
  }));

it('a schedule is made, run and proven; the cache of the app is cleared when it is ticked', async () => {
  const page = await opened('/admin/settings/ark');
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
  const page = await opened('/admin/settings/ark');
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
  const page = await opened('/v/admin/settings/ark');
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
    const page = await opened(path, 'viewer', 'secret-1');
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
