import { isUnknown, StorageFailure } from '../../storage/failure';
import { realClock, type Clock } from '../../storage/retrying';
import type { Storage } from '../../storage/storage';
import { MINUTE } from '../../durations';

/** How long a schedule waits for a storage before it begins without it. */
const WAIT_MS = 15 * MINUTE;
const PAUSE_MS = 30_000;

/**
 * Nobody is there to try again at night: a schedule waits for storages that are away, and the snapshot is taken when
 * all answer. One that stays away fails where it is put to, with its own words.
 */
export async function untilAnswering(
  storages: readonly Storage[],
  key: string,
  note: (text: string) => void,
  signal: AbortSignal | undefined,
  clock: Clock = realClock,
): Promise<void> {
  const until = clock.now() + WAIT_MS;
  await Promise.all(
    storages.map(async (storage) => {
      for (let told = false; ;) {
        const why = await storage.stat(key, signal).then(
          () => undefined,
          (error: unknown) => (isUnknown(error) ? undefined : error),
        );
        signal?.throwIfAborted();
        if (!(why instanceof StorageFailure) || !why.transient || clock.now() >= until) return;
        if (!told) note(waitingText(storage.name, why, until));
        told = true;
        await clock.sleep(PAUSE_MS, signal);
      }
    }),
  );
}

/** For the log of a job. */
export const waitingText = (storage: string, why: Error, until: number): string =>
  `! ${storage}: ${why.message} It is tried again until ${new Date(until).toISOString()}.`;
