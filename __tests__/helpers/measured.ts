import { readFileSync } from 'node:fs';

/**
 * For what runs in a process of its own: prints what came of it, and what it took. A stall is the longest time of work
 * between two rounds of the event loop: time in which a busy machine did not let this process run is not its own.
 */
export async function measured(work: () => Promise<unknown>): Promise<void> {
  let [at, used, stall] = [performance.now(), process.cpuUsage(), 0];
  const watch = setInterval(() => {
    const { user, system } = process.cpuUsage(used);
    stall = Math.max(stall, Math.min(performance.now() - at, (user + system) / 1000));
    [at, used] = [performance.now(), process.cpuUsage()];
  }, 5);
  const result = await work();
  // What was done last counts once the loop has come round again.
  await new Promise((resolve) => setTimeout(resolve, 50));
  clearInterval(watch);
  // Not resourceUsage(): that begins with what the process had that started this one.
  const [, kilobytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  const peak = Number(kilobytes) * 1024;
  process.stdout.write(`${JSON.stringify({ result, peak, stall })}\n`);
}
