import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Comparison } from '../../src/server/api/api';
import { bytesOf, type Table } from '../helpers/archiveOf';
import { bundleCli } from '../helpers/cli';
import { ownPlace } from '../helpers/place';

const ESCAPE = '\u001b[2J';
const SECRET = 'hush-hush-9271';
const run = promisify(execFile);
const { database } = ownPlace();

let root: string;
let program: string;
let url: string;

const table = (rows: Table['rows']): Table => ({
  columns: ['id:int32', 'note', 'apiToken'],
  key: ['id'],
  rows,
});
const MONDAY = {
  orders: table([
    ['1', 'a', SECRET],
    ['2', 'b', SECRET],
    ['3', `c${ESCAPE}`, `${SECRET}!`],
  ]),
  customers: table([['1', null, null]]),
  lines: { columns: ['v'], rows: [['x'], ['x'], ['y']] },
};
const FRIDAY = {
  orders: table([
    ['4', `${ESCAPE}\u202e`, null],
    ['3', 'c', SECRET],
    ['1', 'a', SECRET],
  ]),
  customers: table([['1', null, null]]),
  lines: { columns: ['v'], rows: [['y'], ['x'], ['z']] },
};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ark-diff-'));
  program = await bundleCli(root);
  const backups = join(root, 'data', 'backups');
  await mkdir(backups, { recursive: true });
  for (const [name, tables] of Object.entries({ monday: MONDAY, friday: FRIDAY, shop: MONDAY }))
    await writeFile(join(backups, `${name}.ark`), await bytesOf({ tables }));
  const live = await database(
    `CREATE TABLE orders (id int PRIMARY KEY, note text, "apiToken" text); CREATE TABLE customers (LIKE orders INCLUDING ALL); CREATE TABLE lines (v text);
     INSERT INTO orders VALUES (1, 'a', '${SECRET}'), (2, 'b', '${SECRET}'), (3, E'c\\x1b[2J', '${SECRET}!');
     INSERT INTO customers VALUES (1, NULL, NULL); INSERT INTO lines VALUES ('y'), ('x'), ('x')`,
  );
  ({ url } = live);
}, 60_000);
afterAll(() => rm(root, { recursive: true, force: true }));

/** Nothing that anybody prints has a masked value in it, or an escape sequence. */
async function ark(...args: readonly string[]): Promise<{ exit: number; out: string; err: string }> {
  const env = { PATH: process.env.PATH, HOME: root, ARK_DATA: join(root, 'data'), USER: 'somebody' };
  const ended = await run(program, args, { cwd: root, env }).then(
    ({ stdout, stderr }) => ({ exit: 0, out: stdout, err: stderr }),
    (error: unknown) => {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { exit: code, out: stdout, err: stderr };
    },
  );
  expect(`${ended.out}${ended.err}`).not.toContain(SECRET);
  // eslint-disable-next-line no-control-regex -- it is what must not be there
  expect(`${ended.out}${ended.err}`).not.toMatch(/[\u001b\u202e]/);
  return ended;
}

it('ends with 0 where all is equal, and with 4 where anything differs', async () => {
  const equal = await ark('diff', 'monday.ark', '--database', url);
  expect([equal.exit, equal.out]).toEqual([0, '3 collections are equal.\n']);
  const differs = await ark('diff', 'friday.ark', '--database', url, '--examples', '9');
  expect(differs.exit).toBe(4);
  for (const word of ['only here', 'only in the backup', 'apiToken (1)', '••••', '1 collection is equal.'])
    expect(differs.out).toContain(word);
  expect(differs.out).toContain('lines has no primary key that is the same on both sides');
});

it('compares two backups without a database, the second in the place of the live one', async () => {
  const two = await ark('diff', 'friday.ark', 'monday.ark', '--json');
  const live = await ark('diff', 'friday.ark', '--database', url, '--json');
  expect([two.exit, JSON.parse(two.out)]).toEqual([4, JSON.parse(live.out)]);
  const { collections } = JSON.parse(two.out) as Comparison;
  expect(collections).toMatchObject([
    { name: 'orders', onlyHere: 1, changed: 1, onlyThere: 1, equal: 1 },
    { name: 'customers', onlyHere: 0, changed: 0, onlyThere: 0, equal: 1 },
    { name: 'lines', by: 'rows', onlyHere: 1, changed: 0, onlyThere: 1, equal: 2 },
  ]);
  const back = JSON.parse((await ark('diff', 'monday.ark', 'friday.ark', '--json')).out) as Comparison;
  expect(back.collections.map(({ onlyHere, changed, onlyThere }) => [onlyThere, changed, onlyHere])).toEqual(
    collections.map(({ onlyHere, changed, onlyThere }) => [onlyHere, changed, onlyThere]),
  );
});

it('every line of the documents works', async () => {
  const docs = await readFile(join(__dirname, '..', '..', 'docs', 'compare.md'), 'utf8');
  const lines = [...docs.matchAll(/^ark diff (.*)$/gm)].map(([, line = '']) => line.split(' '));
  expect(lines.length).toBeGreaterThan(3);
  for (const line of lines) {
    const place = line[1]?.endsWith('.ark') ? [] : ['--database', url];
    // The group of the documents is of an app.
    const args = line.map((word) => (word === 'user' ? 'custom' : word));
    const { exit, err } = await ark('diff', ...args, ...place);
    expect([line, exit === 0 || exit === 4, err]).toEqual([line, true, expect.stringMatching(/^[^[]*$/)]);
  }
});

it.each([
  [['diff', 'none.ark', 'monday.ark'], 1, 'BACKUP_UNKNOWN'],
  [['diff', 'monday.ark', 'friday.ark', '--collections', 'ordrs'], 2, 'COLLECTION_UNKNOWN'],
  [['diff', 'monday.ark', 'friday.ark', '--examples', '101'], 2, 'USAGE'],
  [['diff', 'monday.ark', 'friday.ark', '--examples', 'x'], 2, 'USAGE'],
  [['diff', 'monday.ark', 'friday.ark', '--database', 'postgres://x@127.0.0.1:1/x'], 2, 'USAGE'],
  [['diff', 'monday.ark', '--database', 'postgres://x@127.0.0.1:1/x'], 1, 'DATABASE_UNREACHABLE'],
])('%j fails, and that is no difference', async (args, exit, code) => {
  const ended = await ark(...args);
  expect([ended.exit, ended.err]).toEqual([exit, expect.stringContaining(`[${code}]`)]);
});

it('a damaged archive is no difference', async () => {
  const file = join(root, 'broken.ark');
  const bytes = await readFile(join(root, 'data', 'backups', 'monday.ark'));
  await writeFile(file, bytes.subarray(0, 900));
  expect((await ark('diff', file, 'monday.ark')).exit).toBe(3);
});
