import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBytes, type Bytes } from '../../bytes';
import { BackupError, refused } from '../../errors/errors';
import { partialName, writeFile } from '../../storage/files';
import type { Storage, StoredObject } from '../../storage/storage';
import { FIRST_BYTES, refuseForeign, type Foretold } from '../backups/firstBytes';
import { OWN_FOLDER } from '../../ownFolder';
import { checkLimit, keepUploaded, keyFor, refuseTaken } from './keepUploaded';
import { checkSpace } from './space';

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
  const wanted = keyFor(request.name);
  const length = checkLength(request);
  await refuseTaken(storage, wanted);
  await mkdir(folder, OWN_FOLDER);
  await checkSpace(folder, length);
  const file = join(folder, partialName(randomBytes(6).toString('hex')));
  try {
    const bytes = counted(request.body, length);
    await writeFile(file, archiveBytes(bytes, { name: request.name, size: length }), signal);
    return await keepUploaded(storage, file, wanted, signal);
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
  checkLimit(length, limit);
  return length;
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
