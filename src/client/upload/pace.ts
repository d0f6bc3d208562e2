/** So far back is looked: a line is as fast as it was just now. */
const WINDOW_MS = 15_000;
/** Before that nothing can be said. */
const LEAST_MS = 2_000;

export interface Pace {
  /** So much is there at this moment. */
  add(sent: number, now: number): void;
  /** Bytes per second; undefined until that can be told. */
  rate(): number | undefined;
  /** What went before says nothing of what comes. */
  clear(): void;
}

export function newPace(): Pace {
  let samples: { readonly sent: number; readonly now: number }[] = [];
  return {
    add(sent, now) {
      samples = [...samples.filter((sample) => now - sample.now <= WINDOW_MS), { sent, now }];
    },
    rate() {
      const [first, last] = [samples[0], samples.at(-1)];
      if (!first || !last || last.now - first.now < LEAST_MS || last.sent <= first.sent) return undefined;
      return ((last.sent - first.sent) / (last.now - first.now)) * 1000;
    },
    clear() {
      samples = [];
    },
  };
}
