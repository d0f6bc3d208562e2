import type { Browser, Page } from 'playwright-core';
import type { JobItem, Permission, TakeBackItem } from '../../src/server/api/api';
import { axe, launch, openPage, picture, SLOWER } from './browser';
import { startMock, type Mock } from './mock';
import { nightly, undoOf } from './mockData';
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
  options: Parameters<typeof openPage>[2] = {},
): Promise<void> => {
  const mock = await startMock(size);
  const page = await openPage(browser, mock.url, options);
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
const QUICK_MS = 4000 * SLOWER;

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
      // On a busy machine the list may still follow what was typed, and begins anew.
      const last = page.getByText(backups.at(-1)!.name);
      while ((await last.count()) === 0) {
        await page.mouse.wheel(0, 1_000_000);
        await page.waitForTimeout(50);
      }
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

    const whole = backups.find(({ name, state }) => name.startsWith('shop-20') && state === 'ok')!;
    await page.getByLabel('Search backups').fill(whole.name);
    await page.getByText('1 backup', { exact: false }).first().waitFor();
    await page.getByRole('button', { name: `Restore ${whole.name}`, exact: true }).click();
    await page.getByText(/of [\d,]+ collections selected/).waitFor();
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
    expect(await page.getByText('STORAGE_UNAVAILABLE').count()).toBe(0);
    const details = page.getByTestId('safety').getByRole('button', { name: 'Details' });
    await details.click();
    await page.getByText('No route to nas-2.').waitFor();
    await page.getByText('STORAGE_UNAVAILABLE').waitFor();
    expect(await axe(page)).toEqual([]);
    mock.failing.clear();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('The storage does not answer').first().waitFor({ state: 'hidden' });
    await details.click();

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

test.each([1280, 375])('what takes a while before a restore is shown says what it does, %i wide', (width) =>
  withPage(
    SMALL,
    async (page, mock) => {
      await page
        .getByRole('button', { name: /^Restore shop/ })
        .first()
        .click();
      const look = page.getByRole('button', { name: 'See what changes' });
      const counting = page.getByRole('dialog').getByText('Counting what would change…');
      await look.waitFor();
      await page.getByText(/collections selected/).waitFor();
      expect(await counting.count()).toBe(0);
      mock.delay = 2000;
      await look.click();
      await counting.waitFor();
      await page.getByText(/collections? (is|are) replaced/).waitFor();
      expect(await counting.count()).toBe(0);
    },
    { width },
  ),
);

test.each([
  [1280, 15, false],
  [1280, 300, true],
  [375, 15, true],
  [375, 300, false],
])(
  'nothing jumps while the page is loading, %i wide, %i backups, with an undo: %s',
  async (width, many, undo) => {
    const mock = await startMock({ collections: 0, backups: many });
    mock.delay = 1500;
    if (undo) mock.undos.push(undoOf('nightly.ark'));
    const page = await openPage(browser, 'about:blank', { width });
    try {
      // Every frame is looked at, so that no machine is too fast or too slow to see a jump.
      // As after an earlier visit.
      if (undo) await page.addInitScript(`if (location.host) localStorage.setItem('ark.undoShown', 'yes');`);
      await page.addInitScript(`
      window.places = [];
      window.heights = [];
      (function look() {
        const rows = [...document.querySelectorAll('.ant-table-row')].slice(0, 4);
        const heights = rows.map((row) => Math.round(row.getBoundingClientRect().height)).join();
        if (heights !== '' && heights !== window.heights.at(-1)) window.heights.push(heights);
        const y = document.querySelector('#ark-new')?.getBoundingClientRect().y;
        if (y !== undefined && y !== window.places.at(-1)) window.places.push(y);
        requestAnimationFrame(look);
      })();
    `);
      await page.goto(mock.url);
      await page.locator('#ark-new').waitFor();
      expect(await page.getByText('No backups yet').count()).toBe(0);
      await page.getByText(`${many} backups`).waitFor();
      await page.getByTestId('safety').waitFor();
      await page.locator('.ant-table-row').first().waitFor();
      await page.waitForTimeout(500);
      expect(await page.evaluate('window.places.length')).toBe(1);
      expect(await page.evaluate('window.heights')).toHaveLength(1);
      expect(page.faults).toEqual([]);
    } finally {
      await page.context().close();
      await mock.stop();
    }
  },
);

test.each([
  [1280, 860, 1 / 3, 'en-US', 'light'],
  [1280, 860, 1 / 3, 'zh-CN', 'dark'],
  [375, 760, 1 / 2, 'en-US', 'dark'],
  [375, 760, 1 / 2, 'nl-NL', 'light'],
] as const)(
  'the list comes first, whatever there is to tell: %i × %i',
  async (width, height, share, language, theme) => {
    const mock = await startMock(SMALL);
    mock.undos.push(undoOf('nightly.ark'), { ...undoOf('weekly.ark'), job: 'job_2' });
    mock.notBackedUp = { groups: ['user', 'unknown'], files: true, aesKey: true };
    mock.away = { code: 'DATABASE_UNREACHABLE', message: 'Connection refused.' };
    const page = await openPage(browser, mock.url, { width, height, language, theme });
    try {
      const row = page.locator('.ant-table-row').first();
      await row.waitFor();
      await page.getByTestId('undo-line').waitFor();
      await page.getByTestId('safety').locator('[role=status]').waitFor();
      expect((await row.boundingBox())!.y).toBeLessThan(height * share);
      const sideways = () =>
        page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(await sideways()).toBe(0);
      expect(await axe(page)).toEqual([]);
      await page.getByTestId('safety').locator('button[aria-expanded]').click();
      expect(await sideways()).toBe(0);
      expect(await axe(page)).toEqual([]);
      expect(page.faults).toEqual([]);
    } finally {
      await page.context().close();
      await mock.stop();
    }
  },
);

const takenFrom = (source: string): TakeBackItem => ({
  job: 'job_0',
  readable: true,
  action: 'takeBack',
  source,
  at: new Date(Date.now() - 30_000).toISOString(),
  expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
  collections: [
    { name: 'customers', rows: 1 },
    { name: 'orders', rows: 3 },
  ],
});

/** What only those see who may do it; everything else is for whoever may view. `look` is offered inside a backup. */
const OFFERS: Readonly<Record<Exclude<Permission, 'view' | 'look'>, readonly RegExp[]>> = {
  backup: [/^New backup$/, /^Run now: nightly$/],
  restore: [/^Upload$/, /^Restore shop/, /^Test restore$/, /^Undo$/],
  takeBack: [/^Undo taking back$/],
  download: [/^Download shop/],
  delete: [/^Delete$/, /^Delete this undo$/, /^Clear cache$/, /^What would be deleted$/],
  settings: [
    /^Add storage$/,
    /^Test local$/,
    /^New schedule$/,
    /^Alerts$/,
    /^Edit$/,
    /^Remove$/,
    /^Rescue sheet$/,
  ],
};

/** What was pressed by whoever may look and nothing else. */
let offeredToAll: readonly string[] = [];

test.each(['view', ...Object.keys(OFFERS)] as Permission[])(
  'a role that may look and "%s": offered is what it may do, and nothing offered is refused',
  async (permission) => {
    const mock = await startMock({ collections: 0, backups: 1 });
    mock.undos.push(undoOf('nightly.ark'));
    mock.takeBacks.push(takenFrom('nightly.ark'));
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
      const { names, refused } = await pressEverything(page, () => page.goto(mock.url), offeredToAll);
      if (permission === 'view') offeredToAll = names;
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

test.each([
  [['look'], false],
  [['look', 'takeBack'], true],
] as const)('rows are offered to be taken back to those who may: %j', async (may, offered) => {
  const mock = await startMock({ collections: 0, backups: 1 });
  mock.may = ['view', ...may];
  mock.takeBacks.push(takenFrom('nightly.ark'));
  const page = await openPage(browser, mock.url);
  try {
    await page.getByTestId('rows-undo-line').getByText('customers: 1 row · orders: 3 rows').waitFor();
    expect(await page.getByRole('button', { name: 'Undo taking back' }).count()).toBe(offered ? 1 : 0);
    expect(await page.getByRole('button', { name: 'Delete this undo' }).count()).toBe(0);
    await page.getByRole('button', { name: mock.backups[0]!.name, exact: true }).click();
    await page.getByLabel('Search collections').fill('contacts');
    await page.getByRole('button', { name: 'Rows of Contacts', exact: true }).click();
    const rows = page.getByRole('dialog', { name: /^Contacts contacts · in/ });
    await rows.getByRole('cell', { name: '<img src=x onerror=alert(1)>' }).click();
    await rows.getByRole('button', { name: 'Through all backups' }).waitFor();
    const count = offered ? 1 : 0;
    expect(await rows.getByRole('checkbox', { name: 'Take back row 1' }).count()).toBe(count);
    expect(await rows.getByRole('button', { name: 'Take back rows' }).count()).toBe(count);
    expect(await rows.getByRole('button', { name: 'Take back this row' }).count()).toBe(count);
    expect(await axe(page)).toEqual([]);
    expect(page.faults).toEqual([]);
  } finally {
    await page.context().close();
    await mock.stop();
  }
});

test.each([
  [1280, 'light'],
  [375, 'dark'],
] as const)('everything that a preview of rows says is in sight, %i wide, %s', async (width, theme) => {
  const mock = await startMock({ collections: 0, backups: 1 });
  mock.takeBacks.push(takenFrom('nightly.ark'));
  const page = await openPage(browser, mock.url, { width, theme });
  const fits = () =>
    page
      .locator('.ant-modal-body')
      .last()
      .evaluate((body) => body.scrollWidth <= body.clientWidth);
  try {
    await page.getByTestId('rows-undo-line').getByRole('button', { name: 'Undo taking back' }).click();
    const undo = page.getByRole('dialog', { name: 'Undo taking these rows back?' });
    await undo.getByText('Somebody has changed 1 row since.').waitFor();
    await undo.getByText('1 row goes · 1 row is overwritten').waitFor();
    await undo.getByText('Changed by somebody since').waitFor();
    expect(await fits()).toBe(true);
    expect(await axe(page)).toEqual([]);
    await undo.getByRole('button', { name: 'Cancel' }).click();
    await undo.waitFor({ state: 'hidden' });

    await page.getByRole('button', { name: mock.backups[0]!.name, exact: true }).click();
    await page.getByLabel('Search collections').fill('contacts');
    await page.getByRole('button', { name: 'Rows of Contacts', exact: true }).click();
    const rows = page.getByRole('dialog', { name: /^Contacts contacts · in/ });
    await rows.getByRole('checkbox', { name: 'Take back row 1' }).check();
    await rows.getByRole('button', { name: 'Take back 1 row' }).click();
    const dialog = page.getByRole('dialog', { name: /^Take rows back from/ });
    await dialog.getByText('2 rows come back · 1 row is overwritten · 1 row is here as it was').waitFor();
    for (const text of [
      'an unknown instance that calls itself shop',
      'orders: 3 rows are missing · 1 row is here and points elsewhere now: it stays',
      'tickets: 2,000 rows or more are missing',
      'pairs: 2 rows are missing · without a primary key they cannot come',
      'gone: 1 row is missing · its table is not here',
      'huge: too large to be read only for counting',
      'contacts 1: ownerId → users · not in this backup either',
      'contacts 1: createdById → users · only says who has written it',
      'contacts: fax',
      'deep/comes.txt · 70 kB · comes back',
      'deep/other.txt · another one is here under its name, and stays',
      'audit · contacts',
      'roles only when it starts',
      'The others need it',
    ])
      await dialog.getByText(text, { exact: false }).first().waitFor();
    // What an archive says is text, whatever it says.
    await dialog.getByText('<img src=x onerror=alert(1)>').waitFor();
    expect(await fits()).toBe(true);
    expect(await axe(page)).toEqual([]);
    // Nothing that is ticked moves away under the pointer.
    const all = dialog.getByRole('checkbox', { name: 'And what belongs to them' });
    const place = async () => (await all.boundingBox())!.y;
    const before = await place();
    await all.check();
    await page.waitForTimeout(300);
    expect(await place()).toBe(before);
    expect(await dialog.getByRole('checkbox', { name: /^orders/ }).isChecked()).toBe(true);
    await dialog.getByRole('checkbox', { name: /^tickets/ }).uncheck();
    expect(await all.isChecked()).toBe(false);

    // Made by somebody else: a click is not enough.
    const go = dialog.getByRole('button', { name: 'Take back 3 rows, overwriting 1' });
    expect(await go.isDisabled()).toBe(true);
    await dialog.getByLabel(/type the name of this instance/).fill('shop');
    expect(await go.isDisabled()).toBe(false);
    mock.failing.set('arkBackups:takeBack', {
      status: 409,
      code: 'JOB_BUSY',
      message: 'A backup is running.',
    });
    await go.click();
    await dialog.getByText('No rows were taken back').waitFor();
    mock.failing.clear();
    mock.failing.set('arkBackups:previewTakeBack', {
      status: 409,
      code: 'ROWS_REFUSED',
      message: 'Too many.',
    });
    await dialog.getByRole('checkbox', { name: /^orders/ }).uncheck();
    await dialog.getByText('Too many.').waitFor();
    expect(await dialog.getByRole('button', { name: 'Take back rows' }).isDisabled()).toBe(true);
    expect(await axe(page)).toEqual([]);
    mock.failing.clear();
    await dialog.getByRole('checkbox', { name: /^orders/ }).check();
    await go.waitFor();
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
    await line.getByRole('button', { name: 'Details' }).click();
    const details = page.getByRole('region', { name: 'The state in detail' });
    await details.getByRole('button', { name: 'I keep this key elsewhere' }).click();
    await page.getByText('Keep a copy of aes_key.dat').waitFor();
    expect(await axe(page)).toEqual([]);
    await page.getByRole('button', { name: 'Yes, I keep it' }).click();
    await line.getByText('Backed up', { exact: true }).waitFor();
    await details.getByText('AES key kept elsewhere').hover();
    await page.getByText(/^Said on .* by Ada$/).waitFor();
    expect(await axe(page)).toEqual([]);
    await details.getByRole('button', { name: 'Take back' }).click();
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
    const line = page.getByTestId('safety');
    await line.getByText('The database').waitFor({ timeout: 15_000 * SLOWER });
    // What was known of backups before is not called good as long as nobody can look.
    expect(await line.getByText('Backed up').count()).toBe(0);
    await line.getByRole('button', { name: 'Details' }).click();
    await page.waitForTimeout(500);
    expect(await page.locator('main').getByText('DATABASE_UNREACHABLE').count()).toBe(1);
    mock.away = undefined;
    mock.failing.clear();
    await page
      .locator('main')
      .getByText('DATABASE_UNREACHABLE')
      .waitFor({ state: 'detached', timeout: 15_000 * SLOWER });
    await line.getByText('Backed up', { exact: true }).waitFor();
  }));

test('what could not be read while the database was away is there when it is back, also in a dialog', () =>
  withPage(SMALL, async (page, mock) => {
    const away = { status: 503, code: 'DATABASE_UNREACHABLE', message: 'Connection refused.' };
    for (const action of ['arkCollections:list', 'arkSystem:data']) mock.failing.set(action, away);
    await page.getByRole('tab', { name: 'Data' }).click();
    const folder = page.getByText('/var/lib/ark', { exact: true });
    const failure = page.getByRole('alert').getByText('The database does not answer');
    await failure.waitFor();
    expect(await folder.count()).toBe(0);
    await page.getByRole('tab', { name: 'Backups' }).click();
    await page.locator('#ark-new').click();
    const dialog = page.getByRole('dialog', { name: 'New backup' });
    await dialog.getByText('The database does not answer').waitFor();
    mock.failing.clear();
    await dialog.getByRole('checkbox', { name: /^Users/ }).waitFor({ timeout: 15_000 * SLOWER });
    expect(await dialog.getByText('The database does not answer').count()).toBe(0);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('tab', { name: 'Data' }).click();
    await folder.waitFor({ timeout: 15_000 * SLOWER });
    expect(await failure.count()).toBe(0);
  }));

test.each([1280, 375])('what nobody knows is nowhere shown as 0, %i wide', async (width) => {
  const mock = await startMock({ collections: 0, backups: 1 });
  // Tables that were never analysed, storages and a folder that cannot be read, records that tell nothing.
  for (const live of mock.live) {
    delete (live as { rows?: number }).rows;
    Object.assign(live, { bytes: 8192 });
  }
  const [backup] = mock.backups;
  Object.assign(backup!, {
    groups: backup!.groups.map((sum) => ({ ...sum, rows: 0, structureOnly: sum.collections })),
  });
  const { used, ...system } = mock.system;
  expect(used).toBeGreaterThan(0);
  mock.system = system;
  mock.folder = {
    ...mock.folder,
    parts: mock.folder.parts.map((part) => ({ ...part, files: 0, bytes: 0, unread: true })),
  };
  mock.jobs.push(
    ...(['backup', 'restore', 'verify', 'rehearse', 'takeBack', 'copy', 'look'] as const).map(
      (kind, at): JobItem => ({
        id: `job_u${at}`,
        kind,
        state: 'done',
        subject: 'nightly.ark',
        startedAt: '2026-11-20T10:00:00.000Z',
        endedAt: '2026-11-20T10:01:00.000Z',
        result: kind === 'restore' ? { collections: [{ name: 'orders' }] } : { collection: 'orders' },
        host: 'app-1',
        pid: 1,
      }),
    ),
  );
  const silent = { status: 502, code: 'STORAGE_UNAVAILABLE', message: 'No route.' };
  const page = await openPage(browser, mock.url, { width });
  const zeros = async () => {
    const text = await page.locator('body').innerText();
    return text.match(/(?<![\d.,:%-])0 (rows?|bytes?|files?|backups?|collections?|kB|MB)\b/g) ?? [];
  };
  try {
    await page.getByText('1 backup ·').waitFor();
    await page.getByTestId('safety').getByRole('button', { name: 'Details' }).click();
    await page.getByText('Backups take –').waitFor();
    for (const name of ['Backups', 'Storages', 'Schedules', 'History', 'Data']) {
      await page.getByRole('tab', { name: new RegExp(`^${name}`) }).click();
      await page.waitForTimeout(600);
      for (const open of await page.locator('.ant-table-row-expand-icon:visible').all()) await open.click();
      expect([name, ...(await zeros())]).toEqual([name]);
    }
    await page.getByRole('tab', { name: 'Backups' }).click();
    await page.locator('#ark-new').click();
    await page
      .getByRole('dialog')
      .getByText(/rows unknown/)
      .first()
      .waitFor();
    expect(await zeros()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    // The list cannot be read at all: a storage that does not answer is not empty.
    mock.failing.set('arkBackups:list', silent);
    mock.failing.set('arkSystem:safety', silent);
    await page.reload();
    await page.getByTestId('safety').getByText('The storage does not answer').waitFor();
    await page.getByRole('tab', { name: 'Storages' }).click();
    await page.getByText('/var/lib/ark/backups').first().waitFor();
    expect(await zeros()).toEqual([]);
    expect(page.faults).toEqual([]);
  } finally {
    await page.context().close();
    await mock.stop();
  }
});

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
    expect(await page.title()).toMatch(/^\d+% Restore · shop$/);
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
    expect(await page.title()).toBe('shop · Ark');
  }));

test('an instance is known by its colour, in the tab and at the top', () =>
  withPage(SMALL, async (page, mock) => {
    const look = () =>
      page.evaluate(() => ({
        icon: decodeURIComponent(document.querySelector<HTMLLinkElement>('link[rel=icon]')!.href),
        mark: getComputedStyle(document.querySelector('header')!).borderTopColor,
      }));
    const byName = await look();
    mock.system = { ...mock.system, color: 'red' };
    await page.reload();
    await page.getByRole('heading', { name: 'shop' }).waitFor();
    const red = await look();
    expect(red.icon).not.toBe(byName.icon);
    expect(red.mark).not.toBe(byName.mark);
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
