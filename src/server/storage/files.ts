import { createHash, randomBytes } from 'node:crypto';
import {
  link,
  lstat,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  unlink,
  writeFile as writeText,
  type FileHandle,
} from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isAlive, processStart } from '../alive';
import type { Bytes } from '../bytes';
import { BackupError, refused } from '../errors/errors';
import { OWN_FOLDER } from '../ownFolder';
import { DAY } from '../durations';

/** Files that are there whole or not at all. */

/**
 * Writes beside the final name, then publishes without ever replacing a file: a hard link fails if the name
 * exists, where a rename would silently win.
 */
export async function publish(file: string, body: Bytes, signal?: AbortSignal): Promise<void> {
  const partial = join(dirname(file), partialName(basename(file)));
  if (await exists(file)) throw taken(file);
  await writeFile(partial, body, signal);
  try {
    await linkNew(partial, file);
    await unlink(partial);
    await syncFolder(dirname(file));
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw fileError(error, file);
  }
}

const taken = (file: string): BackupError => refused('backup-taken', { key: basename(file) });

export async function linkNew(from: string, file: string): Promise<void> {
  await link(from, file).catch((error: unknown) => {
    throw errno(error) === 'EEXIST' ? taken(file) : error;
  });
}

/** A new file, on disk when this resolves; if it rejects there is none. */
export async function writeFile(file: string, body: Bytes, signal?: AbortSignal): Promise<void> {
  try {
    const handle = await open(file, 'wx', 0o600).catch((error: unknown) => {
      throw fileError(error, file);
    });
    try {
      for await (const piece of gathered(untilAborted(body, signal))) {
        await writeAll(handle, piece);
      }
      signal?.throwIfAborted();
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    await rm(file, { force: true }).catch(() => undefined);
    throw fileError(error, file);
  }
}

/** Over what a file has from a place on, on disk when this resolves; if it rejects a part may be written. */
export async function writeAt(file: string, at: number, body: Bytes, signal?: AbortSignal): Promise<void> {
  const handle = await open(file, 'r+').catch((error: unknown) => {
    throw fileError(error, file);
  });
  try {
    let end = at;
    for await (const piece of gathered(untilAborted(body, signal))) {
      await writeAll(handle, piece, end);
      end += piece.length;
    }
    signal?.throwIfAborted();
    await handle.datasync();
  } catch (error) {
    throw fileError(error, file);
  } finally {
    await handle.close();
  }
}

/**
 * The bytes of a file, opened when the first are asked for and closed with the last. No stream of Node's goes out of
 * here, least of all one with a signal: what is opened and then not read, or given up just then, emits an error that
 * nobody hears, and that ends the process.
 */
export async function* readFile(file: string, signal?: AbortSignal): Bytes {
  const handle = await open(file).catch((error: unknown) => {
    throw fileError(error, file);
  });
  yield* readHandle(handle, file, undefined, signal);
}

/** So much is read at once, without a stream. */
const SMALL = 64 * 1024;

/** The bytes of an open file from `start` (inclusive) to `end` (exclusive); it is closed afterwards. */
export async function* readHandle(
  handle: FileHandle,
  file: string,
  range: { readonly start: number; readonly end: number } | undefined,
  signal: AbortSignal | undefined,
): Bytes {
  try {
    if (range && range.end <= range.start) return;
    if (range && range.end - range.start <= SMALL) {
      const buffer = Buffer.allocUnsafe(range.end - range.start);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, range.start);
      signal?.throwIfAborted();
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
      return;
    }
    const stream = handle.createReadStream({
      autoClose: false,
      highWaterMark: 1 << 20,
      ...(range && { start: range.start, end: range.end - 1 }),
    });
    for await (const piece of stream as AsyncIterable<Buffer>) {
      signal?.throwIfAborted();
      yield piece;
    }
  } catch (error) {
    throw fileError(error, file);
  } finally {
    await handle.close();
  }
}

/** A body that stalls must not keep an aborted put waiting. One listener a piece: a race with one promise for all would pile up. */
export async function* untilAborted(body: Bytes, signal: AbortSignal | undefined): Bytes {
  const pieces = body[Symbol.asyncIterator]();
  const next = (): Promise<IteratorResult<Uint8Array>> =>
    new Promise((resolve, reject) => {
      const stop = () => reject(signal?.reason as Error);
      signal?.addEventListener('abort', stop, { once: true });
      pieces
        .next()
        .then(resolve, reject)
        .finally(() => signal?.removeEventListener('abort', stop));
    });
  try {
    for (;;) {
      signal?.throwIfAborted();
      const piece = await next();
      if (piece.done) return;
      yield piece.value;
    }
  } finally {
    // Not awaited: a stalled generator answers only once its own piece has come.
    void pieces.return?.().catch(() => undefined);
  }
}

