import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { tinyDisk } from '../../__tests__/helpers/tinyDisk';
import { check, type Scenario } from './scenario';
import { backupsOf, button, news, said } from './stage';

export const fullDisk: Scenario = {
  number: 7,
  parts: [
    {
      what: 'The disk becomes full while a backup is written',
      does: 'New backup, Start backup; what the page says.',
      before: { verdict: 'exact on the command line; nothing left behind' },
    },
  ],
  async play(stage) {
    const disk = tinyDisk('300k');
    check(disk.why === '', `no small disk${disk.why}`);
    stage.keep(disk.remove);
    const ark = await stage.console((folder) => {
      symlinkSync(disk.path, join(folder, 'backups'));
      return {};
    });
    const { page, ...hand } = await stage.admin(ark.url);
    await hand.click(page.locator('#ark-new'));
    await hand.click(button(page, 'Start backup'));
    const failed = news(page, 'The backup failed');
    await failed.waitFor();
    const tally = hand.done();
    const says = await said(failed);
    check(/full|No space|space/i.test(says), `the page said: ${says}`);
    check((await backupsOf(ark)).length === 0, 'it is in the list');
    const left = readdirSync(disk.path);
    check(
      left.every((name) => name.startsWith('.')),
      `there is left: ${left.join(', ')}`,
    );
    return [{ ...tally, says: `“${says}” Nothing is left on the disk` }];
  },
};
