import type { Browser, Page } from 'playwright-core';
import { openPage, picture } from '../browser/browser';
import { NOW_AND_THEN, until } from '../helpers/waiting';
import type { NocoBase } from './app';

/** In at the door, by its form. */
export async function signedIn(
  browser: Browser,
  app: NocoBase,
  path: string,
): Promise<Page & { faults: string[] }> {
  const page = await openPage(browser, `${app.url}/signin?redirect=${encodeURIComponent(path)}`);
  page.setDefaultTimeout(90_000);
  await page.locator('input[type=password]').waitFor();
  await page.locator('input:not([type=password])').first().fill('admin@nocobase.com');
  await page.locator('input[type=password]').fill('admin123');
  await page.locator('button[type=submit]').first().click();
  await page.waitForURL((url) => !url.pathname.includes('signin'));
  return page;
}

/** Of somebody who has signed in before, as the browser keeps it. */
export async function openedAs(
  browser: Browser,
  app: NocoBase,
  path: string,
  account?: string,
  password?: string,
): Promise<Page & { faults: string[] }> {
  const { token = '' } = await app.signIn(account, password);
  const page = await openPage(browser, `${app.url}${path}`, { kept: { NOCOBASE_TOKEN: token } });
  page.setDefaultTimeout(90_000);
  return page;
}

interface Day {
  /** With three rows, whose texts are first, second and third. */
  readonly collection: string;
  readonly field: string;
  /** What the names of its screenshots begin with, and of which steps there are some. */
  readonly pictures: string;
  readonly steps: readonly ('new-backup' | 'backups' | 'rows' | 'preview' | 'restored')[];
}

/** Back up, change rows, restore with a preview, undo: by hand, at the page of a running app. */
export async function aDayAtThePage(
  browser: Browser,
  app: NocoBase,
  { collection, field, pictures, steps }: Day,
): Promise<void> {
  const show = async (step: Day['steps'][number]): Promise<void> => {
    if (steps.includes(step)) await picture(page, `${pictures}-${step}`);
  };
  const texts = async (): Promise<string[] | undefined> => {
    const caller = await app.signIn().catch(() => undefined);
    const answer = await caller?.get(`${collection}:list?sort=id`);
    if (answer?.status !== 200) return undefined;
    return (answer.data as Record<string, string>[]).map((row) => row[field] ?? '');
  };
  const page = await signedIn(browser, app, '/admin/settings/ark');
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  await page.goto(`${app.url}/admin/settings/ark`);
  await page.locator('#ark-new').click();
  await page.getByRole('dialog').getByLabel('Name (optional)').fill('from-the-page');
  await show('new-backup');
  await button('Start backup').click();
  await button('Restore from-the-page.ark').waitFor();
  await show('backups');

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

  // One of its rows, without restoring anything; two conditions at once.
  await button('from-the-page.ark').click();
  await page.getByLabel('Search collections').fill(collection);
  await page
    .getByRole('button', { name: new RegExp(`^Rows of ${collection}$`, 'i') })
    .first()
    .click();
  const rows = page.getByRole('dialog', { name: new RegExp(`${collection} · in from-the-page`) });
  await rows.getByLabel('Search in all values').fill('second');
  await page.keyboard.press('Enter');
  await rows.getByText('3 of 3 rows looked at').waitFor();
  await rows.getByRole('cell', { name: 'second', exact: true }).click();
  await show('rows');
  for (const column of ['id', field]) {
    await rows
      .getByRole('button', { name: new RegExp(`^Only rows with this value: ${column}$`, 'i') })
      .first()
      .click();
    await rows
      .locator('.ant-tag')
      .filter({ hasText: new RegExp(`^${column}: `, 'i') })
      .waitFor();
    await rows.getByText('3 of 3 rows looked at').waitFor();
    const open = rows.getByRole('button', { name: /Expand row|Collapse row/i }).first();
    if ((await open.getAttribute('aria-expanded')) !== 'true') await open.click();
  }
  expect(await rows.locator('.ant-table-row').count()).toBe(1);
  await page.goto(`${app.url}/admin/settings/ark`);

  const api = await app.signIn();
  await api.post(`${collection}:update?filter={"id.$gt":0}`, { [field]: 'overwritten' });
  await api.post(`${collection}:create`, { [field]: 'newer' });
  expect(await texts()).toEqual(['overwritten', 'overwritten', 'overwritten', 'newer']);

  await button('Restore from-the-page.ark').click();
  await button('See what changes').click();
  await page.getByText(/collections? (is|are) replaced/).waitFor();
  await show('preview');
  await button('Continue').click();
  const { instance } = (await api.get('arkSystem:get')).data as { instance: string };
  await page.getByLabel(/type the name of this instance/).fill(instance);
  await button('Restore now').click();
  await until(
    'the rows are back',
    async () => ((await texts())?.join() === 'first,second,third' ? true : undefined),
    240_000,
    NOW_AND_THEN,
  );
  // It was the same admin before: the page goes on by itself once the app has started again.
  await page.getByTestId('undo-line').getByText('Restored on').waitFor({ timeout: 240_000 });
  await show('restored');
  await page.context().close();

  // The restored users know nothing of the sign-in before.
  const later = await openedAs(browser, app, '/admin/settings/ark');
  await later.getByTestId('undo-line').getByRole('button', { name: 'Undo' }).click();
  // Rows came since, but only those of a sign-in, which nobody misses: no name has to be typed first.
  await later.getByRole('dialog').getByRole('button', { name: 'Undo' }).click();
  await until(
    'the undo is through',
    async () => ((await texts())?.at(-1) === 'newer' ? true : undefined),
    240_000,
    NOW_AND_THEN,
  );
  expect(await texts()).toEqual(['overwritten', 'overwritten', 'overwritten', 'newer']);
  await later.context().close();
}
