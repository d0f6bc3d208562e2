import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { BackupItem, UploadItem } from '../../src/server/api/api';
import { axe, launch, openPage } from './browser';
import { newLine, type Line } from './brokenLine';
import { startConsole, TOKEN, type RealConsole } from './realConsole';

/** Large files over lines that break, from a real browser to the real console. */
let ark: RealConsole;
let browser: Browser;
let page: Page & { faults: string[] };
let folder: string;
/** A file of several pieces, and what is in it. */
let file: string;
let bytes: Buffer;
let line: Line;

const PIECE = 8 * 1024 * 1024;

const asked = (path: string, method = 'GET') =>
  fetch(new URL(`/api/${path}`, ark.url), {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    ...(method === 'POST' && { body: JSON.stringify({ name: 'large', collections: ['large'] }) }),
  });
const stored = async (name: string): Promise<Buffer> =>
  Buffer.from(await (await asked(`arkBackups:download?filterByTk=${name}`)).arrayBuffer());

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ark-uploads-'));
  [ark, browser] = await Promise.all([startConsole(), launch()]);
  await ark.sql.query(
    `CREATE TABLE large AS SELECT g AS id, (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 6 + g * 0)) AS value
     FROM generate_series(1, 200000) g; ALTER TABLE large ADD PRIMARY KEY (id); ANALYZE large`,
  );
  expect((await asked('arkBackups:create', 'POST')).status).toBe(200);
  while (!existsSync(join(ark.folder, 'backups', 'large.ark')))
    await new Promise((done) => setTimeout(done, 100));
  await ark.sql.query('DROP TABLE large');
  bytes = await readFile(join(ark.folder, 'backups', 'large.ark'));
  expect(bytes.length).toBeGreaterThan(2 * PIECE);
  file = join(folder, 'nightly.ark');
  await writeFile(file, bytes);
  line = await newLine(ark.url);
  page = await openPage(browser, line.url);
});

afterAll(async () => {
  await browser.close();
  line.close();
  await ark.stop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  Object.assign(line, { most: Infinity, brokenFrom: Infinity });
  line.pieces.length = 0;
  await page.goto(line.url);
  await page.getByRole('tab', { name: 'Backups' }).waitFor();
});

const choose = (path: string) =>
  page.getByLabel('Upload', { exact: true }).and(page.locator('input')).setInputFiles(path);
const card = () => page.getByTestId('upload-progress');
const unfinished = () => page.getByTestId('upload-unfinished');
const button = (name: string) => page.getByRole('button', { name, exact: true });
/** It is here as it was sent; nothing else is left of it. */
async function arrived(name: string): Promise<void> {
  await page.getByText(`${name} was uploaded and can be restored`).waitFor();
  expect((await stored(name)).equals(bytes)).toBe(true);
  expect(await ark.api<UploadItem[]>('arkUploads:list')).toEqual([]);
  await rm(join(ark.folder, 'backups', name));
}
/** Wide and narrow, and in the dark: nothing serious by axe, and nothing that sticks out. */
async function looks(): Promise<void> {
  const size = page.viewportSize()!;
  await page.setViewportSize({ width: 375, height: size.height });
  for (const other of ['Switch to dark', 'Switch to light']) {
    expect([other, await axe(page)]).toEqual([other, []]);
    const overflow = () =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(await overflow()).toBe(0);
    await button(other).click();
    await page.waitForTimeout(300);
  }
  await page.setViewportSize(size);
  expect(await axe(page)).toEqual([]);
}

test('a line that breaks in the middle of a piece is waited for, and the upload goes on by itself', async () => {
  line.brokenFrom = PIECE;
  await choose(file);
  await card()
    .getByText(/Connection lost\. It goes on by itself; \d+% is there\./)
    .waitFor();
  expect((await ark.api<UploadItem[]>('arkUploads:list')).map(({ offset }) => offset)).toEqual([PIECE]);
  for (const name of ['Retry now', 'Pause', 'Cancel']) await button(name).waitFor();
  await looks();
  line.brokenFrom = Infinity;
  const before = line.pieces.length;
  await arrived('nightly.ark');
  // Nothing that was there was sent again, and what failed went in smaller pieces.
  const after = line.pieces.slice(before);
  expect(after.every(([offset]) => offset >= PIECE)).toBe(true);
  expect(after[0]![1]).toBeLessThan(PIECE);
});

