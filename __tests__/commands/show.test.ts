import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bytesOf, collectionsTable, fieldsTable, type Described, type Table } from '../helpers/archiveOf';
import { bundleCli } from '../helpers/cli';

const ESCAPE = '\u001b[2J';
const SECRET = 'hush-hush-9271';
const run = promisify(execFile);

let root: string;
let program: string;

const orders = (rows: Table['rows']): Described['tables'] => ({
  fields: fieldsTable([
    {
      collection: 'orders',
      name: 'status',
      interface: 'select',
      options: { uiSchema: { title: '{{t("Status")}}', enum: [{ value: 'paid', label: 'Paid' }] } },
    },
    { collection: 'orders', name: 'note', options: { uiSchema: { title: `No${ESCAPE}te` } } },
    { collection: 'orders', name: 'door', options: { hidden: true } },
  ]),
  collections: collectionsTable([{ name: 'orders', title: '{{t("Orders")}}' }]),
  orders: { columns: ['id:int64', 'status', 'currency', 'note', 'door', 'apiToken'], key: ['id'], rows },
});
const row = (id: number, status: string | null, note: string | null = null) => [
  String(id),
  status,
  'EUR',
  note,
  SECRET,
  SECRET,
];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ark-show-'));
  program = await bundleCli(root);
  const backups = join(root, 'data', 'backups');
  await mkdir(join(root, 'tidy'));
  await mkdir(backups, { recursive: true });
  const keep = async (name: string, at: string, tables: Described['tables'], more: Partial<Described> = {}) =>
    writeFile(
      join(backups, name),
      await bytesOf({
        app: {},
        perChunk: 20,
        at,
        id: `${at.slice(0, 10).replaceAll('-', '')}_000000_abcdef`,
        tables,
        ...more,
      }),
    );
  const rows = Array.from({ length: 150 }, (_, at) =>
    row(at, at % 2 ? 'paid' : 'open', at === 77 ? `green tea ${ESCAPE}, "hot"` : null),
  );
  await keep('shop.ark', '2026-11-10T00:00:00.000Z', orders(rows));
  await copyFile(join(backups, 'shop.ark'), join(root, 'tidy', 'shop.ark'));
  await keep('before.ark', '2026-11-09T00:00:00.000Z', orders([row(1, 'open')]));
  await keep('locked.ark', '2026-11-11T00:00:00.000Z', orders([row(42, 'open')]), {
    passphrase: 'correct horse battery',
  });
  await keep('later.ark', '2026-11-12T00:00:00.000Z', orders([row(42, 'paid', 'new')]));
  await keep('small.ark', '2026-11-13T00:00:00.000Z', { others: { columns: ['id'], rows: [] } });
  await keep('last.ark', '2026-11-14T00:00:00.000Z', orders([row(41, 'paid')]));
  await keep('theirs.ark', '2026-11-14T01:00:00.000Z', orders([row(42, 'theirs')]), { instance: 'another' });
  await writeFile(join(backups, 'broken.ark'), (await readFile(join(backups, 'shop.ark'))).subarray(0, 900));
  await writeFile(join(root, 'passphrase.txt'), 'correct horse battery\n');
}, 60_000);
afterAll(() => rm(root, { recursive: true, force: true }));

/** Nothing that anybody prints has a masked value in it, or an escape sequence. */
async function ark(...args: readonly string[]): Promise<{ exit: number; out: string; err: string }> {
  const env = {
    PATH: process.env.PATH,
    HOME: root,
    ARK_DATA: join(root, 'data'),
    USER: 'somebody',
    ARK_STORAGE_TIDY: `file://${join(root, 'tidy')}`,
  };
  const ended = await run(program, args, { cwd: root, env }).then(
    ({ stdout, stderr }) => ({ exit: 0, out: stdout, err: stderr }),
    (error: unknown) => {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { exit: code, out: stdout, err: stderr };
    },
  );
  for (const text of [ended.out, ended.err]) expect(text).not.toContain(SECRET);
  if (!args.includes('--csv')) expect(`${ended.out}${ended.err}`).not.toContain('\u001b');
  return ended;
}
const json = async <T>(...args: readonly string[]) => JSON.parse((await ark(...args, '--json')).out) as T;
interface Shown {
  readonly rows: { row: number; cells: { value: string | null; called?: string; masked?: true }[] }[];
  readonly columns: { name: string; title?: string; masked?: string }[];
  readonly next?: number;
  readonly total: number;
}

it('every line of the documents works', async () => {
  const docs = await readFile(join(__dirname, '..', '..', 'docs', 'look.md'), 'utf8');
  const lines = [...docs.matchAll(/^ark (.*)$/gm)].map(([, line = '']) => line);
  expect(lines.length).toBeGreaterThan(4);
  for (const line of lines) {
    const args = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
    const { exit, out, err } = await ark(...args);
    expect([line, exit, exit === 0 ? '' : err]).toEqual([line, 0, '']);
    expect(out.length).toBeGreaterThan(40);
  }
});

it('a page for people, in the words of the app', async () => {
  const { out } = await ark('show', 'shop.ark', 'orders', '--limit', '2', '--offset', '41');
  expect(out).toContain('orders (Orders): 150 rows in the backup');
  for (const word of [
    'Status',
    'Paid (paid)',
    '••••',
    '42',
    'apiToken (its name says so)',
    'door (the app hides it)',
    '--offset 43',
  ])
    expect(out).toContain(word);
});

