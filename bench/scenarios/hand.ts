import type { Locator, Page } from 'playwright-core';

/** What it took somebody: counted as it is done, so that no figure is typed in by whoever wrote the scenario. */
export interface Tally {
  /** Clicks and keys. */
  readonly clicks: number;
  /** Fields that something was entered into. */
  readonly fields: number;
  /** From the first of them until the page had said that it is done. */
  readonly seconds: number;
}

/** The only means by which a scenario acts on the page. Waiting costs time and nothing else. */
export interface Hand {
  readonly page: Page & { readonly faults: readonly string[] };
  click(where: Locator): Promise<void>;
  fill(where: Locator, text: string): Promise<void>;
  press(key: string): Promise<void>;
  /** Two clicks: the button, and the file in the window of the operating system. */
  choose(button: Locator, file: string): Promise<void>;
  /** For what is waited for without a click: the time begins now. */
  begin(): void;
  /** What it took since the beginning, or since this was last called. */
  done(): Tally;
}

export function handOf(page: Page & { readonly faults: readonly string[] }): Hand {
  let [clicks, fields] = [0, 0];
  let since: number | undefined;
  const hand: Hand = {
    page,
    async click(where) {
      hand.begin();
      clicks += 1;
      await where.click();
    },
    async fill(where, text) {
      hand.begin();
      fields += 1;
      await where.fill(text);
    },
    async press(key) {
      hand.begin();
      clicks += 1;
      await page.keyboard.press(key);
    },
    async choose(button, file) {
      hand.begin();
      clicks += 2;
      const [chooser] = await Promise.all([page.waitForEvent('filechooser'), button.click()]);
      await chooser.setFiles(file);
    },
    begin() {
      since ??= performance.now();
    },
    done() {
      const tally = { clicks, fields, seconds: since === undefined ? 0 : (performance.now() - since) / 1000 };
      [clicks, fields, since] = [0, 0, undefined];
      return tally;
    },
  };
  return hand;
}
