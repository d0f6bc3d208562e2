import { gunzip } from '../bytes';
import { throwIfCancelled } from '../errors';
import { filePartsOf, type Archive } from './archive';
import { refuseUnfit } from './checked';
import type { Chunk, FilePart } from './manifest';
import type { ReportProgress } from './progress';
import { damaged } from './zip';

/** How many entries are read at once. */
const AT_ONCE = 3;

export interface VerifyOptions {
  /** Also unpack every chunk and count its bytes; a restore does that anyway while it loads. */
  readonly unpack: boolean;
  /** Only these collections; all without it. */
  readonly only?: ReadonlySet<string>;
  /** Without it the uploaded files too. */
  readonly files?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ReportProgress;
}

/**
 * Reads every entry and compares it with its digest. The container, the manifest and the list of entries were
 * checked when the archive was opened, and its SQL is checked here; after this no byte is unchecked. Throws ARCHIVE_DAMAGED.
 */
export async function verify(
  archive: Archive,
  options: VerifyOptions,
): Promise<{ entries: number; bytes: number }> {
  if (archive.legacy) return archive.legacy.verify(options);
  await refuseUnfit(archive);
  const queue = archive.manifest.collections
    .filter((one) => options.only?.has(one.name) ?? true)
    .flatMap((one): (Chunk | FilePart)[] => one.chunks)
    .concat(options.files === false ? [] : filePartsOf(archive.manifest));
  const total = queue.reduce((sum, chunk) => sum + chunk.size, 0);
  const entries = queue.length;
  let done = 0;
  let rows = 0;
  const work = async () => {
    for (let chunk = queue.shift(); chunk; chunk = queue.shift()) {
      throwIfCancelled(options.signal);
      if (options.unpack && 'rows' in chunk) await unpackChunk(archive, chunk);
      else await archive.read(chunk.entry, chunk.sha256);
      done += chunk.size;
      if ('rows' in chunk) rows += chunk.rows;
      options.onProgress?.({ stage: 'verify', done, total, rows, bytes: done });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { entries, bytes: total };
}

/** The CSV of one chunk. */
export async function unpackChunk(archive: Archive, chunk: Chunk): Promise<Buffer> {
  const packed = await archive.read(chunk.entry, chunk.sha256);
  try {
    return await gunzip(packed, chunk.bytes);
  } catch (error) {
    throw Object.assign(damaged(`${chunk.entry} cannot be unpacked`), { cause: error });
  }
}
