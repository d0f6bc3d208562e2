import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newLine } from '../../__tests__/browser/brokenLine';
import type { Started, UploadItem } from '../../src/server/api/api';
import { formatBytes } from '../../src/server/bytes';
import { check, type Scenario } from './scenario';
import { ask, button, ended, said } from './stage';

const PIECE = 8 * 1024 * 1024;
const CUT_MS = 10_000;

export const cutUpload: Scenario = {
  number: 13,
  parts: [
    {
      what: 'An upload is cut in the middle, for ten seconds',
      does: 'Upload, the file; nothing more.',
      before: { verdict: 'began again at 0' },
    },
  ],
  async play(stage) {
    const ark = await stage.console();
    await ark.sql.query(
      `CREATE TABLE large AS SELECT g AS id, (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 6 + g * 0)) AS value FROM generate_series(1, 300000) g`,
    );
    await ended(ark, await ask<Started>(ark, 'arkBackups:create', { name: 'large', collections: ['large'] }));
    const file = join(ark.folder, 'backups', 'large.ark');
    const bytes = await readFile(file);
    check(bytes.length > 3 * PIECE, `the file has ${bytes.length} bytes only`);
    const line = await newLine(ark.url);
    stage.keep(() => line.close());
    const sent = join(stage.folder, 'nightly.ark');
    await copyFile(file, sent);

    const { page, ...hand } = await stage.admin(line.url);
    Object.assign(line, { brokenFrom: PIECE, falls: true });
    await hand.choose(button(page, 'Upload'), sent);
    const lost = page.getByText(/Connection lost\. It goes on by itself; \d+% is there\./);
    await lost.waitFor();
    const says = await said(lost);
    await sleep(CUT_MS);
    check((await ark.api<UploadItem[]>('arkUploads:list'))[0]?.offset === PIECE, 'not a piece is there');
    Object.assign(line, { brokenFrom: Infinity, down: false });
    const healed = performance.now();
    await page.getByText('nightly.ark was uploaded and can be restored').waitFor({ timeout: 120_000 });
    const tally = hand.done();
    const after = (performance.now() - healed) / 1000;
    check((await readFile(join(ark.folder, 'backups', 'nightly.ark'))).equals(bytes), 'another file came');
    const twice = line.passed - bytes.length;
    return [
      {
        ...tally,
        says: `“${says}” ${formatBytes(bytes.length)}; ${formatBytes(twice)} of them were sent twice`,
        waits: { 'of these after the line was back': after },
      },
    ];
  },
};
