import type { Browser, Page } from 'playwright-core';
import type { JobItem, Permission, ScheduleItem, UndoItem } from '../../src/server/api/api';
import { axe, launch, openPage, picture, SLOWER } from './browser';
import { startMock, type Mock } from './mock';
import { pressEverything } from './offered';

/** What the real console cannot show at will: large lists, a server that goes away, failures of every kind. */
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const withPage = async (
  size: { collections: number; backups: number },
  look: (page: Page & { faults: string[] }, mock: Mock) => Promise<void>,
): Promise<void> => {
  const mock = await startMock(size);
  const page = await openPage(browser, mock.url);
  try {
    await page.locator('#ark-new').waitFor();
    await page.getByTestId('safety').waitFor();
    await look(page, mock);
    expect(page.faults).toEqual([]);
  } finally {
    await page.context().close();
    await mock.stop();
  }
};

const SMALL = { collections: 0, backups: 15 };
const LARGE = { collections: 900, backups: 500 };
/** Generous, for slow machines: what is drawn without virtual lists takes many times as long. */
const QUICK_MS = 2000 * SLOWER;

async function quick(action: () => Promise<unknown>): Promise<void> {
  const begun = Date.now();
  await action();
  expect(Date.now() - begun).toBeLessThan(QUICK_MS);
}

test('500 backups and 1,000 collections stay quick', () =>
  withPage(LARGE, async (page, { backups }) => {
    await page.getByText('500 backups').waitFor();
    // Only the rows in sight are drawn.
    expect(await page.locator('.ant-table-row').count()).toBeLessThan(60);
    await quick(async () => {
      await page.getByLabel('Search backups').fill('before-upgrade');
      await page.getByText(/^1\d\d backups/).waitFor();
    });
    await quick(async () => {
      await page.getByLabel('Search backups').fill('');
      // The list follows what is typed a moment later: until then its end is that of what was searched.
      await page.getByText('500 backups').waitFor();
      await page.locator('.ant-table-tbody-virtual-holder').hover();
      await page.mouse.wheel(0, 1_000_000);
      await page.getByText(backups.at(-1)!.name).waitFor();
    });
    expect(await axe(page)).toEqual([]);

    await page.locator('#ark-new').click();
    const dialog = page.getByRole('dialog', { name: 'New backup' });
    await dialog.getByText('912 collections').waitFor();
    await quick(async () => {
      await dialog.getByText('Single collections', { exact: true }).click();
      await dialog.getByLabel('Search collections').waitFor();
    });
    await quick(async () => {
      await dialog.getByLabel('Search collections').fill('archive 5');
      await dialog.getByText('archive_0050').waitFor();
    });
    expect(await dialog.locator('.ant-tree-treenode').count()).toBeLessThan(60);
    await quick(async () => {
      await dialog.getByRole('button', { name: 'Select none' }).click();
      await dialog.getByText(/^\d[\d,]* of 1,029 collections selected/).waitFor();
    });
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });

    await page.getByLabel('Search backups').fill('shop-20');
    // Rows that move away under the pointer are not what is tested here.
    await page.getByText('500 backups').waitFor({ state: 'hidden' });
    await page
      .getByRole('button', { name: /^Restore shop/ })
      .first()
      .click();
    await page.getByText(/of 1,0\d\d collections selected|of 1,\d{3} collections selected/).waitFor();
    await quick(async () => {
      await page.getByRole('button', { name: 'See what changes' }).click();
      await page.getByText(/collections are replaced/).waitFor();
    });
    await quick(async () => {
      await page.getByText(/^All \(/).click();
      await page.getByText('unchanged').first().waitFor();
    });
    expect(await page.getByRole('dialog').locator('.ant-table-row').count()).toBeLessThan(60);
    expect(await axe(page)).toEqual([]);
  }));

test.each(['en-US', 'zh-CN', 'fr-FR', 'ja-JP', 'nl-NL'] as const)(
  'in NocoBase on a screen of 1280 nothing of the list is out of sight: %s',
  async (language) => {
    const mock = await startMock(SMALL);
    // What NocoBase's own menu and margins leave, and the page's own on both sides.
    const page = await openPage(browser, mock.url, { width: 1048, language });
    try {
      await page.locator('.ant-table-row').first().waitFor();
      const clipped = await page
        .locator('.ant-table-wrapper th, .ant-table-wrapper td')
        .evaluateAll((cells) =>
          cells.filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent),
        );
      expect(clipped).toEqual([]);
      const { scrolled, shown } = await page
        .locator('.ant-table-content')
        .evaluate((table) => ({ scrolled: table.scrollWidth, shown: table.clientWidth }));
      expect(scrolled).toBe(shown);
    } finally {
      await page.context().close();
      await mock.stop();
    }
  },
);

