import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import type { BackupItem, StorageItem, StorageTest } from '../../src/server/api/api';
import { storageKinds } from '../../src/server/routes/resources/storages';
import enUS from '../../src/locale/en-US.json';
import { s3Server, type S3Server } from '../helpers/s3Server';
import { sftpServer, type SftpServer } from '../helpers/sftpServer';
import { webdavServer, type WebdavServer } from '../helpers/webdavServer';
import { axe, fromMenu, IMAGES, launch, openPage, picture } from './browser';
import { startConsole, type RealConsole } from './realConsole';

/** An admin sets up storages in a real browser; S3 and WebDAV are doubles that listen on this machine. */
let ark: RealConsole;
let browser: Browser;
let page: Page & { faults: string[] };
let bucket: S3Server;
let cloud: WebdavServer;
let ssh: SftpServer;
/** Everything that the page was answered, to look for secrets. */
const answers: string[] = [];

const texts: Readonly<Record<string, string>> = enUS;
const REGION = 'eu-central-7';
const WRONG_SECRET = 'not-the-secret-key-of-the-bucket';

beforeAll(async () => {
  [ark, browser, bucket, cloud, ssh] = await Promise.all([
    startConsole(),
    launch(),
    s3Server({ region: REGION, styles: ['path'] }),
    webdavServer(),
    sftpServer(),
  ]);
  page = await openPage(browser, ark.url);
  page.on('response', (response) => {
    if (!response.url().includes('/api/') || response.url().includes(':watch')) return;
    void response.text().then(
      (text) => answers.push(text),
      () => undefined,
    );
  });
});

afterAll(async () => {
  await browser.close();
  await ark.stop();
  await cloud.close();
  await ssh.close();
  await bucket.close().catch(() => undefined);
});

beforeEach(async () => {
  await page.goto(ark.url);
  await tab('Storages');
  await row('local').waitFor();
});

afterEach(() => {
  expect(page.faults).toEqual([]);
});

const button = (name: string | RegExp, on: Page = page) => on.getByRole('button', { name, exact: true });
const row = (name: string, on: Page = page) => on.getByRole('row').filter({ hasText: name });
const dialog = (name: string, on: Page = page) => on.getByRole('dialog', { name });
const tab = (name: string, on: Page = page) => on.getByRole('tab', { name }).click();

/** The options that are open now. */
const option = (text: string, on: Page = page) =>
  on.locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option').filter({
    hasText: text,
  });

async function choose(label: string, text: string): Promise<void> {
  await page.getByRole('combobox', { name: label }).press('ArrowDown');
  await option(text).click();
}

const save = () => button('Test and save').click();
const menu = (name: string, item: string) => fromMenu(page, name, item);

/** What a person who reads the page's source could see. */
async function noSecrets(...typed: string[]): Promise<void> {
  const secrets = [bucket.secretAccessKey, cloud.password, WRONG_SECRET].filter(
    (one) => !typed.includes(one),
  );
  for (const text of [await page.content(), ...answers]) {
    for (const secret of secrets) expect(text.includes(secret)).toBe(false);
  }
}

async function fillS3(name: string, secret = bucket.secretAccessKey): Promise<Locator> {
  await button('Add storage').click();
  const adding = dialog('Add a storage');
  await adding.getByLabel('Name', { exact: true }).fill(name);
  await adding.getByLabel('Endpoint').fill(bucket.endpoint);
  await adding.getByLabel('Region').fill('us-west-2');
  await adding.getByLabel('Bucket', { exact: true }).fill(bucket.bucket);
  await adding.getByLabel('Access key').fill(bucket.accessKeyId);
  await adding.getByLabel('Secret key').fill(secret);
  return adding;
}

test('the built-in folder can be tested, and neither changed nor removed', async () => {
  await row('local').getByText('Default').waitFor();
  await row('local').getByText('Built in').waitFor();
  expect(await axe(page)).toEqual([]);
  await button('More actions for local').click();
  await page.getByRole('menuitem', { name: 'Make default' }).waitFor();
  expect(await page.getByRole('menuitem').count()).toBe(1);
  await page.keyboard.press('Escape');
  await button('Test local').click();
  await page.getByText('It works: everything').waitFor();
  expect(await page.getByRole('img', { name: 'Works' }).count()).toBe(6);
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
});

