import type { Session } from './client';
import { storageFailure } from '../failure';
import { statusOf } from './failure';

const TIDY_MS = 5_000;

/**
 * Version 3 of the protocol has a rename refused where the name exists, but some servers replace that file without a
 * word. It is tried with two files that nobody misses before one is renamed that counts.
 */
export async function refuseOverwriting(
  { sftp, ask }: Session,
  [from, to]: readonly [from: string, to: string],
  signal: AbortSignal | undefined,
  name: string,
  address: string,
): Promise<void> {
  const tried = async (): Promise<boolean> => {
    for (const path of [from, to]) {
      const handle = await ask<Buffer>(signal, (done) => sftp.open(path, 'w', 0o600, done));
      await ask(signal, (done) => sftp.close(handle, done));
    }
    return ask(signal, (done) => sftp.rename(from, to, done)).then(
      () => true,
      (error: unknown) => {
        if (statusOf(error) === undefined) throw error;
        return false;
      },
    );
  };
  const replaced = await tried().finally(async () => {
    const soon = AbortSignal.timeout(TIDY_MS);
    // Whichever is there.
    await Promise.allSettled([from, to].map((path) => ask(soon, (done) => sftp.unlink(path, done))));
  });
  if (replaced) throw storageFailure({ code: 'storage-overwrites', storage: name, address });
}
