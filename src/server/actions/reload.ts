import type { Lock, Undo } from '../dumper/dialect';
import { announce, exchangesBack, follow } from '../dumper/files/exchange';
import { newJobId } from '../dumper/job';
import { asBackupError, BackupError } from '../errors';
import type { Host, LiveApp } from '../host';
import { settle } from './clean';

export interface Swap<T> {
  /** Stages, then awaits `beforeSwap`, then swaps; all or nothing. `replanned`: it begins again with staging. */
  readonly swap: (around: { beforeSwap: () => Promise<void>; replanned: () => void }) => Promise<T>;
  /** How to swap back. */
  readonly undoOf: (done: T) => Undo;
  readonly note: (text: string) => void;
}

/**
 * A swap under a running app: its users wait from just before it until the app has read its tables anew. If the
 * app cannot live with them, they are swapped back, and the app goes on as before. Without a running app only the
 * swap.
 */
export async function swapAndReload<T>(host: Host, { swap, undoOf, note }: Swap<T>): Promise<T> {
  const { live } = host;
  if (!live) return swap({ beforeSwap: () => Promise.resolve(), replanned: () => undefined });
  const state = { paused: false };
  try {
    const done = await swap({
      async beforeSwap() {
        state.paused = true;
        await live.pause();
      },
      replanned: () => void live.resume(),
    });
    await reload(host, live, undoOf(done), note);
    return done;
  } finally {
    if (state.paused) await live.resume();
  }
}

async function reload(host: Host, live: LiveApp, undo: Undo, note: (text: string) => void): Promise<void> {
  try {
    note('starting the app again');
    await live.reload();
  } catch (cause) {
    const why = asBackupError(cause).message;
    note(`the app does not start with it: ${why}`);
    const refused = (rest: string) =>
      new BackupError('APP_REFUSED', `The app does not start with what was restored: ${why} ${rest}`, {
        cause,
      });
    await swapBack(host, undo).catch((error: unknown) => {
      throw refused(
        `Putting it back failed: ${asBackupError(error).message} "ark undo ${undo.job}" puts it back.`,
      );
    });
    await live.reload().catch((error: unknown) => {
      throw refused(
        `Everything was put back as it was, but the app has to be started by hand: ${asBackupError(error).message}`,
      );
    });
    throw refused('Everything was put back as it was, and the app runs again.');
  }
}

/** How long another job may go on, such as a backup of another node, before its end is no longer waited for. */
const PATIENCE_MS = 30 * 60_000;

async function lockPatiently(host: Host, job: string): Promise<Lock> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await host.database.lock(job);
    } catch (error) {
      if (asBackupError(error).code !== 'JOB_BUSY' || Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

async function swapBack(host: Host, undo: Undo): Promise<void> {
  const job = newJobId();
  const lock = await lockPatiently(host, job);
  try {
    const { keepUndoDays, lockTimeoutMs } = host;
    const files = await host.files();
    const exchanges = await exchangesBack(files, undo.job, job);
    if (exchanges.length > 0) await announce(files, job, exchanges);
    await lock.undo(undo.job, { keepUndoDays, lockTimeoutMs, allowBreaks: true });
    await follow(files, job, exchanges);
    await lock.dropUndo(job);
    await settle(host, files);
  } finally {
    await lock.release();
  }
}