test('what is missing is said at its field, before the server is asked and after', async () => {
  await button('Add storage').click();
  const adding = dialog('Add a storage');
  await save();
  expect(await adding.getByText('This is needed.').count()).toBe(4);
  await adding.getByText('Amazon wants to know the region').waitFor();
  expect(await axe(page)).toEqual([]);

  // A service fills in what is known of it, and what is one's own is to be replaced.
  await choose('Service', 'Cloudflare R2');
  expect(await adding.getByLabel('Region').inputValue()).toBe('auto');
  await save();
  await adding.getByText('Replace what is in < > by your own.').waitFor();

  await adding.getByLabel('Name', { exact: true }).fill('Local');
  await adding.getByLabel('Endpoint').fill('ftp://example.com');
  await adding.getByLabel('Bucket', { exact: true }).fill('no/bucket');
  await adding.getByLabel('Access key').fill('AK');
  await adding.getByLabel('Secret key').fill('SK');
  await save();
  await adding.getByText(/There is a storage .* already\./).waitFor();
  await adding.getByLabel('Name', { exact: true }).fill('other');
  await save();
  await adding.getByText('this cannot be the name of a bucket').waitFor();
  await adding.getByLabel('Bucket', { exact: true }).fill('a-bucket');
  await save();
  await adding.getByText('This is not an address. It begins with https:// or http://.').waitFor();
  // What cannot be is not saved in any way.
  expect(await button('Save anyway').count()).toBe(0);
  await adding.getByText('WebDAV', { exact: true }).click();
  await choose('Service', 'Nutstore');
  expect(await adding.getByLabel('WebDAV address').inputValue()).toBe('https://dav.jianguoyun.com/dav/');
  await adding.getByText('Nutstore 坚果云 needs an app password').waitFor();
  expect(await adding.getByLabel('Folder in it', { exact: true }).inputValue()).toBe('ark');
  await adding.getByLabel('Folder in it', { exact: true }).fill('');
  await save();
  await adding.getByText('This is needed.').waitFor();
  await adding.getByText('More settings').click();
  expect(await adding.getByLabel('Split archives into volumes of (MB)').inputValue()).toBe('450');
  expect(await adding.getByLabel('Pause between requests (ms)').inputValue()).toBe('3000');
  expect(await axe(page)).toEqual([]);
  await button('Cancel').click();
  await adding.waitFor({ state: 'hidden' });
});

test('no secret of any kind of storage can be read over a shoulder, and a key keeps its lines', async () => {
  await button('Add storage').click();
  const adding = dialog('Add a storage');
  const kinds = storageKinds();
  expect(kinds.flatMap(({ fields }) => fields).filter((one) => one.secret && one.lines)).not.toEqual([]);
  for (const { name: kind, fields } of kinds) {
    await adding.getByText(texts[`storage.kind.${kind}`]!, { exact: true }).click();
    if (fields.some((field) => field.secret && field.advanced))
      await adding.getByText('More settings').click();
    for (const { name, secret, lines } of fields) {
      if (!secret) continue;
      const field = adding.getByLabel(texts[`storage.field.${name}`]!, { exact: true });
      await field.fill(lines ? 'first\nsecond' : 'first');
      const [hidden, value] = await field.evaluate((element) => {
        const input = element as HTMLInputElement;
        const dots = getComputedStyle(input).getPropertyValue('-webkit-text-security');
        return [input.type === 'password' || dots === 'disc', input.value] as const;
      });
      expect([kind, name, hidden, value]).toEqual([kind, name, true, lines ? 'first\nsecond' : 'first']);
    }
  }
  expect(await axe(page)).toEqual([]);
  await button('Cancel').click();
  await adding.waitFor({ state: 'hidden' });
});

test('S3 with a wrong region and addressing: the test proposes what works, it is applied and saved', async () => {
  const adding = await fillS3('off-site');
  await adding.getByText('More settings').click();
  await choose('How the bucket is addressed', 'own domain');
  await save();
  await page.getByText('It does not work with these settings').waitFor();
  await page.getByText('With these settings it works').waitFor();
  await page.getByText(`Region: us-west-2 → ${REGION}`).waitFor();
  expect(await axe(page)).toEqual([]);
  await picture(page, 'storage-proposal');
  await noSecrets(bucket.secretAccessKey);
  // Nothing is lost of what was typed, and nothing was saved.
  await page.getByText('Not saved yet').waitFor();
  expect(await adding.getByLabel('Name', { exact: true }).inputValue()).toBe('off-site');
  expect(await adding.getByLabel('Secret key').inputValue()).toBe(bucket.secretAccessKey);
  expect(await ark.api<StorageItem[]>('arkStorages:list')).toHaveLength(1);
  await button('Use these settings').click();
  await adding.waitFor({ state: 'hidden' });
  await row('off-site').getByText('Settings').waitFor();
  await row('off-site').getByText(`${bucket.endpoint}/${bucket.bucket}`).waitFor();
  // It left nothing behind.
  expect(bucket.objects()).toEqual([]);
  await noSecrets();

  const [, kept] = await ark.api<StorageItem[]>('arkStorages:list');
  expect(kept).toMatchObject({
    name: 'off-site',
    settings: { region: REGION, addressing: 'path', secretAccessKey: '********' },
  });
});

