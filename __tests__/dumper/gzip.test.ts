import { randomBytes } from 'node:crypto';
import { gunzip, gzip } from '../../src/server/bytes';

const rows = Buffer.from(Array.from({ length: 90_000 }, (_, at) => `${at},order ${at % 97},paid\n`).join(''));
const noise = randomBytes(2_500_000);

it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])(
  'level %i: whatever its size, it comes back as it was',
  async (level) => {
    for (const length of [0, 1, 4095, 4096, 4097, 65_535, 65_536, 300_000, 2_000_001])
      for (const data of [rows.subarray(0, length), noise.subarray(0, length)]) {
        const packed = await gzip(data, level);
        expect((await gunzip(packed, data.length)).equals(data)).toBe(true);
        // It grows by its head and its end, and by five bytes for each block that is not compressed.
        expect(packed.length).toBeLessThanOrEqual(data.length + 64 + (data.length >> 8));
      }
  },
);

it('level 0 leaves what it is given as it is, and each other level makes rows smaller', async () => {
  expect((await gzip(rows, 0)).length).toBeGreaterThan(rows.length);
  expect((await gzip(rows, 0)).includes(rows.subarray(1000, 9000))).toBe(true);
  for (let level = 1; level <= 9; level += 1)
    expect((await gzip(rows, level)).length).toBeLessThan(rows.length / 3);
});
