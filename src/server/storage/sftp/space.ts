import type { StorageFailure } from '../failure';
import type { Session } from './client';
import { full, STATUS, statusOf } from './failure';
import { BATCH } from './transfer';

const ANSWER_MS = 5_000;

/** OpenSSH only says that it failed: whether the disk is full has to be asked. */
export async function outOfSpace(
  { sftp, ask }: Session,
  folder: string,
  error: unknown,
  what: string,
  name: string,
  address: string,
): Promise<StorageFailure | undefined> {
  if (statusOf(error) !== STATUS.FAILURE) return undefined;
  const disk = await ask<{ f_bavail: number; f_frsize: number; f_files: number; f_favail: number }>(
    AbortSignal.timeout(ANSWER_MS),
    (done) => sftp.ext_openssh_statvfs(folder, done),
  ).catch(() => undefined);
  if (!disk) return undefined;
  // What is left may be too little for what was to be written; some disks have no number of files.
  const noBytes = disk.f_bavail * disk.f_frsize < BATCH;
  const noFiles = disk.f_files > 0 && disk.f_favail === 0;
  return noBytes || noFiles ? full(what, name, address, error) : undefined;
}
