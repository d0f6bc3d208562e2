import { check, type Scenario } from './scenario';
import { backUp, backupsOf, button, dialog, news, rowOf } from './stage';

export const prove: Scenario = {
  number: 5,
  parts: [
    {
      what: 'Prove that a backup works',
      does: 'The backup’s menu, Test restore, Test restore.',
      before: { did: '3, or nothing by a schedule', time: '4 s' },
    },
  ],
  async play(stage) {
    const ark = await stage.console();
    await backUp(ark, 'nightly');
    const { page, ...hand } = await stage.admin(ark.url);
    await hand.click(button(page, 'More actions for nightly.ark'));
    await hand.click(page.getByRole('menuitem', { name: 'Test restore' }));
    await hand.click(dialog(page, /^Test the restore/).getByRole('button', { name: 'Test restore' }));
    await news(page, 'Restore test passed').waitFor({ timeout: 120_000 });
    const tally = hand.done();
    await rowOf(page, 'nightly.ark').getByText('Restore tested').waitFor();
    check((await backupsOf(ark))[0]?.rehearsedAt !== undefined, 'nothing is proven');
    return [{ ...tally, says: '“Restore test passed”; the backup is “Restore tested” from then on' }];
  },
};
