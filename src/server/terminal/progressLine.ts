import type { JobProgress } from '../jobs/jobs';

export interface ProgressLine {
  show(progress: JobProgress): void;
  stop(): void;
}
