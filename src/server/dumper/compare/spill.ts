import { randomBytes } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { refused } from '../../errors/errors';
import { makeFolder, partialName } from '../../storage/files';
import { isLong, type RowText } from './rowTexts';

/** 0: of what is here; 1: of what is there. */
export type SideNo = 0 | 1;

/** Rows that are alike, of one side. */
export interface Waiting {
  readonly side: SideNo;
  readonly key: string;
  readonly row: RowText;
  readonly count: number;
}

const HEAD = 14;
const READ = 128 * 1024;
/** Before each segment: where the one before it of the same part begins, and how long it is itself. */
const LINK = 16;
const NONE = -1;

/**
 * Rows that memory has no room for, in parts. They lie in a file without a name, which is gone with the process however
 * it ends; memory knows of each part where its last segment is.
 */
export class Spill {
  readonly #last: number[];
  #end = 0;
  #file: FileHandle | undefined;

  constructor(
    private readonly folder: string,
    parts: number,
  ) {
    this.#last = Array.from({ length: parts }, () => NONE);
  }

  async write(part: number, rows: readonly Waiting[]): Promise<void> {
    const bytes = packed(rows);
    bytes.writeDoubleLE(this.#last[part] ?? NONE, 0);
    bytes.writeDoubleLE(bytes.length - LINK, 8);
    await this.#guarded(async () => {
      this.#file ??= await nameless(this.folder);
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#end + done);
        done += bytesWritten;
      }
    });
    this.#last[part] = this.#end;
    this.#end += bytes.length;
  }

  /** What was written last comes first, as many rows at once as lie in a piece. */
  async *read(part: number): AsyncGenerator<Waiting[], void, void> {
    for (let at = this.#last[part] ?? NONE; at !== NONE;) {
      const link = await this.#piece(at, LINK);
      const length = link.readDoubleLE(8);
      let rest = Buffer.alloc(0);
      for (let done = 0; done < length;) {
        // Of a long row more at once, so that what has come of it is not copied again and again.
        const piece = await this.#piece(
          at + LINK + done,
          Math.min(Math.max(READ, rest.length), length - done),
        );
        done += piece.length;
        const { rows, left } = unpacked(rest.length > 0 ? Buffer.concat([rest, piece]) : piece);
        rest = left;
        yield rows;
      }
      if (rest.length > 0) throw new Error('a file of its own lost the end of a row');
      at = link.readDoubleLE(0);
    }
  }

  async #piece(at: number, length: number): Promise<Buffer> {
    const piece = Buffer.allocUnsafe(length);
    for (let done = 0; done < length;) {
      const read = (await this.#file?.read(piece, done, length - done, at + done))?.bytesRead ?? 0;
      if (read === 0) throw new Error('a file of its own lost rows');
      done += read;
    }
    return piece;
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
      throw refused('disk-full-there', { path: this.folder }, { cause: error });
    }
  }
}

async function nameless(folder: string): Promise<FileHandle> {
  await makeFolder(folder);
  const file = join(folder, partialName(`compare-${randomBytes(6).toString('hex')}`));
  const handle = await open(file, 'wx+', 0o600);
  await unlink(file);
  return handle;
}

/** With room for the link before them. */
function packed(rows: readonly Waiting[]): Buffer {
  // Of a long row the mark is left out, as it is no byte.
  const sizeOf = ({ key, row }: Waiting) => HEAD + key.length + row.length - (isLong(row) ? 1 : 0);
  const bytes = Buffer.allocUnsafe(rows.reduce((sum, row) => sum + sizeOf(row), LINK));
  let at = LINK;
  for (const waiting of rows) {
    const { side, key, row, count } = waiting;
    const long = isLong(row);
    const size = sizeOf(waiting);
    bytes[at] = side;
    bytes[at + 1] = long ? 1 : 0;
    bytes.writeUInt32LE(count, at + 2);
    bytes.writeUInt32LE(key.length, at + 6);
    bytes.writeUInt32LE(size - HEAD - key.length, at + 10);
    bytes.write(key, at + HEAD, 'latin1');
    bytes.write(long ? row.slice(1) : row, at + HEAD + key.length, 'latin1');
    at += size;
  }
  return bytes;
}

function unpacked(bytes: Buffer): { readonly rows: Waiting[]; readonly left: Buffer<ArrayBuffer> } {
  const rows: Waiting[] = [];
  let at = 0;
  while (bytes.length - at >= HEAD) {
    const keyEnd = at + HEAD + bytes.readUInt32LE(at + 6);
    const end = keyEnd + bytes.readUInt32LE(at + 10);
    if (end > bytes.length) break;
    rows.push({
      side: bytes[at] === 0 ? 0 : 1,
      key: bytes.toString('latin1', at + HEAD, keyEnd),
      row: (bytes[at + 1] === 1 ? '\u0100' : '') + bytes.toString('latin1', keyEnd, end),
      count: bytes.readUInt32LE(at + 2),
    });
    at = end;
  }
  return { rows, left: Buffer.from(bytes.subarray(at)) };
}
