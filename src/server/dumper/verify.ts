import pMap from 'p-map';
import type { Bytes } from '../bytes';
import { throwIfCancelled } from '../errors';
import { filePartsOf, type Archive } from './archive';
import { refuseUnfit } from './checked';
import type { Chunk, FilePart } from './manifest';
import type { ReportProgress } from './progress';
import { RowCount } from './rowCount';
import { unpacked } from './unpack';
import { damaged } from './zip';

/** How many entries are read at once. */
const AT_ONCE = 3;

export interface VerifyOptions {
  /** Also unpack every chunk and count its bytes and rows; a restore does that anyway while it loads. */
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
    .concat(options.files === false ? [] : [...filePartsOf(archive.manifest)]);
  const total = queue.reduce((sum, chunk) => sum + chunk.size, 0);
  let done = 0;
  let rows = 0;
  const check = async (chunk: Chunk | FilePart): Promise<void> => {
    throwIfCancelled(options.signal);
    if (options.unpack && 'rows' in chunk) await countRows(archive, chunk, options.signal);
    else await readAll(archive.read(chunk.entry, chunk.sha256), options.signal);
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

async function countRows(archive: Archive, chunk: Chunk, signal: AbortSignal | undefined): Promise<void> {
  const count = new RowCount();
  for await (const piece of unpacked(archive, chunk)) {
    throwIfCancelled(signal);
    count.add(piece);
  }
  if (count.rows !== chunk.rows)
    throw damaged(`${chunk.entry} has ${count.rows} rows, not the ${chunk.rows} that its manifest announces`);
}
