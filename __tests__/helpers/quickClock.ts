import type { Clock, Patience } from '../../src/server/storage/retrying';

/** A clock whose hours pass at once, and the pauses that were asked of it. */
export function quickClock(): Clock & { readonly pauses: number[] } {
  let ahead = 0;
  const pauses: number[] = [];
  return {
    pauses,
    now: () => Date.now() + ahead,
    async sleep(ms, signal) {
      pauses.push(ms);
      ahead += ms;
      await new Promise((done) => setTimeout(done, 1));
      signal?.throwIfAborted();
    },
  };
}

export const quickPatience = (clock: Clock = quickClock()): Patience => ({
  attempts: 5,
  firstMs: 1000,
  longestMs: 600_000,
  // Two minutes are enough to see that what passes is waited for.
  lastingMs: 120_000,
  clock,
  random: () => 0.5,
});
