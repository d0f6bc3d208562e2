import type { Browser } from 'playwright-core';
import { launch, openPage, picture } from '../browser/browser';
import { aDayAtThePage, openedAs } from './atThePage';
import { pressEverything } from '../browser/offered';
import { digest } from '../helpers/digest';
import { textsOf } from '../helpers/spoken';
import type { TestDatabase } from '../helpers/postgres';
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
let db: TestDatabase;
let browser: Browser;

beforeAll(async () => {
  let admin: Caller;
  ({ app, admin, db } = await startInstalled(place));
  await admin.post('collections:create', generalCollection('notes', 'Notes', 'text'));
  for (const text of ['first', 'second', 'third']) await admin.post('notes:create', { text });
  browser = await launch();
}, 600_000);
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
  await line.getByText(/restore tested/).waitFor({ timeout: 240_000 });
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
  await button('Test and save').click();
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

it('a deleted client with three bills and an uploaded file is back in six clicks, and gone again by an undo', async () => {
  const admin = await app.signIn();
  const papers = { type: 'belongsToMany', interface: 'attachment', target: 'attachments' };
  const through = { through: 'clientsPapers', foreignKey: 'f_owner', otherKey: 'f_file' };
  const keys = { sourceKey: 'id', targetKey: 'id' };
  const clients = generalCollection('clients', 'Clients', 'name');
  const bills = generalCollection('bills', 'Bills', 'text');
  const client = { type: 'belongsTo', interface: 'm2o', target: 'clients', foreignKey: 'clientId' };
  await admin.post('collections:create', {
    ...clients,
    fields: [...clients.fields, { name: 'papers', ...papers, ...through, ...keys }],
  });
  await admin.post('collections:create', {
    ...bills,
    fields: [...bills.fields, { name: 'client', ...client, targetKey: 'id' }],
  });
  const headers = { Authorization: `Bearer ${admin.token ?? ''}` };
  const form = new FormData();
  form.append('file', new Blob(['signed and sealed']), 'contract.txt');
  const uploaded = await fetch(`${app.url}/api/attachments:create`, {
    method: 'POST',
    headers,
    body: form,
  });
  const { data: file } = (await uploaded.json()) as { data: { id: number; url: string } };
  const contract = async () => {
    const answer = await fetch(new URL(file.url, app.url), { headers });
    return answer.status === 200 ? answer.text() : undefined;
  };
  const { data } = await admin.post('clients:create', { name: 'Ann', papers: [{ id: file.id }] });
  const { id } = data as { id: number };
  for (const text of ['one', 'two', 'three']) await admin.post('bills:create', { text, client: { id } });
  const tables = async () => {
    const { tables: all } = await digest(db.url);
    return ['clients', 'bills', 'clientsPapers', 'attachments'].map((name) => [name, all[name]]);
  };
  const before = await tables();
  expect(await contract()).toBe('signed and sealed');
  await runJob(admin, 'arkBackups:create', { name: 'with-clients', files: true }, () => app.signIn());

  await admin.post(`bills:destroy?filter={"clientId":${id}}`);
  await admin.post(`clients:destroy?filterByTk=${id}`);
  await admin.post(`attachments:destroy?filterByTk=${file.id}`);
  expect(await contract()).not.toBe('signed and sealed');
  const without = await tables();
  expect(without.slice(0, 2).map(([, rows]) => rows?.split(' ')[0])).toEqual(['0', '0']);
  expect(without[3]).not.toEqual(before[3]);

  const page = await opened('/admin/settings/ark');
  let clicks = 0;
  const click = async (...args: Parameters<typeof page.getByRole>) => {
    clicks += 1;
    await page.getByRole(...args).click();
  };
  await click('button', { name: 'with-clients.ark', exact: true });
  await page.getByLabel('Search collections').fill('clients');
  await click('button', { name: 'Rows of Clients', exact: true });
  await click('checkbox', { name: `Take back row ${id}`, exact: true });
  await click('button', { name: 'Take back 1 row', exact: true });
  const taking = page.getByRole('dialog', { name: 'Take rows back from with-clients.ark' });
  await taking.getByText('bills: 3 rows are missing').waitFor();
  await click('checkbox', { name: 'And what belongs to them', exact: true });
  await taking.getByText(/contract.*txt · .* · comes back/).waitFor();
  await click('button', { name: /^Take back \d rows$/ });
  await taking.getByText(/^\d rows are back$/).waitFor();
  expect(clicks).toBeLessThanOrEqual(6);
  expect(await tables()).toEqual(before);
  expect(await contract()).toBe('signed and sealed');
  const back = await admin.get(`clients:get?filterByTk=${id}&appends=papers`);
  expect(back.data).toMatchObject({ name: 'Ann', papers: [{ id: file.id }] });

  await taking.getByRole('button', { name: 'Undo', exact: true }).click();
  const undo = page.getByRole('dialog', { name: 'Undo taking these rows back?' });
  await undo.getByRole('button', { name: 'Put back as before' }).click();
  await undo.getByText(/^\d rows are as they were before$/).waitFor();
  expect(await tables()).toEqual(without);
  expect(page.faults).toEqual([]);
  await page.context().close();
});

it('the modern page shows it too', async () => {
  const page = await opened('/v/admin/settings/ark');
  await page.getByRole('button', { name: 'Restore from-the-page.ark', exact: true }).waitFor();
  await picture(page, 'nocobase-modern');
  await page.context().close();
});

it('the menu and the page speak the language of the app, in both pages, and English where it is none of ours', async () => {
  const admin = await app.signIn();
  const enabled = async (enabledLanguages: string[]) =>
    expect((await admin.post('systemSettings:put', { enabledLanguages })).status).toBe(200);
  await enabled(['en-US', 'de-DE', 'zh-HK', 'ar-EG']);
  const { token = '' } = admin;
  for (const [told, language] of [
    ['de-DE', 'de-DE'],
    ['zh-HK', 'zh-TW'],
    ['ar-EG', 'en-US'],
  ] as const) {
    const texts = textsOf(language);
    for (const path of ['/admin/settings/ark', '/v/admin/settings/ark']) {
      const kept = { NOCOBASE_TOKEN: token, NOCOBASE_LOCALE: told };
      const page = await openPage(browser, `${app.url}${path}`, { kept });
      page.setDefaultTimeout(90_000);
      await page.locator('#ark-new').getByText(texts['backups.new']!, { exact: true }).waitFor();
      if (told === language)
        await page.getByText(texts['nocobase.title']!, { exact: true }).first().waitFor();
      expect(page.faults).toEqual([]);
      await page.context().close();
    }
  }
  await enabled(['en-US']);
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
      /^(Refresh|Show contents|Verify|Expand row|Copy the path|Backups|Show storages|Show 1 older|Show the newest only|nightly is on|Filters|(Required|Users|Custom data|Third-party services|Other|Logs)\d+|Details( \(\+\d+\))?|Everything that can be undone( \(\d+\))?|Hide this line \(it stays under Data\)|More actions for .+|\S+\.ark)$/;
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
