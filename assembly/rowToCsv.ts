/**
 * A row of MySQL's text protocol as a line of CSV (docs/format.md). This is AssemblyScript, TypeScript with the types of
 * a processor: JavaScript takes eight times as long for each byte (docs/adr/0004). `npm run assembly` makes of it what
 * `csvWriter.ts` runs. It works in memory that is handed to it, and keeps nothing.
 *
 * Eight bytes are looked at and copied at a time: up to seven more may be read than there are, and written than are
 * counted.
 */

/** What is done to a field: csvWriter.ts has the same numbers. Everything else is a text. */
const BOOLEAN: u8 = 1;
const BINARY: u8 = 2;
const FLOAT: u8 = 3;
const MOMENT: u8 = 4;
const UTC: u8 = 5;

const NULL_FIELD: u8 = 0xfb;
const QUOTE: u8 = 0x22;
const COMMA: u8 = 0x2c;
const CR: u8 = 0x0d;
const LF: u8 = 0x0a;
const DOT: u8 = 0x2e;
const ZERO: u8 = 0x30;
const ONE: u8 = 0x31;
const LOWER_T: u8 = 0x74;
const LOWER_F: u8 = 0x66;
/** `\.`, `\x` and `+00`, as numbers of two and of four bytes. */
const END_OF_COPY: u16 = 0x2e5c;
const HEX_BEGINS: u16 = 0x785c;
const OFFSET: u32 = 0x30302b;

/** Writes the shortest text of a float and returns where it ends: only JavaScript knows how. */
declare function float(from: usize, to: usize, out: usize): usize;

/**
 * Writes the row that lies between `from` and `to` at `out`, as `columns` fields that are coded as the bytes at `codings`
 * say. Returns where the line ends, or 0 if the fields are not the row.
 */
export function row(from: usize, to: usize, codings: usize, columns: usize, out: usize): usize {
  let at = from;
  for (let column: usize = 0; column < columns; column++) {
    if (column > 0) store<u8>(out++, COMMA);
    if (at >= to) return 0;
    const first = load<u8>(at++);
    if (first == NULL_FIELD) continue;
    let length: usize = first;
    if (first == 0xfc) {
      length = load<u16>(at);
      at += 2;
    } else if (first == 0xfd) {
      length = load<u32>(at) & 0xffffff;
      at += 3;
    } else if (first == 0xfe) {
      if (load<u32>(at, 4) != 0) return 0;
      length = load<u32>(at);
      at += 8;
    }
    if (at > to || length > to - at) return 0;
    const end = at + length;
    const coding = load<u8>(codings + column);
    const only: u8 = length == 1 ? load<u8>(at) : 0;
    if (coding == MOMENT) out = copied(at, withoutZeros(at, end), out);
    else if (coding == UTC) {
      out = copied(at, withoutZeros(at, end), out);
      store<u32>(out, OFFSET);
      out += 3;
    } else if (coding == BOOLEAN && only == ONE) store<u8>(out++, LOWER_T);
    else if (coding == BOOLEAN && only == ZERO) store<u8>(out++, LOWER_F);
    else if (coding == BINARY) out = hex(at, end, out);
    else if (coding == FLOAT) out = float(at, end, out);
    else out = text(at, end, out);
    at = end;
  }
  if (at != to) return 0;
  store<u8>(out, LF);
  return out + 1;
}

function copied(from: usize, to: usize, out: usize): usize {
  const end = out + (to - from);
  for (; from < to; from += 8, out += 8) store<u64>(out, load<u64>(from));
  return end;
}

/** As it is, as long as nothing in it needs quotes. */
function text(from: usize, to: usize, out: usize): usize {
  // Nothing is NULL, and this is how COPY ends: as texts they stand in quotes.
  if (from == to || (to - from == 2 && load<u16>(from) == END_OF_COPY)) return quoted(from, to, out);
  const start = out;
  let at = from;
  for (; to - at >= 8; at += 8, out += 8) {
    const eight = load<u64>(at);
    if (needsQuotes(eight)) return quoted(from, to, start);
    store<u64>(out, eight);
  }
  const rest = to - at;
  if (rest == 0) return out;
  const last = load<u64>(at);
  const beyond = u64.MAX_VALUE << u64(rest * 8);
  if (needsQuotes(last | beyond)) return quoted(from, to, start);
  store<u64>(out, last);
  return out + rest;
}

function quoted(from: usize, to: usize, out: usize): usize {
  store<u8>(out++, QUOTE);
  for (let at = from; at < to; at++) {
    const byte = load<u8>(at);
    if (byte == QUOTE) store<u8>(out++, QUOTE);
    store<u8>(out++, byte);
  }
  store<u8>(out, QUOTE);
  return out + 1;
}

/** In each of eight bytes the lowest bit, and the highest. */
const LOWEST: u64 = 0x01010101 * 0x100000001;
const HIGHEST: u64 = LOWEST * 0x80;

function needsQuotes(eight: u64): bool {
  // All that do are below the minus sign, and of the rest little is but the space.
  if (((eight - LOWEST * 0x2d) & ~eight & HIGHEST) == 0) return false;
  return has(eight, QUOTE) || has(eight, COMMA) || has(eight, LF) || has(eight, CR);
}

function has(eight: u64, byte: u8): bool {
  const zeroed = eight ^ (LOWEST * byte);
  return ((zeroed - LOWEST) & ~zeroed & HIGHEST) != 0;
}

function hex(from: usize, to: usize, out: usize): usize {
  store<u16>(out, HEX_BEGINS);
  out += 2;
  for (let at = from; at < to; at++, out += 2) {
    const byte = load<u8>(at);
    store<u8>(out, digit(byte >> 4));
    store<u8>(out, digit(byte & 15), 1);
  }
  return out;
}

function digit(value: u8): u8 {
  return value + (value < 10 ? 0x30 : 0x57);
}

/** Where a moment ends without the zeros at the end of its fraction, and without its point if nothing is left of it. */
function withoutZeros(from: usize, to: usize): usize {
  let point = to;
  while (point > from && load<u8>(point - 1) != DOT) point--;
  if (point == from) return to;
  let end = to;
  while (load<u8>(end - 1) == ZERO) end--;
  return end == point ? end - 1 : end;
}
