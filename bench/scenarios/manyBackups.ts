import { join } from 'node:path';
import { instanceSigner } from '../../src/server/actions/trust/instanceKey';
import { readSettings } from '../../src/server/environment';
import { offlineHost } from '../../src/server/hosts/standalone/offline';
import { makeBackups } from '../backups';
import { check, type Scenario } from './scenario';
import { backUp, backupsOf, button, dialog } from './stage';

const MANY = 300;
const GO = 30;
const DAY_MS = 86_400_000;
/** One a day at noon, the first long ago. */
const BEGIN = Date.parse('2026-01-01T12:00:00Z');
const dayOf = (backup: number): string => new Date(BEGIN + backup * DAY_MS).toISOString().slice(0, 10);

export const manyBackups: Scenario = {
  number: 11,
  parts: [
    {
      what: `${MANY} backups: from the address until the first of them are read`,
      does: 'Opens the page.',
      before: { time: '0.3–3.7 s' },
    },
    {
      what: `${MANY} backups: those of ${GO} days`,
      does: 'Filters, From, To.',
      before: { verdict: 'not possible' },
    },
    {
      what: `${MANY} backups: ${GO} of them deleted`,
      does: 'With that filter: one of them ticked, Select all, Delete, Delete permanently.',
      before: { did: `${GO} × 4`, verdict: 'one after the other' },
    },
  ],
  async play(stage) {
    const ark = await stage.console();
    // The first one draws the key that signs the others.
    await backUp(ark, 'first');
    const host = offlineHost(readSettings({ ARK_DATA: ark.folder }));
    await makeBackups(join(ark.folder, 'backups'), MANY, 100, {
      signer: await instanceSigner(host),
      instance: ark.instance,
      at: (backup) => new Date(BEGIN + backup * DAY_MS),
    });
    const visitor = await stage.window();
    const { page, ...hand } = visitor;
    const rows = page.locator('.ant-table-row');
    const counted = (backups: number) => page.getByText(`${backups} backups ·`).waitFor();
    hand.begin();
    await page.goto(ark.url);
    await rows.first().waitFor();
    const opened = hand.done();
    const paint = await page.evaluate(
      () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
    );
    check(paint !== undefined, 'nothing was painted');
    await counted(MANY + 1);

    await hand.click(button(page, 'Filters'));
    await hand.fill(page.getByLabel('From', { exact: true }), dayOf(100));
    await hand.fill(page.getByLabel('To', { exact: true }), dayOf(100 + GO - 1));
    await counted(GO);
    const filtered = hand.done();
    const wanted = Array.from({ length: GO }, (_, i) => `backup-${100 + i}.ark`);

    await hand.click(rows.first().getByRole('checkbox'));
    await hand.click(button(page, 'Select all'));
    await hand.click(page.getByTestId('many').getByRole('button', { name: 'Delete' }));
    await hand.click(dialog(page, /^Delete/).getByRole('button', { name: 'Delete permanently' }));
    await page.getByText(`Done: ${GO} backups`).waitFor({ timeout: 120_000 });
    const deleted = hand.done();
    const names = new Set((await backupsOf(ark)).map(({ name }) => name));
    check(names.size === MANY + 1 - GO && wanted.every((name) => !names.has(name)), 'others were deleted');
    return [
      { ...opened, says: `“${MANY + 1} backups”`, waits: { 'until the first paint': paint / 1000 } },
      { ...filtered, says: `“${GO} backups”, “Filters hide ${MANY + 1 - GO} backups”` },
      { ...deleted, says: `“Done: ${GO} backups”; the others are all there` },
    ];
  },
};
