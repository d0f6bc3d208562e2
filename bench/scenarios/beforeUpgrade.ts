import { check, type Scenario } from './scenario';
import { backupsOf, button, dialog, news, rowOf } from './stage';

const NOTE = 'before the upgrade to 2.1';

export const beforeUpgrade: Scenario = {
  number: 1,
  parts: [
    {
      what: 'A backup before an upgrade, with a note that says so',
      does: 'New backup, a line in “Note”, Start backup.',
      before: { did: '2', time: '3.3 s', verdict: 'no note' },
    },
  ],
  async play(stage) {
    const ark = await stage.console();
    const { page, ...hand } = await stage.admin(ark.url);
    await hand.click(page.locator('#ark-new'));
    await hand.fill(dialog(page, 'New backup').getByLabel('Note (optional)'), NOTE);
    await hand.click(button(page, 'Start backup'));
    await news(page, 'The backup is ready').waitFor();
    await rowOf(page, NOTE).waitFor();
    const tally = hand.done();
    const [made, ...others] = await backupsOf(ark);
    check(made?.state === 'ok' && made.note === NOTE && others.length === 0, 'no backup bears the note');
    check((await ark.backupFiles()).includes(made.name), 'there is no file');
    return [{ ...tally, says: '“The backup is ready”; the note stands in the list' }];
  },
};