test('SFTP: the server shows its key, nobody signs in before it is trusted, and it is saved with the storage', async () => {
  await button('Add storage').click();
  const adding = dialog('Add a storage');
  await adding.getByText('SFTP', { exact: true }).click();
  await adding.getByLabel('Name', { exact: true }).fill('by-ssh');
  await adding.getByLabel('Host', { exact: true }).fill('127.0.0.1');
  await adding.getByLabel('Port').fill(String(ssh.port));
  await adding.getByLabel('User', { exact: true }).fill(ssh.user);
  await adding.getByLabel('Password', { exact: true }).fill(ssh.password);
  await save();
  await page.getByText('Is this the server’s key?').waitFor();
  await page.getByText(ssh.hostKeys.ed25519, { exact: true }).waitFor();
  await page.getByText('Nothing was sent yet').waitFor();
  // A question is no failure.
  expect(await page.getByText(/does not work|Failed/).count()).toBe(0);
  expect(ssh.asked).toBe(0);
  expect(await axe(page)).toEqual([]);
  await picture(page, 'storage-host-key');
  expect(await button('Save anyway').count()).toBe(0);
  await button('Trust this key').click();
  await adding.waitFor({ state: 'hidden' });
  expect(ssh.passwords).toBeGreaterThan(0);
  await row('by-ssh').getByText(`u@127.0.0.1:${ssh.port}`).waitFor();
  await noSecrets();
  const kept = (await ark.api<StorageItem[]>('arkStorages:list')).find((one) => one.name === 'by-ssh');
  expect(kept?.settings).toMatchObject({ hostKey: ssh.hostKeys.ed25519, password: '********' });
});

test('a kept secret is not shown, stays when nothing is entered, and goes to no other address', async () => {
  await menu('off-site', 'Edit');
  const editing = dialog('Storage off-site');
  const secret = editing.getByLabel('Secret key');
  expect(await secret.inputValue()).toBe('');
  expect(await secret.getAttribute('placeholder')).toBe('••••••••');
  await editing.getByText('One is kept').waitFor();
  await noSecrets();
  await editing.getByLabel('Folder in it (optional)').fill('shop');
  await editing.getByLabel('Endpoint').fill('http://127.0.0.1:9');
  await save();
  await editing.getByText('Enter it again').waitFor();
  await editing.getByLabel('Endpoint').fill(bucket.endpoint);
  await save();
  await editing.waitFor({ state: 'hidden' });
  await row('off-site').getByText(`${bucket.endpoint}/${bucket.bucket}/shop`).waitFor();
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(
    'More actions for off-site',
  );
});

test('a proposal for a storage that is kept is saved from the list; a public bucket is shouted about', async () => {
  bucket.options.region = 'eu-north-9';
  await button('Test off-site').click();
  await page.getByText(`Region: ${REGION} → eu-north-9`).waitFor();
  await Promise.all([
    // Said for a moment only.
    page.getByText('off-site was saved').waitFor(),
    page.getByText('It works: everything').waitFor(),
    button('Use these settings').click(),
  ]);
  const stored = (await ark.api<StorageItem[]>('arkStorages:list')).find((one) => one.name === 'off-site');
  expect(stored?.settings).toMatchObject({ region: 'eu-north-9', path: 'shop', addressing: 'path' });

  bucket.options.public = true;
  await button('Test again').click();
  const shout = page.getByRole('alert').filter({ hasText: 'Anybody on the internet can read your backups!' });
  await shout.waitFor();
  expect(await axe(page)).toEqual([]);
  await picture(page, 'storage-public');
  expect(await page.getByText('It works: everything').count()).toBe(0);
  bucket.options.public = false;
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
});

