import type { Locator, Page, Request } from 'playwright-core';

/** What the page offers: the names of the buttons and of what is in their menus, of all tabs. */
export interface Offered {
  readonly names: readonly string[];
  /** `POST /api/…` of what was refused to whoever is signed in, on the way here and for everything pressed. */
  readonly refused: readonly string[];
}

const TABS = ['Backups', 'Storages', 'Schedules', 'History', 'Data'];

/**
 * Presses everything that is offered, one after the other; what asks first is answered with Escape. What has `known` in
 * it was pressed before by somebody who may do less, and is named only.
 */
export async function pressEverything(
  page: Page,
  come: () => Promise<unknown>,
  known: readonly string[] = [],
): Promise<Offered> {
  const names: string[] = [];
  const refused: string[] = [];
  page.on('response', (answer) => {
    if (answer.status() === 403) refused.push(`${answer.request().method()} ${answer.url()}`);
  });
  const quiet = quietOf(page);
  await come();
  // NocoBase has a place of the same kind around the page.
  const main = page
    .locator('main')
    .filter({ has: page.locator('.ark-tabs') })
    .last();
  const line = page.getByTestId('safety');
  await line.waitFor();
  await main.locator('.ark-tabs').waitFor();
  const buttons = main.locator('button').or(line.locator('button'));
  const menu = page.locator('.ant-dropdown [role=menuitem]');
  let pressed = 0;
  for (const tab of TABS) {
    const here = main.locator('[role=tab]').filter({ hasText: tab });
    await press(here);
    await settled(quiet, main);
    for (const name of (await offers(buttons)).keys()) if (!names.includes(name)) names.push(name);
    for (const name of names.slice(pressed)) {
      const button = (await offers(buttons)).get(name);
      if (!button) throw new Error(`${name} is not offered any more`);
      if (await button.isDisabled()) continue;
      const more = (await button.getAttribute('aria-haspopup')) === 'menu';
      // What shows more of the page is opened for what it shows.
      const shows = (await button.getAttribute('aria-expanded')) !== null;
      if (!more && !shows && known.includes(name)) continue;
      await press(button);
      if (more) {
        await menu.filter({ visible: true }).first().waitFor();
        const items = await menu.filter({ visible: true }).allInnerTexts();
        names.push(...items);
        await back(page, quiet, main);
        for (const item of items.filter((name) => !known.includes(name))) {
          await press(button);
          await press(menu.filter({ hasText: item }).last());
          await back(page, quiet, main);
        }
      }
      await back(page, quiet, main);
      await press(here);
    }
    pressed = names.length;
  }
  return { names, refused };
}

/** The buttons in sight, also below a dialog that has not gone yet, by their names. */
async function offers(buttons: Locator): Promise<Map<string, Locator>> {
  const found = new Map<string, Locator>();
  for (const button of await buttons.filter({ visible: true }).all())
    found.set((await button.getAttribute('aria-label')) ?? (await button.innerText()), button);
  return found;
}

/** Whatever is in front of it, such as a dialog that has not gone yet. */
const press = (it: Locator) => it.dispatchEvent('click');

type Quiet = () => Promise<void>;

/** Waits until nothing that the page has asked for is unanswered, for as long as it takes to draw a few times. */
function quietOf(page: Page): Quiet {
  const unanswered = new Set<Request>();
  page.on('request', (request) => unanswered.add(request));
  page.on('response', (answer) => unanswered.delete(answer.request()));
  page.on('requestfailed', (request) => unanswered.delete(request));
  const drawn = () =>
    page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    );
  return async () => {
    for (let times = 0; times < 3; times = unanswered.size > 0 ? 0 : times + 1) await drawn();
  };
}

/** Nothing is being read any more. */
const settled = async (quiet: Quiet, main: Locator): Promise<void> => {
  await quiet();
  await main
    .locator('.ant-skeleton:visible, .ant-spin-spinning:visible')
    .first()
    .waitFor({ state: 'hidden' });
};

/** Whatever has opened is closed again: with Escape, or with its own button where the keys go elsewhere. */
async function back(page: Page, quiet: Quiet, main: Locator): Promise<void> {
  const open = page
    .locator('.ant-modal-wrap, .ant-drawer-open, .ant-dropdown:not(.ant-dropdown-hidden)')
    .filter({ visible: true });
  const close = page.locator('.ant-modal-close, .ant-drawer-close').filter({ visible: true });
  await quiet();
  for (let tries = 0; (await open.count()) > 0; tries++) {
    if (tries === 40) throw new Error(`it does not close: ${await open.first().innerText()}`);
    if (tries < 10 || (await close.count()) === 0) await page.keyboard.press('Escape');
    else await press(close.last());
    await page.waitForTimeout(100);
  }
  await settled(quiet, main);
}
