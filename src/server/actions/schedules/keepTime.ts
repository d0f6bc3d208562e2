import { startScheduler, wallClock, type Clock } from '../../jobs/scheduler';
import { checkAge } from '../alarms/alarms';
import type { Ark } from '../ark';
import { meansOf } from './means';
import { look, runSchedule } from './scheduledRun';
import { MINUTE } from '../../durations';

export interface Timekeeper {
  /** Begins nothing any more, and resolves when the present run has ended: stop the running jobs meanwhile. */
  stop(): Promise<void>;
}

const AGE_EVERY_MS = 10 * MINUTE;

/** Keeps the time of all schedules for as long as this process lives. `besides`, now and then, may take its time. */
export function keepTime(
  ark: Ark,
  say: (line: string) => void,
  besides: (now: Date) => Promise<void>,
  clock: Clock = wallClock,
): Timekeeper {
  let stopping = false;
  let aged = -Infinity;
  let asking: Promise<void> | undefined;
  const unforeseen = (error: unknown) => say(error instanceof Error ? error.message : String(error));
  const means = { ...meansOf(ark), clock, say, stopping: () => stopping };
  const scheduler = startScheduler({
    clock,
    async look(now) {
      if (now.getTime() - aged >= AGE_EVERY_MS || now.getTime() < aged) {
        aged = now.getTime();
        asking ??= besides(now)
          .catch(unforeseen)
          .finally(() => (asking = undefined));
        await checkAge(ark.host, now);
      }
      return look(means, now);
    },
    async run(name) {
      await runSchedule(means, name, false);
    },
    unforeseen,
  });
  return {
    async stop() {
      stopping = true;
      await scheduler.stop();
      await asking;
    },
  };
}
