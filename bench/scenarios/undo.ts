import type { RealConsole } from '../../__tests__/browser/realConsole';
import { digest } from '../../__tests__/helpers/digest';
import type { Started } from '../../src/server/api/api';
import type { Hand } from './hand';
import { check, type Scenario } from './scenario';
import { ask, backUp, dialog, ended, news, said, urlOf } from './stage';

const SINCE = 30;

export const undo: Scenario = {
  number: 6,
  parts: [
    {
      what: 'The wrong thing was restored: undone at once',
      does: 'Undo at the top of the page, Undo.',
      before: { did: '2', time: '2.9 s' },
    },
    {
      what: `The wrong thing was restored: undone after ${SINCE} rows were entered`,
      does: 'Undo, what it says is read, the name, Undo.',
      before: { did: '2', verdict: 'nothing was said of the rows that go' },
    },
  ],
  async play(stage) {
    const ark = await stage.console();
    await backUp(ark, 'old');
    await ark.sql.query(`UPDATE customers SET name = 'newer'`);
    await ark.sql.query(
      `INSERT INTO customers (id, name, "createdAt") SELECT 980000 + n, 'newer', now() FROM generate_series(1, 20) n`,
    );
    const right = await whole(ark);
    const wrong = async () => {
      await ended(ark, await ask<Started>(ark, 'arkBackups:restore?filterByTk=old.ark', { all: true }));
      check((await whole(ark)) !== right, 'nothing was restored');
    };

    await wrong();
    const early = await stage.admin(ark.url);
    const saidEarly = await undone(early, ark);
    const atOnce = early.done();
    check((await whole(ark)) === right, 'it is not as it was');

    await wrong();
    await ark.sql.query(
      `INSERT INTO customers (id, name, "createdAt") SELECT 990000 + n, 'since', now() FROM generate_series(1, ${SINCE}) n`,
    );
    const late = await stage.admin(ark.url);
    const saidLate = await undone(late, ark);
    const later = late.done();
    check((await whole(ark)) === right, 'it is not as it was');
    const lost = Number(/At least ([\d,]+) rows/.exec(saidLate)?.[1]);
    check(lost >= SINCE, `the dialog said: ${saidLate}`);
    return [
      { ...atOnce, says: saidEarly },
      { ...later, says: saidLate },
    ];
  },
};

/** What the page said before. */
async function undone({ page, ...hand }: Hand, ark: RealConsole): Promise<string> {
  const asked = dialog(page, 'Undo this restore?');
  await hand.click(page.getByTestId('undo-line').getByRole('button', { name: 'Undo', exact: true }));
  const alerts = asked.getByRole('alert');
  await alerts.first().waitFor();
  const texts = await Promise.all((await alerts.all()).map(said));
  const name = asked.getByLabel(/type the name of this instance/);
  if (await name.isVisible()) await hand.fill(name, ark.instance);
  await hand.click(asked.getByRole('button', { name: 'Undo', exact: true }));
  await news(page, 'The restore was undone').waitFor();
  return texts.map((text) => `“${text}”`).join(' ');
}

const whole = async (ark: RealConsole): Promise<string> => JSON.stringify(await digest(urlOf(ark)));
