import type { LentChunk } from '../../../dialect';
import type { Coding } from '../structure/columnType';
import { shortestFloat } from '../structure/float';

const [QUOTE, COMMA, CR, LF, BACKSLASH, DOT, ZERO, ONE] = [0x22, 0x2c, 0x0d, 0x0a, 0x5c, 0x2e, 0x30, 0x31];
const [LOWER_T, LOWER_F, LOWER_X] = [0x74, 0x66, 0x78];
const HEX = Buffer.from('0123456789abcdef');
const NULL_FIELD = 0xfb;
/** Room beyond a chunk for the row that fills it, so that few have to be moved. */
const SLACK = 64 * 1024;

/**
 * Writes rows as the text protocol sends them (each field with its length before it) as CSV in the one text that every
 * archive has (docs/format.md). Each field is looked at once, byte by byte, and written as it is as long as it needs no
 * quotes.
 */
export class CsvWriter {
  readonly #free: Buffer[] = [];
  #buffer: Buffer;
  #used = 0;
  #rows = 0;

  constructor(
    private readonly codings: readonly Coding[],
    private readonly chunkBytes: number,
    private readonly onChunk: (chunk: LentChunk) => void,
  ) {
    this.#buffer = this.#take();
  }

  row(packet: Buffer, from: number, to: number): void {
    let at = from;
    for (let column = 0; column < this.codings.length; column += 1) {
      if (column > 0) this.#byte(COMMA);
      const first = packet[at] ?? 0;
      if (first === NULL_FIELD) {
        at += 1;
        continue;
      }
      let length = first;
      at += 1;
      if (first === 0xfc) {
        length = packet.readUInt16LE(at);
        at += 2;
      } else if (first === 0xfd) {
        length = packet.readUIntLE(at, 3);
        at += 3;
      } else if (first === 0xfe) {
        length = Number(packet.readBigUInt64LE(at));
        at += 8;
      }
      this.#field(packet, at, at + length, this.codings[column] ?? 'text');
      at += length;
    }
    if (at !== to) throw new Error('a row is not what its fields are');
    this.#byte(LF);
    this.#rows += 1;
    if (this.#used >= this.chunkBytes) {
      const chunk = this.#emit();
      this.#buffer = this.#take();
      this.onChunk(chunk);
    }
  }

  /** What is left; nothing can be written after it. */
  end(): LentChunk | undefined {
    return this.#rows > 0 ? this.#emit() : undefined;
  }

  #take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.chunkBytes + SLACK);
  }

  #emit(): LentChunk {
    const buffer = this.#buffer;
    const chunk = {
      data: buffer.subarray(0, this.#used),
      rows: this.#rows,
      release: () => {
        if (buffer.length === this.chunkBytes + SLACK && this.#free.length < 8) this.#free.push(buffer);
      },
    };
    this.#used = 0;
    this.#rows = 0;
    return chunk;
  }

  #room(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#used);
    this.#buffer = larger;
  }

  #byte(byte: number): void {
    this.#room(1);
    this.#buffer[this.#used++] = byte;
  }

  #field(packet: Buffer, from: number, to: number, coding: Coding): void {
    const only = to - from === 1 ? packet[from] : undefined;
    if (coding === 'boolean' && only === ONE) this.#byte(LOWER_T);
    else if (coding === 'boolean' && only === ZERO) this.#byte(LOWER_F);
    else if (coding === 'binary') this.#hex(packet, from, to);
    else if (coding === 'float') this.#ascii(shortestFloat(packet.toString('latin1', from, to)));
    else if (coding === 'moment') this.#text(packet, from, withoutZeros(packet, from, to));
    else if (coding === 'utc') {
      this.#text(packet, from, withoutZeros(packet, from, to));
      this.#ascii('+00');
    } else this.#text(packet, from, to);
  }

  #ascii(text: string): void {
    this.#room(text.length);
    this.#used += this.#buffer.write(text, this.#used, 'latin1');
  }

  #text(packet: Buffer, from: number, to: number): void {
    // Every byte may become two, and quotes around them.
    this.#room(2 * (to - from) + 2);
    const buffer = this.#buffer;
    let at = this.#used;
    for (let i = from; i < to; i += 1) {
      const byte = packet[i] ?? 0;
      if (byte === QUOTE || byte === COMMA || byte === LF || byte === CR) {
        this.#quoted(packet, from, to);
        return;
      }
      buffer[at++] = byte;
    }
    // Nothing is NULL, and this is how COPY ends: as texts they stand in quotes.
    const isEnd = to - from === 2 && packet[from] === BACKSLASH && packet[from + 1] === DOT;
    if (from === to || isEnd) this.#quoted(packet, from, to);
    else this.#used = at;
  }

  #quoted(packet: Buffer, from: number, to: number): void {
    const buffer = this.#buffer;
    let at = this.#used;
    buffer[at++] = QUOTE;
    for (let i = from; i < to; i += 1) {
      const byte = packet[i] ?? 0;
      if (byte === QUOTE) buffer[at++] = QUOTE;
      buffer[at++] = byte;
    }
    buffer[at++] = QUOTE;
    this.#used = at;
  }

  #hex(packet: Buffer, from: number, to: number): void {
    this.#room(2 * (to - from) + 2);
    const buffer = this.#buffer;
    let at = this.#used;
    buffer[at++] = BACKSLASH;
    buffer[at++] = LOWER_X;
    for (let i = from; i < to; i += 1) {
      const byte = packet[i] ?? 0;
      buffer[at++] = HEX[byte >> 4] ?? 0;
      buffer[at++] = HEX[byte & 15] ?? 0;
    }
    this.#used = at;
  }
}

/** Where a moment ends without the zeros at the end of its fraction, and without its point if nothing is left of it. */
function withoutZeros(packet: Buffer, from: number, to: number): number {
  if (packet.indexOf(DOT, from) < from || packet.indexOf(DOT, from) >= to) return to;
  let end = to;
  while (packet[end - 1] === ZERO) end -= 1;
  return packet[end - 1] === DOT ? end - 1 : end;
}
