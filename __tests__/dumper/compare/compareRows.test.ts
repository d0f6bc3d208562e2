import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareRows, type Table } from '../../../src/server/dumper/compare/compareRows';
import { jsonMeaning } from '../../../src/server/dumper/compare/meaning';
import type { Column } from '../../../src/server/dumper/schema/structure';
import { csvOf } from '../../helpers/archiveOf';
import { randomFrom } from '../../helpers/random';

type Row = readonly (string | null)[];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ark-compare-'));
});
afterAll(async () => {
  // What did not fit lay in files that nobody sees.
  expect(await readdir(folder)).toEqual([]);
  await rm(folder, { recursive: true });
});

/** Rows in chunks of so many, whole or in pieces of so many bytes. */
function tableOf(
  columns: readonly string[],
  rows: readonly Row[],
  { chunk = 7, piece }: { readonly chunk?: number; readonly piece?: number } = {},
): Table {
  const csvs = Array.from({ length: Math.ceil(rows.length / chunk) }, (_, at) =>
    rows.slice(at * chunk, (at + 1) * chunk),
  );
  return {
    name: 'things',
    announced: rows.length,
    columns: columns.map((column): Column => {
      const [name = '', type = 'text'] = column.split(':');
      return { name, type: type as Column['type'], nullable: true };
    }),
    rows: {
      bytes: () => 0,
      async *chunks() {
        for (const part of csvs) {
          const data = csvOf(part);
          const about = { rows: part.length, bytes: data.length, release: () => data.fill(0) };
          yield () =>
            Promise.resolve(
              piece === undefined
                ? { ...about, data }
                : {
                    ...about,
                    pieces: (async function* () {
                      for (let at = 0; at < data.length; at += piece) {
                        yield await Promise.resolve(data.subarray(at, at + piece));
                      }
                    })(),
                  },
            );
        }
        await Promise.resolve();
      },
    },
  };
}

const compared = (here: Table, there: Table, key: readonly string[], room = 1e6, examples = 0) =>
  compareRows(here, there, key, false, { folder, room, examples });

/** What must come out, by the simplest means there are. */
function expected(here: readonly Row[], there: readonly Row[], width: number) {
  const then = new Map(there.map((row) => [row[0], row]));
  const now = new Set(here.map((row) => row[0]));
  const columns = Array.from({ length: width }, () => 0);
  const counts = { onlyHere: 0, changed: 0, equal: 0 };
  for (const row of here) {
    const other = then.get(row[0]);
    const differing = other ? row.flatMap((value, at) => (value === other[at] ? [] : [at])) : [];
    for (const at of differing) columns[at]! += 1;
    counts[!other ? 'onlyHere' : differing.length > 0 ? 'changed' : 'equal'] += 1;
  }
  return {
    ...counts,
    onlyThere: there.filter((row) => !now.has(row[0])).length,
    columns: columns.flatMap((rows, at) => (rows > 0 ? [{ name: `c${at}`, rows }] : [])),
  };
}

const VALUES = [
  '',
  null,
  ',',
  '"',
  '""',
  '\n',
  '\r\n',
  '\\.',
  'NULL',
  'ü€𝄞',
  'a,"b"\n',
  'x'.repeat(500),
  '\0',
];

it.each([
  ['all in memory', 1e9],
  ['more than memory holds', 4000],
  ['nearly nothing in memory', 600],
])(
  'counts any rows in any order and any cuts exactly: %s',
  async (_, room) => {
    for (let seed = 1; seed <= 6; seed += 1) {
      const random = randomFrom(seed);
      const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
      const width = 1 + Math.floor(random() * 4);
      const columns = Array.from({ length: width }, (_, at) => `c${at}`);
      const keys = Array.from({ length: 200 }, (_, at) => `${pick(VALUES) ?? 'n'}${at}`);
      const side = () =>
        keys
          .filter(() => random() > 0.2)
          .map((key): Row => [
            key,
            ...columns.slice(1).map((_, at) => VALUES[(key.length + at) % VALUES.length]!),
          ])
          .map((row): Row => (random() > 0.2 ? row : row.map((value, at) => (at > 0 ? pick(VALUES) : value))))
          .sort(() => random() - 0.5);
      const [here, there] = [side(), side()];
      const cut = () => ({
        chunk: 1 + Math.floor(random() * 90),
        ...(random() > 0.5 && { piece: 1 + Math.floor(random() * 50) }),
      });
      const difference = await compared(
        tableOf(columns, here, cut()),
        tableOf(columns, there, cut()),
        ['c0'],
        room,
      );
      expect([seed, difference]).toMatchObject([
        seed,
        { ...expected(here, there, width), here: here.length, there: there.length },
      ]);
    }
  },
  120_000,
);