test('a restore that would break something needs an explicit yes', () =>
  withPage(SMALL, async (page) => {
    await page
      .getByRole('button', { name: /^Restore shop/ })
      .first()
      .click();
    await page.getByRole('button', { name: 'See what changes' }).click();
    await page.getByText('This will not work any more after the restore').waitFor();
    const go = page.getByRole('button', { name: 'Continue' });
    expect(await go.isDisabled()).toBe(true);
    expect(await axe(page)).toEqual([]);
    await picture(page, 'restore-warnings');
    await page.getByText('I understand that these will not work').click();
    expect(await go.isDisabled()).toBe(false);
  }));

test('the server goes away and comes back', () =>
  withPage(SMALL, async (page, mock) => {
    const shift = async () => (await page.locator('#ark-new').boundingBox())!.y;
    const before = await shift();
    await mock.stop();
    await page.getByText('The server cannot be reached').waitFor();
    expect(await shift()).toBe(before);
    expect(await axe(page)).toEqual([]);
    await picture(page, 'offline');
    // What was there is still to be seen; what is asked for meanwhile is answered in words.
    await page.getByText(mock.backups[0]!.name).waitFor();
    await page.locator('#ark-new').click();
    await page.getByText('The server did not answer').waitFor();
    await page.keyboard.press('Escape');
    mock.backups.shift();
    await mock.start();
    await page.getByText('The server cannot be reached').waitFor({ state: 'hidden' });
    await page.getByText('14 backups').waitFor();
    expect(await shift()).toBe(before);
  }));

test('failures are told in words, with what to do and their code', () =>
  withPage(SMALL, async (page, mock) => {
    mock.failing.set('arkBackups:list', {
      status: 502,
      code: 'STORAGE_UNAVAILABLE',
      message: 'No route to nas-2.',
    });
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('The storage does not answer').waitFor();
    await page.getByText('No route to nas-2.').waitFor();
    await page.getByText('STORAGE_UNAVAILABLE').waitFor();
    expect(await axe(page)).toEqual([]);
    mock.failing.clear();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('The storage does not answer').waitFor({ state: 'hidden' });

    mock.failing.set('arkBackups:create', {
      status: 409,
      code: 'JOB_BUSY',
      message: 'A restore is running.',
    });
    await page.locator('#ark-new').click();
    await page.getByRole('button', { name: 'Start backup' }).click();
    await page.getByText('The backup was not started').waitFor();
    await page.getByText('Another job is running. Wait until it has ended').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });

    mock.failing.set('arkBackups:preview', {
      status: 422,
      code: 'SOMETHING_NEW',
      message: 'Words of the server.',
    });
    await page
      .getByRole('button', { name: /^Restore shop/ })
      .first()
      .click();
    await page.getByRole('button', { name: 'See what changes' }).click();
    await page.getByText('Words of the server.').waitFor();
    await page.getByText('SOMETHING_NEW').waitFor();
  }));

test.each([1280, 375])('nothing jumps while the page is loading, %i wide', async (width) => {
  const mock = await startMock(SMALL);
  mock.delay = 1500;
  const page = await openPage(browser, 'about:blank', { width });
  try {
    // Every frame is looked at, so that no machine is too fast or too slow to see a jump.
    await page.addInitScript(`
      window.places = [];
      (function look() {
        const y = document.querySelector('#ark-new')?.getBoundingClientRect().y;
        if (y !== undefined && y !== window.places.at(-1)) window.places.push(y);
        requestAnimationFrame(look);
      })();
    `);
    await page.goto(mock.url);
    await page.locator('#ark-new').waitFor();
    expect(await page.getByText('No backups yet').count()).toBe(0);
    await page.getByText('15 backups').waitFor();
    await page.getByTestId('safety').waitFor();
    await page.evaluate(() => new Promise(requestAnimationFrame));
    expect(await page.evaluate('window.places.length')).toBe(1);
    expect(page.faults).toEqual([]);
  } finally {
    await page.context().close();
    await mock.stop();
  }
});

const undoOf = (source: string): UndoItem => ({
  job: 'job_1',
  action: 'restore',
  source,
  at: new Date(Date.now() - 60_000).toISOString(),
  expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
  bytes: 1000,
  collections: [{ name: 'orders', rows: 5 }],
});

const nightly: ScheduleItem = {
  name: 'nightly',
  timing: { every: 1, unit: 'days', at: '02:30' },
  timeZone: 'Europe/Amsterdam',
  storages: ['local'],
  retention: { last: 3 },
  on: true,
  since: new Date(Date.now() - 86_400_000).toISOString(),
  next: [new Date(Date.now() + 3_600_000).toISOString()],
  problems: [],
};

