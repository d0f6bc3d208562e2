import { pipeline, Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import type { Bytes } from '../../../bytes';
import { damaged, BackupError, refused } from '../../../errors/errors';
import type { ByteReader } from './byteReader';
import { readInt, type Compression, type Toc } from './toc';

const [DATA, BLOBS] = [1, 3];
const PIECE = 256 * 1024;

/** Which entry the next block belongs to, and whether it is rows; undefined at the end of the dump. */
export async function nextBlock(
  reader: ByteReader,
  { intSize }: Pick<Toc, 'intSize'>,
): Promise<{ id: number; rows: boolean } | undefined> {
  if (await reader.atEnd()) return undefined;
  const [kind] = await reader.take(1);
  if (kind !== DATA && kind !== BLOBS) throw damaged('dump-data', {});
  return { id: await readInt(reader, intSize), rows: kind === DATA };
}

/** The pieces of a block, as they lie in the dump. */
export async function* packedPieces(reader: ByteReader, intSize: number): AsyncGenerator<Buffer, void, void> {
  for (;;) {
    const length = await readInt(reader, intSize);
    if (length < 0) throw damaged('dump-data', {});
    if (length === 0) return;
    for (let left = length; left > 0;) {
      const piece = await reader.some(left);
      left -= piece.length;
      yield piece;
    }
  }
}

/** Large objects: a number and pieces for each, and no number at the end. */
export async function skipBlobs(reader: ByteReader, intSize: number): Promise<void> {
  while ((await readInt(reader, intSize)) !== 0)
    for await (const piece of packedPieces(reader, intSize)) if (piece.length === 0) break;
}

/** The rows of a block as text. Throws ARCHIVE_DAMAGED unless they are packed as announced, to their end. */
export async function* unpackedBlock(packed: Bytes, how: Compression, name: string): Bytes {
  if (how === 'none') {
    yield* packed;
    return;
  }
  let taken = 0;
  async function* counted(): Bytes {
    for await (const piece of packed) {
      taken += piece.length;
      yield piece;
    }
  }
  const unpack = how === 'gzip' ? zlib.createInflate({ chunkSize: PIECE }) : zstd();
  pipeline(Readable.from(counted(), { objectMode: false }), unpack, () => undefined);
  try {
    yield* unpack as AsyncIterable<Buffer>;
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw damaged('unpacked', { entry: name }, error);
  } finally {
    unpack.destroy();
  }
  if (unpack.bytesWritten !== taken) throw damaged('rows-after', { collection: name });
}

/** Node has it from 22.15 on. */
function zstd(): zlib.Inflate {
  const { createZstdDecompress } = zlib as { createZstdDecompress?: (options: object) => zlib.Inflate };
  if (createZstdDecompress) return createZstdDecompress({ chunkSize: PIECE });
  throw refused('nbdata-packed', { method: 'zstd' });
}
