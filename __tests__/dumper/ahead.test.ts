import { ahead } from '../../src/server/dumper/container/ahead';

const MIB = 1024 * 1024;
const bytes = Buffer.from(Array.from({ length: 5 * MIB }, (_, i) => (i * 31 + (i >> 8)) & 255));

/** In memory, and what of it was asked for. */
function counted(bad: (start: number, end: number) => boolean = () => false) {
  const asked: [number, number][] = [];
  const source = {
    size: bytes.length,
    filesOf: () => ['volume'],
    read(start: number, end: number) {
      asked.push([start, end]);
      return end > bytes.length || bad(start, end)
        ? Promise.reject(new Error(`cut off before ${end}`))
        : Promise.resolve(bytes.subarray(start, end));
    },
  };
  return { asked, source };
}

const same = (data: Buffer, start: number, end: number) =>
  expect(data.equals(bytes.subarray(start, end))).toBe(true);

it('a thousand small entries are read with a few questions', async () => {
  const { asked, source } = counted();
  const reader = ahead(source);
  const places = Array.from({ length: 1000 }, (_, i) => ((i * 7919) % 1000) * 300);
  for (const start of places) same(await reader.read(start, start + 250), start, start + 250);
  expect(asked).toHaveLength(2);
});

it('one alone is read alone, and so are those far from each other', async () => {
  const { asked, source } = counted();
  const reader = ahead(source);
  for (const start of [10, 2 * MIB, 10, 4 * MIB]) same(await reader.read(start, start + 5), start, start + 5);
  expect(asked).toEqual([10, 2 * MIB, 10, 4 * MIB].map((start) => [start, start + 5]));
});

it('a large entry is read alone, and what is around it not', async () => {
  const { asked, source } = counted();
  const reader = ahead(source);
  for (const start of [0, 100_000, 200_000])
    same(await reader.read(start, start + 90_000), start, start + 90_000);
  expect(asked).toHaveLength(3);
});

it('at every border, also of the source', async () => {
  const { source } = counted();
  const reader = ahead(source);
  const borders = [0, MIB - 1, MIB, MIB + 1, 2 * MIB - 65_536, 2 * MIB - 1, 5 * MIB - 65_536];
  for (const start of borders)
    for (const length of [0, 1, 2, 65_535, 65_536, 65_537]) {
      const end = Math.min(bytes.length, start + length);
      same(await reader.read(start, end), start, end);
    }
});

it('keeps a few windows, and reads a forgotten one again', async () => {
  const { asked, source } = counted();
  const reader = ahead(source);
  for (const round of [1, 2])
    for (let at = 0; at < 5; at += 1)
      for (const start of [at * MIB + 10, at * MIB + 600_000])
        same(await reader.read(start, start + round), start, start + round);
  // Twice one alone and five windows, of which four are kept.
  expect(asked).toHaveLength(12);
});

it('several at once ask for a window once', async () => {
  const { asked, source } = counted();
  const reader = ahead(source);
  await reader.read(0, 10);
  await Promise.all([100, 200, 300].map((start) => reader.read(start, start + 10)));
  expect(asked).toHaveLength(2);
});

it('what cannot be read with its neighbours is read alone, and fails as it would have', async () => {
  const { asked, source } = counted((_, end) => end > 500_000);
  const reader = ahead(source);
  await reader.read(0, 10);
  same(await reader.read(100, 110), 100, 110);
  await expect(reader.read(499_999, 500_001)).rejects.toThrow('cut off before 500001');
  same(await reader.read(200, 210), 200, 210);
  expect(asked).toContainEqual([499_999, 500_001]);
});

it('beyond the end it is said of what was asked for', async () => {
  const { source } = counted();
  const reader = ahead(source);
  await reader.read(bytes.length - 10, bytes.length);
  await expect(reader.read(bytes.length - 5, bytes.length + 5)).rejects.toThrow(
    `cut off before ${bytes.length + 5}`,
  );
});

it('the files of its bytes are those of the source', () => {
  expect(ahead(counted().source).filesOf?.(0, 1)).toEqual(['volume']);
});
