export const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** Looks again and again until there is something; rejects when that takes longer than `ms`, which is for busy machines. */
export async function until<T>(what: string, look: () => Promise<T | undefined>, ms = 120_000): Promise<T> {
  const end = Date.now() + ms;
  while (Date.now() < end) {
    const found = await look();
    if (found !== undefined) return found;
    await pause(20);
  }
  throw new Error(`waited ${ms} ms in vain until ${what}`);
}
