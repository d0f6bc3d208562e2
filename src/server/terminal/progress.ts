import type { ProgressLine, ProgressLook } from './progressLine';
import { STAGE_WORDS } from '../jobs/stages';
import { say } from './print';
import { pace } from './progressText';

/** Always on standard error. */
export async function progressLine(look: ProgressLook): Promise<ProgressLine> {
  if (look === 'bar') return (await import('./bar')).bar();
  return look === 'none' ? { show: () => undefined, stop: () => undefined } : lines();
}

/** A tenth of something large takes long, and whoever reads a log wants to see that it goes on. */
const SILENT_MS = 30_000;

/** A line at each stage and each tenth, and after half a minute at the latest. */
export function lines(clock: () => number = () => performance.now()): ProgressLine {
  let last = '';
  let said = -Infinity;
  const parts = pace();
  return {
    show(progress) {
      const now = clock();
      const texts = parts(progress, now);
      const mark = `${progress.stage} ${Math.floor(progress.percent / 10)}`;
      if (mark === last && now - said < SILENT_MS) return;
      [last, said] = [mark, now];
      say(
        `${STAGE_WORDS[progress.stage]}: ${progress.percent}%${texts.length > 0 ? ` (${texts.join(', ')})` : ''}`,
      );
    },
    stop: () => undefined,
  };
}
