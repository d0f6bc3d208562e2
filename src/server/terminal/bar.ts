import { SingleBar } from 'cli-progress';
import { STAGE_WORDS } from '../jobs/stages';
import type { ProgressLine } from './progressLine';
import { pace } from './progressText';

export function bar(): ProgressLine {
  const single = new SingleBar({
    format: '{stage} [{bar}] {percentage}% | {parts}',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  let started = false;
  const parts = pace();
  return {
    show(progress) {
      const payload = {
        stage: STAGE_WORDS[progress.stage].padEnd(22),
        parts: parts(progress).join(' | '),
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
