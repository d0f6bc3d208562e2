import { damaged } from '../../../errors/errors';
import type { Bytes } from '../../../bytes';

/** Takes bytes apart in the order in which they come; holds one piece and what is asked for. */
export class ByteReader {
  /** How many bytes were taken. */
  position = 0;
  private rest: Buffer = Buffer.alloc(0);
  private ended = false;
  private readonly pieces: AsyncIterator<Uint8Array>;

  constructor(
    bytes: Bytes,
    /** What is said to be cut off where it ends too early. */
    private readonly what: string,
  ) {
    this.pieces = bytes[Symbol.asyncIterator]();
  }

  async atEnd(): Promise<boolean> {
    while (this.rest.length === 0 && !this.ended) await this.more();
    return this.rest.length === 0;
  }

  /** Exactly so many. Throws ARCHIVE_DAMAGED where there are fewer. */
  async take(length: number): Promise<Buffer> {
    if (this.rest.length < length) {
      const parts: Buffer[] = [];
      let missing = length;
      for (; missing > 0;) {
        const part = await this.some(missing);
        if (parts.length === 0 && part.length === length) return part;
        parts.push(part);
        missing -= part.length;
      }
      return Buffer.concat(parts);
    }
    return this.cut(length);
  }

  /** One or more, at most so many. Throws ARCHIVE_DAMAGED where there are none. */
  async some(most: number): Promise<Buffer> {
    if (await this.atEnd()) throw damaged('cut-part', { part: this.what });
    return this.cut(Math.min(most, this.rest.length));
  }

  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) left -= (await this.some(left)).length;
  }

  async close(): Promise<void> {
    this.ended = true;
    this.rest = Buffer.alloc(0);
    await this.pieces.return?.();
  }

  private cut(length: number): Buffer {
    const part = this.rest.subarray(0, length);
    this.rest = this.rest.subarray(length);
    this.position += length;
    return part;
  }

  private async more(): Promise<void> {
    const next = await this.pieces.next();
    if (next.done) this.ended = true;
    else this.rest = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.length);
  }
}
