import { join } from 'node:path';
import { fileSource } from '../../../src/server/actions/backups/findBackup';
import type { ByteSource } from '../../../src/server/dumper/container/zip';
import { openBackup } from '../../../src/server/dumper/legacy/open';
import { calledRows } from '../../../src/server/dumper/look/called';
import { MASKED } from '../../../src/server/dumper/look/cells';
import { lookInto, type Look } from '../../../src/server/dumper/look/look';
import { readPage, type Asked, type Page } from '../../../src/server/dumper/look/page';
import { calledBy, shownValue } from '../../../src/server/dumper/look/shown';
import {
  archiveOf,
  collectionsTable,
  fieldsTable,
  type Described,
  type Table,
} from '../../helpers/archiveOf';
import { inMemory, sample } from '../../helpers/nbdump';

const BUDGET = { value: 10_000, page: 10_000_000 };
const ALL = { from: 0, limit: 100_000 };
const numbered = (rows: number, more: Partial<Table> = {}): Table => ({
  columns: ['id:int64', 'name', 'secret'],
  key: ['id'],
  rows: Array.from({ length: rows }, (_, at) => [String(at), `name ${at}`, `hush ${at}`]),
  ...more,
});
const textsOf = ({ rows }: Pick<Page, 'rows'>) =>
  rows.map(({ cells }) => cells.map((cell) => (cell === MASKED ? '••••' : (cell?.text ?? null))));
const page = (look: Look, asked: Partial<Asked> = {}, budget: Partial<Parameters<typeof readPage>[2]> = {}) =>
  readPage(look, { ...ALL, ...asked }, { ...BUDGET, ...budget });
const lookAt = async (described: Described, name: string) => lookInto(await archiveOf(described), name);

describe.each([
  ['plain', undefined],
  ['encrypted', 'a passphrase'],
])('of an archive that is %s', (_, passphrase) => {
  const described = (rows: number): Described => ({
    tables: { t: numbered(rows), u: numbered(500) },
    perChunk: 10,
    ...(passphrase !== undefined && { passphrase }),
  });

  it('any part of the rows is what that part of all rows is, and only its chunks are read', async () => {
    const look = await lookAt(described(95), 't');
    const all = textsOf(await page(look));
    expect(all).toEqual(Array.from({ length: 95 }, (_, at) => [String(at), `name ${at}`, '••••']));
    for (const [from, limit] of [
      [0, 1],
      [0, 10],
      [9, 2],
      [10, 10],
      [37, 41],
      [90, 100],
      [94, 1],
      [95, 5],
      [1000, 5],
    ] as const) {
      const part = await page(look, { from, limit });
      expect(textsOf(part)).toEqual(all.slice(from, from + limit));
      expect(part.rows.map(({ row }) => row)).toEqual(
        all.slice(from, from + limit).map((_row, at) => from + at),
      );
      expect(part.next).toBe(from + limit < 95 ? from + limit : undefined);
      const last = Math.min(95, from + limit);
      expect(part.chunks).toBe(from >= 95 ? 0 : Math.ceil(last / 10) - Math.floor(from / 10));
    }
  });

  it('page after page comes to all that a search finds, however little each may read', async () => {
    const look = await lookAt(described(95), 't');
    for (const csv of [undefined, 1, 300]) {
      const found: unknown[] = [];
      let pages = 0;
      for (let from: number | undefined = 0; from !== undefined; pages += 1) {
        const part: Page = await page(look, { from, limit: 3, search: 'NAME 1' }, { csv });
        found.push(...textsOf(part).map(([id]) => id));
        from = part.next;
      }
      expect(found).toEqual(['1', ...Array.from({ length: 10 }, (_, at) => String(10 + at))]);
      if (csv === 1) expect(pages).toBeGreaterThanOrEqual(10);
    }
  });
});

/** Counts what is read of an archive. */
function counting(bytes: Buffer): ByteSource & { count: number } {
  const source = inMemory(bytes);
  const counted = {
    ...source,
    count: 0,
    read(start: number, end: number) {
      counted.count += end - start;
      return source.read(start, end);
    },
  };
  return counted;
}

