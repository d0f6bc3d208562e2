import { s3Server } from '../../__tests__/helpers/s3Server';
import { goThrough } from './restoring';
import { check, type Scenario } from './scenario';
import { ask, backUp, button, contentOf, dialog, said, valueOf } from './stage';

export const otherInstance: Scenario = {
  number: 2,
  parts: [
    {
      what: 'Another instance’s backup from a new storage, one group only',
      does: 'Storages, Add storage (S3: name, endpoint, bucket, two keys), Test and save; Backups, Restore, Select none, the group, See what changes, Continue, the name, Restore now.',
      before: {
        did: '10 + 3 fields; with S3 7 fields',
        time: '11 s',
        verdict: 'without a storage test; “Nothing differs” was said of another app’s data',
      },
    },
  ],
  async play(stage) {
    const bucket = await s3Server({ region: 'eu-central-7', styles: ['path'] });
    stage.keep(() => bucket.close());
    const [theirs, ours] = [await stage.console(() => ({ ARK_INSTANCE: 'shop-b' })), await stage.console()];
    await ask(theirs, 'arkStorages:create', {
      name: 'off-site',
      kind: 's3',
      endpoint: bucket.endpoint,
      region: 'eu-central-7',
      bucket: bucket.bucket,
      accessKeyId: bucket.accessKeyId,
      secretAccessKey: bucket.secretAccessKey,
      addressing: 'path',
    });
    await theirs.sql.query(
      `UPDATE customers SET name = 'of the other shop'; UPDATE users SET nickname = 'theirs'`,
    );
    await backUp(theirs, 'theirs', { storages: ['off-site'] });
    const [wanted, users] = [await contentOf(theirs, 'customers'), await contentOf(ours, 'users')];

    const { page, ...hand } = await stage.admin(ours.url);
    await hand.click(page.getByRole('tab', { name: 'Storages' }));
    await hand.click(button(page, 'Add storage'));
    const adding = dialog(page, 'Add a storage');
    for (const [label, text] of [
      ['Name', 'off-site'],
      ['Endpoint', bucket.endpoint],
      ['Bucket', bucket.bucket],
      ['Access key', bucket.accessKeyId],
      ['Secret key', bucket.secretAccessKey],
    ] as const)
      await hand.fill(adding.getByLabel(label, { exact: true }), text);
    await hand.click(button(page, 'Test and save'));
    const proposed = button(page, 'Use these settings');
    await proposed.or(page.getByText('off-site was saved')).first().waitFor();
    if (await proposed.isVisible()) await hand.click(proposed);
    await adding.waitFor({ state: 'hidden' });
    await hand.click(page.getByRole('tab', { name: 'Backups' }));
    await hand.click(button(page, 'Restore theirs.ark'));
    await hand.click(button(page, 'Select none'));
    await hand.click(
      page
        .locator('.ant-tree-treenode')
        .filter({ hasText: /^Custom data/ })
        .locator('.ant-tree-checkbox'),
    );
    const foreign = dialog(page, 'Restore theirs.ark').getByRole('alert').filter({ hasText: 'shop-b' });
    const says = await said(foreign.first());
    await goThrough({ page, ...hand }, ours, true);
    const tally = hand.done();
    check((await contentOf(ours, 'customers')) === wanted, 'the customers are not those of the backup');
    check((await contentOf(ours, 'users')) === users, 'another group came with it');
    check((await valueOf(ours, 'SELECT count(*) AS value FROM customers')) !== '0', 'there is nobody');
    return [{ ...tally, says: `“${says}”` }];
  },
};
