import { setTimeout as sleep } from 'node:timers/promises';
import type { Hold, Lock, Undo } from '../../dumper/dialect';
import { announce, exchangesBack, follow } from '../../dumper/files/exchange';
import { newJobId } from '../../dumper/job';
import { asBackupError, refused, failureOf } from '../../errors/errors';
import type { Host, LiveApp } from '../../host';
import { settle } from '../clean';
import { MINUTE } from '../../durations';

export interface Swap<T> {
  readonly job: string;
  /** Stages, then awaits `beforeSwap`, then swaps; all or nothing. `replanned`: it begins again with staging. */
  readonly swap: (around: { beforeSwap: () => Promise<void>; replanned: () => void }) => Promise<T>;
  /** How to swap back. */
  readonly undoOf: (done: T) => Undo;
  readonly note: (text: string) => void;
}

/**
 * A swap under a running app: its users wait from just before it until the app has read its tables anew, on every node
 * that shares the database, whoever swaps. If the app cannot live with them, they are swapped back, and the app goes on
 * as before. The other nodes see for themselves whether tables have changed places.
 */
export async function swapAndReload<T>(host: Host, { job, swap, undoOf, note }: Swap<T>): Promise<T> {
  const { live, database } = host;
  let hold: Hold | undefined;
  let paused = false;
  const letGo = async () => {
    const [held, waiting] = [hold, paused];
    [hold, paused] = [undefined, false];
    await held?.release();
    if (waiting) await live?.resume();
  };
  let letting = Promise.resolve();
  try {
    const done = await swap({
      async beforeSwap() {
        await letting;
        paused = true;
        await live?.pause();
        hold = await database.hold(job);
        tell(hold, note);
      },
      replanned() {
        letting = letGo();
      },
    });
    if (live) await reload(host, live, undoOf(done), note);
    return done;
  } finally {
    await letGo();
  }
}

function tell({ closed, silent }: Hold, note: (text: string) => void): void {
  if (closed > 0) note(`other nodes of the app that wait: ${closed}`);
  if (silent.length === 0) return;
  note(
    `! other nodes of the app that do not answer: ${silent.join(', ')}. What people save there until the swap is set aside with the old tables.`,
  );
}

async function reload(host: Host, live: LiveApp, undo: Undo, note: (text: string) => void): Promise<void> {
  try {
    note('starting the app again');
    await live.reload();
  } catch (cause) {
    const why = failureOf(cause);
    note(`the app does not start with it: ${why.message}`);
    await swapBack(host, undo).catch((error: unknown) => {
      throw refused('app-refused-kept', { why, back: failureOf(error), undo: undo.job }, { cause });
    });
    await live.reload().catch((error: unknown) => {
      throw refused('app-refused-stopped', { why, stopped: failureOf(error) }, { cause });
    });
    throw refused('app-refused', { why }, { cause });
  }
}

/** How long another job may go on, such as a backup of another node, before its end is no longer waited for. */
const PATIENCE_MS = 30 * MINUTE;

async function lockPatiently(host: Host, job: string): Promise<Lock> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await host.database.lock(job);
    } catch (error) {
      if (asBackupError(error).code !== 'JOB_BUSY' || Date.now() > end) throw error;
      await sleep(1000);
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