test('a wrong key and a wrong password are told at the form', async () => {
  const adding = await fillS3('wrong', WRONG_SECRET);
  await adding.getByLabel('Region').fill('eu-north-9');
  await save();
  await page.getByText('The storage refused the user and password, or the keys').waitFor();
  await page.getByText(/SignatureDoesNotMatch/).waitFor();
  await noSecrets(WRONG_SECRET);

  await adding.getByText('WebDAV', { exact: true }).click();
  await choose('Service', 'Nextcloud');
  await adding.getByLabel('WebDAV address').fill(cloud.url);
  await adding.getByLabel('User').fill(cloud.user);
  await adding.getByLabel('Password').fill(WRONG_SECRET);
  await save();
  await adding.getByText('The storage refused the user and password, or the keys').waitFor();
  await adding.getByText('This service wants an app password').waitFor();
  expect(await adding.locator('.ant-form-item-has-error').count()).toBe(2);
  expect(await axe(page)).toEqual([]);
  await adding.getByLabel('Password').fill(cloud.password);
  await adding.getByLabel('Name', { exact: true }).fill('cloud');
  await save();
  await adding.waitFor({ state: 'hidden' });
  await row('cloud').getByText('WebDAV · Nextcloud').waitFor();
  await noSecrets();
});

test('one that is down just now is saved by whoever says so; what is tried while one leaves is not', async () => {
  const adding = await fillS3('down');
  await adding.getByLabel('Endpoint').fill('http://127.0.0.1:1');
  await save();
  await adding.getByText('nothing listens at that address').waitFor();
  await page.getByText('Not saved yet').waitFor();
  expect(await axe(page)).toEqual([]);
  // It was of something else.
  await adding.getByLabel('Bucket', { exact: true }).fill('another');
  expect(await page.getByText(/Not saved yet|nothing listens/).count()).toBe(0);
  expect(await button('Save anyway').count()).toBe(0);
  await save();
  await button('Save anyway').click();
  await adding.waitFor({ state: 'hidden' });
  await row('down').getByText('http://127.0.0.1:1/another').waitFor();
  await menu('down', 'Remove');
  await button('Remove storage').click();
  await row('down').waitFor({ state: 'hidden' });

  // The test ends well, but nobody waits for it any more.
  const tested = page.waitForResponse((response) => response.url().includes('arkStorages:test'));
  const leaving = await fillS3('left');
  await leaving.getByLabel('Region').fill('eu-north-9');
  await save();
  await page.keyboard.press('Escape');
  expect(((await (await tested).json()) as { data: StorageTest }).data.ok).toBe(true);
  await leaving.waitFor({ state: 'hidden' });
  const names = (await ark.api<StorageItem[]>('arkStorages:list')).map((one) => one.name);
  expect(names).not.toContain('left');
});

test('a backup goes to two storages at once, and the list shows it in both', async () => {
  await tab('Backups');
  await page.locator('#ark-new').click();
  const making = dialog('New backup');
  await making.getByLabel('Name (optional)').fill('nightly');
  const where = making.getByLabel('Destination');
  // The default one is chosen.
  await making.locator('.ant-select-selection-item').filter({ hasText: 'local' }).waitFor();
  await where.press('ArrowDown');
  await option('off-site').click();
  await where.press('Escape');
  await making.getByText('The backup goes to all of them at once.').waitFor();
  expect(await axe(page)).toEqual([]);
  await button('Start backup').click();
  await page.locator('.ant-notification-notice').filter({ hasText: 'The backup is ready' }).waitFor();
  await row('nightly.ark').filter({ hasText: 'off-site' }).waitFor();
  await row('nightly.ark').filter({ hasText: 'local' }).waitFor();
  expect(await row('nightly.ark').count()).toBe(2);
  expect(bucket.objects()).toEqual(['shop/nightly.ark']);
  expect(await ark.backupFiles()).toContain('nightly.ark');
  expect(await axe(page)).toEqual([]);

  await choose('Filter by storage', 'off-site');
  await page.getByRole('status').filter({ hasText: '1 backup ·' }).waitFor();
  expect(await row('nightly.ark').filter({ hasText: 'local' }).count()).toBe(0);
});

