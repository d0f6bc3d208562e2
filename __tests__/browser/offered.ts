import type { Locator, Page } from 'playwright-core';

/** What the page offers: the names of the buttons and of what is in their menus, of all tabs. */
export interface Offered {
  readonly names: readonly string[];
  /** `POST /api/…` of what was refused to whoever is signed in, on the way here and for everything pressed. */
  readonly refused: readonly string[];
}

const TABS = ['Backups', 'Storages', 'Schedules', 'History', 'Data'];

/** Presses everything that is offered, one after the other; what asks first is answered with Escape. */
export async function pressEverything(page: Page, come: () => Promise<unknown>): Promise<Offered> {
  const names: string[] = [];
  const refused: string[] = [];
  page.on('response', (answer) => {
    if (answer.status() === 403) refused.push(`${answer.request().method()} ${answer.url()}`);
  });
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
    await settled(page, main);
    for (const name of (await offers(buttons)).keys()) if (!names.includes(name)) names.push(name);
    for (const name of names.slice(pressed)) {
      const button = (await offers(buttons)).get(name);
      if (!button) throw new Error(`${name} is not offered any more`);
      if (await button.isDisabled()) continue;
      const more = (await button.getAttribute('aria-haspopup')) === 'menu';
      await press(button);
      if (more) {
        await menu.filter({ visible: true }).first().waitFor();
        const items = await menu.filter({ visible: true }).allInnerTexts();
        names.push(...items);
        for (const [at, item] of items.entries()) {
          if (at > 0) await press(button);
          await press(menu.filter({ hasText: item }).last());
          await back(page, main);
        }
      }
      await back(page, main);
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

/** Nothing is being read any more. */
const settled = async (page: Page, main: Locator): Promise<void> => {
  await page.waitForTimeout(200);
  await main
    .locator('.ant-skeleton:visible, .ant-spin-spinning:visible')
    .first()
    .waitFor({ state: 'hidden' });
};

/** Whatever has opened is closed again: with Escape, or with its own button where the keys go elsewhere. */
async function back(page: Page, main: Locator): Promise<void> {
  const open = page
    .locator('.ant-modal-wrap, .ant-drawer-open, .ant-dropdown:not(.ant-dropdown-hidden)')
    .filter({ visible: true });
  const close = page.locator('.ant-modal-close, .ant-drawer-close').filter({ visible: true });
  await page.waitForTimeout(300);
  for (let tries = 0; (await open.count()) > 0; tries++) {
    if (tries === 20) throw new Error(`it does not close: ${await open.first().innerText()}`);
    if (tries < 5 || (await close.count()) === 0) await page.keyboard.press('Escape');
    else await press(close.last());
    await page.waitForTimeout(300);
  }
  await settled(page, main);
}