/** What only those see who may do it; everything else is for whoever may view. `look` is offered inside a backup. */
const OFFERS: Readonly<Record<Exclude<Permission, 'view' | 'look'>, readonly RegExp[]>> = {
  backup: [/^New backup$/, /^Run now: nightly$/],
  restore: [/^Upload$/, /^Restore shop/, /^Test restore$/, /^Undo$/],
  download: [/^Download shop/],
  delete: [/^Delete$/, /^Free the space$/, /^Clear cache$/, /^What would be deleted$/],
  settings: [/^Add storage$/, /^Test local$/, /^New schedule$/, /^Alerts$/, /^Edit$/, /^Remove$/],
};

test.each(['view', ...Object.keys(OFFERS)] as Permission[])(
  'a role that may look and "%s": offered is what it may do, and nothing offered is refused',
  async (permission) => {
    const mock = await startMock({ collections: 0, backups: 1 });
    mock.undos.push(undoOf('nightly.ark'));
    mock.schedules.push(nightly);
    mock.may = ['view', permission];
    // What begins something else than a dialog does not get far, but is not refused to the role.
    for (const action of [
      'arkBackups:ticket',
      'arkBackups:verify',
      'arkSchedules:run',
      'arkStorages:test',
      'arkSystem:clearCache',
    ])
      mock.failing.set(action, { status: 404, code: 'BACKUP_NOT_FOUND', message: 'Gone.' });
    const page = await openPage(browser, 'about:blank');
    try {
      const { names, refused } = await pressEverything(page, () => page.goto(mock.url));
      const seen = (may: string) =>
        OFFERS[may as keyof typeof OFFERS].map((name) => names.some((one) => name.test(one)));
      for (const may of Object.keys(OFFERS))
        expect([may, ...new Set(seen(may))]).toEqual([may, may === permission]);
      expect(refused).toEqual([]);
      expect(await axe(page)).toEqual([]);
      expect(page.faults).toEqual([]);
    } finally {
      await page.context().close();
      await mock.stop();
    }
  },
);

test.each([false, true])('rows of a backup are offered to those who may look into it: %s', async (may) => {
  const mock = await startMock({ collections: 0, backups: 1 });
  mock.may = ['view', ...(may ? (['look'] as const) : [])];
  const page = await openPage(browser, mock.url);
  try {
    await page.getByRole('button', { name: mock.backups[0]!.name, exact: true }).click();
    const backup = page.getByRole('dialog', { name: mock.backups[0]!.name });
    await backup.getByLabel('Search collections').fill('contacts');
    await backup.getByText('Contacts', { exact: true }).waitFor();
    const rows = backup.getByRole('button', { name: 'Rows of Contacts', exact: true });
    expect(await rows.count()).toBe(may ? 1 : 0);
    if (may) {
      await rows.click();
      const dialog = page.getByRole('dialog', { name: /^Contacts contacts · in/ });
      // What an archive says is text, whatever it says.
      await dialog.getByRole('cell', { name: '<img src=x onerror=alert(1)>' }).first().waitFor();
      expect(await axe(page)).toEqual([]);
    }
    expect(page.faults).toEqual([]);
  } finally {
    await page.context().close();
    await mock.stop();
  }
});

test('what is in no backup is named, and a new backup begins with it', async () => {
  const mock = await startMock({ collections: 900, backups: 1 });
  mock.notBackedUp = { groups: ['user', 'unknown'], files: true, aesKey: true };
  const page = await openPage(browser, mock.url);
  try {
    const line = page.getByTestId('safety');
    await line.getByText('Backed up, but not: Users, Other, uploaded files, and AES key').waitFor();
    expect(await axe(page)).toEqual([]);
    await page.getByRole('tab', { name: 'History' }).click();
    await line.getByRole('button', { name: 'Back up now, encrypted' }).click();
    const dialog = page.getByRole('dialog', { name: 'New backup' });
    await dialog.getByRole('checkbox', { name: /^Users/ }).waitFor();
    const ticked = await dialog.getByRole('checkbox', { checked: true }).all();
    const names = await Promise.all(
      ticked.map((locator) =>
        locator.evaluate((box: HTMLInputElement) => [...(box.labels ?? [])].at(-1)?.innerText),
      ),
    );
    expect(names.map((name) => /^\S+/.exec(name ?? '')?.[0])).toEqual([
      'Required',
      'Users',
      'Other',
      'Encrypt',
    ]);
    expect(page.faults).toEqual([]);
  } finally {
    await page.context().close();
    await mock.stop();
  }
});