it('reads the bytes of the chunks that are needed and no others', async () => {
  let source: ReturnType<typeof counting> | undefined;
  const archive = await archiveOf(
    { tables: { t: numbered(5000), huge: numbered(20_000) }, perChunk: 500 },
    (bytes) => (source = counting(bytes)),
  );
  const look = await lookInto(archive, 't');
  const opened = source?.count ?? 0;
  const { chunks } = look.collection;
  const sizes = chunks.map(({ size }) => size);
  await page(look, { from: 4600, limit: 5 });
  const read = (source?.count ?? 0) - opened;
  // A local header stands before each entry.
  expect(read).toBeGreaterThanOrEqual(sizes[9] ?? 0);
  expect(read).toBeLessThan((sizes[9] ?? 0) + 1000);
});

it('a page of large values ends early, and the next one goes on', async () => {
  const rows = Array.from({ length: 20 }, (_, at) => [String(at), 'x'.repeat(1000)]);
  const look = await lookAt({ tables: { t: { columns: ['id', 'text'], rows } } }, 't');
  const first = await page(look, {}, { page: 3500 });
  expect(first).toMatchObject({ next: 4 });
  expect(first.rows.length).toBe(4);
  expect((await page(look, { from: 4 }, { page: 3500 })).rows[0]?.row).toBe(4);
});

describe('what is damaged is said, and nothing of it is shown', () => {
  it.each([
    ['a chunk with a row less than announced', 'chunk-rows', 3, 2],
    ['a chunk with a row more', 'chunk-rows', 1, 2],
  ])('%s', async (_, code, announced, there) => {
    const archive = await archiveOf({ tables: { t: numbered(there) } });
    const look = await lookInto(archive, 't');
    const [chunk] = look.collection.chunks;
    const lying = {
      ...look,
      archive: {
        ...archive,
        rows: () => ({
          bytes: () => 0,
          async *chunks() {
            for await (const fetch of archive.rows().chunks('t'))
              yield async () => ({ ...(await fetch()), rows: announced });
          },
        }),
      },
      collection: {
        ...look.collection,
        rows: announced,
        chunks: chunk ? [{ ...chunk, rows: announced }] : [],
      },
    };
    await expect(page(lying)).rejects.toMatchObject({
      code: 'ARCHIVE_DAMAGED',
      details: { damage: { code } },
    });
  });

  it('a flipped byte of a chunk', async () => {
    const archive = await archiveOf({ tables: { t: numbered(50) } }, (bytes) => {
      const source = inMemory(bytes);
      const at = bytes.indexOf('data/t/00001.csv.gz') + 60;
      return {
        ...source,
        read: async (start, end) => {
          const read = Buffer.from(await source.read(start, end));
          if (start <= at && at < end) read[at - start] = (read[at - start] ?? 0) ^ 1;
          return read;
        },
      };
    });
    await expect(page(await lookInto(archive, 't'))).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED' });
  });
});

