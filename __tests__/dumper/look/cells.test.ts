import fc from 'fast-check';
import { Cells, MASKED, type CellsOptions, type Read } from '../../../src/server/dumper/look/cells';
import { csvOf } from '../../helpers/archiveOf';

type Row = readonly (string | null)[];

/** What is taken of these rows, in pieces of so many bytes. */
function taken(rows: readonly Row[], size: number, options: Partial<CellsOptions> = {}): Read[][] {
  const found: Read[][] = [];
  const cells = new Cells({
    masked: (rows[0] ?? []).map(() => false),
    most: 1000,
    ...options,
    take: (row) => found.push(row),
  });
  const csv = csvOf(rows);
  for (let at = 0; at < csv.length; at += size) {
    const piece = Buffer.from(csv.subarray(at, at + size));
    cells.add(piece);
    // Whoever lends a piece may use its memory again.
    piece.fill(0);
  }
  cells.end();
  expect(cells.rows).toBe(rows.length);
  return found;
}
const texts = (rows: readonly Read[][]) =>
  rows.map((row) => row.map((cell) => (cell === null || cell === MASKED ? cell : cell.text)));

const value = fc.option(
  fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('', '"', '""', ',', '\n', '\r\n', '\\.', '漢字', '😀'),
  ),
  { nil: null },
);
const table = fc
  .integer({ min: 1, max: 5 })
  .chain((columns) =>
    fc.array(fc.array(value, { minLength: columns, maxLength: columns }), { maxLength: 8 }),
  );

it('reads every value as it was written, in pieces of any size', () => {
  fc.assert(
    fc.property(table, fc.integer({ min: 1, max: 40 }), (rows, size) => {
      expect(texts(taken(rows, size))).toEqual(rows);
    }),
  );
});

it('finds the rows that a plain search through all values finds, in pieces of any size, also of values that are cut', () => {
  fc.assert(
    fc.property(
      table,
      value,
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(0, 1, 3, 1000),
      (rows, sought, size, most) => {
        const search = (sought ?? 'a').toLowerCase();
        fc.pre(search !== '');
        const found = taken(rows, size, { most, wanted: { where: [], search } });
        const expected = rows.filter((row) => row.some((text) => text?.toLowerCase().includes(search)));
        expect(found.length).toBe(expected.length);
        const same = taken(rows, size, { most, wanted: { where: [{ at: 0, value: sought ?? '' }] } });
        expect(same.length).toBe(rows.filter(([first]) => (first ?? '') === (sought ?? '')).length);
      },
    ),
  );
});

it('cuts a value in whole characters, and tells how long it is and whether two are the same', () => {
  const [long, other] = [`${'ä'.repeat(600)}a`, `${'ä'.repeat(600)}b`];
  const rows = taken([[long], [other], [long]], 64, { most: 99 });
  expect(texts(rows)).toEqual([['ä'.repeat(49)], ['ä'.repeat(49)], ['ä'.repeat(49)]]);
  const [first, second, third] = rows.map(([cell]) => (cell === null || cell === MASKED ? undefined : cell));
  expect(first?.bytes).toBe(1201);
  expect(first?.cut).toEqual(third?.cut);
  expect(first?.cut).not.toEqual(second?.cut);
});

it('keeps nothing of a masked column: it is neither shown nor found, whatever is asked', () => {
  fc.assert(
    fc.property(table, fc.integer({ min: 1, max: 40 }), (rows, size) => {
      const masked = (rows[0] ?? []).map((_, at) => at === 0);
      for (const row of taken(rows, size, { masked })) expect(row[0]).toBe(MASKED);
      for (const [secret] of rows) {
        if (!secret) continue;
        const search = secret.toLowerCase();
        const expected = rows.filter((row) =>
          row.slice(1).some((text) => text?.toLowerCase().includes(search)),
        );
        const called = new Map([[0, new Set([secret])]]);
        expect(taken(rows, size, { masked, wanted: { where: [], search, called } }).length).toBe(
          expected.length,
        );
        const where = [{ at: 0, value: secret, also: () => true }];
        expect(taken(rows, size, { masked, wanted: { where } })).toEqual([]);
      }
    }),
  );
});

it.each([
  ['a row with a field more', 'a,b\na,b,c\n'],
  ['a row with a field less', 'a,b\na\n'],
  ['a field without an end', 'a,"b\n'],
  ['a field that goes on after its end', 'a,"b"c\n'],
])('takes %s for damage', (_, csv) => {
  const cells = new Cells({ masked: [false, false], most: 10, take: () => undefined });
  expect(() => {
    cells.add(Buffer.from(csv));
    cells.end();
  }).toThrow();
});

it('a value of 200 MB takes no more memory than is kept of it', () => {
  const piece = Buffer.alloc(256 * 1024, 'x');
  const found: Read[][] = [];
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const cells = new Cells({
    masked: [false, true, false],
    most: 1024 * 1024,
    wanted: { where: [{ at: 2, value: 'end' }], search: 'xyz' },
    take: (row) => found.push(row),
  });
  for (const begin of ['1', ',', ',end\n']) {
    cells.add(Buffer.from(begin));
    for (let at = 0; at < 400 && begin !== ',end\n'; at += 1) {
      cells.add(piece);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    cells.add(Buffer.from(begin === '1' ? 'yz' : ''));
  }
  cells.end();
  expect(found.map(([first]) => first !== MASKED && first?.bytes)).toEqual([400 * piece.length + 3]);
  expect(most).toBeLessThan(32 * 1024 * 1024);
});