export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, OWN_FOLDER);
  } catch (error) {
    // On a file system that can only be read Node says that the parent does not exist.
    if (errno(error) !== 'ENOENT') throw fileError(error, folder);
    throw refused('folder-denied', { folder }, { cause: error });
  }
}

/** Pieces of a few bytes, such as an archive of small tables has them, go to the disk together. */
async function* gathered(body: Bytes): Bytes {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    waiting.push(piece);
    bytes += piece.length;
    if (bytes < SMALL) continue;
    yield waiting.length === 1 ? piece : Buffer.concat(waiting);
    [waiting, bytes] = [[], 0];
  }
  if (bytes > 0) yield Buffer.concat(waiting);
}

/** Where the last ended, or from a place in the file on. */
async function writeAll(handle: FileHandle, piece: Uint8Array, at?: number): Promise<void> {
  let offset = 0;
  while (offset < piece.length) {
    const place = at === undefined ? undefined : at + offset;
    offset += (await handle.write(piece, offset, piece.length - offset, place)).bytesWritten;
  }
}

/** Replaces a small file, whole or not at all. */
export async function replaceFile(file: string, text: string): Promise<void> {
  const partial = join(dirname(file), partialName(basename(file)));
  await cleanFolder(dirname(file));
  try {
    await writeText(partial, text, { mode: 0o600 });
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** The writer's host and process are in the name, so that another process can tell a dead writer's file. */
export function partialName(name: string): string {
  return `.${name}.${hostMark()}.${process.pid}.${randomBytes(4).toString('hex')}.part`;
}

/** This machine in 8 letters: host names are of any length and may look like a part of a backup's name. */
const hostMark = (): string => createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** Removes the unfinished files of dead writers; returns the bytes freed. */
export async function cleanFolder(folder: string): Promise<number> {
  let freed = 0;
  for (const { file, size } of await deadFiles(folder)) {
    await rm(file, { force: true });
    freed += size;
  }
  return freed;
}

const PARTIAL = /^\..+\.([0-9a-f]{8})\.(\d+)\.[0-9a-f]{8}\.part$/;

/** Whether it is the unfinished file of a dead writer; `mine`: of this very process, where it bears its number. */
export function isDead(name: string, modifiedAt: Date, mine: () => boolean): boolean {
  const [, host, process_ = ''] = PARTIAL.exec(name) ?? [];
  if (host === undefined) return false;
  if (host !== hostMark()) return Date.now() - modifiedAt.getTime() > DAY;
  const pid = Number(process_);
  return !(pid === process.pid ? mine() : isAlive(pid));
}

/** The unfinished files of dead writers. */
export async function deadFiles(folder: string): Promise<{ file: string; size: number }[]> {
  const volumes: { file: string; size: number }[] = [];
  for (const name of await readdir(folder).catch(() => [] as string[])) {
    if (!PARTIAL.test(name)) continue;
    const file = join(folder, name);
    const info = await lstat(file).catch(() => undefined);
    if (!info?.isFile()) continue;
    // After a restart a container gives out the same process ids again.
    if (isDead(name, info.mtime, () => info.mtimeMs >= processStart()))
      volumes.push({ file, size: info.size });
  }
  return volumes;
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** A rename or link is durable only once its folder is on disk too. Windows cannot open folders and needs not. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r').catch(() => undefined);
  if (!handle) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export function errno(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

export function fileError(error: unknown, file: string): unknown {
  switch (errno(error)) {
    case 'ENOENT':
      return refused('backup-file-gone', { file }, { cause: error });
    case 'ENOSPC':
    case 'EDQUOT':
      return refused('disk-full', { file }, { cause: error });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return refused('file-denied', { file }, { cause: error });
    case 'ENOTDIR':
    case 'EEXIST':
    case 'ENAMETOOLONG':
    case 'EISDIR':
      return refused('name-no-file', { file }, { cause: error });
    default:
      return error;
  }
}
