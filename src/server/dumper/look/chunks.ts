import { damaged, throwIfCancelled } from '../../errors/errors';
import { turn } from '../../turns';
import type { Archive } from '../archive/archive';
import type { Collection } from '../archive/manifest';
import { Cells, type CellsOptions, type Read } from './cells';

/** What was read of a collection so far. */
export interface Passed {
  /** Rows of the collection that lie behind, also those of chunks that were passed over. */
  readonly rows: number;
  /** Rows that were looked at. */
  readonly read: number;
  readonly chunks: number;
  /** Bytes of CSV. */
  readonly bytes: number;
}

interface Reading extends Omit<CellsOptions, 'take'> {
  /** Chunks with rows before this one alone are not fetched, where the archive tells how many rows a chunk has. */
  readonly from: number;
  readonly signal?: AbortSignal | undefined;
  /** `row`: its place in the collection. */
  readonly take: (cells: Read[], row: number) => void;
}

/**
 * Reads a collection of an archive chunk by chunk; after each one it says how far it is, and whoever has enough stops
 * asking. A chunk counts only as a whole: what was taken of it is good once it was checked. Throws ARCHIVE_DAMAGED.
 */
export async function* readChunks(
  archive: Pick<Archive, 'rows'>,
  { name, rows: announced, chunks: known }: Pick<Collection, 'name' | 'rows' | 'chunks'>,
  { from, signal, take, ...options }: Reading,
): AsyncGenerator<Passed, void, void> {
  let passed: Passed = { rows: 0, read: 0, chunks: 0, bytes: 0 };
  let nth = 0;
  for await (const fetch of archive.rows().chunks(name)) {
    throwIfCancelled(signal);
    const listed = known[nth];
    nth += 1;
    if (listed && passed.rows + listed.rows <= from) {
      passed = { ...passed, rows: passed.rows + listed.rows };
      continue;
    }
    const chunk = await fetch();
    const begin = passed.rows;
    let bytes = 0;
    try {
      if (begin + chunk.rows > from) {
        const cells = new Cells({
          ...options,
          take: (row, at) => {
            if (begin + at >= from) take(row, begin + at);
          },
        });
        for await (const piece of 'data' in chunk ? inPieces(chunk.data) : chunk.pieces) {
          throwIfCancelled(signal);
          await turn();
          bytes += piece.length;
          understood(name, () => cells.add(piece));
        }
        understood(name, () => cells.end());
        if (cells.rows !== chunk.rows) {
          throw listed
            ? damaged('chunk-rows', { entry: listed.entry, rows: cells.rows, announced: chunk.rows })
            : damaged('rows', { collection: name, rows: cells.rows, announced: chunk.rows });
        }
      }
    } finally {
      chunk.release();
    }
    passed = {
      rows: begin + chunk.rows,
      read: passed.read + chunk.rows,
      chunks: passed.chunks + 1,
      bytes: passed.bytes + bytes,
    };
    yield passed;
  }
  if (passed.rows !== announced)
    throw damaged('collection-rows', { collection: name, rows: passed.rows, announced });
}

const PIECE = 256 * 1024;

/** Others have their turn between them. */
function* inPieces(data: Uint8Array): Generator<Uint8Array, void, void> {
  for (let at = 0; at < data.length; at += PIECE) yield data.subarray(at, at + PIECE);
}

function understood(collection: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw damaged('unread', { entry: collection }, error);
  }
}
