import { randomBytes } from 'node:crypto';
import { mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBytes, type Bytes } from '../../bytes';
import type { Archive } from '../../dumper/archive/archive';
import { openBackup } from '../../dumper/legacy/open';
import { BackupError, refused } from '../../errors/errors';
import { checkKey, withEnding } from '../../storage/key';
import { partialName, readFile, writeFile } from '../../storage/files';
import type { Storage, StoredObject } from '../../storage/storage';
import { fileSource } from './findBackup';
import { FIRST_BYTES, refuseForeign, type Foretold } from './firstBytes';
import { OWN_FOLDER } from '../../ownFolder';

/** Kept free beside the file itself: a full disk stops more than Ark. */
const MARGIN = 64 * 1024 * 1024;

export interface Upload {
  readonly name: string;
  readonly storage: Storage;
  readonly body: Bytes;
  readonly length: number | undefined;
  readonly limit: number;
  /** Where files are while they come in; what a killed process left there goes at the next start. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

export const uploadFolder = (dataFolder: string): string => join(dataFolder, 'uploads');

/** To disk under a name nobody sees, opened there, and only then published. Whatever goes wrong leaves nothing. */
export async function upload(request: Upload): Promise<StoredObject> {
  const { storage, folder, signal } = request;
  const wanted = checkKey(
    withEnding(request.name.replace(/\.(ark|nbdump|nbdata)$/i, (ending) => ending.toLowerCase())),
  );
  const length = checkLength(request);
  await refuseTaken(storage, wanted);
  await mkdir(folder, OWN_FOLDER);
  await checkSpace(folder, length);
  const file = join(folder, partialName(randomBytes(6).toString('hex')));
  try {
    const bytes = counted(request.body, length);
    await writeFile(file, archiveBytes(bytes, { name: request.name, size: length }), signal);
    const format = await checkArchive(file, wanted);
    // Its name tells how it is opened without Ark.
    const key = wanted.replace(/\.(ark|nbdump|nbdata)$/, `.${format}`);
    if (key !== wanted) await refuseTaken(storage, key);
    return (await storage.adopt?.(key, file, signal)) ?? (await storage.put(key, readFile(file), signal));
  } finally {
    await rm(file, { force: true });
  }
}

function checkLength({ length, limit }: Upload): number {
  if (length === undefined) {
    throw new BackupError(
      'LENGTH_MISSING',
      'An upload has to say how large it is: send the header Content-Length.',
    );
  }
  if (length > limit) {
    throw refused('upload-too-large', { size: formatBytes(length), most: formatBytes(limit) });
  }
  return length;
}

async function refuseTaken(storage: Storage, key: string): Promise<void> {
  const there = await storage.stat(key).then(
    () => true,
    () => false,
  );
  if (there) throw refused('backup-taken', { key });
}

export async function freeSpace(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function checkSpace(folder: string, length: number): Promise<void> {
  const free = await freeSpace(folder);
  if (length + MARGIN <= free) return;
  throw refused('disk-full-upload', { size: formatBytes(length), free: formatBytes(free), folder });
}

/** Nobody sends gigabytes to hear that theirs is no backup: its first bytes tell. */
async function* archiveBytes(body: Bytes, file: Pick<Foretold, 'name' | 'size'>): Bytes {
  let begin: Buffer | undefined = Buffer.alloc(0);
  for await (const piece of body) {
    if (begin === undefined) {
      yield piece;
      continue;
    }
    begin = Buffer.concat([begin, piece]);
    if (begin.length < Math.min(FIRST_BYTES, file.size)) continue;
    refuseForeign({ ...file, begin });
    yield begin;
    begin = undefined;
  }
  // What is shorter is looked at as a file.
  if (begin !== undefined) yield begin;
}

/** What was announced has to come, no more and no less. */
async function* counted(body: Bytes, length: number): Bytes {
  let taken = 0;
  try {
    for await (const piece of body) {
      taken += piece.length;
      if (taken > length) break;
      yield piece;
    }
  } catch (cause) {
    throw incomplete(taken, length, cause);
  }
  if (taken !== length) throw incomplete(taken, length);
}

const incomplete = (taken: number, length: number, cause?: unknown): BackupError =>
  refused('upload-cut', { arrived: formatBytes(taken), whole: formatBytes(length) }, { cause });

/** Opens it as a restore would. An encrypted one shows no more than its container without its key. */
async function checkArchive(file: string, name: string): Promise<Archive['format']> {
  try {
    return (await openBackup(await fileSource(file), {}, name)).format;
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'ARCHIVE_LOCKED') throw error;
    return name.endsWith('.nbdata') ? 'nbdata' : 'ark';
  }
}