test('"Retry now" does not wait', async () => {
  line.brokenFrom = 0;
  await choose(file);
  await card().getByText('Connection lost').waitFor();
  // The third wait is of five seconds.
  while (line.pieces.length < 3) await page.waitForTimeout(50);
  await card().getByText('Connection lost').waitFor();
  line.brokenFrom = Infinity;
  const since = Date.now();
  await button('Retry now').click();
  while (line.pieces.length < 4) await page.waitForTimeout(10);
  expect(Date.now() - since).toBeLessThan(3_000);
  await arrived('nightly.ark');
});

test('it pauses, survives a reload of the page, and goes on with the same file and no other', async () => {
  line.brokenFrom = PIECE;
  await choose(file);
  await card().getByText('Connection lost').waitFor();
  await button('Pause').click();
  await card()
    .getByText(/Paused; \d+% is there\./)
    .waitFor();
  await looks();
  await button('Go on').click();
  await card().getByText('Connection lost').waitFor();
  await page.reload();
  await unfinished()
    .getByText(/nightly\.ark: \d+% of [\d.]+ MB is here\. Choose the same file to go on\./)
    .waitFor();
  await looks();
  line.brokenFrom = Infinity;

  const chosen = unfinished().locator('input[type=file]');
  const elsewhere = join(folder, 'other.ark');
  await writeFile(elsewhere, bytes);
  await chosen.setInputFiles(elsewhere);
  await page
    .getByText(/other\.ark is not the file that was begun\. Choose nightly\.ark \([\d.]+ MB\)/)
    .waitFor();
  await button('Close').click();

  // Of the same name and size, and nearly the same.
  const changed = Buffer.from(bytes);
  changed[changed.length - 70]! ^= 1;
  await rm(elsewhere);
  const twin = join(await mkdtemp(join(folder, 'twin-')), 'nightly.ark');
  await writeFile(twin, changed);
  await chosen.setInputFiles(twin);
  await page.getByText(/nightly\.ark is not the file that was begun/).waitFor();
  expect(await axe(page)).toEqual([]);
  await button('Close').click();

  line.pieces.length = 0;
  await chosen.setInputFiles(file);
  await arrived('nightly.ark');
  expect(line.pieces[0]![0]).toBe(PIECE);
  expect(await unfinished().count()).toBe(0);
});

test('where a proxy refuses large bodies it goes in smaller pieces; where it refuses all, that is said', async () => {
  line.most = 1024 * 1024;
  await choose(file);
  await arrived('nightly.ark');
  const through = line.pieces.filter(([, size]) => size <= line.most);
  expect(line.pieces.length - through.length).toBe(3);
  expect(through.reduce((sum, [, size]) => sum + size, 0)).toBe(bytes.length);
  await button('Close').click();

  line.most = 200_000;
  await choose(file);
  await page.getByText('The upload of nightly.ark stopped; what is here stays').waitFor();
  await page.getByText(/refuses even pieces of 262 kB.*client_max_body_size/).waitFor();
  expect(await axe(page)).toEqual([]);
  await button('Close').click();
  await unfinished().waitFor();
  await button('Throw away').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Throw away' }).click();
  await unfinished().waitFor({ state: 'hidden' });
  expect(await ark.api<UploadItem[]>('arkUploads:list')).toEqual([]);
});

test('cancelled, it leaves nothing', async () => {
  line.brokenFrom = PIECE;
  await choose(file);
  await card().getByText('Connection lost').waitFor();
  await button('Cancel').click();
  await card().waitFor({ state: 'hidden' });
  while ((await ark.api<UploadItem[]>('arkUploads:list')).length > 0) await page.waitForTimeout(50);
  expect(await unfinished().count()).toBe(0);
  expect((await ark.api<BackupItem[]>('arkBackups:list')).map(({ name }) => name)).not.toContain(
    'nightly.ark',
  );
});
