import { csvRows } from '../../src/server/dumper/rows/csv';

/** The CSV that PostgreSQL writes, wherever pieces of it end. */
const TEXT = [
  'a,,"",plain\n',
  '"one, two","with ""quotes""","line\nbreak",é\n',
  ',"""",x,"\n"\n',
  '1,2,3,"last"\n',
].join('');
const ROWS = [
  ['a', null, '', 'plain'],
  ['one, two', 'with "quotes"', 'line\nbreak', 'é'],
  [null, '"', 'x', '\n'],
  ['1', '2', '3', 'last'],
];

async function rowsOf(bytes: Buffer, size: number, wanted: readonly number[]) {
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size) {
      await Promise.resolve();
      yield bytes.subarray(at, at + size);
    }
  }
  const rows: (string | null)[][] = [];
  for await (const row of csvRows(pieces(), wanted)) rows.push(row);
  return rows;
}

test.each([1, 2, 3, 5, 7, 1000])('in pieces of %i bytes', async (size) => {
  const bytes = Buffer.from(TEXT);
  expect(await rowsOf(bytes, size, [0, 1, 2, 3])).toEqual(ROWS);
  expect(await rowsOf(bytes, size, [2])).toEqual(ROWS.map((row) => [row[2]]));
  expect(await rowsOf(bytes, size, [3, 0])).toEqual(ROWS.map((row) => [row[3], row[0]]));
  // The last line feed may be missing.
  expect(await rowsOf(bytes.subarray(0, -1), size, [0, 1, 2, 3])).toEqual(ROWS);
});

test('nothing has no rows, and a row of one null is one', async () => {
  expect(await rowsOf(Buffer.alloc(0), 10, [0])).toEqual([]);
  expect(await rowsOf(Buffer.from('\n\n'), 1, [0])).toEqual([[null], [null]]);
});
