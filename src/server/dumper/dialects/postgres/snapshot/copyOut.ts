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
const COPY_OUT_RESPONSE = 0x48; // 'H'
const PARAMETER_STATUS = 0x53; // 'S'
const NOTICE = 0x4e; // 'N'
const NOTIFICATION = 0x41; // 'A'

type DataListener = (data: Buffer) => void;

/**
 * Receives the rows of a table, or of a query in brackets, as chunks of whole rows. The protocol sends one CopyData message a row, so rows are
 * counted and chunks are cut at row borders without looking at a single value. Reads the socket directly: going
 * through an event a row would cost more than everything else (figures in docs/adr/0004). Returns the number of rows
 * that the server says it has sent.
 */
export function copyOut(
  client: Client,
  from: string,
  form: 'csv' | 'native',
  pool: BufferPool,
): AsyncGenerator<LentChunk, number, void> {
  const query = new CopyOut(from, form === 'native', pool);
  client.query(query);
  return query.chunks();
}

class CopyOut implements Submittable {
  readonly #ready: LentChunk[] = [];
  #socket: Socket | undefined;
  #handToPg: DataListener | undefined;
  #wake: (() => void) | undefined;
  #done = false;
  #sent = Number.NaN;
  #error: Error | undefined;

  readonly #header = Buffer.alloc(5);
  #headerBytes = 0;
  #bodyLeft = 0;
  #keepBody = false;

  #buffer: Buffer;
  #used = 0;
  #rows = 0;

  /** Bytes before the first row. */
  #head: number;

  readonly text: string;

  constructor(
    from: string,
    readonly native: boolean,
    readonly pool: BufferPool,
  ) {
    this.text = `COPY ${from} TO STDOUT (FORMAT ${native ? 'binary' : 'csv'})`;
    this.#head = native ? NATIVE_HEAD.length : 0;
    this.#buffer = pool.take();
  }

  async *chunks(): AsyncGenerator<LentChunk, number, void> {
    for (;;) {
      const chunk = this.#ready.shift();
      if (chunk) {
        if (this.#ready.length === 0 && this.#handToPg) this.#socket?.resume();
        yield chunk;
      } else if (this.#error) {
        throw this.#error;
      } else if (this.#done) {
        return this.#sent;
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
        if (this.#keepBody) this.#used += data.copy(this.#buffer, this.#used, at, at + length);
        this.#bodyLeft -= length;
        at += length;
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
        this.#keepBody = true;
      } else if (
        type === COPY_OUT_RESPONSE ||
        type === PARAMETER_STATUS ||
        type === NOTICE ||
        type === NOTIFICATION
      ) {
        this.#keepBody = false;
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
    if (this.#used + length > this.#buffer.length) {
      if (this.#rows > 0) this.#emit();
      // A row larger than a chunk travels in a buffer of its own size.
      if (length > this.#buffer.length) {
        this.pool.give(this.#buffer);
        this.#buffer = Buffer.allocUnsafeSlow(length);
      }
    }
    this.#rows += 1;
  }

  #emit(): void {
    const buffer = this.#buffer;
    this.#ready.push({
      data: buffer.subarray(this.#head, this.#used),
      rows: this.#rows,
      ...(this.native && { native: true }),
      release: () => this.pool.give(buffer),
    });
    this.#head = 0;
    this.#buffer = this.pool.take();
    this.#used = 0;
    this.#rows = 0;
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

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#sent = Number(/^COPY (\d+)$/.exec(text)?.[1]);
    // The end is a message of its own, or of a table without rows one with the head.
    if (this.native) {
      this.#used -= NATIVE_END.length;
      this.#rows -= 1;
    }
    if (this.#rows > 0) this.#emit();
  }

  handleError(error: Error): void {
    if (this.#handToPg) this.#detach(Buffer.alloc(0));
    this.#error = error;
    this.#wake?.();
  }

  handleReadyForQuery(): void {
    this.pool.give(this.#buffer);
    this.#done = true;
    this.#wake?.();
  }
}
