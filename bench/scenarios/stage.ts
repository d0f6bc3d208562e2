import { mkdtempSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { openPage } from '../../__tests__/browser/browser';
import { startConsole, TOKEN, type RealConsole } from '../../__tests__/browser/realConsole';
import type { BackupItem, JobItem, Started } from '../../src/server/api/api';
import { handOf, type Hand } from './hand';
import { check } from './scenario';

/** What a scenario is played on; all of it goes when it is over. */
export interface Stage {
  /** `ark serve` with a PostgreSQL of its own and the demo in it. */
  console(env?: (folder: string) => Record<string, string>): Promise<RealConsole>;
  /** Somebody at a window of his own, with nothing in it. */
  window(): Promise<Hand>;
  /** The same, before whom the page has come to rest. */
  admin(url: string): Promise<Hand>;
  /** For files of the admin's own. */
  readonly folder: string;
  /** A folder where an app keeps what is no row: `uploads` in it. */
  appFolder(): Promise<string>;
  /** What the windows show now. */
  shown(): Promise<string>;
  /** It ends with the stage, the last first. */
  keep(end: () => unknown): void;
  close(): Promise<void>;
}

export function stageOn(browser: Browser): Stage {
  const folder = mkdtempSync(join(tmpdir(), 'ark-scenario-'));
  const ends: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })];
  const hands: Hand[] = [];
  const keep: Stage['keep'] = (end) => void ends.unshift(end);
  const window = async () => {
    const page = await openPage(browser, 'about:blank');
    keep(() => page.context().close());
    const hand = handOf(page);
    hands.push(hand);
    return hand;
  };
  return {
    folder,
    keep,
    async console(env) {
      const ark = await startConsole(env);
      keep(() => ark.stop());
      return ark;
    },
    window,
    async admin(url) {
      const hand = await window();
      await hand.page.goto(url);
      await hand.page.locator('#ark-new').waitFor();
      await hand.page.getByTestId('safety').getByRole('status').first().waitFor();
      return hand;
    },
    async appFolder() {
      const app = await mkdtemp(join(folder, 'app-'));
      await mkdir(join(app, 'uploads'));
      return app;
    },
    async shown() {
      const open = hands.filter(({ page }) => !page.isClosed());
      const texts = await Promise.all(open.map(({ page }) => said(page.locator('body')).catch(String)));
      return texts.map((text) => `The page showed: ${text.slice(0, 3000)}`).join('\n');
    },
    async close() {
      const faults = hands.flatMap(({ page }) => page.faults);
      for (const end of ends) await end();
      check(faults.length === 0, `The page: ${faults.join('; ')}`);
    },
  };
}

/** What is done beforehand, by the API, and counts nowhere. */
export async function ask<T>(ark: RealConsole, action: string, body: unknown): Promise<T> {
  const answer = await fetch(new URL(`/api/${action}`, ark.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  check(answer.ok, `${action}: ${text}`);
  return (JSON.parse(text) as { data: T }).data;
}

export async function ended(ark: RealConsole, { job }: Started): Promise<JobItem> {
  for (;;) {
    const now = (await ark.api<JobItem[]>('arkJobs:list')).find(({ id }) => id === job.id);
    if (now && now.state !== 'running') {
      check(now.state === 'done', `${now.kind}: ${now.error?.message ?? now.state}`);
      return now;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A backup of everything that is not a log. */
export async function backUp(ark: RealConsole, name: string, more: object = {}): Promise<void> {
  await ended(ark, await ask(ark, 'arkBackups:create', { groups: ALL, name, ...more }));
}
export const ALL = ['required', 'user', 'custom', 'third-party', 'unknown'];

export const backupsOf = (ark: RealConsole) => ark.api<BackupItem[]>('arkBackups:list');

export const urlOf = ({ sql: { user, password, host, port, database } }: RealConsole): string =>
  `postgres://${user ?? ''}:${password ?? ''}@${host}:${port}/${database ?? ''}`;

/** The only value of the only row. */
export async function valueOf(ark: RealConsole, query: string): Promise<string> {
  const { rows } = await ark.sql.query<{ value: unknown }>(query);
  return String(rows[0]?.value);
}

/** What is in a table, in a few characters. */
export const contentOf = (ark: RealConsole, table: string): Promise<string> =>
  valueOf(ark, `SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) AS value FROM "${table}" t`);

export const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true });
export const dialog = (page: Page, name: string | RegExp) => page.getByRole('dialog', { name });
export const news = (page: Page, text: string) =>
  page.locator('.ant-notification-notice').filter({ hasText: text });
export const rowOf = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text });
/** As it is read, on one line. */
export const said = async (where: ReturnType<Page['locator']>): Promise<string> =>
  (await where.innerText()).replace(/\s+/g, ' ').trim();
