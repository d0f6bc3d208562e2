import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

/**
 * Work in small steps: it says after each where others may have their turn, and whoever runs it decides how often they
 * do. What a storage sends is worked on in steps wherever it can be large, so that nobody waits for it.
 */
export type Steps<T> = Generator<void, T, void>;

const TURN_MS = 20;
const PIECE = 1024 * 1024;

/** When others last had their turn. One clock for all: many short works after each other are a long one. */
let last = 0;

/** Whether it is time for others. Where steps are many and deep in each other, asking is less than to yield each time. */
export const due = (): boolean => performance.now() - last >= TURN_MS;

/** Others have their turn, if it is time. */
export async function turn(): Promise<void> {
  if (!due()) return;
  await setImmediate();
  last = performance.now();
}

export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    if (due()) await turn();
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** SHA-256 of what is in memory and may be large. */
export function* hashing(bytes: Uint8Array): Steps<string> {
  const hash = createHash('sha256');
  for (let at = 0; at < bytes.length; at += PIECE) {
    hash.update(bytes.subarray(at, at + PIECE));
    yield;
  }
  return hash.digest('hex');
}
