import { BackupError, damaged, refused, throwIfCancelled } from '../../errors/errors';
import { turn } from '../../turns';
import type { LentChunk, RowSource, StreamedChunk } from '../dialect';
import { RowTexts, type RowText } from './rowTexts';

/** Where the rows of a collection come from. */
export interface RowsOf {
  readonly name: string;
  readonly rows: RowSource;
  /** Rows that an archive says it has; of a database the server says so at the end. */
  readonly announced?: number | undefined;
}

const PIECE = 256 * 1024;

/** Reads one side of a comparison piece by piece; one chunk is fetched while the one before it is worked on. */
export class SideReader {
  /** Rows that have come. */
  rows = 0;
  bytes = 0;
  readonly #batches: AsyncGenerator<void, void, void>;

  constructor(
    private readonly of: RowsOf,
    private readonly take: (row: RowText) => void,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.#batches = this.#read();
  }

  /** Some more rows; false: there are no more. */
  async more(): Promise<boolean> {
    return (await this.#batches.next()).done !== true;
  }

  /** Lets go of what is being read. */
  async close(): Promise<void> {
    await this.#batches.return().catch(() => undefined);
  }

  async *#read(): AsyncGenerator<void, void, void> {
    const { name, rows, announced } = this.of;
    const chunks = rows.chunks(name)[Symbol.asyncIterator]();
    const fetch = async (): Promise<LentChunk | StreamedChunk | undefined> => {
      const next = await chunks.next();
      return next.done ? undefined : next.value();
    };
    let next = started(fetch());
    try {
      for (;;) {
        const chunk = await next;
        if (!chunk) break;
        next = started(fetch());
        const begin = this.rows;
        const texts = new RowTexts((row) => {
          this.rows += 1;
          this.take(row);
        });
        try {
          for await (const piece of 'data' in chunk ? inPieces(chunk.data) : chunk.pieces) {
            throwIfCancelled(this.signal);
            this.#understood(() => texts.add(bufferOf(piece)));
            this.bytes += piece.length;
            yield;
            await turn();
          }
          this.#understood(() => texts.end());
        } finally {
          chunk.release();
        }
        const came = this.rows - begin;
        if (came !== chunk.rows) throw this.#wrongRows(came, chunk.rows);
      }
      if (announced !== undefined && this.rows !== announced)
        throw damaged('collection-rows', { collection: name, rows: this.rows, announced });
    } finally {
      const unread = await next.catch(() => undefined);
      unread?.release();
      await chunks.return?.();
    }
  }

  #understood(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof BackupError) throw error;
      throw refused(
        'rows-unreadable',
        { collection: this.of.name, said: error instanceof Error ? error.message : String(error) },
        { cause: error },
      );
    }
  }

  #wrongRows(rows: number, announced: number): BackupError {
    return this.of.announced === undefined
      ? refused('rows-not-announced', { collection: this.of.name, rows, announced })
      : damaged('rows', { collection: this.of.name, rows, announced });
  }
}

/** Whoever waits for it hears of its failure; nobody else has to. */
function started<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

function* inPieces(data: Uint8Array): Generator<Uint8Array, void, void> {
  for (let at = 0; at < data.length; at += PIECE) yield data.subarray(at, at + PIECE);
}

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
