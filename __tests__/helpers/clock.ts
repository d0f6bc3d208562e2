import type { Clock } from '../../src/server/jobs/scheduler';

/** A clock that stands still until it is put on, and wakes whoever waits for it. */
export interface FakeClock extends Clock {
  /** Puts it to a moment; nobody is woken. */
  set(at: string | Date): void;
  /** Puts it on, and wakes everybody whose time has come, in order. */
  advance(ms: number): void;
  waiting(): number;
}

export function fakeClock(start: string): FakeClock {
  let at = Date.parse(start);
  const timers = new Set<{ at: number; then: () => void }>();
  return {
    now: () => new Date(at),
    wait(ms, then) {
      const timer = { at: at + ms, then };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    set(to) {
      at = new Date(to).getTime();
    },
    advance(ms) {
      at += ms;
      for (const timer of [...timers].filter((timer) => timer.at <= at).sort((a, b) => a.at - b.at)) {
        timers.delete(timer);
        timer.then();
      }
    },
    waiting: () => timers.size,
  };
}
