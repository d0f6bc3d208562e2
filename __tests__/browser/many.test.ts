import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { BackupItem } from '../../src/server/api/api';
import { axe, fromMenu, launch, openPage, picture, SLOWER } from './browser';
import { startMock, type Mock } from './mock';
import { startConsole, type RealConsole } from './realConsole';

/** Several backups at once: what is ticked is counted, what cannot be is named before, and a failure stops nobody. */
let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const tick = (page: Page, name: string) => page.getByLabel(`Select ${name}`, { exact: true }).click();
const bar = (page: Page) => page.getByTestId('many');
const dialog = (page: Page) => page.getByRole('dialog');

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

test('what is ticked is counted with its size; one that fails is named, the others go', () =>
  withMock(15, async (page, mock) => {
    const [first, second, third] = mock.backups.map(({ name }) => name) as [string, string, string];
    for (const name of [first, second, third]) await tick(page, name);
    await bar(page)
      .getByText(/^3 backups selected · [\d.]+ [GM]B$/)
      .waitFor();
    expect(await axe(page)).toEqual([]);
    await bar(page).getByRole('button', { name: 'Delete' }).click();
    // Pinned in another window meanwhile: the server says no.
    mock.backups.splice(1, 1, { ...mock.backups[1]!, pinned: { at: '2026-11-01T00:00:00.000Z' } });
    await dialog(page).getByRole('button', { name: 'Delete permanently' }).click();
    await dialog(page).getByRole('alert').getByText(`${second} · local`).waitFor();
    expect(await dialog(page).getByText('[BACKUP_PINNED]').count()).toBe(1);
    expect(await axe(page)).toEqual([]);
    await dialog(page).getByRole('button', { name: 'Close' }).last().click();
    await dialog(page).waitFor({ state: 'hidden' });
    expect(mock.backups.map(({ name }) => name)).not.toContain(first);
    expect(mock.backups).toHaveLength(13);
    // What failed is still ticked.
    await bar(page)
      .getByText(/^1 backup selected/)
      .waitFor();
  }));

test('what cannot be deleted is named before it begins, and is not tried', () =>
  withMock(15, async (page, mock) => {
    const of = (i: number) => mock.backups[i]!;
    mock.backups.splice(0, 1, { ...of(0), pinned: { at: '2026-11-01T00:00:00.000Z' } });
    mock.backups.splice(1, 1, {
      ...of(1),
      mine: false,
      maker: { kind: 'stranger', fingerprint: 'SHA256:x' },
    });
    mock.tell({
      id: 'job_1',
      kind: 'verify',
      state: 'running',
      subject: of(2).name,
      startedAt: new Date().toISOString(),
      host: 'app-1',
      pid: 1,
    });
    await page.reload();
    await page.getByText('15 backups').first().waitFor();
    await page.getByText(`Verifying ${of(2).name}`, { exact: true }).waitFor();
    const names = [0, 1, 2, 3].map((i) => of(i).name);
    for (const name of names) await tick(page, name);
    await bar(page).getByRole('button', { name: 'Delete' }).click();
    await dialog(page).getByText('Delete 1 backup?').first().waitFor();
    for (const text of [
      `${names[0]!} · local: Pinned`,
      `${names[1]!} · local: of another instance`,
      `${names[2]!} · local: in use`,
    ])
      expect([text, await dialog(page).getByText(text).count()]).toEqual([text, 1]);
    await dialog(page).getByRole('button', { name: 'Delete permanently' }).click();
    await dialog(page).waitFor({ state: 'hidden' });
    expect(mock.backups.map(({ name }) => name)).not.toContain(names[3]);
    expect(mock.backups).toHaveLength(14);
  }));

test('by the keyboard alone, and only what is shown is meant', () =>
  withMock(15, async (page, mock) => {
    const [first] = mock.backups.map(({ name }) => name) as [string];
    await page.getByLabel(`Select ${first}`, { exact: true }).focus();
    await page.keyboard.press('Space');
    await bar(page)
      .getByText(/^1 backup selected/)
      .waitFor();
    await bar(page).getByRole('button', { name: 'Select all' }).focus();
    await page.keyboard.press('Enter');
    await bar(page)
      .getByText(/^15 backups selected/)
      .waitFor();
    await page.getByLabel('Search backups').fill('before-upgrade');
    await bar(page)
      .getByText(/^2 backups selected/)
      .waitFor();
    await page.getByLabel('Clear selection').focus();
    await page.keyboard.press('Enter');
    await bar(page).waitFor({ state: 'detached' });
  }));

test('pinned in one go, said in the list, and unpinned again; a note is written', () =>
  withMock(15, async (page, mock) => {
    const [first, second] = mock.backups.map(({ name }) => name) as [string, string];
    for (const name of [first, second]) await tick(page, name);
    await bar(page).getByRole('button', { name: 'Pin', exact: true }).click();
    await dialog(page).getByRole('button', { name: 'Pin', exact: true }).click();
    await dialog(page).waitFor({ state: 'hidden' });
    await page.locator('.ant-table-row', { hasText: 'Pinned' }).nth(1).waitFor();
    await page.getByRole('button', { name: `More actions for ${first}`, exact: true }).click();
    expect(await page.getByRole('menuitem', { name: 'Delete' }).getAttribute('aria-disabled')).toBe('true');
    await page.keyboard.press('Escape');
    await fromMenu(page, first, 'Note');
    await dialog(page).getByLabel('Note', { exact: true }).fill('before <b>1.9.2</b>');
    await page.keyboard.press('Enter');
    await page.locator('.ant-table-row', { hasText: 'before <b>1.9.2</b>' }).waitFor();
    await fromMenu(page, first, 'Unpin');
    expect(await until(() => Promise.resolve(mock.backups.filter(({ pinned }) => pinned).length === 1))).toBe(
      true,
    );
  }));

