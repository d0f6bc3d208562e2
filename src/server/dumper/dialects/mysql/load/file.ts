import type { LoadedColumn } from './parameter';

const [QUOTE, COMMA, LF] = [0x22, 0x2c, 0x0a];
const NULL = Buffer.from('NULL');
const QUOTED_NULL = Buffer.from('"NULL"');
const [ONE, ZERO] = [Buffer.from('1'), Buffer.from('0')];
const [TRUE, FALSE] = [0x74, 0x66];
const UTC = Buffer.from('+00');

/**
 * Rows of an archive as `LOAD DATA` reads the same of them: NULL is the bare word, and nothing else is. Undefined for
 * what is no such CSV, or would silently become another value: NULL where there is none, a flag that is none.
 */
export function fileOf(csv: Buffer, columns: readonly LoadedColumn[]): Buffer | undefined {
  const out = new Growing(csv.length + csv.length / 8 + 1024);
  const last = columns.length - 1;
  /** Up to where it is written. */
  let written = 0;
  const instead = (from: number, to: number, bytes: Buffer): void => {
    out.add(csv, written, from);
    out.add(bytes, 0, bytes.length);
    written = to;
  };
  let at = 0;
  while (at < csv.length) {
    for (let index = 0; index <= last; index += 1) {
      const column = columns[index];
      if (!column) return undefined;
      const { coding } = column;
      const start = at;
      if (csv[at] === QUOTE) {
        at = closing(csv, at + 1);
        if (at < 0 || coding === 'boolean' || coding === 'utc') return undefined;
      } else {
        let byte = csv[at];
        while (byte !== COMMA && byte !== LF) {
          if (byte === undefined || byte === QUOTE) return undefined;
          at += 1;
          byte = csv[at];
        }
        const length = at - start;
        if (length === 0) {
          if (!column.nullable) return undefined;
          instead(start, at, NULL);
        } else if (coding === 'boolean') {
          if (length !== 1) return undefined;
          if (csv[start] === TRUE) instead(start, at, ONE);
          else if (csv[start] === FALSE) instead(start, at, ZERO);
        } else if (coding === 'utc') {
          if (length <= UTC.length || UTC.compare(csv, at - UTC.length, at) !== 0) return undefined;
          instead(at - UTC.length, at, Buffer.of());
        } else if (length === NULL.length && NULL.compare(csv, start, at) === 0)
          instead(start, at, QUOTED_NULL);
      }
      if (csv[at] !== (index === last ? LF : COMMA)) return undefined;
      at += 1;
    }
  }
  out.add(csv, written, csv.length);
  return out.bytes();
}

/** After the quote that ends a field; -1 where none does. */
function closing(csv: Buffer, from: number): number {
  for (let at = csv.indexOf(QUOTE, from); at >= 0; at = csv.indexOf(QUOTE, at + 2))
    if (csv[at + 1] !== QUOTE) return at + 1;
  return -1;
}

class Growing {
  #buffer: Buffer;
  #used = 0;

  constructor(bytes: number) {
    this.#buffer = Buffer.allocUnsafe(Math.ceil(bytes));
  }

  add(from: Buffer, start: number, end: number): void {
    const needed = this.#used + end - start;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(needed * 2);
      this.#buffer.copy(larger, 0, 0, this.#used);
      this.#buffer = larger;
    }
    // What is short is sooner copied than handed over to be.
    if (end - start < 32) for (let at = start; at < end; at += 1) this.#buffer[this.#used++] = from[at] ?? 0;
    else this.#used += from.copy(this.#buffer, this.#used, start, end);
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#used);
  }
}
