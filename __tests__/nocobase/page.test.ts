import type { Browser, Page } from 'playwright-core';
import { join } from 'node:path';
import { launch, openPage, picture } from '../browser/browser';
import { ownPlace } from '../helpers/place';
import { until } from '../helpers/waiting';
import { startWithArk, type Caller, type NocoBase } from './app';

/** An admin at NocoBase's own pages, the classic and the modern one, in a real browser. */
const { data, database } = ownPlace();
let app: NocoBase;
let browser: Browser;

beforeAll(async () => {
  const home = join(data.folder, 'app');
  let admin: Caller;
  ({ app, admin } = await startWithArk({ home, database: (await database()).url }));
  await admin.post('collections:create', {
    name: 'notes',
    title: 'Notes',
    template: 'general',
    fields: [
      {
        name: 'id',
        type: 'bigInt',
        autoIncrement: true,
        primaryKey: true,
        allowNull: false,
        interface: 'id',
      },
      { name: 'text', type: 'string', interface: 'input' },
    ],
  });
  for (const text of ['first', 'second', 'third']) await admin.post('notes:create', { text });
  browser = await launch();
}, 180_000);
afterAll(async () => {
  await browser.close();
  await app.stop();
});

async function signedIn(path: string): Promise<Page> {
  const page = await openPage(browser, `${app.url}/signin?redirect=${encodeURIComponent(path)}`);
  page.setDefaultTimeout(40_000);
  await page.locator('input[type=password]').waitFor();
  await page.locator('input:not([type=password])').first().fill('admin@nocobase.com');
  await page.locator('input[type=password]').fill('admin123');
  await page.locator('button[type=submit]').first().click();
  await page.waitForURL((url) => !url.pathname.includes('signin'));
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
  await picture(page, 'nocobase-restored');
  await page.context().close();

  // The restored users know nothing of the sign-in before.
  const later = await signedIn('/admin/settings/ark');
  await later.goto(`${app.url}/admin/settings/ark`);
  await later.getByTestId('undo-banner').getByRole('button', { name: 'Undo' }).click();
  await later.getByRole('dialog').getByRole('button', { name: 'Undo' }).click();
  await until(
    'the undo is through',
    async () => ((await texts())?.at(-1) === 'newer' ? true : undefined),
    120_000,
  );
  expect(await texts()).toEqual(['overwritten', 'overwritten', 'overwritten', 'newer']);
  await later.context().close();
});

it('the modern page shows it too', async () => {
  const page = await signedIn('/admin/settings/ark');
  await page.goto(`${app.url}/v/admin/settings/ark`);
  await page.getByRole('button', { name: 'Restore from-the-page.ark', exact: true }).waitFor();
  await picture(page, 'nocobase-modern');
  await page.context().close();
});