test('a backup of another instance is marked, and its restore says so', async () => {
  bucket.putFile('shop/from-elsewhere.ark', join(__dirname, '../../assets/demo.ark'));
  await tab('Backups');
  await button('Refresh').first().click();
  await row('from-elsewhere.ark').getByText('from demo').waitFor();
  expect(
    await row('nightly.ark')
      .getByText(/^from /)
      .count(),
  ).toBe(0);
  expect(await axe(page)).toEqual([]);
  await button('Restore from-elsewhere.ark').click();
  await page.getByText(`Made by demo (unsigned), restored into ${ark.instance}`).waitFor();
  await button('See what changes').click();
  await page.getByText(/\d collections are replaced/).waitFor();
  // It has views, and nobody here knows who made it.
  await page.getByRole('checkbox', { name: 'I have read this code. Let it run here.' }).check();
  await button('Continue').click();
  await page.getByText(`Made by demo (unsigned), restored into ${ark.instance}`).waitFor();
  // Its name is not the one to type.
  await page.getByLabel(/type the name of this instance/).fill('demo');
  expect(await button('Restore now').isDisabled()).toBe(true);
  await page.getByLabel(/type the name of this instance/).fill(ark.instance);
  expect(await button('Restore now').isDisabled()).toBe(false);
  expect(await axe(page)).toEqual([]);
  await button('Cancel').click();
});

test('the default one can be another', async () => {
  await menu('off-site', 'Make default');
  await page.getByText('New backups go to off-site from now on').waitFor();
  await row('off-site').getByText('Default').waitFor();
  expect((await ark.api<StorageItem[]>('arkStorages:list'))[0]).toMatchObject({
    name: 'off-site',
    default: true,
  });
});

test('looks: light, dark and 375 pixels', async () => {
  await picture(page, 'storages');
  for (const look of [{ theme: 'dark' as const }, { width: 375, height: 760 }]) {
    const other = await openPage(browser, ark.url, look);
    await tab('Storages', other);
    await button('Test off-site', other).waitFor();
    expect(await axe(other)).toEqual([]);
    const overflow = () =>
      other.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(await overflow()).toBe(0);
    await picture(other, 'theme' in look ? 'storages-dark' : 'storages-narrow');
    await button('Add storage', other).click();
    await other.getByLabel('Secret key').waitFor();
    expect(await axe(other)).toEqual([]);
    expect(await overflow()).toBe(0);
    await button('Cancel', other).click();
    await tab('Backups', other);
    await other.getByText('from demo').waitFor();
    expect(await overflow()).toBe(0);
    expect(await axe(other)).toEqual([]);
    expect(other.faults).toEqual([]);
    await other.context().close();
  }
});

test.each(['zh-CN', 'fr-FR', 'ja-JP', 'nl-NL'])('in %s nothing is cut off', async (language) => {
  const other = await openPage(browser, ark.url, { language });
  await other.getByRole('tab').nth(1).click();
  await row('off-site', other).waitFor();
  expect(await axe(other)).toEqual([]);
  await other.locator('#ark-storage-add').click();
  await other.getByRole('dialog').locator('input[type=password]').waitFor();
  expect(await axe(other)).toEqual([]);
  expect(other.faults).toEqual([]);
  await other.context().close();
});

/** What a person would enter, by the field's name. */
const GUIDED: readonly {
  readonly service: string;
  readonly kind: 'S3' | 'WebDAV';
  readonly guide: string;
  readonly values: Readonly<Record<string, string>>;
}[] = [
  {
    service: 'Amazon S3',
    kind: 'S3',
    guide: 'aws',
    values: {
      Name: 'off-site',
      Region: 'eu-central-1',
      Bucket: 'garden-backups',
      'Access key': 'AKIAIOSFODNN7EXAMPLE',
      'Secret key': 'not a real secret',
    },
  },
  {
    service: 'Cloudflare R2',
    kind: 'S3',
    guide: 'r2',
    values: {
      Name: 'off-site',
      Endpoint: 'https://4f2a9c.r2.cloudflarestorage.com',
      Bucket: 'garden-backups',
      'Access key': '7d1c0a5b9e',
      'Secret key': 'not a real secret',
    },
  },
  {
    service: 'MinIO',
    kind: 'S3',
    guide: 'minio',
    values: {
      Name: 'off-site',
      Endpoint: 'https://minio.example.com:9000',
      Bucket: 'backups',
      'Access key': 'ark',
      'Secret key': 'not a real secret',
    },
  },
  {
    service: 'Nutstore',
    kind: 'WebDAV',
    guide: 'nutstore',
    values: { Name: 'nutstore', User: 'you@example.com', Password: 'not a real secret' },
  },
];

