import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, readdir, rm, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isAlive } from '../alive';
import type { Bytes } from '../bytes';
import { BackupError } from '../errors';
import { checkKey } from './key';
import type { Storage, StoredObject } from './storage';

const DAY = 24 * 60 * 60 * 1000;

/** Archives as files of one folder, which is made when first needed. */
export function localStorage(folder: string, name = 'local'): Storage {
  const path = (key: string) => join(folder, checkKey(key));

  return {
    name,
    kind: 'local',

    async put(key, body, signal) {
      await mkdir(folder, { recursive: true });
      await publish(path(key), body, signal);
      return toStored(path(key));
    },

    async adopt(key, from) {
      await mkdir(folder, { recursive: true });
      try {
        await linkNew(from, path(key));
      } catch (error) {
        // On another disk, or one that knows no hard links.
        if (['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK'].includes(errno(error) ?? '')) return undefined;
        throw fileError(error, path(key));
      }
      await syncFolder(folder);
      return toStored(path(key));
    },

    async *get(key, range, signal) {
      const file = path(key);
      await toStored(file);
      if (range && range.end <= range.start) return;
      const stream = createReadStream(file, {
        highWaterMark: 1 << 20,
        ...(range && { start: range.start, end: range.end - 1 }),
        ...(signal && { signal }),
      });
      try {
        yield* stream as AsyncIterable<Buffer>;
      } catch (error) {
        throw fileError(error, file);
      }
    },

    async stat(key) {
      return toStored(path(key));
    },

    async list() {
      const names = await readdir(folder).catch((error: unknown) => {
        if (errno(error) === 'ENOENT') return [];
        throw fileError(error, folder);
      });
      const found: StoredObject[] = [];
      for (const key of names) {
        if (key.startsWith('.') || !key.endsWith('.ark')) continue;
        // A file that another process removed between the two calls is simply no longer listed.
        const object = await toStored(join(folder, key)).catch(() => undefined);
        if (object) found.push(object);
      }
      return found.sort(
        (a, b) => b.modifiedAt.getTime() - a.modifiedAt.getTime() || (a.key < b.key ? 1 : -1),
      );
    },

    async remove(key) {
      await rm(path(key), { force: true });
      await syncFolder(folder);
    },

    clean: () => cleanFolder(folder),
  };
}

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

const taken = (file: string): BackupError =>
  new BackupError('BACKUP_EXISTS', `${basename(file)} exists already. Choose another name.`);

async function linkNew(from: string, file: string): Promise<void> {
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
      for await (const piece of body) {
        signal?.throwIfAborted();
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

async function writeAll(handle: Awaited<ReturnType<typeof open>>, piece: Uint8Array): Promise<void> {
  let offset = 0;
  while (offset < piece.length) offset += (await handle.write(piece, offset)).bytesWritten;
}

/** The writer's host and process are in the name, so that another process can tell a dead writer's file. */
export function partialName(name: string): string {
  return `.${name}.${hostname()}.${process.pid}.${randomBytes(4).toString('hex')}.part`;
}

/** Removes the unfinished files of dead writers; returns the bytes freed. */
export async function cleanFolder(folder: string): Promise<number> {
  let freed = 0;
  for (const name of await readdir(folder).catch(() => [] as string[])) {
    const match = /^\..+\.([^.]+(?:\.[^.]+)*)\.(\d+)\.[0-9a-f]{8}\.part$/.exec(name);
    if (!match) continue;
    const file = join(folder, name);
    const info = await stat(file).catch(() => undefined);
    if (!info) continue;
    const ours = name.includes(`.${hostname()}.`);
    const dead = ours ? !isAlive(Number(match[2])) : Date.now() - info.mtimeMs > DAY;
    if (!dead) continue;
    await rm(file, { force: true });
    freed += info.size;
  }
  return freed;
}

async function toStored(file: string): Promise<StoredObject> {
  try {
    const info = await stat(file);
    if (!info.isFile()) throw new BackupError('BACKUP_UNKNOWN', `${file} is not a file.`);
    return { key: basename(file), size: info.size, modifiedAt: info.mtime };
  } catch (error) {
    throw fileError(error, file);
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** A rename or link is durable only once its folder is on disk too. Windows cannot open folders and needs not. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r').catch(() => undefined);
  if (!handle) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function errno(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

function fileError(error: unknown, file: string): unknown {
  switch (errno(error)) {
    case 'ENOENT':
      return new BackupError('BACKUP_UNKNOWN', `${file} does not exist.`, { cause: error });
    case 'ENOSPC':
    case 'EDQUOT':
      return new BackupError(
        'STORAGE_FULL',
        `No space left to write ${file}. Free some space or choose another folder; the unfinished file was removed.`,
        { cause: error },
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new BackupError('STORAGE_REFUSED', `Not allowed to use ${file}. Check who owns the folder.`, {
        cause: error,
      });
    case 'ENOTDIR':
    case 'EISDIR':
      return new BackupError('NAME_INVALID', `${file} cannot be used as a file here.`, { cause: error });
    default:
      return error;
  }
}
