import { createHash } from 'node:crypto';
import type { Bytes } from '../../bytes';
import { refused } from '../../errors/errors';
import { CsvRows, type Field } from '../rows/csvFields';
import type { Spell } from './canonical';

const LANES = 8;

/**
 * What rows are by the meaning of their values, whatever their order and whoever wrote them. Their digest is a sum of
 * SHA-256 of each row; beside it each column has a small one, which tells where two differ.
 */
export class ValueDigest {
  readonly #sums = new Uint32Array(LANES);
  readonly #columns: Uint32Array;
  #rows = 0;

  constructor(
    private readonly collection: string,
    private readonly spells: readonly Spell[],
  ) {
    this.#columns = new Uint32Array(spells.length);
  }

  /** Whole rows, each with its line feed. */
  add(csv: Uint8Array): void {
    const rows = this.#reading();
    rows.add(csv);
    rows.end();
  }

  /** The same pieces; once all have gone through, their rows are part of this. */
  async *reading(pieces: Bytes): Bytes {
    const rows = this.#reading();
    for await (const piece of pieces) {
      rows.add(piece);
      yield piece;
    }
    rows.end();
  }

  #reading(): { add(piece: Uint8Array): void; end(): void } {
    const rows = new CsvRows(this.spells.length, (row) => this.#addRow(row));
    const guarded = (work: () => void): void => {
      try {
        work();
      } catch (cause) {
        const said = cause instanceof Error ? cause.message : String(cause);
        throw refused('rows-unreadable', { collection: this.collection, said }, { cause });
      }
    };
    return {
      add: (piece) => guarded(() => rows.add(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength))),
      end: () => guarded(() => rows.end()),
    };
  }

  #addRow(row: readonly Field[]): void {
    const hash = createHash('sha256');
    for (const [at, field] of row.entries()) {
      const value = field === null ? '' : `=${this.spells[at]?.(field.toString('utf8')) ?? ''}`;
      // With its length before it no value can pass for two.
      hash.update(`${value.length} ${value}`);
      this.#columns[at] = (this.#columns[at] ?? 0) + small(value);
    }
    const digest = hash.digest();
    for (let lane = 0; lane < LANES; lane += 1)
      this.#sums[lane] = (this.#sums[lane] ?? 0) + digest.readUInt32LE(lane * 4);
    this.#rows += 1;
  }

  get rows(): number {
    return this.#rows;
  }

  isLike(other: ValueDigest): boolean {
    return this.#rows === other.#rows && this.#sums.every((sum, lane) => sum === other.#sums[lane]);
  }

  /** The places of columns whose values are not those of the other. */
  differing(other: ValueDigest): number[] {
    return [...this.#columns].flatMap((sum, at) => (sum === other.#columns[at] ? [] : [at]));
  }
}

/** FNV-1a. */
function small(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