describe('conditions', () => {
  const described: Described = {
    app: {},
    tables: {
      fields: fieldsTable([
        {
          collection: 'orders',
          name: 'status',
          interface: 'select',
          options: {
            uiSchema: {
              title: '{{t("Status")}}',
              enum: [
                { value: 'paid', label: 'Paid in full' },
                { value: 'open', label: '{{ t("Open") }}' },
              ],
            },
          },
        },
        {
          collection: 'orders',
          name: 'tags',
          interface: 'multipleSelect',
          options: { uiSchema: { 'x-component-props': { options: [{ value: 'a', label: 'Alpha' }, 'b'] } } },
        },
        { collection: 'orders', name: 'pin', interface: 'input' },
      ]),
      orders: {
        columns: ['id:int64', 'status', 'tags:json', 'at:timestamptz', 'ok:boolean', 'note', 'pin'],
        key: ['id'],
        rows: [
          ['1', 'paid', '["a","b"]', '2026-01-02 03:04:05+00', 't', 'first', '1234'],
          ['2', 'open', '["b"]', '2026-01-02 03:04:05.123456+00', 'f', null, '1234'],
          ['3', 'gone', null, null, null, '', '9999'],
          ['4', 'paid', '{a,b}', 'infinity', 't', 'Zweite', null],
        ],
      },
    },
  };
  const ids = async (asked: Partial<Asked>) =>
    textsOf(await page(await lookAt(described, 'orders'), asked)).map(([id]) => id);

  it.each([
    ['a value as it is kept', { where: [{ column: 'status', value: 'paid' }] }, ['1', '4']],
    ['what a value is called', { where: [{ column: 'status', value: 'Paid in full' }] }, ['1', '4']],
    ['a title', { where: [{ column: 'Status', value: 'Open' }] }, ['2']],
    ['several values', { where: [{ column: 'tags', value: 'Alpha, b' }] }, ['1', '4']],
    ['a moment as it is kept', { where: [{ column: 'at', value: '2026-01-02 03:04:05+00' }] }, ['1']],
    ['a moment as it is shown', { where: [{ column: 'at', value: '2026-01-02T03:04:05.123456Z' }] }, ['2']],
    ['a truth', { where: [{ column: 'ok', value: 'true' }] }, ['1', '4']],
    ['nothing', { where: [{ column: 'note', value: '' }] }, ['2', '3']],
    [
      'two at once',
      {
        where: [
          { column: 'status', value: 'paid' },
          { column: 'note', value: 'Zweite' },
        ],
      },
      ['4'],
    ],
    [
      'two of one column',
      {
        where: [
          { column: 'status', value: 'paid' },
          { column: 'status', value: 'open' },
        ],
      },
      [],
    ],
    ['a part of a value', { search: 'zWEI' }, ['4']],
    ['a part of what a value is called', { search: 'in FULL' }, ['1', '4']],
    ['both', { search: 'alph', where: [{ column: 'status', value: 'paid' }] }, []],
    ['what stands in a masked column alone', { search: '9999' }, []],
  ] as const)('find rows by %s', async (_, asked, expected) => {
    expect(await ids(asked)).toEqual(expected);
  });

  it('on a masked column are refused, whatever they say, and on none that there is too', async () => {
    for (const value of ['1234', 'x', ''])
      await expect(ids({ where: [{ column: 'pin', value }] })).rejects.toMatchObject({
        code: 'LOOK_REFUSED',
      });
    await expect(ids({ where: [{ column: 'statsu', value: '' }] })).rejects.toMatchObject({
      code: 'USAGE',
      details: { code: 'look-no-column-near', near: ['status'] },
    });
  });

  it('what is shown is what the app calls it', async () => {
    const look = await lookAt(described, 'orders');
    const shown = look.columns.map((column) => column.title);
    expect(shown).toEqual([undefined, 'Status', undefined, undefined, undefined, undefined, undefined]);
    const [, status, tags, at, ok] = look.columns;
    expect([calledBy(status!, 'paid'), calledBy(status!, 'gone'), calledBy(tags!, '["a","b"]')]).toEqual([
      'Paid in full',
      undefined,
      'Alpha, b',
    ]);
    expect([
      shownValue(at!, '2026-01-02 03:04:05+00'),
      shownValue(at!, '0044-03-15 00:00:00+00 BC'),
      shownValue(ok!, 'f'),
    ]).toEqual(['2026-01-02T03:04:05Z', '0044-03-15 00:00:00+00 BC', 'false']);
  });
});

