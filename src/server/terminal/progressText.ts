import { formatBytes } from '../bytes';
import type { JobProgress } from '../jobs/jobs';
import { spanText } from './time';

/** Before that there is nothing to go by. */
const LEAST_MS = 1000;

/** What has been moved, how fast in this stage, and how long it will take: parts, without those that say nothing. */
export function pace(): (progress: JobProgress, now?: number) => string[] {
  let begun: { readonly stage: string; readonly at: number; readonly bytes: number } | undefined;
  return ({ stage, rows, bytes, eta }, now = performance.now()) => {
    if (begun?.stage !== stage) begun = { stage, at: now, bytes };
    const [took, moved] = [now - begun.at, bytes - begun.bytes];
    return [
      rows > 0 ? `${rows} rows` : '',
      bytes > 0 ? formatBytes(bytes) : '',
      took >= LEAST_MS && moved > 0 ? `${formatBytes(Math.round((moved * 1000) / took))}/s` : '',
      eta === undefined ? '' : `${spanText(eta)} left`,
    ].filter(Boolean);
  };
}
