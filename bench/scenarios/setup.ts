import { listen } from '../../__tests__/helpers/listener';
import { webdavServer } from '../../__tests__/helpers/webdavServer';
import { check, type Scenario } from './scenario';
import { backupsOf, button, dialog } from './stage';

export const setup: Scenario = {
  number: 14,
  parts: [
    {
      what: 'From an empty console to “4 of 4: you are safe”',
      does: 'Set up in five minutes: an off-site storage (WebDAV: name, address, user, password), a schedule as it is proposed, a webhook’s address, Back up now.',
      before: { verdict: 'no wizard' },
    },
  ],
  async play(stage) {
    const [cloud, hook] = [await webdavServer(), await listen()];
    stage.keep(() => cloud.close());
    stage.keep(() => hook.close());
    const ark = await stage.console(() => ({ ARK_OFFSITE: 'cloud' }));
    const { page, ...hand } = await stage.admin(ark.url);
    const setup = dialog(page, 'Safe in five minutes');
    await hand.click(button(page, 'Set up in five minutes'));
    await hand.click(setup.getByRole('button', { name: 'Add storage', exact: true }));
    const adding = dialog(page, 'Add a storage');
    await hand.click(adding.getByText('WebDAV', { exact: true }));
    for (const [label, text] of [
      ['Name', 'cloud'],
      ['WebDAV address', cloud.url],
      ['User', cloud.user],
      ['Password', cloud.password],
    ] as const)
      await hand.fill(adding.getByLabel(label, { exact: true }), text);
    await hand.click(adding.getByRole('button', { name: 'Test and save', exact: true }));
    await hand.click(setup.getByRole('button', { name: 'New schedule', exact: true }));
    const schedule = dialog(page, 'New schedule');
    await hand.click(schedule.getByRole('button', { name: 'Save', exact: true }));
    await hand.click(setup.getByRole('button', { name: 'Alerts', exact: true }));
    const alerts = dialog(page, 'Alerts');
    await hand.click(alerts.getByRole('checkbox', { name: 'Webhook' }));
    await hand.fill(alerts.getByLabel('Address of the webhook'), hook.url);
    await hand.click(alerts.getByRole('button', { name: 'Save and test', exact: true }));
    await alerts.getByText('The test got through').waitFor();
    await hand.click(alerts.locator('.ant-modal-footer').getByRole('button', { name: 'Close', exact: true }));
    await hand.click(setup.getByRole('button', { name: 'Back up now', exact: true }));
    await setup.getByText('4 of 4: you are safe').waitFor({ timeout: 180_000 });
    const tally = hand.done();
    const made = await backupsOf(ark);
    check(
      made.some(({ storage, rehearsedAt }) => storage === 'cloud' && rehearsedAt !== undefined),
      'no tested backup lies off-site',
    );
    check((await cloud.files()).length > 0 && hook.heard.length > 0, 'storage or webhook heard nothing');
    return [
      { ...tally, says: '“4 of 4: you are safe”; a tested backup lies off-site, the alert has arrived' },
    ];
  },
};
