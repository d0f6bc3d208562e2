export const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** For `every`: whoever asks an app that starts, or signs in, all the time keeps it from what it is asked about. */
export const NOW_AND_THEN = 300;

/**
 * Looks again and again, each `every` ms, until there is something; rejects when that takes longer than `ms`, which is
 * for busy machines.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined>,
  ms = 120_000,
  every = 20,
): Promise<T> {
  const end = Date.now() + ms;
  while (Date.now() < end) {
    const found = await look();
    if (found !== undefined) return found;
    await pause(every);
  }
  throw new Error(`waited ${ms} ms in vain until ${what}`);
}