it('pages for programs come to all rows, and conditions to those that fit', async () => {
  const all: string[] = [];
  for (let offset: number | undefined = 0; offset !== undefined;) {
    const page: Shown = await json<Shown>(
      'show',
      'shop.ark',
      'orders',
      '--limit',
      '70',
      '--offset',
      String(offset),
    );
    all.push(...page.rows.map(({ cells }) => cells[0]?.value ?? ''));
    offset = page.next;
  }
  expect(all).toEqual(Array.from({ length: 150 }, (_, at) => String(at)));
  const found = await json<Shown>(
    'show',
    'shop.ark',
    'orders',
    '--where',
    'Status=Paid',
    '--search',
    'GREEN',
  );
  expect(found.rows.map(({ row, cells }) => [row, cells.at(-1)])).toEqual([
    [77, { value: null, masked: true }],
  ]);
});

it('CSV has the values as they are kept, and dots where nobody is to see them', async () => {
  const { out, err } = await ark('show', 'shop.ark', 'orders', '--offset', '76', '--limit', '2', '--csv');
  expect(out).toBe(
    `id,status,currency,note,door,apiToken\n76,open,EUR,,••••,••••\n77,paid,EUR,"green tea ${ESCAPE}, ""hot""",••••,••••\n`,
  );
  expect(err).toContain('Not shown: door, apiToken.');
});

it.each([
  [['show', 'shop.ark', 'ordrs'], 2, 'Did you mean orders?'],
  [['show', 'shop.ark', 'orders', '--where', `apiToken=${SECRET.slice(0, 4)}`], 2, 'is hidden'],
  [['show', 'shop.ark', 'orders', '--where', 'door='], 2, 'is hidden'],
  [['show', 'shop.ark', 'orders', '--where', 'stats=x'], 2, 'Did you mean status?'],
  [['show', 'shop.ark', 'orders', '--where', 'status'], 2, 'column=value'],
  [['show', 'shop.ark', 'orders', '--limit', '0'], 2, 'no whole number'],
  [['show', 'small.ark', 'others'], 2, 'nobody can tell'],
  [['show', 'locked.ark', 'orders'], 3, 'encrypted'],
  [['show', 'broken.ark', 'orders'], 3, 'damaged'],
  [['show', 'orders', '--history', '9', '--search', 'x'], 2, 'COLLECTION --history KEY'],
  [['show', 'ordrs', '--history', '9', '--storage', 'tidy'], 2, 'Did you mean orders?'],
])('%j is refused', async (args, exit, says) => {
  const ended = await ark(...args);
  expect({ exit: ended.exit, err: ended.err }).toEqual({
    exit,
    err: expect.stringContaining(says) as string,
  });
  expect(ended.out).toBe('');
});

it('an encrypted one is shown with its key', async () => {
  const { rows } = await json<Shown>('show', 'locked.ark', 'orders', '--passphrase-file', 'passphrase.txt');
  expect(rows.map(({ cells }) => cells[0]?.value)).toEqual(['42']);
});

interface History {
  readonly lives: {
    instance: string;
    moments: { backup: string; state: string; changes: unknown[]; unreadBetween?: number }[];
  }[];
  readonly unread: { backup: string; error: { code: string } }[];
}

it('a record through all backups: what could not be seen is not gone, and what could not be read is said', async () => {
  const { lives, unread } = await json<History>('show', 'orders', '--history', '42');
  expect(lives.map(({ instance }) => instance).sort()).toEqual(['another', 'test']);
  const own = lives.find(({ instance }) => instance === 'test')!;
  expect(own.moments.map(({ backup, state, unreadBetween }) => [backup, state, unreadBetween])).toEqual([
    ['before.ark', 'absent', undefined],
    ['shop.ark', 'appeared', undefined],
    ['later.ark', 'changed', 1],
    ['small.ark', 'not held', undefined],
    ['last.ark', 'vanished', undefined],
  ]);
  expect(own.moments[2]?.changes).toEqual([
    { column: 'status', from: { value: 'open' }, to: { value: 'paid', called: 'Paid' } },
    { column: 'note', from: { value: null }, to: { value: 'new' } },
  ]);
  expect(unread.map(({ backup, error }) => `${backup} ${error.code}`).sort()).toEqual([
    'broken.ark ARCHIVE_DAMAGED',
    'locked.ark ARCHIVE_LOCKED',
  ]);

  const opened = await json<History>(
    'show',
    'orders',
    '--history',
    '42',
    '--passphrase-file',
    'passphrase.txt',
  );
  expect(
    opened.lives
      .find(({ instance }) => instance === 'test')
      ?.moments.map(({ backup, state }) => `${backup} ${state}`),
  ).toContain('locked.ark same');
  const { out } = await ark('show', 'orders', '--history', '42');
  for (const word of [
    'appeared',
    'changed, or before: 1 in between could not be read',
    'gone',
    'Paid (paid)',
    '! broken.ark',
    'Not shown, nor whether it changed: door',
  ])
    expect(out).toContain(word);
});

it('each look is in the history, and many are not many lines', async () => {
  await ark('show', 'last.ark', 'orders');
  await ark('show', 'last.ark', 'orders');
  await ark('show', 'last.ark', 'fields');
  await ark('show', 'last.ark', 'nothing');
  const folder = join(root, 'data', 'jobs');
  const jobs = await Promise.all(
    (await readdir(folder)).map(
      async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as Record<string, unknown>,
    ),
  );
  expect(jobs.filter(({ subject }) => subject === 'last.ark')).toEqual([
    expect.objectContaining({
      kind: 'look',
      state: 'done',
      by: 'somebody',
      result: { collections: ['orders', 'fields'] },
    }),
  ]);
  expect(jobs.find(({ subject }) => subject === 'orders')).toMatchObject({
    kind: 'look',
    result: { collections: ['orders'] },
  });
});
