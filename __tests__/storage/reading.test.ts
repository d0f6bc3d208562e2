import { Readable } from 'node:stream';
import type { Bytes } from '../../src/server/bytes';
import { reading } from '../../src/server/storage/reading';

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

async function* pieces(count: number, size: number, gapMs: number): Bytes {
  for (let number = 0; number < count; number += 1) {
    await pause(gapMs);
    yield Buffer.alloc(size);
  }
}

const read = (body: Bytes, idleMs: number): Bytes =>
  reading(Readable.from(body, { objectMode: false }), {
    signal: undefined,
    idleMs,
    stalled: () => new Error('stalled'),
    broken: (cause) => new Error('broken', { cause }),
  });

async function sizeOf(body: Bytes, gapMs = 0): Promise<number> {
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (gapMs > 0) await pause(gapMs);
  }
  return size;
}

describe('who sends the body of an answer', () => {
  it('one byte at a time, for ever, is given up', async () => {
    const begun = Date.now();
    await expect(sizeOf(read(pieces(Infinity, 1, 5), 300))).rejects.toThrow('stalled');
    expect(Date.now() - begun).toBeLessThan(5000);
  });

  it('nothing at all is given up', async () => {
    const silent = new Readable({ read: () => undefined });
    const body = reading(silent, {
      signal: undefined,
      idleMs: 100,
      stalled: () => new Error('stalled'),
      broken: () => new Error('broken'),
    });
    await expect(sizeOf(body)).rejects.toThrow('stalled');
  });

  it('enough, for longer than that, is read to the end', async () => {
    expect(await sizeOf(read(pieces(30, 300 * 1024, 20), 200))).toBe(30 * 300 * 1024);
  });

  it('little, and soon all of it, is read to the end', async () => {
    expect(await sizeOf(read(pieces(5, 1, 5), 2000))).toBe(5);
  });

  it('quickly to a reader who takes his time is not at fault', async () => {
    expect(await sizeOf(read(pieces(20, 1000, 0), 150), 20)).toBe(20_000);
  });
});
