import { Client } from 'pg';
import { makeTables } from '../data';
import { check, type Scenario } from './scenario';
import { button, dialog, news, said, urlOf, valueOf } from './stage';

const MANY = 1000;

export const manyCollections: Scenario = {
  number: 12,
  parts: [
    {
      what: `${MANY.toLocaleString('en-US')} collections: until the dialog of a new backup is there`,
      does: 'New backup.',
      before: { time: '6.3 s (2,001)' },
    },
    {
      what: 'The same: the backup',
      does: 'Start backup.',
      before: { time: '33 s (2,001)' },
    },
    {
      what: 'The same: the preview of a restore',
      does: 'Restore, See what changes.',
      before: { time: '17.9 s (2,001)', verdict: 'without a word of progress' },
    },
    {
      what: 'The same: the restore',
      does: 'Continue, the name where it is asked for, Restore now.',
      before: {},
    },
  ],
  async play(stage) {
    const ark = await stage.console();
    const client = new Client({ connectionString: urlOf(ark) });
    await client.connect();
    await makeTables(client, MANY);
    await client.end();

    const visitor = await stage.admin(ark.url);
    const { page, ...hand } = visitor;
    const making = dialog(page, 'New backup');
    await hand.click(page.locator('#ark-new'));
    const sum = making.getByRole('status').filter({ hasText: 'in the database' });
    await sum.waitFor();
    const opened = hand.done();
    const summary = await said(sum);
    const collections = Number(/^([\d,]+) collections/.exec(summary)?.[1]?.replace(',', ''));
    check(collections > MANY, `the dialog says: ${summary}`);
    await hand.click(button(page, 'Start backup'));
    await news(page, 'The backup is ready').waitFor({ timeout: 300_000 });
    const made = hand.done();

    const before = await valueOf(ark, sumOf(7));
    await ark.sql.query(`DELETE FROM small_${MANY}; UPDATE small_7 SET name = 'changed'`);
    await hand.click(button(page, /^Restore /));
    await hand.click(button(page, 'See what changes'));
    const asked = performance.now();
    const replaced = page.getByText(/collections are replaced/);
    const working = dialog(page, /^Restore /).getByText('Counting what would change');
    await working.or(replaced).first().waitFor({ timeout: 120_000 });
    const progress = (await replaced.isVisible()) ? undefined : await said(working);
    const until = (performance.now() - asked) / 1000;
    await replaced.waitFor({ timeout: 120_000 });
    const looked = hand.done();
    const sums = await said(replaced);
    const replacing = Number(/([\d,]+) collections are replaced/.exec(sums)?.[1]?.replace(',', ''));
    check(replacing > MANY, `the preview says: ${sums}`);

    await hand.click(button(page, 'Continue'));
    await hand.click(button(page, 'Restore now'));
    await page.getByText('Restored', { exact: true }).waitFor({ timeout: 300_000 });
    const restored = hand.done();
    check((await valueOf(ark, sumOf(7))) === before, 'what was changed is not back');
    check((await valueOf(ark, `SELECT count(*) AS value FROM small_${MANY}`)) === '10', 'rows are missing');
    return [
      { ...opened, says: `“${summary}”` },
      { ...made, says: '“The backup is ready”' },
      {
        ...looked,
        says: `${progress === undefined ? 'no word before it is there' : `“${progress}”`}; “${sums}”`,
        ...(progress !== undefined && { waits: { 'until something is said': until } }),
      },
      { ...restored, says: '“Restored”; what was changed and deleted is back' },
    ];
  },
};

const sumOf = (table: number): string =>
  `SELECT md5(string_agg(t::text, chr(10) ORDER BY id)) AS value FROM small_${table} t`;
