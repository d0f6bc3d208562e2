import { confirm, lookAt } from './restoring';
import { makeReadings } from './rows';
import { check, type Scenario } from './scenario';
import { backUp, button, news, said, valueOf } from './stage';

const ROWS = 1_000_000;

export const closedTab: Scenario = {
  number: 9,
  parts: [
    {
      what: 'The tab is closed in the middle of a restore: until a new tab shows it',
      does: 'Closes the tab; opens the page again.',
      before: { verdict: 'goes on; the new tab shows it and its end' },
    },
    {
      what: 'The same: until the new tab says that it is done',
      does: 'Nothing.',
      before: { verdict: '2,001 tables, 2 million rows' },
    },
  ],
  async play(stage) {
    const ark = await stage.console();
    await makeReadings(ark, ROWS);
    await backUp(ark, 'large');
    await ark.sql.query('DELETE FROM readings WHERE id % 2 = 0');
    const first = await stage.admin(ark.url);
    await first.click(button(first.page, 'Restore large.ark'));
    await lookAt(first);
    await first.click(button(first.page, 'Continue'));
    await confirm(first, ark, false);
    await first.page
      .getByText(/^Step 2 of/)
      .first()
      .waitFor();
    await first.page.close();

    const second = await stage.window();
    second.begin();
    await second.page.goto(ark.url);
    const running = second.page.getByText('Restoring large.ark').first();
    await running.waitFor();
    const seen = second.done();
    const says = await said(second.page.getByTestId('safety'));
    second.begin();
    await news(second.page, 'The restore is complete').waitFor({ timeout: 300_000 });
    const over = second.done();
    check(
      (await valueOf(ark, 'SELECT count(*) AS value FROM readings')) === String(ROWS),
      'rows are missing',
    );
    return [
      { ...seen, says: `“${says}”` },
      { ...over, says: `“The restore is complete”; all ${ROWS.toLocaleString('en-US')} rows are back` },
    ];
  },
};
