import { confirm, lookAt } from './restoring';
import { makeReadings } from './rows';
import { check, type Scenario } from './scenario';
import { backUp, button, contentOf, said, valueOf } from './stage';

const SINCE = 11;

export const twoAdmins: Scenario = {
  number: 10,
  parts: [
    {
      what: 'Two admins: until the second sees the job of the first',
      does: 'The first: New backup, Start backup.',
      before: { verdict: 'sees it, buttons off' },
    },
    {
      what: `Two admins: a preview that is out of date (${SINCE} rows were entered since)`,
      does: 'Restore, See what changes, Continue, Restore now; it is refused; See what changes, Continue, the name, Restore now.',
      before: { verdict: `ran; all ${SINCE} rows went unannounced` },
    },
  ],
  async play(stage) {
    const ark = await stage.console();
    await backUp(ark, 'nightly');
    const backedUp = await contentOf(ark, 'customers');
    await makeReadings(ark, 1_000_000);
    const [first, second] = [await stage.admin(ark.url), await stage.admin(ark.url)];
    await first.click(first.page.locator('#ark-new'));
    await first.click(button(first.page, 'Start backup'));
    const begun = first.done();
    second.begin();
    await second.page
      .getByText(/^Backing up to/)
      .first()
      .waitFor();
    const seen = second.done();
    check(await second.page.locator('#ark-new').isDisabled(), 'the second may begin another one');
    const says = await said(second.page.getByTestId('safety'));
    await first.page.getByText('The backup is ready').waitFor({ timeout: 120_000 });
    await ark.sql.query('DROP TABLE readings');

    await first.click(button(first.page, 'Restore nightly.ark'));
    await lookAt(first);
    await first.click(button(first.page, 'Continue'));
    await ark.sql.query(
      `INSERT INTO customers (id, name, "createdAt") SELECT 990000 + n, 'since', now() FROM generate_series(1, ${SINCE}) n`,
    );
    await confirm(first, ark, false);
    const refused = first.page.getByRole('alert').filter({ hasText: /would be lost/ });
    await refused.first().waitFor();
    const told = await said(refused.first());
    const there = `SELECT count(*) AS value FROM customers WHERE name = 'since'`;
    check((await valueOf(ark, there)) === String(SINCE), 'rows went before anybody had said yes');
    await lookAt(first);
    await first.page.getByText(/^At least \d+ rows that are here now/).waitFor();
    await first.click(button(first.page, 'Continue'));
    await confirm(first, ark, true);
    await first.page.getByText('Restored', { exact: true }).waitFor();
    const restored = first.done();
    check((await contentOf(ark, 'customers')) === backedUp, 'the customers are not those of the backup');
    return [
      { clicks: begun.clicks, fields: begun.fields, seconds: seen.seconds, says: `“${says}”` },
      { ...restored, says: `“${told}” Then the rows are counted and the name is asked for` },
    ];
  },
};
