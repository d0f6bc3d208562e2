import { readFileSync } from 'node:fs';

/**
 * The result of some work, and the longest time of work between two rounds of the event loop. Time in which a busy
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

/** Of the thread that runs JavaScript: the first of the process. */
const mainThreadMs = (): number => Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[0]) / 1e6;

/** For what runs in a process of its own: prints what came of it, and what it took. */
export async function measured(work: () => Promise<unknown>): Promise<void> {
  const { result, stall } = await watched(work);
  // Not resourceUsage(): that begins with what the process had that started this one.
  const [, kilobytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  const peak = Number(kilobytes) * 1024;
  process.stdout.write(`${JSON.stringify({ result, peak, stall })}\n`);
}