it.each([1e9, 500])('without a key it counts each row as often as it is there, room %d', async (room) => {
  const here = [...Array.from({ length: 500 }, () => ['a', '1']), ['b', null], ['b', ''], ['c', '1.0']];
  const there = [...Array.from({ length: 480 }, () => ['a', '1']), ['b', null], ['b', null], ['c', '1.00']];
  const columns = ['name', 'value'];
  expect(await compared(tableOf(columns, here), tableOf(columns, there), [], room)).toMatchObject({
    ...{ equal: 481, onlyHere: 22, onlyThere: 2, changed: 0 },
  });
  const numbers = ['name', 'value:decimal'];
  const some = ({ length }: readonly unknown[]) =>
    [
      ['c', '1.0'],
      ['c', '1.0'],
    ].slice(0, length);
  expect(
    await compared(
      tableOf(numbers, some(here)),
      tableOf(numbers, [
        ['c', '1.00'],
        ['c', '1'],
      ]),
      [],
      room,
    ),
  ).toMatchObject({ equal: 2, onlyHere: 0, onlyThere: 0 });
});

it('keys of several columns, in any place, do not pass for each other', async () => {
  const here = [
    ['x', '1', '11'],
    ['x', '11', '1'],
    ['x', '', '1'],
    ['x', null, '1'],
  ];
  const there = [
    ['1', '11', 'y'],
    ['11', '1', 'x'],
    ['', '1', 'x'],
    [null, '1', 'z'],
  ];
  const one = tableOf(['v', 'a', 'b'], here);
  const other = tableOf(['a', 'b', 'v'], there);
  expect(await compared(one, other, ['a', 'b'])).toMatchObject({
    ...{ equal: 2, changed: 2, onlyHere: 0, onlyThere: 0, columns: [{ name: 'v', rows: 2 }] },
  });
});

it.each([
  ['int64', '007', '7', true],
  ['int64', '70', '7', false],
  ['int64', '-7', '7', false],
  ['decimal', '1.50', '1.5', true],
  ['decimal', '10', '1', false],
  ['decimal', 'NaN', 'NaN', true],
  ['float64', '-0', '0', true],
  ['text', 'a', 'A', false],
  ['text', 'a ', 'a', false],
  ['uuid', '00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-00000000000b', false],
  ['timestamptz', '2026-11-20 10:15:00+00', '2026-11-20 10:15:00.000001+00', false],
])('a key of %s: %s and %s', async (type, one, other, same) => {
  const columns = [`id:${type}`, 'v'];
  const difference = await compared(tableOf(columns, [[one, '']]), tableOf(columns, [[other, '']]), ['id']);
  expect([difference.onlyHere, difference.onlyThere]).toEqual(same ? [0, 0] : [1, 1]);
});

it.each([
  ['{"a": 1, "b": [1, 2]}', '{"b":[1,2],"a":1.0}', true],
  ['[1, 2]', '[2, 1]', false],
  ['{"a": 1}', '{"a": "1"}', false],
  ['12345678901234567890123', '12345678901234567890124', false],
  ['{"a": 1, "a": 2}', '{"a": 2}', false],
  ['{"__proto__": 1}', '{}', false],
  ['"\\u0041"', '"A"', true],
  ['null', '"null"', false],
  ['{', '{ ', false],
  ['[[[', '[[[', true],
])('JSON %s and %s', (one, other, same) => {
  expect(jsonMeaning(one) === jsonMeaning(other)).toBe(same);
});

