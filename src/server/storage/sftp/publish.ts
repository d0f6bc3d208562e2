import type { Stats } from 'ssh2';
import { formatBytes } from '../../bytes';
import { BackupError, refused } from '../../errors/errors';
import { StorageFailure } from '../failure';
import type { Session } from './client';
import { isNone, statusOf } from './failure';

interface Publication {
  readonly session: Session;
  readonly from: string;
  readonly to: string;
  readonly size: number;
  /** It was tried before, and nobody knows how that ended. */
  readonly again: boolean;
  readonly key: string;
  readonly name: string;
  readonly signal: AbortSignal | undefined;
  /** Rejects where a rename would not be refused. */
  readonly mayRename: () => Promise<void>;
}

/** Enough of the end of an archive to know it by: its directory has digests of all that is in it. */
const END = 32 * 1024;

/**
 * Gives a whole file its name, if nobody has it. A hard link (an extension of OpenSSH's) is refused where the name
 * exists; so is a rename, says version 3 of the protocol, for servers and disks without hard links, and is tried before.
 */
export async function publish(publication: Publication): Promise<void> {
  const { session, from, to, size, again, key, name, signal, mayRename } = publication;
  const { sftp, ask } = session;
  const whole = await look(session, from, signal);
  // The answer to a rename was lost.
  if (!whole && again && (await look(session, to, signal))?.size === size) return;
  if (whole?.size !== size)
    throw new StorageFailure(
      `${name} has stored ${formatBytes(whole?.size ?? 0)} of ${key} where ${size} bytes were sent. It was removed.`,
      { details: { code: 'stored-size', storage: name, key, stored: whole?.size ?? 0, sent: size } },
    );
  signal?.throwIfAborted();
  // From here on it is all there or not at all: whoever gives up now hears how it ended.
  try {
    await ask(undefined, (done) => sftp.ext_openssh_hardlink(from, to, done));
  } catch (error) {
    if (error instanceof BackupError) throw error;
    if (await look(session, to, undefined)) {
      if (!again || !(await isSame(publication))) throw taken(key, name);
    } else {
      await mayRename();
      await ask(undefined, (done) => sftp.rename(from, to, done)).catch(async (cause: unknown) => {
        if (statusOf(cause) !== undefined && (await look(session, to, undefined))) throw taken(key, name);
        throw cause;
      });
      return;
    }
  }
  await ask(undefined, (done) => sftp.unlink(from, done)).catch((error: unknown) => {
    if (!isNone(error)) throw error;
  });
}

const taken = (key: string, name: string): BackupError =>
  refused('backup-taken-there', { key, storage: name });

const look = (
  { sftp, ask }: Session,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Stats | undefined> =>
  ask<Stats>(signal, (done) => sftp.lstat(path, done)).catch((error: unknown) => {
    if (isNone(error)) return undefined;
    throw error;
  });

/** The answer to a link was lost: what has the name now is ours, or somebody else's. */
async function isSame({ session, from, to, size, signal }: Publication): Promise<boolean> {
  if ((await look(session, to, signal))?.size !== size) return false;
  const [ours, theirs] = await Promise.all([from, to].map((path) => endOf(session, path, size, signal)));
  return ours !== undefined && theirs !== undefined && ours.equals(theirs);
}

async function endOf(
  { sftp, ask }: Session,
  path: string,
  size: number,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const handle = await ask<Buffer>(signal, (done) => sftp.open(path, 'r', done));
  const length = Math.min(END, size);
  const end = Buffer.alloc(length);
  const came =
    length === 0
      ? 0
      : await ask<number>(signal, (done) =>
          sftp.read(handle, end, 0, length, size - length, (error, count) => done(error, count)),
        );
  await ask(signal, (done) => sftp.close(handle, done));
  return end.subarray(0, came);
}
