import type { JobProgress } from '../jobs/jobs';

export interface ProgressLine {
  show(progress: JobProgress): void;
  stop(): void;
}

/** A bar on a terminal, plain lines, or nothing at all. */
export type ProgressLook = 'bar' | 'lines' | 'none';