test('300 backups: all are ticked and gone in the blink of an eye, and the list stays quick', () =>
  withMock(300, async (page) => {
    await page.locator('.ant-table-row input[type=checkbox]').first().click();
    const begun = Date.now();
    await bar(page).getByRole('button', { name: 'Select all' }).click();
    await bar(page)
      .getByText(/^300 backups selected/)
      .waitFor();
    expect(Date.now() - begun).toBeLessThan(4000 * SLOWER);
    expect(await page.locator('.ant-table-row').count()).toBeLessThan(60);
    expect(await axe(page)).toEqual([]);
  }));

const looks = [
  { language: 'en-US' },
  { language: 'zh-CN', theme: 'dark' },
  { language: 'en-US', width: 375, height: 760 },
  { language: 'zh-CN', width: 375, height: 760 },
] as const;
test.each(looks)('looks well: %j', (how) =>
  withMock(
    15,
    async (page, mock) => {
      mock.backups.splice(1, 1, {
        ...mock.backups[1]!,
        pinned: { at: '2026-11-01T00:00:00.000Z' },
        note: '1.9.2',
      });
      await page.reload();
      const boxes = page.locator('.ant-table-row input[type=checkbox]');
      await boxes.nth(0).click();
      await boxes.nth(1).click();
      await bar(page).waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      expect(await axe(page)).toEqual([]);
      if (how === looks[0]) await picture(page, 'list-selected');
      else if (process.env.ARK_PICTURES) await picture(page, `list-selected-${looks.indexOf(how)}`);
      await bar(page).getByRole('button').nth(-2).click();
      await dialog(page).waitFor();
      expect(await axe(page)).toEqual([]);
      if (process.env.ARK_PICTURES) await picture(page, `many-delete-${looks.indexOf(how)}`);
    },
    how,
  ),
);

test('on a real console: copied to another storage, pinned, and what is pinned stays', async () => {
  const ark: RealConsole = await startConsole();
  const page = await openPage(browser, ark.url);
  try {
    const second = join(ark.folder, 'second');
    await mkdir(second);
    const post = async (action: string, body: unknown) => {
      const answer = await fetch(new URL(`/api/${action}`, ark.url), {
        method: 'POST',
        headers: {
          authorization: `Bearer ${new URL(ark.url).searchParams.get('token')!}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(body),
      });
      return answer.status;
    };
    expect(await post('arkStorages:create', { name: 'second', kind: 'local', folder: second })).toBe(200);
    for (const name of ['one', 'two', 'three']) {
      const made = { groups: ['user'], name, note: `note of ${name}` };
      // The one before may not have ended yet.
      expect(await until(async () => (await post('arkBackups:create', made)) === 200)).toBe(true);
      const isThere = async () =>
        (await ark.api<BackupItem[]>('arkBackups:list')).some((backup) => backup.name === `${name}.ark`);
      expect(await until(isThere)).toBe(true);
    }
    await page.reload();
    await page.getByText('note of three').waitFor();
    for (const name of ['one.ark', 'two.ark', 'three.ark']) await tick(page, name);
    await bar(page).getByRole('button', { name: 'Copy to…' }).click();
    await dialog(page).locator('.ant-select').click();
    await page.locator('.ant-select-item', { hasText: 'second' }).click();
    await dialog(page).getByRole('button', { name: 'Copy', exact: true }).click();
    await dialog(page).waitFor({ state: 'hidden' });
    expect((await readdir(second)).filter((name) => name.endsWith('.ark')).sort()).toEqual([
      'one.ark',
      'three.ark',
      'two.ark',
    ]);
    await page.getByText('6 backups').first().waitFor();
    // Copies bear the note.
    expect(await page.getByText('note of three').count()).toBe(2);
    await page.getByLabel('Select one.ark', { exact: true }).first().click();
    await bar(page).getByRole('button', { name: 'Pin', exact: true }).click();
    await dialog(page).getByRole('button', { name: 'Pin', exact: true }).click();
    await dialog(page).waitFor({ state: 'hidden' });
    await page.locator('.ant-table-row input[type=checkbox]').first().click();
    await bar(page).getByRole('button', { name: 'Select all' }).click();
    await bar(page).getByRole('button', { name: 'Delete' }).click();
    await dialog(page).getByText('Delete 4 backups?').first().waitFor();
    await dialog(page).getByRole('button', { name: 'Delete permanently' }).click();
    await dialog(page).waitFor({ state: 'hidden' });
    expect((await ark.api<BackupItem[]>('arkBackups:list')).map(({ name }) => name)).toEqual([
      'one.ark',
      'one.ark',
    ]);
    expect(page.faults).toEqual([]);
  } finally {
    await page.context().close();
    await ark.stop();
  }
});

async function until(so: () => Promise<boolean>): Promise<boolean> {
  for (let i = 0; i < 100; i += 1) {
    if (await so()) return true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return false;
}
