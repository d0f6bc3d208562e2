import { LongRow, type Value } from './longRow';

/**
 * A row: its CSV without the line feed, each byte a character from 0 to 255. One of more than a mebibyte stands as its
 * values, behind a character that no byte is.
 */
export type RowText = string;

const LF = 0x0a;
const LONG = 1024 * 1024;
const MARK = '\u0100';

export const isLong = (row: RowText): boolean => row.startsWith(MARK);

/** Takes CSV that comes in pieces apart into rows; memory holds one that is not long. */
export class RowTexts {
  #open: string[] = [];
  #length = 0;
  /** Of what is open and was not taken apart yet. */
  #waiting = 0;
  #quoted = false;
  #long: LongRow | undefined;

  constructor(private readonly take: (row: RowText) => void) {}

  add(piece: Buffer): void {
    let at = 0;
    while (at < piece.length) {
      const feed = piece.indexOf(LF, at);
      const end = feed < 0 ? piece.length : feed;
      const text = piece.toString('latin1', at, end);
      if (hasOddQuotes(text)) this.#quoted = !this.#quoted;
      at = end + 1;
      if (feed < 0) this.#goOn(text);
      else if (this.#quoted) this.#goOn(`${text}\n`);
      else if (this.#length === 0) this.take(text);
      else {
        this.#goOn(text);
        this.#end();
      }
    }
  }

  /** Throws where the last row has no end. */
  end(): void {
    if (this.#length > 0) throw new Error('the last row has no end');
  }

  #goOn(text: string): void {
    this.#length += text.length;
    this.#waiting += text.length;
    this.#open.push(text);
    if (this.#waiting <= LONG) return;
    this.#long ??= new LongRow();
    this.#long.add(this.#opened());
  }

  #opened(): string {
    const text = this.#open.join('');
    this.#open = [];
    this.#waiting = 0;
    return text;
  }

  #end(): void {
    const rest = this.#opened();
    this.#long?.add(rest);
    const row = this.#long ? MARK + JSON.stringify(this.#long.end()) : rest;
    this.#length = 0;
    this.#long = undefined;
    this.take(row);
  }
}

function hasOddQuotes(text: string): boolean {
  let odd = false;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) odd = !odd;
  return odd;
}

/** The first `most` values of a row of so many columns. Throws where it has not as many. */
export function valuesOf(row: RowText, columns: number, most = columns): Value[] {
  if (isLong(row)) {
    const values = JSON.parse(row.slice(MARK.length)) as Value[];
    if (values.length !== columns) throw wrongNumber(values.length, columns);
    return values.slice(0, most);
  }
  const values: Value[] = [];
  // A row of nothing has one field of nothing.
  if (columns === 0 && row === '') return values;
  let at = 0;
  for (;;) {
    if (row.charCodeAt(at) === 0x22) {
      const start = at + 1;
      let end = row.indexOf('"', start);
      let doubled = false;
      while (end >= 0 && row.charCodeAt(end + 1) === 0x22) {
        doubled = true;
        end = row.indexOf('"', end + 2);
      }
      if (end < 0) throw new Error('a field has no end');
      const value = row.slice(start, end);
      values.push(doubled ? value.replaceAll('""', '"') : value);
      at = end + 1;
    } else {
      const comma = row.indexOf(',', at);
      const end = comma < 0 ? row.length : comma;
      values.push(end === at ? null : row.slice(at, end));
      at = end;
    }
    if (values.length === most && most < columns) return values;
    if (at >= row.length) break;
    if (row[at] !== ',') throw new Error('a field goes on after its end');
    at += 1;
    if (values.length === columns) throw wrongNumber(columns + 1, columns);
  }
  if (values.length !== columns) throw wrongNumber(values.length, columns);
  return values;
}

const wrongNumber = (fields: number, columns: number): Error =>
  new Error(`a row has ${fields} fields, and there are ${columns} columns`);
