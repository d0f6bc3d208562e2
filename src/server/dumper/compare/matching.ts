import { sha256 } from '../rows/rowDigest';
import type { RowText } from './rowTexts';
import { Spill, type SideNo, type Waiting } from './spill';

/** What comes of rows as they are matched. */
export interface Met {
  pair(here: RowText, there: RowText, count: number): void;
  alone(side: SideNo, row: RowText, count: number): void;
  /** One side has two rows of a key; throws, where that cannot be. */
  twice(side: SideNo): void;
}

export interface MatchingOptions {
  readonly folder: string;
  /** Bytes of rows that wait in memory. */
  readonly room: number;
  readonly met: Met;
}

interface Held {
  readonly row: RowText;
  count: number;
}

const PARTS = 128;
/** What a row takes in memory beside its text. */
const EACH = 160;

/**
 * Matches the rows of two sides by their keys, in whatever order they come. A row waits in memory until the other side's
 * comes; rows that are stored alike meet soon, so few wait. When they have no more room they go to a file, parted by
 * their keys, and each part is matched by itself at the end; so it takes as much memory as it may and no more.
 */
export class Matching {
  readonly #held: readonly [Map<string, Held>, Map<string, Held>] = [new Map(), new Map()];
  #bytes = 0;
  #spill: Spill | undefined;

  constructor(
    private readonly options: MatchingOptions,
    private readonly depth = 0,
  ) {}

  add({ side, key, row, count }: Waiting): void {
    const { met } = this.options;
    let left = count;
    const others = this.#held[side === 0 ? 1 : 0];
    const other = others.get(key);
    if (other) {
      const pairs = Math.min(left, other.count);
      if (side === 0) met.pair(row, other.row, pairs);
      else met.pair(other.row, row, pairs);
      left -= pairs;
      other.count -= pairs;
      if (other.count === 0) {
        others.delete(key);
        this.#bytes -= sizeOf(key, other.row);
      }
    }
    if (left === 0) return;
    const own = this.#held[side].get(key);
    if (own) {
      met.twice(side);
      own.count += left;
    } else {
      this.#held[side].set(key, { row, count: left });
      this.#bytes += sizeOf(key, row);
    }
  }

  get isFull(): boolean {
    // A row alone has nobody to make room for.
    return this.#bytes > this.options.room && this.#held[0].size + this.#held[1].size > 1;
  }

  /** Makes room. */
  async flush(): Promise<void> {
    this.#spill ??= new Spill(this.options.folder, PARTS);
    const parts = Array.from({ length: PARTS }, (): Waiting[] => []);
    for (const side of [0, 1] as const) {
      for (const [key, { row, count }] of this.#held[side])
        parts[this.#partOf(key)]?.push({ side, key, row, count });
      this.#held[side].clear();
    }
    this.#bytes = 0;
    for (const [part, rows] of parts.entries()) if (rows.length > 0) await this.#spill.write(part, rows);
  }

  /** Nothing more comes. */
  async finish(): Promise<void> {
    if (!this.#spill) {
      for (const side of [0, 1] as const)
        for (const { row, count } of this.#held[side].values()) this.options.met.alone(side, row, count);
      return;
    }
    await this.flush();
    for (let part = 0; part < PARTS; part += 1) {
      const inner = new Matching(this.options, this.depth + 1);
      try {
        for await (const rows of this.#spill.read(part))
          for (const waiting of rows) {
            inner.add(waiting);
            if (inner.isFull) await inner.flush();
          }
        await inner.finish();
      } finally {
        await inner.close();
      }
    }
  }

  async close(): Promise<void> {
    await this.#spill?.close();
  }

  /** Nobody can make keys that all fall into one part again and again. */
  #partOf(key: string): number {
    return (sha256(Buffer.from(key, 'latin1'))[this.depth % 32] ?? 0) % PARTS;
  }
}

const sizeOf = (key: string, row: RowText): number => key.length + row.length + EACH;
