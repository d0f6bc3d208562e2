import { mkdir } from 'node:fs/promises';
import { BackupError } from '../../errors/errors';
import { OWN_FOLDER } from '../../ownFolder';
import type { Storage } from '../../storage/storage';
import { refuseForeign } from '../backups/firstBytes';
import { checkLimit, keyFor, refuseTaken } from './keepUploaded';
import { checkSpace } from './space';
import {
  addUpload,
  digestOf,
  findUpload,
  MOST_UNFINISHED,
  newUploadId,
  sweepUploads,
  unfinishedUploads,
  type Announced,
  type Unfinished,
} from './unfinished';

export interface Beginning extends Announced {
  readonly name: string;
  readonly storage: Storage;
  readonly owner: string | undefined;
  /** Goes on with this one, or with none. */
  readonly id: string | undefined;
  readonly limit: number;
  readonly folder: string;
}

/**
 * Takes an upload in that is sent in pieces, and refuses what could never be kept before anything is sent. Announced
 * again, the same file is gone on with, so that a lost answer leaves nothing behind.
 */
export async function beginUpload(request: Beginning, now: Date): Promise<Unfinished> {
  const { folder, owner, storage, size } = request;
  const digest = digestOf(request);
  if (request.id !== undefined) {
    const upload = await findUpload(folder, request.id, owner, now);
    if (upload.digest === digest) return upload;
    throw new BackupError(
      'UPLOAD_DIFFERS',
      'This is not the file whose upload was begun. Choose that one, or throw away what is here of it.',
    );
  }
  const wanted = keyFor(request.name);
  checkLimit(size, request.limit);
  refuseForeign({ ...request, name: request.file });
  await sweepUploads(folder, now);
  const own = (await unfinishedUploads(folder, now)).filter((upload) => upload.owner === owner);
  const again = own.find((upload) => upload.digest === digest && upload.storage === storage.name);
  if (again) return again;
  await refuseTaken(storage, wanted);
  if (own.length >= MOST_UNFINISHED) {
    throw new BackupError(
      'UPLOADS_MANY',
      'Too many uploads are unfinished. Go on with one of them, or throw some away.',
    );
  }
  await mkdir(folder, OWN_FOLDER);
  await checkSpace(folder, size);
  const at = now.toISOString();
  const upload: Unfinished = {
    id: newUploadId(),
    name: wanted,
    file: request.file,
    storage: storage.name,
    size,
    offset: 0,
    digest,
    ...(owner !== undefined && { owner }),
    beganAt: at,
    heardAt: at,
  };
  await addUpload(folder, upload);
  return upload;
}
