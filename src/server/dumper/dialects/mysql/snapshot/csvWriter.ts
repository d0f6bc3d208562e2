import type { LentChunk } from '../../../dialect';
import type { Coding } from '../structure/columnType';
import { shortestFloat } from '../structure/float';
import { ROW_TO_CSV } from './rowToCsv';

/** The numbers that assembly/rowToCsv.ts knows them by; everything else is a text. */
const CODINGS: Readonly<Partial<Record<Coding, number>>> = {
  boolean: 1,
  binary: 2,
  float: 3,
  moment: 4,
  utc: 5,
};

const PAGE = 64 * 1024;
/** Where the codings lie, one byte a column, and where what comes does. */
const [CODINGS_AT, PACKETS_AT] = [0, PAGE];
/** That much of what comes is usual; a longer row makes room for itself. */
const PACKETS = 2 * PAGE;
/** Beyond a chunk, for the row that fills it. */
const SLACK = PAGE;
/** Eight bytes are looked at and copied at a time. */
const EIGHT = 8;
/** What a field can get beside twice its bytes: a comma, quotes, `\x`, an offset, the whole text of a float. */
const BESIDE = 32;
/** Memory of WebAssembly never shrinks: with more than this it is left to be collected. */
const MOST_KEPT = 16 * 1024 * 1024;
/** Of those that are ready for the next table; a little more than there are readers. */
const MOST_READY = 4;

/** As far as it is needed here: Node's types leave it out. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (size: { initial: number }) => {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  };
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

type Row = (from: number, to: number, codings: number, columns: number, out: number) => number;

/** Memory, and the program that works in it. Each has its own, and they are used again for one table after the other. */
class Machine {
  readonly #memory = new WebAssembly.Memory({ initial: 1 + PACKETS / PAGE });
  readonly row: Row;
  /** All of it, anew each time that it has grown. */
  bytes = Buffer.from(this.#memory.buffer);

  constructor() {
    program ??= new WebAssembly.Module(Buffer.from(ROW_TO_CSV, 'base64'));
    const { exports } = new WebAssembly.Instance(program, {
      env: { memory: this.#memory },
      rowToCsv: { float: (from: number, to: number, out: number) => this.#float(from, to, out) },
    });
    this.row = (exports as { row: Row }).row;
  }

  #float(from: number, to: number, out: number): number {
    const text = shortestFloat(this.bytes.toString('latin1', from >>> 0, to >>> 0));
    return out + this.bytes.write(text, out >>> 0, 'latin1');
  }

  /** Has at least so many bytes afterwards. */
  grow(bytes: number): void {
    const missing = bytes - this.bytes.length;
    if (missing <= 0) return;
    this.#memory.grow(Math.ceil(missing / PAGE));
    this.bytes = Buffer.from(this.#memory.buffer);
  }
}

let program: object | undefined;
const ready: Machine[] = [];

/**
 * Writes rows as the text protocol sends them (each field with its length before it) as CSV in the one text that every
 * archive has (docs/format.md). They are brought into the memory of a program in WebAssembly as they came, many at once,
 * and chunks are copied out of it.
 */
export class CsvWriter {
  readonly #free: Buffer[] = [];
  #machine: Machine;
  /** What lies in the machine of what came. */
  #packets: Buffer | undefined;
  #packetsRoom = PACKETS;
  #used = 0;
  #rows = 0;

  constructor(
    private readonly codings: readonly Coding[],
    private readonly chunkBytes: number,
    private readonly onChunk: (chunk: LentChunk) => void,
  ) {
    this.#machine = this.#start();
  }

  row(packets: Buffer, from: number, to: number): void {
    this.#bring(packets);
    const columns = this.codings.length;
    const out = this.#outAt + this.#used;
    this.#machine.grow(out + 2 * (to - from) + BESIDE * columns + EIGHT);
    // Beyond two GiB addresses come back as negative numbers.
    const end = this.#machine.row(PACKETS_AT + from, PACKETS_AT + to, CODINGS_AT, columns, out) >>> 0;
    if (end === 0) throw new Error('a row is not what its fields are');
    this.#used += end - out;
    this.#rows += 1;
    if (this.#used >= this.chunkBytes) this.onChunk(this.#emit());
  }

  /** What is left; nothing can be written after it. */
  end(): LentChunk | undefined {
    const last = this.#rows > 0 ? this.#emit() : undefined;
    if (ready.length < MOST_READY && this.#machine.bytes.length <= MOST_KEPT) ready.push(this.#machine);
    return last;
  }

  get #outAt(): number {
    return PACKETS_AT + this.#packetsRoom;
  }

  #start(): Machine {
    const machine = ready.pop() ?? new Machine();
    machine.grow(PACKETS_AT + PACKETS + this.chunkBytes + SLACK);
    for (const [column, coding] of this.codings.entries())
      machine.bytes[CODINGS_AT + column] = CODINGS[coding] ?? 0;
    return machine;
  }

  /** Those that came together lie in one buffer. */
  #bring(packets: Buffer): void {
    if (packets === this.#packets) return;
    this.#packets = packets;
    if (packets.length + EIGHT > this.#packetsRoom) {
      const from = this.#outAt;
      this.#packetsRoom = packets.length + EIGHT;
      this.#machine.grow(this.#outAt + this.#used + EIGHT);
      this.#machine.bytes.copyWithin(this.#outAt, from, from + this.#used);
    }
    packets.copy(this.#machine.bytes, PACKETS_AT);
  }

  #emit(): LentChunk {
    const usual = this.chunkBytes + SLACK;
    const isLong = this.#used > usual;
    const buffer = isLong
      ? Buffer.allocUnsafeSlow(this.#used)
      : (this.#free.pop() ?? Buffer.allocUnsafeSlow(usual));
    const { bytes } = this.#machine;
    bytes.copy(buffer, 0, this.#outAt, this.#outAt + this.#used);
    const chunk = {
      data: buffer.subarray(0, this.#used),
      rows: this.#rows,
      release: () => {
        if (!isLong && this.#free.length < 8) this.#free.push(buffer);
      },
    };
    this.#used = 0;
    this.#rows = 0;
    if (bytes.length > MOST_KEPT + this.chunkBytes) {
      this.#machine = this.#start();
      this.#packets = undefined;
      this.#packetsRoom = PACKETS;
    }
    return chunk;
  }
}
