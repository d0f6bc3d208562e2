import * as crypto from 'node:crypto';

const LF = 0x0a;
const QUOTE = 0x22;
const LANES = 8;

/** A row's SHA-256. One call where Node has it (20.12 and newer): for small rows that is twice as fast. */
const hash: (row: Uint8Array) => Buffer =
  typeof crypto.hash === 'function'
    ? (row) => crypto.hash('sha256', row, 'buffer')
    : (row) => crypto.createHash('sha256').update(row).digest();

/**
 * What rows of CSV are, whatever their order: two tables with the same rows, each as often, have the same digest.
 * It is the sum of the rows' hashes, so it can be taken chunk by chunk and by several at once.
 */
export class RowDigest {
  readonly #sums = new Uint32Array(LANES);
  #rows = 0;

  /** Whole rows, each with its line feed. */
  add(csv: Uint8Array): void {
    let start = 0;
    let quoted = false;
    for (let at = 0; at < csv.length; at += 1) {
      const byte = csv[at];
      // A doubled quote inside a field leaves it and enters it again.
      if (byte === QUOTE) quoted = !quoted;
      else if (byte === LF && !quoted) {
        this.#addRow(csv.subarray(start, at));
        start = at + 1;
      }
    }
    if (start < csv.length) this.#addRow(csv.subarray(start));
  }

  #addRow(row: Uint8Array): void {
    const digest = hash(row);
    for (let lane = 0; lane < LANES; lane += 1) {
      this.#sums[lane] = (this.#sums[lane] ?? 0) + digest.readUInt32LE(lane * 4);
    }
    this.#rows += 1;
  }

  get rows(): number {
    return this.#rows;
  }

  /** 64 hexadecimal digits. */
  get value(): string {
    return [...this.#sums].map((sum) => sum.toString(16).padStart(8, '0')).join('');
  }
}
