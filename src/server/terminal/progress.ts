import type { ProgressLine } from './progressLine';
import { formatBytes } from '../bytes';
import { STAGE_WORDS } from '../jobs/stages';
import { say } from './print';

/** A bar on a terminal, otherwise a plain line at each stage and each tenth; always on standard error. */
export async function progressLine(terminal: boolean): Promise<ProgressLine> {
  return terminal ? (await import('./bar')).bar() : lines();
}

function lines(): ProgressLine {
  let last = '';
  return {
    show(progress) {
      const mark = `${progress.stage} ${Math.floor(progress.percent / 10)}`;
      if (mark === last) return;
      last = mark;
      const left = progress.eta === undefined ? '' : `, ${progress.eta} s left`;
      say(
        `${STAGE_WORDS[progress.stage]}: ${progress.percent}% (${progress.rows} rows, ${formatBytes(progress.bytes)}${left})`,
      );
    },
    stop: () => undefined,
  };
}
