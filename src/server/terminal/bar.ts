import { SingleBar } from 'cli-progress';
import { formatBytes } from '../bytes';
import { STAGE_WORDS } from '../jobs/stages';
import type { ProgressLine } from './progressLine';

export function bar(): ProgressLine {
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
