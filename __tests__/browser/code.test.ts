import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { axe, launch, openPage, picture } from './browser';
import { startConsole, type RealConsole } from './realConsole';

/** What a stranger's backup brings that can run: shown with its text, asked for, or left out. */
let ark: RealConsole;
let browser: Browser;
let page: Page & { faults: string[] };

beforeAll(async () => {
  let other: RealConsole;
  [ark, other, browser] = await Promise.all([startConsole(), startConsole(), launch()]);
  await other.sql.query(`
    CREATE FUNCTION pay_out() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
      BEGIN NEW.note := 'paid'; RETURN NEW; END $$;
    CREATE TABLE payouts (id integer PRIMARY KEY, note text);
    CREATE TRIGGER on_insert BEFORE INSERT ON payouts FOR EACH ROW EXECUTE FUNCTION pay_out();
    INSERT INTO payouts VALUES (1, 'a');`);
  const theirs = await openPage(browser, other.url);
  await theirs.locator('#ark-new').click();
  await theirs.getByLabel('Name (optional)').fill('theirs');
  await theirs.getByRole('button', { name: 'Start backup' }).click();
  await theirs.locator('.ant-notification-notice').filter({ hasText: 'The backup is ready' }).waitFor();
  await theirs.close();
  const bytes = await readFile(join(other.folder, 'backups', 'theirs.ark'));
  await other.stop();
  const sent = await fetch(new URL('/api/arkBackups:upload?name=theirs', ark.url), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${new URL(ark.url).searchParams.get('token') ?? ''}`,
      'content-type': 'application/octet-stream',
    },
    body: bytes,
  });
  expect(sent.status).toBe(200);
  page = await openPage(browser, ark.url);
});

afterAll(async () => {
  await browser.close();
  await ark.stop();
});

afterEach(() => {
  expect(page.faults).toEqual([]);
});

const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
const dialog = () => page.getByRole('dialog');
const made = async () =>
  (await ark.sql.query<{ name: string }>(`SELECT proname AS name FROM pg_proc WHERE proname = 'pay_out'`))
    .rows;

async function toPreview(): Promise<void> {
  await page.goto(ark.url);
  await button('Restore theirs.ark').click();
  await button('See what changes').click();
  await dialog()
    .getByText(/^Brings code that can run: functions: 1 \(1 SECURITY DEFINER\), triggers: 1, views: 1$/)
    .waitFor();
}

test('the details of a backup show the text of all that can run', async () => {
  await page.goto(ark.url);
  await button('theirs.ark').click();
  await page.getByRole('tab', { name: 'Code (3)' }).click();
  await page.getByText('pay_out()').click();
  await page.getByText(/NEW\.note := 'paid'/).waitFor();
  expect(await axe(page)).toEqual([]);
  await picture(page, 'code-details');
  await page.keyboard.press('Escape');
});

test('without consent there is no way on; left out, it does not come', async () => {
  await toPreview();
  expect(await button('Continue').isDisabled()).toBe(true);
  await dialog().getByText('pay_out()').click();
  await dialog()
    .getByText(/NEW\.note := 'paid'/)
    .waitFor();
  expect(await axe(page)).toEqual([]);
  await picture(page, 'code-consent');
  await dialog()
    .getByRole('checkbox', { name: /^Leave code out/ })
    .click();
  await dialog().getByText('Without code: this does not come').waitFor();
  await dialog().getByText('triggers: payouts · on_insert').waitFor();
  expect(await axe(page)).toEqual([]);
  await picture(page, 'code-left-out');
  await restore();
  expect(await made()).toEqual([]);
  // As it was where it was made: its trigger wrote that.
  expect((await ark.sql.query('SELECT note FROM payouts')).rows).toEqual([{ note: 'paid' }]);
});

test('with consent it comes', async () => {
  await toPreview();
  await dialog().getByRole('checkbox', { name: 'I have read this code. Let it run here.' }).check();
  await restore();
  expect(await made()).toEqual([{ name: 'pay_out' }]);
});

async function restore(): Promise<void> {
  await button('Continue').click();
  await page.getByLabel(/type the name of this instance/).fill(ark.instance);
  await button('Restore now').click();
  await page.getByText('Restored', { exact: true }).waitFor({ timeout: 180_000 });
  await dialog().getByRole('button', { name: 'Close' }).last().click();
}
