import type { Bytes } from '../bytes';

/** What is read of an archive first, and again and again, is at its end: its directory and its manifest. */
const TAIL = 8 * 1024 * 1024;
/** A pass that nobody goes on with gives its connection back. */
const IDLE_MS = 10_000;

export interface OnePass {
  /** The bytes from `start` to `end` (exclusive), fewer at the end of the object. */
  read(start: number, end: number): Promise<Uint8Array>;
}

/**
 * Ranges of an object that can only be had from its beginning, in as few passes as can be: who reads forward goes on
 * where the last one stopped, and its last bytes stay in memory. One reads at a time; what was read has to be taken
 * before the next.
 */
export function onePass(open: () => Bytes, size: number): OnePass {
  const tailAt = Math.max(0, size - TAIL);
  let tail: Uint8Array | undefined;
  let pass: Pass | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let idle: NodeJS.Timeout | undefined;

  const close = (): void => {
    pass?.close();
    pass = undefined;
  };

  const take = async (start: number, end: number): Promise<Uint8Array> => {
    if (tail && start >= tailAt) return tail.subarray(start - tailAt, end - tailAt);
    // The end is kept as a whole, since what is asked for next is likely near it.
    const [from, to] = start >= tailAt ? [tailAt, size] : [start, end];
    if (pass && pass.at > from) close();
    pass ??= passOf(open());
    try {
      await pass.skip(from);
      const taken = await pass.take(to - from);
      if (from === start) return taken;
      tail = taken;
      return taken.subarray(start - from, end - from);
    } catch (error) {
      close();
      throw error;
    }
  };

  return {
    read(start, end) {
      const turn = last.then(async () => {
        clearTimeout(idle);
        try {
          return await take(start, end);
        } finally {
          idle = setTimeout(close, IDLE_MS).unref();
        }
      });
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

interface Pass {
  readonly at: number;
  readonly skip: (to: number) => Promise<void>;
  readonly take: (count: number) => Promise<Uint8Array>;
  readonly close: () => void;
}

function passOf(body: Bytes): Pass {
  const pieces = body[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  let at = 0;
  /** Up to so many of the next bytes; none at the end. */
  const next = async (most: number): Promise<Uint8Array> => {
    while (rest.length === 0) {
      const piece = await pieces.next();
      if (piece.done) return rest;
      rest = piece.value;
    }
    const taken = rest.subarray(0, most);
    rest = rest.subarray(taken.length);
    at += taken.length;
    return taken;
  };
  return {
    get at() {
      return at;
    },
    async skip(to) {
      while (at < to) if ((await next(to - at)).length === 0) return;
    },
    async take(count) {
      const taken: Uint8Array[] = [];
      for (let left = count; left > 0;) {
        const piece = await next(left);
        if (piece.length === 0) break;
        taken.push(piece);
        left -= piece.length;
      }
      return Buffer.concat(taken);
    },
    close() {
      // Not awaited: a body that stalls answers only once its own piece has come.
      void pieces.return?.().catch(() => undefined);
    },
  };
}