describe('rows that lead to others', () => {
  const described = (users: number, hidden: boolean): Described => ({
    app: {},
    tables: {
      fields: fieldsTable([
        {
          collection: 'orders',
          name: 'createdBy',
          type: 'belongsTo',
          options: { target: 'users', foreignKey: 'createdById', uiSchema: { title: '{{t("Created by")}}' } },
        },
        {
          collection: 'orders',
          name: 'parent',
          type: 'belongsTo',
          options: { target: 'orders', foreignKey: 'parentId', targetKey: 'id' },
        },
        { collection: 'users', name: 'nickname', options: { hidden } },
      ]),
      collections: collectionsTable([
        { name: 'users', options: { titleField: 'nickname' } },
        { name: 'orders', title: '{{t("Orders")}}' },
      ]),
      users: {
        columns: ['id:int64', 'nickname'],
        key: ['id'],
        rows: Array.from({ length: users }, (_, at) => [String(at), `user ${at}`]),
      },
      orders: {
        columns: ['id:int64', 'createdById:int64', 'parentId:int64'],
        key: ['id'],
        rows: [
          ['7', '3', null],
          ['8', '999', '7'],
          ['9', null, '7'],
        ],
      },
    },
    perChunk: 50,
  });

  it('are called by the title of what they lead to, as far as it is there', async () => {
    const look = await lookAt(described(100, false), 'orders');
    expect([look.title, look.columns.map(({ title }) => title)]).toEqual([
      'Orders',
      [undefined, 'Created by', undefined],
    ]);
    const { labels, tooLarge } = await calledRows(look, (await page(look)).rows);
    expect([...labels].map(([column, known]) => [column, Object.fromEntries(known)])).toEqual([
      ['createdById', { 3: 'user 3' }],
    ]);
    expect(tooLarge).toEqual([]);
  });

  it('are called by nothing where that is for nobody to see', async () => {
    const look = await lookAt(described(100, true), 'orders');
    const { labels } = await calledRows(look, (await page(look)).rows);
    expect([...labels.values()].flatMap((known) => [...known])).toEqual([]);
  });

  it('are not looked for in what is too large to be read for that, and that is said', async () => {
    const archive = await archiveOf(described(100, false));
    const large = { ...archive, rows: () => ({ ...archive.rows(), bytes: () => 17 * 1024 * 1024 }) };
    const look = await lookInto(large, 'orders');
    expect(await calledRows(look, (await page(look)).rows)).toEqual({
      labels: new Map(),
      tooLarge: ['users'],
    });
  });
});

it('rows of heirs are not rows of a collection, and it says whose they are', async () => {
  const look = await lookAt(
    { tables: { people: numbered(2), staff: numbered(3, { parents: ['people'] }) } },
    'people',
  );
  expect([(await page(look)).rows.length, look.parts]).toEqual([2, ['staff']]);
});

describe('of a real NocoBase app', () => {
  const open = async () => openBackup(await fileSource(join(__dirname, '../../../assets/demo.ark')));

  it('every collection can be looked into, all its rows come, and none of its secrets', async () => {
    const archive = await open();
    for (const { name, rows, structure } of archive.manifest.collections) {
      if (structure.kind !== 'table') continue;
      const look = await lookInto(archive, name);
      expect([name, (await page(look)).rows.length]).toEqual([name, rows]);
    }
    const users = await lookInto(archive, 'users');
    const masked = users.columns.flatMap(({ name, mask }) => (mask ? [name] : []));
    expect(masked).toEqual(expect.arrayContaining(['password', 'resetToken']));
    expect(users.columns.find(({ name }) => name === 'nickname')).toMatchObject({
      title: 'Nickname',
      interface: 'input',
    });
  });

  it('orders are shown with the words of the app', async () => {
    const look = await lookInto(await open(), 'orders');
    const part = await page(look, { limit: 5 });
    const { labels } = await calledRows(look, part.rows);
    const status = look.columns.find(({ name }) => name === 'status')!;
    expect(calledBy(status, 'shipped')).toBe('Shipped');
    expect([...(labels.get('createdById') ?? [])].length).toBeGreaterThan(0);
  });
});

describe.each(['all', 'custom', 'sqlite'] as const)('of an old backup (%s)', (name) => {
  it('every collection can be looked into, and all its rows come', async () => {
    const archive = await openBackup(await fileSource(sample(name)), {}, sample(name));
    let rows = 0;
    for (const collection of archive.manifest.collections) {
      if (collection.structure.kind !== 'table') continue;
      const look = await lookInto(archive, collection.name);
      const all = textsOf(await page(look));
      expect([collection.name, all.length]).toEqual([collection.name, collection.rows]);
      if (all.length > 3) expect(textsOf(await page(look, { from: 2, limit: 2 }))).toEqual(all.slice(2, 4));
      rows += all.length;
    }
    expect(rows).toBeGreaterThan(100);
  });
});
