import { readFileSync } from 'node:fs';

/**
 * The result of some work, and the longest time of work (ms, as it was) between two rounds of the event loop. Time in which a busy
 * machine did not let this thread run, or in which another thread of the process worked, is nobody's waiting for it.
 */
export async function watched<T>(work: () => Promise<T>): Promise<{ result: T; stall: number }> {
  let [at, used, stall] = [performance.now(), mainThreadMs(), 0];
  const watch = setInterval(() => {
    stall = Math.max(stall, Math.min(performance.now() - at, mainThreadMs() - used));
    [at, used] = [performance.now(), mainThreadMs()];
  }, 5);
  const result = await work();
  // What was done last counts once the loop has come round again.
  await new Promise((resolve) => setTimeout(resolve, 50));
  clearInterval(watch);
  return { result, stall };
}

/**
 * Times of work by the pace of this machine at this moment: what it takes here, over what it takes to read a text of
 * 6 MB as JSON, times what that takes on a machine of its own. So a slow or crowded machine makes nothing longer.
 */
export function paced(): (ms: number) => number {
  const column = { name: 'c', type: 'text', nullable: true, default: null };
  const text = JSON.stringify(Array.from({ length: 100_000 }, (_, i) => ({ ...column, name: `c${i}` })));
  const times = Array.from({ length: 7 }, () => {
    const began = mainThreadMs();
    JSON.parse(text);
    return mainThreadMs() - began;
  });
  // The first ones are slower, as the first of anything is.
  const median = times.slice(2).sort((a, b) => a - b)[2] ?? USUAL_MS;
  return (ms) => (ms * USUAL_MS) / median;
}
const USUAL_MS = 40;

/** Of the thread that runs JavaScript: the first of the process. */
const mainThreadMs = (): number => Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[0]) / 1e6;

/** For what runs in a process of its own: prints what came of it, and what it took. */
export async function measured(work: () => Promise<unknown>): Promise<void> {
  const { result, stall } = await watched(work);
  // Not resourceUsage(): that begins with what the process had that started this one.
  const [, kilobytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  const peak = Number(kilobytes) * 1024;
  process.stdout.write(`${JSON.stringify({ result, peak, stall: paced()(stall) })}\n`);
}
