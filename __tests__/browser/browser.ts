import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Each test opens a page anew, and what is compiled well for it would be used once.
  '--js-flags=--no-opt --no-maglev',
];
export const IMAGES = join(__dirname, '../../docs/images');
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Draws the same pages as the whole browser, for a quarter less of the processor: it has no windows around them. */
const WITHOUT_WINDOWS = '/usr/bin/chromium-headless-shell';

/** Debian's Chromium, or the one that CHROMIUM names. */
export async function launch(): Promise<Browser> {
  const debians = existsSync(WITHOUT_WINDOWS) ? WITHOUT_WINDOWS : '/usr/bin/chromium';
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? debians,
    args: ARGS,
    headless: true,
  });
  const close = browser.close.bind(browser);
  browser.close = () => inTime(close(), 'Chromium does not close');
  return browser;
}

/** For what ends by itself, always: one that does not is told by its name, before a whole file of tests is given up. */
export function inTime<T>(work: Promise<T>, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(otherwise)), 60_000);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

export interface Look {
  readonly language?: string;
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  /** What the browser keeps of earlier visits to the same place. */
  readonly kept?: Readonly<Record<string, string>>;
}

/** How many times slower than it is the browser computes: what waits for too little is found so. */
export const SLOWER = Number(process.env.ARK_TEST_SLOWER ?? 1);

/** For the test environment, which tells what they showed when a test fails (environment.cjs). */
const remember = (page: Page): void => {
  const all = globalThis as { openPages?: Page[] };
  all.openPages = [...(all.openPages ?? []).filter((before) => !before.isClosed()), page];
};

/** A window of its own, with a language and a look. What goes wrong inside it fails the test that looks. */
export async function openPage(
  browser: Browser,
  url: string,
  look: Look = {},
): Promise<Page & { faults: string[] }> {
  const context: BrowserContext = await browser.newContext({
    viewport: { width: look.width ?? 1280, height: look.height ?? 860 },
    locale: look.language ?? 'en-US',
    colorScheme: look.theme ?? 'light',
    timezoneId: 'Europe/Amsterdam',
    reducedMotion: 'reduce',
    acceptDownloads: true,
  });
  // For busy machines; nothing waits for it that goes well.
  context.setDefaultTimeout(90_000);
  if (look.kept) {
    // Once: what the page changes of it stays as it is.
    await context.addInitScript((kept) => {
      if (localStorage.length > 0) return;
      for (const [name, value] of Object.entries(kept)) localStorage.setItem(name, value);
    }, look.kept);
  }
  const page = Object.assign(await context.newPage(), { faults: [] as string[] });
  remember(page);
  page.on('pageerror', (error) => page.faults.push(error.message));
  page.on('console', (message) => {
    // The browser itself reports answers that are no success; the page shows those in words.
    if (message.type() === 'error' && !/Failed to load resource|ERR_/.test(message.text()))
      page.faults.push(message.text());
  });
  if (SLOWER > 1)
    await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  await page.goto(url);
  return page;
}

/** What axe-core finds that is serious or critical, one line each. */
export async function axe(page: Page): Promise<string[]> {
  // Things that are fading in or out have no contrast yet.
  await page.waitForTimeout(100);
  await page.evaluate(async () => {
    for (const animation of document.getAnimations())
      if (animation.effect?.getComputedTiming().endTime !== Infinity) animation.finish();
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  });
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: {
        run(options: object): Promise<{
          violations: {
            id: string;
            impact: string;
            help: string;
            nodes: { html: string; failureSummary: string }[];
          }[];
        }>;
      };
    };
    return (await axe.run({ resultTypes: ['violations'] })).violations;
  });
  return found
    .filter((one) => one.impact === 'serious' || one.impact === 'critical')
    .flatMap((one) =>
      one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)} ${node.failureSummary.slice(0, 200)}`),
    );
}

/** A picture for the documentation, which is also how one looks at the page without a screen; in CI nobody looks. */
export async function picture(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0);
  if (process.env.CI) return;
  mkdirSync(IMAGES, { recursive: true });
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(IMAGES, `${name}.png`), animations: 'disabled' });
}

/** Chooses from what else can be done with a line. */
export async function fromMenu(page: Page, name: string, item: string): Promise<void> {
  await page.getByRole('button', { name: `More actions for ${name}`, exact: true }).click();
  await page.getByRole('menuitem', { name: item }).click();
}

/** One that is still fading away must not pass for the next one, and one that still moves may miss the click. */
export async function closeNews(page: Page): Promise<void> {
  const notices = page.locator('.ant-notification-notice');
  for (let tries = 0; tries < 20 && (await notices.count()) > 0; tries++) {
    await notices
      .first()
      .locator('.ant-notification-notice-close')
      .click({ timeout: 1000 })
      .catch(() => undefined);
    await page.waitForTimeout(300);
  }
  expect(await notices.count()).toBe(0);
}

/** The last step of a restore: the name is typed where it is asked for, and nowhere else is there a place for it. */
export async function confirmRestore(page: Page, instance: string, asked: boolean): Promise<void> {
  const now = page.getByRole('button', { name: 'Restore now', exact: true });
  await now.waitFor();
  const field = page.getByLabel(/type the name of this instance/);
  expect(await field.count()).toBe(asked ? 1 : 0);
  expect(await now.isDisabled()).toBe(asked);
  if (asked) await field.fill(instance);
}