test.each(GUIDED)(
  '$service has a guide, which opens from its form',
  async ({ service, kind, guide, values }) => {
    await button('Add storage').click();
    const adding = dialog('Add a storage');
    await adding.getByText(kind, { exact: true }).click();
    await choose('Service', service);
    for (const [label, value] of Object.entries(values))
      await adding.getByLabel(label, { exact: true }).fill(value);
    await adding.locator('.ant-modal-content').screenshot({ path: join(IMAGES, `guide-${guide}.png`) });
    const opened = page.context().waitForEvent('page');
    await adding.getByRole('link', { name: 'Step by step, with pictures' }).click();
    const steps = await opened;
    await steps.waitForLoadState('networkidle');
    expect(await steps.title()).toMatch(new RegExp(`^Backups in .*${service.split(' ').at(-1) ?? ''}`));
    const pictures = await steps
      .locator('img')
      .evaluateAll((all) => all.map((img) => (img as HTMLImageElement).naturalWidth));
    expect(pictures.length).toBeGreaterThan(0);
    for (const width of pictures) expect(width).toBeGreaterThan(300);
    expect(await axe(steps)).toEqual([]);
    await steps.close();
    await button('Cancel').click();
  },
);

test('who reads Chinese has the steps for Nutstore in Chinese', async () => {
  const other = await openPage(browser, ark.url, { language: 'zh-CN' });
  await other.getByRole('tab').nth(1).click();
  await other.locator('#ark-storage-add').click();
  const adding = other.getByRole('dialog');
  await adding.getByText('WebDAV', { exact: true }).click();
  await adding.getByRole('combobox').first().press('ArrowDown');
  await option('坚果云', other).click();
  await adding.locator('input[type=password]').fill('not a real secret');
  await adding.locator('.ant-modal-content').screenshot({ path: join(IMAGES, 'guide-nutstore-zh.png') });
  const opened = other.context().waitForEvent('page');
  await adding.getByRole('link', { name: '图文步骤' }).click();
  const steps = await opened;
  await steps.waitForLoadState('networkidle');
  expect(await steps.title()).toBe('备份到坚果云');
  expect(await axe(steps)).toEqual([]);
  expect(other.faults).toEqual([]);
  await other.context().close();
});

test('a storage that went away: the list says so, and what is elsewhere is still there', async () => {
  await bucket.close();
  await page.goto(ark.url);
  const notice = page.getByTestId('safety').getByText('off-site cannot be reached. Its backups');
  // Nobody waits for it to see what the others have. That only off-site was wanted is still known, and said.
  const hidden = page.getByTestId('filters');
  await hidden.getByText('Filters hide 1 backup').waitFor();
  await hidden.getByRole('button', { name: 'Show all' }).click();
  await row('nightly.ark').filter({ hasText: 'local' }).waitFor();
  expect(await notice.count()).toBe(0);
  await notice.waitFor({ timeout: 90_000 });
  await page.getByText(/^1 backup · .* · without off-site$/).waitFor();
  // Told once; why, and its code, for whoever asks.
  expect(await page.getByText('nothing listens at that address').count()).toBe(0);
  expect(await page.getByText('STORAGE_UNAVAILABLE').count()).toBe(0);
  await picture(page, 'storages-unreachable');
  await page.getByTestId('safety').getByRole('button', { name: 'Details' }).click();
  await page.getByTestId('troubles').getByText('nothing listens at that address').waitFor();
  await page.getByTestId('troubles').getByText('STORAGE_UNAVAILABLE').waitFor();
  await row('nightly.ark').filter({ hasText: 'local' }).waitFor();
  expect(await row('from-elsewhere.ark').count()).toBe(0);
  expect(await axe(page)).toEqual([]);
  await button('Show storages').click();
  await row('off-site').getByText('STORAGE_UNAVAILABLE').waitFor();
});

test('it is removed, and its backups stay', async () => {
  await menu('off-site', 'Remove');
  const asking = page.getByRole('dialog').filter({ hasText: 'Remove the storage off-site?' });
  await asking.getByText('The backups stay where they are').waitFor();
  await asking.getByText('It is the default one').waitFor();
  expect(await axe(page)).toEqual([]);
  await button('Remove storage').click();
  await row('off-site').waitFor({ state: 'hidden' });
  await row('local').getByText('Default').waitFor();
  expect(bucket.objects()).toEqual(['shop/from-elsewhere.ark', 'shop/nightly.ark']);
  expect((await ark.api<BackupItem[]>('arkBackups:list')).map((one) => one.name)).toEqual(['nightly.ark']);
  await tab('Backups');
  await page.getByText(/off-site cannot be reached/).waitFor({ state: 'hidden' });
  await noSecrets();
});
