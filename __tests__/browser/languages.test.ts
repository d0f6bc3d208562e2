import type { Browser, Page } from 'playwright-core';
import { LANGUAGE_NAMES, type Language } from '../../src/client/parts/languages';
import { Preview as Answer } from '../../src/server/api/answers';
import type { Preview } from '../../src/server/api/api';
import { WARNING_SCHEMAS } from '../../src/server/dumper/app/warning';
import { StructureChange } from '../../src/server/dumper/schema/structureChanges';
import { freeIn, samplesOf, type Union } from '../helpers/samples';
import { axe, launch, openPage, picture } from './browser';
import { startMock } from './mock';
import { liveCollections, nightly, preview, undoOf } from './mockData';
import { spoken, textsOf } from '../helpers/spoken';

/**
 * The preview of a restore with all that it can warn of, in every language: whoever does not read English reads no
 * sentence of it there. What is shown is made from the schemas of the API, so that a new warning is here by itself.
 */
let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const samples = <T>(schema: Union[number]): T[] => samplesOf([schema]) as unknown as T[];
const parts = Answer.shape;

/** Everything at once, which no real restore has. */
function everything(): Preview {
  const usual = preview(liveCollections(0));
  return Answer.parse({
    ...usual,
    warnings: samplesOf(WARNING_SCHEMAS),
    missing: samples(parts.missing.element),
    blemishes: samples(parts.blemishes.element),
    forgotten: samples(parts.forgotten.element),
    leftOut: samples(parts.leftOut.element),
    definitions: 'could stay',
    maker: { kind: 'unknown' },
    files: [
      { storage: '«local»', files: 12, bytes: 3400, filesNow: 14, lost: 2, folder: '«folder»' },
      { storage: '«cloud»', files: 2, bytes: 34, filesNow: 1, lost: 0, refused: '«refused»' },
    ],
    collections: usual.collections.map((collection, at) => ({
      ...collection,
      ...(at === 0 && { structure: samplesOf(StructureChange.options) }),
      ...(at === 1 && {
        action: 'aside',
        undated: 4,
        changedSince: 7,
        rowsNowGuessed: true,
        bookkeeping: true,
      }),
    })),
  });
}

/** Sentences and phrases of the English page, as far as they are fixed; one word alone may be a name. */
const phrases = [
  ...new Set(
    Object.values(textsOf('en-US'))
      .flatMap((text) => text.split(/\{\{\w+\}\}/))
      .map((phrase) => phrase.replace(/^[\s:,.·“”()]+|[\s:,.·“”()]+$/g, ''))
      .filter((phrase) => /\p{L}{3,} \p{L}{3,}/u.test(phrase) && phrase.length >= 12),
  ),
];

const english = (text: string, language: Language): string[] => {
  const own = Object.values(textsOf(language)).join('\n');
  return phrases.filter((phrase) => text.includes(phrase) && !own.includes(phrase));
};

/** Long lists are cut to what fits on a screen; here all of it is looked at. */
const shownWhole = (page: Page): Promise<void> =>
  page.evaluate(() => {
    for (const list of document.querySelectorAll<HTMLElement>('.ant-modal ul')) list.style.maxHeight = 'none';
  });

it('what is looked for is found in English', () => {
  expect(phrases.length).toBeGreaterThan(400);
  const { t } = spoken('en-US');
  expect(english(`… ${t('preview.lostText')} …`, 'nl-NL')).not.toEqual([]);
});

/** Of the others nobody looks at pictures here, and to axe all letters are alike. */
const PICTURED: readonly Language[] = ['en-US', 'zh-CN', 'fr-FR', 'ja-JP', 'nl-NL', 'ru-RU'];

/** All of them; every third, from another one each day, where ARK_TEST_BRIEF says that the machine is slow. */
const [DAY_MS, PARTS] = [86_400_000, 3];
const today = Math.floor(Date.now() / DAY_MS);
const LOOKED_AT = LANGUAGE_NAMES.filter(
  (language, at) => !process.env.ARK_TEST_BRIEF || language === 'en-US' || (at + today) % PARTS === 0,
);

