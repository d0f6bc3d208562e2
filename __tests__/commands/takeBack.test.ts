import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TakeBackPreview } from '../../src/server/api/api';
import { takeBackCommand } from '../../src/server/commands/takeBack';
import { undoCommand } from '../../src/server/commands/undo';
import { backUp, hostOf } from '../helpers/ark';
import { bundleCli } from '../helpers/cli';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import { runCommand } from '../helpers/terminal';

const { data, database } = ownPlace();
const SHOP = `
  CREATE TABLE customers (id int PRIMARY KEY, name text, api_token text);
  CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers ON DELETE CASCADE, status text);
  CREATE TABLE lines (order_id int REFERENCES orders ON DELETE CASCADE, at int, what text, PRIMARY KEY (order_id, at));
  INSERT INTO customers VALUES (7, 'Seven', 'hush-7'), (8, 'Eight', 'hush-8');
  INSERT INTO orders VALUES (12, 7, 'paid'), (13, 7, 'open'), (14, 8, 'paid');
  INSERT INTO lines VALUES (12, 1, 'tea'), (12, 2, 'cup'), (14, 1, E'\\u001b[2J');`;

const was = process.env.ARK_INSTANCE;
beforeAll(() => {
  process.env.ARK_INSTANCE = 'test';
});
afterAll(() => {
  if (was === undefined) delete process.env.ARK_INSTANCE;
  else process.env.ARK_INSTANCE = was;
});

async function shop(name: string) {
  const at = await database(SHOP);
  await backUp(hostOf(at.url, data.folder), name);
  const run = (command: typeof takeBackCommand, args: string[], answers?: string[]) =>
    runCommand(command, [...args, '--database', at.url], data.folder, answers);
  return {
    at,
    digest: () => digest(at.url),
    takeFrom: (archive: string, args: string[], answers?: string[]) =>
      run(takeBackCommand, ['take-back', archive, ...args], answers),
    take: (args: string[], answers?: string[]) =>
      run(takeBackCommand, ['take-back', `${name}.ark`, ...args], answers),
    undo: (args: string[], answers?: string[]) => run(undoCommand, ['undo', ...args], answers),
  };
}

it('shows what would happen, asks, does exactly that, and undo asks and puts it back', async () => {
  const at = await shop('asked');
  const before = await at.digest();
  await at.at.sql(`DELETE FROM customers WHERE id = 7`);
  const deleted = await at.digest();
  const no = await at.take(['customers', '7', '--with-children'], ['n']);
  expect(no).toMatchObject({
    exit: 1,
    asked: [expect.stringMatching(/^Take 5 rows of 3 collections back into .*\? \[y\/N\]$/)],
  });
  for (const text of [
    'Seven',
    '••••',
    'points there',
    '2 rows of orders point at these in the backup and come along',
  ])
    expect(no.err).toContain(text);
  expect(no.err).not.toContain('hush');
  expect(await at.digest()).toEqual(deleted);
  const yes = await at.take(['customers', '7', '--with-children'], ['y']);
  expect(yes.exit).toBe(0);
  expect(yes.out).toMatch(
    /^5 rows of 3 collections taken back: 5 came, 0 were overwritten\. "ark undo \w+" puts it back until .*\n$/,
  );
  expect(await at.digest()).toEqual(before);
  expect((await at.undo(['--list'])).out).toMatch(/take-back .*customers 1/);
  const undone = await at.undo([], ['y']);
  expect(undone.asked).toEqual([expect.stringMatching(/^Put back the rows that \w+ wrote\? \[y\/N\]$/)]);
  expect(undone.exit).toBe(0);
  expect(await at.digest()).toEqual(deleted);
});