test('a key that somebody keeps elsewhere is missed no longer, until he takes it back', async () => {
  const mock = await startMock({ collections: 900, backups: 1 });
  mock.notBackedUp = { groups: [], files: false, aesKey: true };
  const page = await openPage(browser, mock.url);
  try {
    const line = page.getByTestId('safety');
    await line.getByText('Backed up, but not: AES key').waitFor();
    await line.getByRole('button', { name: 'I keep this key elsewhere' }).click();
    await page.getByText('Keep a copy of aes_key.dat').waitFor();
    expect(await axe(page)).toEqual([]);
    await page.getByRole('button', { name: 'Yes, I keep it' }).click();
    await line.getByText('Backed up', { exact: true }).waitFor();
    await line.getByText('AES key kept elsewhere').hover();
    await page.getByText(/^Said on .* by Ada$/).waitFor();
    expect(await axe(page)).toEqual([]);
    await line.getByRole('button', { name: 'Take back' }).click();
    await line.getByText('Backed up, but not: AES key').waitFor();
    expect(page.faults).toEqual([]);
  } finally {
    await page.context().close();
    await mock.stop();
  }
});

test('a database that goes away is told of once, within seconds, and the page recovers by itself', () =>
  withPage(SMALL, async (page, mock) => {
    const away = { code: 'DATABASE_UNREACHABLE', message: 'Connection refused.' };
    mock.away = away;
    for (const action of ['arkUndos:list', 'arkJobs:list'])
      mock.failing.set(action, { status: 503, ...away });
    await page
      .locator('main')
      .getByText('DATABASE_UNREACHABLE')
      .first()
      .waitFor({ timeout: 15_000 * SLOWER });
    await page.waitForTimeout(500);
    expect(await page.locator('main').getByText('DATABASE_UNREACHABLE').count()).toBe(1);
    mock.away = undefined;
    mock.failing.clear();
    await page
      .locator('main')
      .getByText('DATABASE_UNREACHABLE')
      .waitFor({ state: 'detached', timeout: 15_000 * SLOWER });
  }));

test('a job that another program started is seen from its beginning to its end', () =>
  withPage(SMALL, async (page, mock) => {
    const job: JobItem = {
      id: 'job_9',
      kind: 'restore',
      state: 'running',
      subject: 'nightly.ark',
      startedAt: new Date().toISOString(),
      by: 'cli',
      host: 'app-1',
      pid: 7,
    };
    const place = async () => (await page.locator('#ark-new').boundingBox())!.y;
    const before = await place();
    const progress = { done: 1, total: 2, rows: 1_200_000, bytes: 4e8, percent: 50, eta: 75 };
    mock.tell({ ...job, progress: { ...progress, stage: 'load' } });
    await page.getByText('Restoring nightly.ark').first().waitFor();
    await page.getByText('about 1 min 15 sec left in this step').waitFor();
    await page.getByText('1,200,000 rows').waitFor();
    expect(await axe(page)).toEqual([]);
    expect(await place()).toBe(before);
    expect(await page.locator('#ark-new').isDisabled()).toBe(true);
    mock.tell({
      ...job,
      state: 'failed',
      endedAt: new Date().toISOString(),
      error: { code: 'TABLE_LOCKED', message: 'orders is locked by pid 55.' },
    });
    await page.getByText('The restore failed; nothing was changed').waitFor();
    await page.getByText(/Someone is using a table/).waitFor();
    expect(await place()).toBe(before);
    await page.getByRole('tab', { name: /^History/ }).click();
    await page.getByText('TABLE_LOCKED').first().waitFor();
  }));

test('an instance whose data was copied asks which of the two it is', () =>
  withPage(SMALL, async (page, mock) => {
    const stray = { name: 'nightly-7.ark', storage: 'cloud', createdAt: new Date().toISOString() };
    for (const [which, question] of [
      ['This is the original', 'Take these backups for its own?'],
      ['This is the copy', 'Give it a number and key of its own?'],
    ] as const) {
      mock.strays = [stray];
      await page.reload();
      await page.getByRole('tab', { name: 'Data' }).click();
      await page.getByText('1 backup has this instance’s signature, but was not made by it').waitFor();
      await page.getByText(/The newest: nightly-7.ark in cloud/).waitFor();
      expect(await axe(page)).toEqual([]);
      await page.getByRole('button', { name: which }).click();
      await page.getByRole('dialog', { name: question }).waitFor();
      await page.getByRole('dialog').getByRole('button', { name: which }).click();
      await page.getByText(/has this instance’s signature/).waitFor({ state: 'hidden' });
    }
  }));
