import { say } from './print';

/**
 * Whoever reads may leave before the end, as `head` does: what is under way goes on, for it is not about what is shown
 * of it. Where nothing can be written for another reason, such as a full disk, what was asked for is not there, and
 * the command has failed.
 */
export function goOnUnread(): void {
  let told = false;
  for (const output of [process.stdout, process.stderr])
    output.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      if (code === 'EPIPE') return;
      process.exitCode = 1;
      if (told) return;
      told = true;
      say(`ark: What was to be shown could not be written: ${message}`);
    });
}