it('what was changed since stands side by side, and nobody who is not asked overwrites it without --yes', async () => {
  const at = await shop('changed');
  const before = await at.digest();
  await at.at.sql(`UPDATE orders SET status = 'shipped' WHERE id = 12`);
  const changed = await at.digest();
  const silent = await at.take(['orders', '12']);
  expect(silent).toMatchObject({ exit: 2 });
  expect(silent.err).toContain('1 row that is there now would be overwritten.');
  expect(silent.err).toMatch(/status *│ shipped *│ paid/);
  expect(await at.digest()).toEqual(changed);
  const done = await at.take(['orders', '12', '--yes', '--json']);
  expect(JSON.parse(done.out)).toMatchObject({ inserted: 0, overwritten: 1 });
  expect(await at.digest()).toEqual(before);
});

it('a preview changes nothing and is for programs too; control codes of a backup reach no terminal', async () => {
  const at = await shop('shown');
  await at.at.sql('DELETE FROM orders WHERE id = 14');
  const deleted = await at.digest();
  const { out } = await at.take(['orders', '14', '--with-children', 'lines', '--preview']);
  expect(out).not.toContain('\u001b');
  const preview = JSON.parse((await at.take(['orders', '14', '--preview', '--json'])).out) as TakeBackPreview;
  expect(preview).toMatchObject({
    counts: { insert: 1 },
    children: [{ collection: 'lines', missing: 1, come: false }],
  });
  expect(await at.digest()).toEqual(deleted);
});

it.each([
  [['orders'], 'Say which rows'],
  [['orders', '12', '--where', 'status=paid'], 'Say which rows'],
  [['orders', '--where', 'status'], 'A condition is column=value'],
  [['lines', '12'], 'A row of lines is known by order_id, at'],
  [['order', '12'], 'Did you mean orders'],
  [['orders', '12', '--with-children', 'customers'], 'No rows of customers point at orders'],
  [['customers', '--where', 'api_token=hush-7'], 'is hidden'],
])('%j is refused with words', async (args, words) => {
  const at = await shop(`wrong-${args.join('').replace(/\W/g, '')}`);
  const { exit, err } = await at.take([...args, '--yes']);
  expect([exit, err]).toEqual([2, expect.stringContaining(words)]);
});

it('every line of the documents works', async () => {
  const at = await database(SHOP);
  const root = join(data.folder, 'docs');
  await mkdir(root);
  await backUp(hostOf(at.url, join(root, 'data')), 'shop');
  await at.sql(`DELETE FROM customers WHERE id = 7; DELETE FROM orders WHERE id = 14`);
  const program = await bundleCli(root);
  const docs = await readFile(join(__dirname, '..', '..', 'docs', 'take-back.md'), 'utf8');
  const lines = [...docs.matchAll(/^ark (.*)$/gm)].map(([, line = '']) => line);
  expect(lines.length).toBeGreaterThan(6);
  const env = {
    PATH: process.env.PATH,
    HOME: root,
    ARK_DATA: join(root, 'data'),
    ARK_INSTANCE: 'test',
    ARK_DATABASE_URL: at.url,
  };
  for (const line of lines) {
    const args = [...line.split(' '), '--database', at.url];
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { cwd: root, env });
    expect([line, stdout.length > 20]).toEqual([line, true]);
  }
}, 60_000);

it('of a backup that somebody else calls theirs a name is asked for', async () => {
  const at = await shop('theirs');
  await at.at.sql('DELETE FROM customers WHERE id = 7');
  await backUp({ ...hostOf(at.at.url, data.folder), instance: 'elsewhere' }, 'elsewhere');
  const said = await at.takeFrom('elsewhere.ark', ['customers', '8'], ['y']);
  expect(said.exit).toBe(0);
  await at.at.sql('DELETE FROM customers WHERE id = 8');
  const before = await at.digest();
  const refused = await at.takeFrom('elsewhere.ark', ['customers', '8'], ['y']);
  expect(refused.asked).toEqual([expect.stringContaining('It calls itself a backup of elsewhere')]);
  expect(refused.exit).toBe(1);
  expect(await at.digest()).toEqual(before);
  expect((await at.takeFrom('elsewhere.ark', ['customers', '8'], ['elsewhere'])).exit).toBe(0);
});
