import { readFile } from 'node:fs/promises';
import { customerWithPapers } from '../../__tests__/browser/papers';
import { digest } from '../../__tests__/helpers/digest';
import { check, type Scenario } from './scenario';
import { backUp, button, dialog, urlOf } from './stage';

export const deletedRecord: Scenario = {
  number: 3,
  parts: [
    {
      what: 'One deleted record, its three orders and its attached file, back',
      does: 'The backup, the collection’s rows, a search for the record, its tick, Take back, “And what belongs to them”, Take back.',
      before: { verdict: 'not possible; four commands and SQL by hand' },
    },
  ],
  async play(stage) {
    const app = await stage.appFolder();
    const ark = await stage.console(() => ({ STORAGE_PATH: app }));
    const customer = await customerWithPapers(ark, app);
    await backUp(ark, 'monday', { files: true });
    const before = await digest(urlOf(ark));
    await customer.remove();

    const { page, ...hand } = await stage.admin(ark.url);
    const rows = dialog(page, / · in monday/);
    const taking = dialog(page, 'Take rows back from monday.ark');
    await hand.click(button(page, /^monday\.ark/));
    await hand.fill(page.getByLabel('Search collections'), 'customers');
    await hand.click(button(page, 'Rows of Customers'));
    await rows.getByText(/^Rows 1–/).waitFor();
    await hand.fill(rows.getByLabel('Search in all values'), customer.id);
    await hand.press('Enter');
    await hand.click(rows.getByRole('checkbox', { name: `Take back row ${customer.id}` }));
    await hand.click(button(page, 'Take back 1 row'));
    await hand.click(taking.getByRole('checkbox', { name: 'And what belongs to them' }));
    await hand.click(taking.getByRole('button', { name: 'Take back 6 rows', exact: true }));
    await taking.getByText('6 rows are back').waitFor();
    const tally = hand.done();
    await taking.getByText('1 file came with them.').waitFor();
    check(
      JSON.stringify(await digest(urlOf(ark))) === JSON.stringify(before),
      'the database is not as it was',
    );
    check((await readFile(customer.contract, 'utf8')) === 'signed', 'the file is not back');
    return [{ ...tally, says: '“6 rows are back. 1 file came with them.” The whole database is as it was' }];
  },
};
