import type { Client, Connection, Submittable } from 'pg';
import type { Socket } from 'node:net';
import type { LentChunk } from '../../../dialect';

/** What stands before the first row of COPY's binary form and after the last one; chunks are without. */
export const NATIVE_HEAD = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
export const NATIVE_END = Buffer.from([0xff, 0xff]);

/** Buffers of one size, used again and again: chunks come by the thousand and garbage would pile up. */
export class BufferPool {
  readonly #free: Buffer[] = [];

  constructor(readonly size: number) {}

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.size);
  }

  give(buffer: Buffer): void {
    if (buffer.length === this.size && this.#free.length < 8) this.#free.push(buffer);
  }
}

const COPY_DATA = 0x64; // 'd'
const COMMAND_COMPLETE = 0x43; // 'C'
/** Of which nothing has to be known: where data begin and end, settings, notices, notifications. */
const PASSED_BY = new Set([0x48, 0x63, 0x53, 0x4e, 0x41]); // H c S N A

type DataListener = (data: Buffer) => void;

/** Of the table at that place: rows of it, or how many the server says it has sent of it, which is its end. */
export type CopyPart =
  { readonly at: number; readonly chunk: LentChunk } | { readonly at: number; readonly sent: number };

/**
 * Receives the rows of tables, or of queries in brackets, as chunks of whole rows. The protocol sends one CopyData message a row, so rows are
 * counted and chunks are cut at row borders without looking at a single value. Reads the socket directly: going
 * through an event a row would cost more than everything else, and asking for each small table by itself more than
 * reading it (figures in docs/adr/0004). At a failure `at` is the table that it was about.
 */
export function copyEach(
  client: Client,
  from: readonly string[],
  pool: BufferPool,
): { readonly at: number; readonly parts: AsyncGenerator<CopyPart, void, void> } {
  const query = new CopyOut(from, false, pool);
  client.query(query);
  return {
    get at() {
      return query.at;
    },
    parts: query.parts(),
  };
}

/** One table. Returns the number of rows that the server says it has sent. */
export async function* copyOut(
  client: Client,
  from: string,
  form: 'csv' | 'native',
  pool: BufferPool,
): AsyncGenerator<LentChunk, number, void> {
  const query = new CopyOut([from], form === 'native', pool);
  client.query(query);
  let sent = Number.NaN;
  for await (const part of query.parts()) {
    if ('chunk' in part) yield part.chunk;
    else sent = part.sent;
  }
  return sent;
}

/** A buffer goes back once its last chunk was given back and no more are cut from it. */
class Shared {
  #uses = 1;

  constructor(
    readonly buffer: Buffer,
    private readonly pool: BufferPool,
  ) {}

  lend(from: number, to: number): Pick<LentChunk, 'data' | 'release'> {
    this.#uses += 1;
    return { data: this.buffer.subarray(from, to), release: () => this.leave() };
  }

  leave(): void {
    this.#uses -= 1;
    if (this.#uses === 0) this.pool.give(this.buffer);
  }
}

class CopyOut implements Submittable {
  /** The table whose rows come now. */
  at = 0;
  readonly #ready: CopyPart[] = [];
  #socket: Socket | undefined;
  #handToPg: DataListener | undefined;
  #wake: (() => void) | undefined;
  #done = false;
  #error: Error | undefined;

  readonly #header = Buffer.alloc(5);
  #headerBytes = 0;
  #bodyLeft = 0;
  #body: 'row' | 'tag' | 'none' = 'none';
  #tag = '';

  #shared: Shared;
  /** Where in the buffer the next chunk begins, and its rows end. */
  #from: number;
  #used = 0;
  #rows = 0;

  readonly text: string;

  constructor(
    from: readonly string[],
    readonly native: boolean,
    readonly pool: BufferPool,
  ) {
    const format = native ? 'binary' : 'csv';
    this.text = from.map((each) => `COPY ${each} TO STDOUT (FORMAT ${format})`).join(';');
    this.#from = native ? NATIVE_HEAD.length : 0;
    this.#shared = new Shared(pool.take(), pool);
  }