it('values of megabytes are compared as wholes, and shown by their beginnings', async () => {
  const long = 'ü,"\n'.repeat(250_000);
  const columns = ['id:int32', 'v', 'w'];
  const here: Row[] = [
    ['1', long, 'a'],
    ['2', `${long}x`, long],
    ['3', long, null],
    ['4', 'y'.repeat(5000), long],
  ];
  const there: Row[] = [
    ['2', `${long}y`, long],
    ['3', long, ''],
    ['1', long, 'a'],
    ['4', `${'y'.repeat(4999)}z`, 'small'],
  ];
  for (const [room, piece] of [
    [1e9, 65_536],
    [1, 1000],
  ] as const) {
    const difference = await compared(
      tableOf(columns, here, { chunk: 2, piece }),
      tableOf(columns, there, { chunk: 3 }),
      ['id'],
      room,
      5,
    );
    expect(difference).toMatchObject({
      ...{
        equal: 1,
        changed: 3,
        columns: [
          { name: 'v', rows: 2 },
          { name: 'w', rows: 2 },
        ],
      },
    });
    const shown = JSON.stringify(difference.examples);
    expect(shown.length).toBeLessThan(100_000);
    expect(difference.examples.find(({ key }) => key[0] === '2')?.changes[0]?.here).toMatchObject({
      bytes: Buffer.byteLength(long) + 1,
    });
  }
});

it('two rows of one key are no difference', async () => {
  const columns = ['id', 'v'];
  const twice = [
    ['1', 'a'],
    ['1', 'b'],
  ];
  for (const room of [1e6, 1])
    await expect(compared(tableOf(columns, twice), tableOf(columns, []), ['id'], room)).rejects.toMatchObject(
      { code: 'CHECK_FAILED' },
    );
});

it.each([['too many', ['1', 'a', 'b']] as const, ['too few', ['1']] as const])(
  'a row with %s fields is no difference',
  async (_, row) => {
    const columns = ['id', 'v'];
    const [good, bad] = [tableOf(columns, [['1', 'x']]), tableOf(columns, [row])];
    for (const key of [['id'], []])
      for (const [here, there] of [
        [good, bad],
        [bad, good],
        [bad, tableOf(columns, [])],
      ] as const)
        await expect(compared(here, there, key)).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED' });
  },
);

it('more or fewer rows than were announced are no difference', async () => {
  const columns = ['id'];
  const good = tableOf(columns, [['1']]);
  await expect(compared(good, { ...good, announced: 2 }, ['id'])).rejects.toMatchObject({
    code: 'ARCHIVE_DAMAGED',
  });
});

it.each(['a failure', 'a cancel'])(
  '%s on either side ends it, and every chunk is given back',
  async (what) => {
    const rows: Row[] = Array.from({ length: 500 }, (_, at) => [String(at), 'x'.repeat(100)]);
    const columns = ['id', 'v'];
    for (const failing of [0, 1]) {
      const abort = new AbortController();
      let lent = 0;
      const counted = (table: Table, fails: boolean): Table => ({
        ...table,
        rows: {
          bytes: () => 0,
          async *chunks(name) {
            let nth = 0;
            for await (const fetch of table.rows.chunks(name)) {
              nth += 1;
              const isLast = nth === 20;
              yield async () => {
                if (fails && isLast && what === 'a failure') throw new Error('the network is gone');
                if (fails && isLast) abort.abort();
                const chunk = await fetch();
                lent += 1;
                return {
                  ...chunk,
                  release: () => {
                    lent -= 1;
                    chunk.release();
                  },
                };
              };
            }
          },
        },
      });
      const [here, there] = [0, 1].map((side) => counted(tableOf(columns, rows), side === failing));
      await expect(
        compareRows(here!, there!, ['id'], false, { folder, room: 1000, examples: 0, signal: abort.signal }),
      ).rejects.toThrow(what === 'a failure' ? 'the network is gone' : /cancelled/);
      expect(lent).toBe(0);
    }
  },
);
