import pMap from 'p-map';
import type { Bytes } from '../../bytes';
import { throwIfCancelled, damaged } from '../../errors/errors';
import type { ReadEntry, VerifyOptions } from './archive';
import { filePartsOf } from './entries';
import type { Chunk, FilePart, Manifest } from './manifest';
import { RowCount } from '../rows/rowCount';
import { unpacked } from './readRows';

/** How many entries are read at once. */
const AT_ONCE = 3;

/**
 * Reads every entry and compares it with its digest. The container, the manifest and the list of entries were
 * checked when the archive was opened; after this no byte is unchecked. Throws ARCHIVE_DAMAGED.
 */
export async function verifyEntries(
  manifest: Manifest,
  read: ReadEntry,
  options: VerifyOptions,
): Promise<{ entries: number; bytes: number }> {
  const queue = manifest.collections
    .filter((collection) => options.only?.has(collection.name) ?? true)
    .flatMap((collection): (Chunk | FilePart)[] => collection.chunks)
    .concat(options.files === false ? [] : [...filePartsOf(manifest)]);
  const total = queue.reduce((sum, chunk) => sum + chunk.size, 0);
  let done = 0;
  let rows = 0;
  const check = async (chunk: Chunk | FilePart): Promise<void> => {
    throwIfCancelled(options.signal);
    if (options.unpack && 'rows' in chunk) await countRows(read, chunk, options.signal);
    else await readAll(read(chunk), options.signal);
    done += chunk.size;
    if ('rows' in chunk) rows += chunk.rows;
    options.onProgress?.({ stage: 'verify', done, total, rows, bytes: done });
  };
  await pMap(queue, check, { concurrency: AT_ONCE });
  return { entries: queue.length, bytes: total };
}

/** Every byte of it has to come: whatever is wrong with one shows at the end. */
async function readAll(pieces: Bytes, signal: AbortSignal | undefined): Promise<void> {
  const reading = pieces[Symbol.asyncIterator]();
  while (!(await reading.next()).done) throwIfCancelled(signal);
}

async function countRows(read: ReadEntry, chunk: Chunk, signal: AbortSignal | undefined): Promise<void> {
  const count = new RowCount();
  for await (const piece of unpacked(read, chunk)) {
    throwIfCancelled(signal);
    count.add(piece);
  }
  if (count.rows !== chunk.rows)
    throw damaged('chunk-rows', { entry: chunk.entry, rows: count.rows, announced: chunk.rows });
}
