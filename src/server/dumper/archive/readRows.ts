import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { gunzip, whole, type Bytes } from '../../bytes';
import { BackupError, damaged } from '../../errors/errors';
import type { ReadEntry } from './archive';
import type { LentChunk, RowSource, StreamedChunk } from '../dialect';
import type { Chunk, Manifest } from './manifest';

/** Chunks of more than this, packed or not, go through in pieces: a few hundred bytes can unpack to a gigabyte. */
const WHOLE = 16 * 1024 * 1024;
const PIECE = 256 * 1024;

/** The rows of an archive of Ark's; each chunk is checked as it is read. */
export function rowsOf({ collections }: Pick<Manifest, 'collections'>, read: ReadEntry): RowSource {
  const chunksOf = new Map(collections.map((collection) => [collection.name, collection.chunks]));
  return {
    bytes: (name) => (chunksOf.get(name) ?? []).reduce((sum, chunk) => sum + chunk.bytes, 0),
    async *chunks(name) {
      for (const chunk of chunksOf.get(name) ?? []) yield () => lend(read, chunk);
      await Promise.resolve();
    },
  };
}

/** One chunk for whoever takes rows: as a whole as long as it is small, as Ark's own are. */
async function lend(read: ReadEntry, chunk: Chunk): Promise<LentChunk | StreamedChunk> {
  const { rows, bytes } = chunk;
  const release = () => undefined;
  if (bytes > WHOLE || chunk.size > WHOLE) return { pieces: unpacked(read, chunk), rows, bytes, release };
  return { data: await whole(unpacked(read, chunk)), rows, release };
}

/** The CSV of one chunk as it is pulled. More than announced is refused as soon as it comes. */
export async function* unpacked(read: ReadEntry, chunk: Chunk): Bytes {
  const stored = read(chunk);
  try {
    if (chunk.bytes > WHOLE || chunk.size > WHOLE) {
      yield* inPieces(stored, chunk.bytes);
      return;
    }
    // In an encrypted archive its plain bytes are fewer than `size`.
    for await (const packed of stored) yield await gunzip(packed, chunk.bytes);
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw damaged('unpacked', { entry: chunk.entry }, error);
  }
}

async function* inPieces(stored: Bytes, bytes: number): Bytes {
  const unzip = createGunzip({ chunkSize: PIECE });
  // A failure of either comes out of the iteration.
  const packed = Readable.from(stored, { objectMode: false, highWaterMark: PIECE });
  pipeline(packed, unzip, () => undefined);
  let came = 0;
  try {
    for await (const piece of unzip as AsyncIterable<Buffer>) {
      came += piece.length;
      if (came > bytes) throw new Error(`${bytes} bytes were announced and more come out`);
      yield piece;
    }
  } finally {
    packed.destroy();
    unzip.destroy();
  }
  if (came !== bytes) throw new Error(`${bytes} bytes were expected and ${came} came out`);
}
