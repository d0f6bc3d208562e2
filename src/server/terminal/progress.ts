import { SingleBar } from 'cli-progress';
import { formatBytes } from '../bytes';
import type { JobProgress } from '../jobs/jobs';
import { STAGE_WORDS } from '../jobs/stages';
import { say } from './print';

export interface ProgressLine {
  show(progress: JobProgress): void;
  stop(): void;
}

/** A bar on a terminal, otherwise a plain line at each stage and each tenth; always on standard error. */
export function progressLine(terminal: boolean): ProgressLine {
  return terminal ? bar() : lines();
}

function bar(): ProgressLine {
  const single = new SingleBar({
    format: '{stage} [{bar}] {percentage}% | {rows} rows | {size} | {left}',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  let started = false;
  return {
    show(progress) {
      const payload = {
        stage: STAGE_WORDS[progress.stage].padEnd(22),
        rows: progress.rows.toLocaleString('en-US'),
        size: formatBytes(progress.bytes),
        left: progress.eta === undefined ? '' : `${progress.eta} s left`,
      };
      if (started) single.update(progress.percent, payload);
      else single.start(100, progress.percent, payload);
      started = true;
    },
    stop() {
      if (started) single.stop();
    },
  };
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
