import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backupCommand } from '../../src/server/commands/backup';
import { deleteCommand } from '../../src/server/commands/delete';
import { listCommand } from '../../src/server/commands/list';
import { restoreCommand } from '../../src/server/commands/restore';
import { verifyCommand } from '../../src/server/commands/verify';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';
import { runCommand } from '../helpers/terminal';

/** For a cron that mails what is said, and for whoever wants to know more. */
const { data, database } = ownPlace();
let shop: TestDatabase;
const to = () => ['--database-file', join(data.folder, 'url')];
const run = (add: Parameters<typeof runCommand>[0], ...args: string[]) => runCommand(add, args, data.folder);

beforeAll(async () => {
  shop = await database(`
    CREATE TABLE customers (id integer PRIMARY KEY);
    CREATE TABLE orders (id integer PRIMARY KEY, customer integer REFERENCES customers);
    INSERT INTO customers VALUES (1);`);
  await writeFile(join(data.folder, 'url'), shop.url);
  // What the environment of the tests makes it say is said once.
  await run(listCommand, 'list');
});

it('quiet says nothing where all is well', async () => {
  for (const said of [
    await run(backupCommand, 'backup', '-q', '--name', 'a', ...to()),
    await run(verifyCommand, 'verify', 'a', '--quiet'),
    await run(restoreCommand, 'restore', 'a', '--yes', '-q', ...to()),
    await run(deleteCommand, 'delete', 'a', '--yes', '-q'),
  ])
    expect(said).toMatchObject({ exit: 0, out: '', err: '' });
});

it('quiet says what needs attention, what fails, and what was asked for', async () => {
  const warned = await run(backupCommand, 'backup', '-q', '--name', 'b', '--collections', 'orders', ...to());
  expect(warned.exit).toBe(0);
  expect(warned.out).toMatch(/^! customers .*orders points at it/);
  expect(
    warned.out
      .trimEnd()
      .split('\n')
      .every((line) => line.startsWith('!')),
  ).toBe(true);
  expect((await run(listCommand, 'list', '-q')).out).toContain('b.ark');
  await writeFile(join(data.folder, 'broken.ark'), 'no archive');
  const failed = await run(verifyCommand, 'verify', '-q', join(data.folder, 'broken.ark'));
  expect(failed).toMatchObject({ exit: 3, err: expect.stringMatching(/ARCHIVE_NOT_ARK/) as string });
  const json = await run(verifyCommand, 'verify', '-q', 'b', '--json');
  expect(JSON.parse(json.out)).toMatchObject({ ok: true });
  expect(json.err).toBe('');
});

it('verbose says each line of the job, with its time, and the cause of a failure', async () => {
  const { err, out } = await run(backupCommand, 'backup', '-v', '--name', 'c', ...to());
  expect(err).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d job \w+: backup c\.ark, running$/m);
  expect(err).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d reading$/m);
  expect(err).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d job \w+: backup c\.ark, done$/m);
  expect(out).toContain('Done.');
  const failed = ['backup', '--name', 'c', ...to()];
  expect((await run(backupCommand, ...failed)).err).not.toMatch(/^\s+at /m);
  expect((await run(backupCommand, ...failed, '-v')).err).toMatch(/^\s+at /m);
});

it('quiet and verbose together are wrong usage', async () => {
  await expect(run(listCommand, 'list', '-q', '-v')).rejects.toThrow(/cannot be used with/);
});
