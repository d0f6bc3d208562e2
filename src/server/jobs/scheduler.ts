/** The time, and how to wait for it; a test brings its own. */
export interface Clock {
  now(): Date;
  /** Returns what stops the waiting. */
  wait(ms: number, then: () => void): () => void;
}

export const wallClock: Clock = {
  now: () => new Date(),
  wait(ms, then) {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};

export interface SchedulerOptions {
  readonly clock: Clock;
  /** Quick: which schedules are due at this moment, and when the next one will be. */
  look(now: Date): Promise<{ readonly due: readonly string[]; readonly next?: Date | undefined }>;
  /** Runs one to its end. Does not reject for what befell the backup: that is in the schedule's own record. */
  run(name: string): Promise<void>;
  unforeseen(error: unknown): void;
}

export interface Scheduler {
  /** Looks at nothing and begins nothing any more; resolves when the present run has ended. */
  stop(): Promise<void>;
}

/** A timer for days would not notice that the clock was put right, or that the machine slept. */
const LONGEST_NAP_MS = 30_000;
const SHORTEST_NAP_MS = 1_000;

/**
 * Keeps time: looks again and again, also while a run goes on, so that what falls due meanwhile is known to be
 * waiting and not to have been missed. Runs go one after the other.
 */
export function startScheduler(options: SchedulerOptions): Scheduler {
  const { clock } = options;
  const waiting = new Set<string>();
  let stopped = false;
  let cancel: () => void = () => undefined;
  let working: Promise<void> | undefined;

  const work = async () => {
    for (const name of waiting) {
      if (stopped) return;
      waiting.delete(name);
      await options.run(name).catch((error: unknown) => options.unforeseen(error));
    }
  };

  const turn = async (): Promise<void> => {
    let next: Date | undefined;
    try {
      const seen = await options.look(clock.now());
      next = seen.next;
      for (const name of seen.due) waiting.add(name);
    } catch (error) {
      options.unforeseen(error);
    }
    if (stopped) return;
    if (waiting.size > 0) working ??= work().finally(() => (working = undefined));
    const ms = next ? next.getTime() - clock.now().getTime() : LONGEST_NAP_MS;
    cancel = clock.wait(Math.min(LONGEST_NAP_MS, Math.max(SHORTEST_NAP_MS, ms)), () => {
      looking = turn();
    });
  };
  let looking = turn();

  return {
    async stop() {
      stopped = true;
      cancel();
      await looking;
      await working;
    },
  };
}
