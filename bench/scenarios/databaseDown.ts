import { spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RealConsole } from '../../__tests__/browser/realConsole';
import { check, type Scenario } from './scenario';
import { backUp, backupsOf, button, news, rowOf, said } from './stage';

export const databaseDown: Scenario = {
  number: 8,
  parts: [
    {
      what: 'The database goes away: until the page says so',
      does: 'Nothing; the list of backups stays, the storages can be looked at.',
      before: { verdict: 'said nothing within 70 s' },
    },
    {
      what: 'The database is back: until the page is as before',
      does: 'Nothing; then New backup, Start backup.',
      before: { verdict: 'said it was away until “Try again” (70 s watched)' },
    },
  ],
  async play(stage) {
    const ark = await stage.console();
    await backUp(ark, 'nightly');
    const { page, ...hand } = await stage.admin(ark.url);
    await rowOf(page, 'nightly.ark').waitFor();
    const line = page.getByTestId('safety');
    const before = await said(line.getByRole('status').first());

    const server = await serverOf(ark);
    // The connection of whoever looks from beside goes with it.
    ark.sql.on('error', () => undefined);
    hand.begin();
    await server.stop();
    await line.getByText('The database').waitFor({ timeout: 60_000 });
    const down = hand.done();
    const says = await said(line.getByRole('status').first());
    check(await rowOf(page, 'nightly.ark').isVisible(), 'the list is gone');
    check((await backupsOf(ark)).length === 1, 'the list cannot be read');
    await page.getByRole('tab', { name: 'Storages' }).click();
    await rowOf(page, 'local').waitFor();
    await page.getByRole('tab', { name: 'Backups' }).click();

    await server.start();
    hand.begin();
    await line.getByText('The database').waitFor({ state: 'detached', timeout: 60_000 });
    const back = hand.done();
    check((await said(line.getByRole('status').first())) === before, 'it is not said what was said before');
    await page.locator('#ark-new').click();
    await button(page, 'Start backup').click();
    await news(page, 'The backup is ready').waitFor();
    check((await backupsOf(ark)).length === 2, 'no backup can be made');
    return [
      { ...down, says: `“${says}”` },
      { ...back, says: `“${before}”; a backup is made at once` },
    ];
  },
};

/** The console's own PostgreSQL, which dies at once and is begun again as it was. */
async function serverOf(ark: RealConsole) {
  const data = join(ark.folder, 'postgres');
  const { uid, gid } = await stat(data);
  const pid = Number((await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')[0]);
  const options = await readFile(join(data, 'postmaster.opts'), 'utf8');
  const [program = '', ...args] = options
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/^"(.*)"$/, '$1'));
  return {
    async stop() {
      process.kill(pid, 'SIGQUIT');
      while (await isThere(data)) await sleep(20);
    },
    async start() {
      spawn(program, args, { uid, gid, cwd: '/', detached: true, stdio: 'ignore' }).unref();
      for (;;) {
        if (await isOpen(ark.sql.port)) return;
        await sleep(20);
      }
    },
  };
}

const isThere = (data: string): Promise<boolean> =>
  stat(join(data, 'postmaster.pid')).then(
    () => true,
    () => false,
  );

const isOpen = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
