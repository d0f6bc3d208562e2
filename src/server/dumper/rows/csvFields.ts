import { isUtf8 } from 'node:buffer';

const [QUOTE, COMMA, LF] = [0x22, 0x2c, 0x0a];

/** A field of CSV: its bytes, or null where there is nothing between two commas. */
export type Field = Buffer | null;

/** Whether a field's bytes are all in the text that it reads as: bytes that are no UTF-8 are others there. */
export const readsAs = (field: Buffer, text: string): boolean => !text.includes('\ufffd') || isUtf8(field);

/** Takes CSV apart that comes in pieces, row by row; memory holds one row that goes on from piece to piece. */
export class CsvRows {
  /** Of a row whose end has not come yet: put together once, at its end. */
  #open: Buffer[] = [];
  #quoted = false;

  constructor(
    private readonly columns: number,
    private readonly take: (row: Field[]) => void,
  ) {}

  /** Whole rows are taken out; the fields are parts of what came, so they are good until that is used again. */
  add(piece: Buffer): void {
    let start = 0;
    for (let at = 0; at < piece.length; at += 1) {
      const byte = piece[at];
      if (byte === QUOTE) this.#quoted = !this.#quoted;
      else if (byte === LF && !this.#quoted) {
        const end = piece.subarray(start, at);
        const row = this.#open.length > 0 ? Buffer.concat([...this.#open, end]) : end;
        this.#open = [];
        this.take(this.#fields(row, 0, row.length));
        start = at + 1;
      }
    }
    if (start < piece.length) this.#open.push(Buffer.from(piece.subarray(start)));
  }

  end(): void {
    if (this.#open.length > 0) throw new Error('the last row has no end');
  }

  #fields(data: Buffer, from: number, to: number): Field[] {
    const row: Field[] = [];
    let at = from;
    for (;;) {
      if (data[at] === QUOTE) {
        const start = at + 1;
        let doubled = false;
        let end = start;
        for (;;) {
          end = data.indexOf(QUOTE, end);
          if (end < 0 || end >= to) throw new Error('a field has no end');
          if (data[end + 1] !== QUOTE || end + 1 >= to) break;
          doubled = true;
          end += 2;
        }
        row.push(doubled ? undouble(data, start, end) : data.subarray(start, end));
        at = end + 1;
      } else {
        const comma = data.indexOf(COMMA, at);
        const end = comma < 0 || comma > to ? to : comma;
        row.push(end === at ? null : data.subarray(at, end));
        at = end;
      }
      if (at >= to) break;
      if (data[at] !== COMMA) throw new Error('a field goes on after its end');
      at += 1;
    }
    // A row of nothing has one field of nothing.
    if (this.columns === 0 && row.length === 1 && row[0] === null) return [];
    if (row.length !== this.columns)
      throw new Error(`a row has ${row.length} fields, and there are ${this.columns} columns`);
    return row;
  }
}

function undouble(data: Buffer, from: number, to: number): Buffer {
  const out = Buffer.allocUnsafe(to - from);
  let used = 0;
  for (let at = from; at < to; at += 1) {
    out[used++] = data[at] ?? 0;
    if (data[at] === QUOTE) at += 1;
  }
  return out.subarray(0, used);
}