it.each(LOOKED_AT)('the preview of a restore: %s', async (language) => {
  const mock = await startMock();
  const all = everything();
  mock.preview = all;
  const page = await openPage(browser, mock.url, { language, height: 1400 });
  try {
    const { t } = spoken(language);
    const [backup] = mock.backups;
    await page
      .getByRole('button', { name: t('action.restoreName', { name: backup!.name }), exact: true })
      .click();
    await page.getByRole('button', { name: t('restore.toPreview'), exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(t('preview.lostText')).waitFor();
    if (PICTURED.includes(language)) {
      expect(await axe(page)).toEqual([]);
      await picture(page, `restore-warnings-${language}`);
    }
    await shownWhole(page);
    const text = await dialog.innerText();
    // All of it is there, whatever the language: each name that a warning has.
    for (const name of all.warnings.flatMap(freeIn)) expect(text).toContain(name);
    expect(text).not.toMatch(/\{\{|undefined|\[object/);
    expect(english(text, language)).toEqual(language === 'en-US' ? expect.any(Array) : []);
    expect(page.faults).toEqual([]);
  } finally {
    await page.context().close();
    await mock.stop();
  }
});

/** Everything that can be opened without changing anything, tab by tab. */
const DIALOGS: readonly [tab: number, opener: string][] = [
  [0, '#ark-new'],
  [1, '#ark-storage-add'],
  [2, '#ark-new-schedule'],
  [2, '#ark-alarms'],
];

/** What does not fit where it stands, and is neither cut with dots nor moved by the reader. */
const cutOff = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('button, [role=tab], label, th, .ant-tag, .ant-btn span')]
      .filter(({ clientWidth, scrollWidth }) => clientWidth > 0 && scrollWidth > clientWidth + 1)
      .filter((it) => getComputedStyle(it).textOverflow !== 'ellipsis')
      .filter((it) => !['auto', 'scroll'].includes(getComputedStyle(it).overflowX))
      .map((it) => it.innerText),
  );

/** What of the list of backups is out of sight. */
const clippedRows = async (page: Page): Promise<string[]> => {
  await page.locator('.ant-table-row:visible').first().waitFor();
  const clipped = await page
    .locator('.ant-table-wrapper:visible th, .ant-table-wrapper:visible td')
    .evaluateAll((cells) =>
      cells.filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent),
    );
  const beyond = await page
    .locator('.ant-table-content:visible')
    .evaluate((table) => table.scrollWidth - table.clientWidth);
  return [...clipped, ...(beyond === 0 ? [] : [`${beyond} px of the table`])];
};

/** What NocoBase's own menu and margins leave of a screen of 1280, and the page's own on both sides. */
const IN_NOCOBASE = 1048;

it.each(LOOKED_AT)('every tab and dialog on a screen and on a phone: %s', async (language) => {
  const mock = await startMock();
  mock.undos.push(undoOf(mock.backups[0]!.name));
  mock.schedules.push(nightly);
  const page = await openPage(browser, mock.url, { language });
  const settled = async (where: string) => {
    await page.waitForTimeout(300);
    const told = await page.locator('body').innerText();
    expect([where, told.match(/\{\{|undefined|\[object/)]).toEqual([where, null]);
    if (language !== 'en-US') expect([where, english(told, language)]).toEqual([where, []]);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect([where, overflow, await cutOff(page)]).toEqual([where, 0, []]);
  };
  const tabs = page.locator('.ark-tabs [role=tab]');
  try {
    await page.locator('#ark-new').waitFor();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe(language);
    for (const width of [1280, 375]) {
      await page.setViewportSize({ width, height: 860 });
      for (const tab of [0, 1, 2, 3, 4]) {
        await tabs.nth(tab).click();
        await settled(`${width}, tab ${tab}`);
        // What fits into a dialog on a phone fits into a wider one.
        for (const [, opener] of DIALOGS.filter(([at]) => at === tab && width === 375)) {
          await page.locator(opener).click();
          const dialog = page.getByRole('dialog');
          await dialog.first().waitFor();
          await dialog.locator('.ant-skeleton:visible').first().waitFor({ state: 'hidden' });
          await settled(`${width}, ${opener}`);
          await dialog.locator('.ant-modal-close, .ant-drawer-close').last().click();
          await dialog.waitFor({ state: 'hidden' });
        }
      }
      // Back to the first, while there is room for all: on a phone it would be out of sight.
      if (width === 375) await page.setViewportSize({ width: 1280, height: 860 });
      await tabs.nth(0).click();
    }
    await page.setViewportSize({ width: IN_NOCOBASE, height: 860 });
    await settled(`${IN_NOCOBASE}, tab 0`);
    expect(await clippedRows(page)).toEqual([]);
    expect(page.faults).toEqual([]);
  } finally {
    await page.context().close();
    await mock.stop();
  }
});
