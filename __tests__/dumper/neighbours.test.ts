import fc from 'fast-check';
import { whole } from '../../src/server/bytes';
import { withNeighbours } from '../../src/server/dumper/container/neighbours';
import type { ByteSource } from '../../src/server/dumper/container/zip';
import { largestFirst } from '../../src/server/dumper/rows/largestFirst';
import { archiveOf } from '../helpers/archiveOf';

const KB = 1024;
const bytes = Buffer.alloc(6 * 1024 * KB);
for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(at, at);

/** A storage that counts what it is asked for, and of which some stretch cannot be read. */
function counting(of: Buffer, broken: readonly [start: number, end: number] = [-1, -1]) {
  const asked: [start: number, end: number][] = [];
  const source: ByteSource = {
    size: of.length,
    async read(start, end) {
      asked.push([start, end]);
      await Promise.resolve();
      if (start < broken[1] && end > broken[0]) throw new Error('unreadable');
      return of.subarray(start, end);
    },
  };
  return { source, asked };
}

it('any ranges, in any order and at once, are what they should be', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(bytes.length), fc.nat(600 * KB), fc.nat(9)), { minLength: 1, maxLength: 40 }),
      async (ranges) => {
        const near = withNeighbours(counting(bytes).source);
        await Promise.all(
          ranges.map(async ([start, length, small]) => {
            const end = Math.min(bytes.length, start + (small > 2 ? length >> 7 : length));
            expect(Buffer.compare(await near.read(start, end), bytes.subarray(start, end))).toBe(0);
          }),
        );
      },
    ),
    { numRuns: 60 },
  ));

it('what is beside what cannot be read is read; what cannot is told so, each time', () =>
  fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 70 * KB), fc.nat(60 * KB), async (start, length) => {
      const broken = [2_000_000, 2_000_100] as const;
      const reading = withNeighbours(counting(bytes, broken).source);
      const near = start % 2 === 0 ? start : broken[0] - (start % (300 * KB));
      const end = near + length;
      const touches = near < broken[1] && end > broken[0];
      for (let times = 0; times < 2; times += 1) {
        const outcome = await reading.read(near, end).then(
          (piece) => Buffer.compare(piece, bytes.subarray(near, end)),
          (error: unknown) => String(error),
        );
        expect(outcome).toBe(touches ? 'Error: unreadable' : 0);
      }
    }),
    { numRuns: 200 },
  ));

it('in order nothing is asked for twice, and nothing before what was read', async () => {
  const { source, asked } = counting(bytes);
  const near = withNeighbours(source);
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const end = Math.min(bytes.length, at + (turn % 7 === 0 ? 300 * KB : 3000));
    await near.read(at, end);
    at = end;
  }
  expect(asked[0]?.[0]).toBe(0);
  asked.forEach(([start], at) => expect(start).toBe(at === 0 ? 0 : asked[at - 1]![1]));
  expect(asked.at(-1)![1]).toBe(bytes.length);
});

it('a thousand small tables are read by a few questions, and one of them alone', async () => {
  const rows = [
    ['1', 'first'],
    ['2', null],
  ];
  const names = Array.from({ length: 1000 }, (_, at) => `small_${at}`);
  const tables = Object.fromEntries(names.map((name) => [name, { columns: ['id:int32', 'name'], rows }]));
  let counted: ReturnType<typeof counting> | undefined;
  const archive = await archiveOf({ tables }, (of) => (counted = counting(of)).source);
  const { asked } = counted!;
  const few = () => {
    const questions = asked.splice(0);
    expect(questions.length).toBeLessThan(15);
    expect(questions.reduce((sum, [start, end]) => sum + end - start, 0)).toBeLessThan(2_000_000);
  };
  few();
  const source = archive.rows();
  for (const name of largestFirst(names, (name) => source.bytes(name)))
    for await (const chunk of source.chunks(name)) {
      const lent = await chunk();
      expect('data' in lent && Buffer.from(lent.data).toString()).toBe('1,first\n2,\n');
    }
  few();
  const again = await archiveOf({ tables }, (of) => (counted = counting(of)).source);
  counted!.asked.splice(0);
  const [chunk] = again.manifest.collections[7]!.chunks;
  await whole(again.read(chunk!));
  expect(counted!.asked).toHaveLength(1);
  const [[start, end]] = counted!.asked as [[number, number]];
  expect(end - start).toBeLessThan(chunk!.size + 200);
});

it('the largest first, and small ones as they came', () => {
  const sizes = new Map([
    ['b', 10],
    ['large', 1e6],
    ['a', 9],
    ['larger', 2e6],
    ['c', 11],
  ]);
  expect(largestFirst([...sizes.keys()], (name) => sizes.get(name)!)).toEqual([
    'larger',
    'large',
    'b',
    'a',
    'c',
  ]);
});
