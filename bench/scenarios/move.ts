import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { goThrough } from './restoring';
import { check, type Scenario } from './scenario';
import { button, contentOf, dialog, news, rowOf } from './stage';

const PASSPHRASE = 'correct horse battery';
const keyIn = (app: string) => join(app, 'apps', 'main', 'aes_key.dat');

export const move: Scenario = {
  number: 4,
  parts: [
    {
      what: 'An app moves, its key and its files with it: a backup of A',
      does: 'On A: New backup, “Encrypt, with uploaded files”, the passphrase twice, Start backup, Download.',
      before: { did: '3', verdict: 'the key stayed behind, and nobody said so' },
    },
    {
      what: 'An app moves: the restore on B',
      does: 'On B: Upload, Restore it, the passphrase, Open, See what changes, Continue, the name, Restore now.',
      before: { did: '6 + 1 field', time: '4.1 s' },
    },
  ],
  async play(stage) {
    const [from, to] = [await stage.appFolder(), await stage.appFolder()];
    const a = await stage.console(() => ({ STORAGE_PATH: from, ARK_INSTANCE: 'old-server' }));
    const b = await stage.console(() => ({ STORAGE_PATH: to }));
    await mkdir(dirname(keyIn(from)), { recursive: true });
    await writeFile(keyIn(from), randomBytes(32));
    await writeFile(join(from, 'uploads', 'invoice.pdf'), 'invoice');
    await a.sql.query(`UPDATE customers SET name = 'of A'; UPDATE users SET nickname = 'of A'`);

    const there = await stage.admin(a.url);
    const making = dialog(there.page, 'New backup');
    await there.click(there.page.locator('#ark-new'));
    await there.click(button(there.page, 'Encrypt, with uploaded files'));
    await there.fill(making.getByLabel('Passphrase', { exact: true }), PASSPHRASE);
    await there.fill(making.getByLabel('Passphrase again'), PASSPHRASE);
    await there.click(button(there.page, 'Start backup'));
    await news(there.page, 'The backup is ready').waitFor();
    await rowOf(there.page, 'Encrypted').waitFor();
    const downloading = there.page.waitForEvent('download');
    await there.click(button(there.page, /^Download /));
    const file = join(stage.folder, 'moved.ark');
    await (await downloading).saveAs(file);
    const made = there.done();

    const here = await stage.admin(b.url);
    await here.choose(button(here.page, 'Upload'), file);
    await here.click(button(here.page, 'Restore it'));
    await here.fill(here.page.getByLabel('Passphrase', { exact: true }), PASSPHRASE);
    await here.click(button(here.page, 'Open'));
    await goThrough(here, b, true);
    const moved = here.done();
    for (const table of ['customers', 'orders', 'users'])
      check((await contentOf(a, table)) === (await contentOf(b, table)), `${table} are not those of A`);
    check((await readFile(keyIn(to))).equals(await readFile(keyIn(from))), 'the key has not come');
    check(
      (await readFile(join(to, 'uploads', 'invoice.pdf'), 'utf8')) === 'invoice',
      'the file has not come',
    );
    return [
      { ...made, says: '“The AES key is in this backup”' },
      { ...moved, says: '“Restored”; rows, uploaded file and key are those of A' },
    ];
  },
};