  async *parts(): AsyncGenerator<CopyPart, void, void> {
    for (;;) {
      const part = this.#ready.shift();
      if (part) {
        if (this.#ready.length === 0 && this.#handToPg) this.#socket?.resume();
        yield part;
      } else if (this.#error) {
        throw this.#error;
      } else if (this.#done) {
        return;
      } else {
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    }
  }

  submit(connection: Connection): void {
    const { stream } = connection as unknown as { stream: Socket };
    const listeners = stream.listeners('data') as DataListener[];
    const [listener] = listeners;
    if (!listener || listeners.length !== 1) throw new Error('the connection is in use');
    this.#socket = stream;
    this.#handToPg = listener;
    stream.removeListener('data', listener);
    stream.on('data', this.#onData);
    connection.query(this.text);
  }

  readonly #onData = (data: Buffer): void => {
    let at = 0;
    while (at < data.length) {
      if (this.#bodyLeft > 0) {
        const length = Math.min(this.#bodyLeft, data.length - at);
        if (this.#body === 'row') this.#used += data.copy(this.#shared.buffer, this.#used, at, at + length);
        else if (this.#body === 'tag') this.#tag += data.toString('latin1', at, at + length);
        this.#bodyLeft -= length;
        at += length;
        if (this.#body === 'tag' && this.#bodyLeft === 0) this.#endTable();
        continue;
      }
      let type: number;
      let length: number;
      if (this.#headerBytes === 0 && data.length - at >= 5) {
        type = data[at] ?? 0;
        length = data.readUInt32BE(at + 1) - 4;
        at += 5;
      } else {
        const copied = data.copy(this.#header, this.#headerBytes, at, at + 5 - this.#headerBytes);
        this.#headerBytes += copied;
        at += copied;
        if (this.#headerBytes < 5) break;
        this.#headerBytes = 0;
        type = this.#header[0] ?? 0;
        length = this.#header.readUInt32BE(1) - 4;
      }
      if (type === COPY_DATA) {
        this.#startRow(length);
        this.#body = 'row';
      } else if (type === COMMAND_COMPLETE) {
        this.#body = 'tag';
      } else if (PASSED_BY.has(type)) {
        this.#body = 'none';
      } else {
        // The end, or an error: from here on it is pg's own business.
        const head = Buffer.alloc(5);
        head[0] = type;
        head.writeUInt32BE(length + 4, 1);
        this.#detach(Buffer.concat([head, data.subarray(at)]));
        return;
      }
      this.#bodyLeft = length;
    }
    if (this.#ready.length > 0) this.#socket?.pause();
  };

  #startRow(length: number): void {
    if (this.#used + length > this.#shared.buffer.length) {
      if (this.#rows > 0) this.#emit();
      this.#shared.leave();
      // A row larger than a chunk travels in a buffer of its own size.
      const buffer = length > this.pool.size ? Buffer.allocUnsafeSlow(length) : this.pool.take();
      this.#shared = new Shared(buffer, this.pool);
      // The head is still to come.
      if (this.#used > 0) this.#from = 0;
      this.#used = 0;
    }
    this.#rows += 1;
  }

  #emit(): void {
    const lent = this.#shared.lend(this.#from, this.#used);
    this.#tell({ at: this.at, chunk: { ...lent, rows: this.#rows, ...(this.native && { native: true }) } });
    this.#from = this.#used;
    this.#rows = 0;
  }

  #endTable(): void {
    // In the binary form the end is a message of its own, or of a table without rows one with the head.
    if (this.native) {
      this.#used -= NATIVE_END.length;
      this.#rows -= 1;
    }
    if (this.#rows > 0) this.#emit();
    this.#tell({ at: this.at, sent: Number(/^COPY (\d+)\0$/.exec(this.#tag)?.[1]) });
    this.#tag = '';
    this.at += 1;
  }

  #tell(part: CopyPart): void {
    this.#ready.push(part);
    this.#wake?.();
  }

  #detach(rest: Buffer): void {
    const socket = this.#socket;
    const listener = this.#handToPg;
    if (!socket || !listener) return;
    this.#handToPg = undefined;
    socket.removeListener('data', this.#onData);
    socket.on('data', listener);
    socket.resume();
    listener(rest);
  }

  handleError(error: Error): void {
    if (this.#handToPg) this.#detach(Buffer.alloc(0));
    this.#error = error;
    this.#wake?.();
  }

  handleReadyForQuery(): void {
    this.#shared.leave();
    this.#done = true;
    this.#wake?.();
  }
}
