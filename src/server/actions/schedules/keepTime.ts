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

/** Keeps the time of all schedules for as long as this process lives. */
export function keepTime(ark: Ark, say: (line: string) => void, clock: Clock = wallClock): Timekeeper {
  let stopping = false;
  let aged = -Infinity;
  const means = { ...meansOf(ark), clock, say, stopping: () => stopping };
  const scheduler = startScheduler({
    clock,
    async look(now) {
      if (now.getTime() - aged >= AGE_EVERY_MS || now.getTime() < aged) {
        aged = now.getTime();
        await checkAge(ark.host, now);
      }
      return look(means, now);
    },
    async run(name) {
      await runSchedule(means, name, false);
    },
    unforeseen: (error) => say(error instanceof Error ? error.message : String(error)),
  });
  return {
    stop() {
      stopping = true;
      return scheduler.stop();
    },
  };
}
