/** The steps of all kinds of jobs. */
export const STAGES = [
  'snapshot',
  'read',
  'files',
  'read back',
  'verify',
  'stage',
  'load',
  'finish',
  'swap',
  'undo',
  'write',
] as const;

/** How far a job is. `done` and `total` count the same thing, whatever it is in this stage. */
export interface Progress {
  readonly stage: (typeof STAGES)[number];
  readonly done: number;
  readonly total: number;
  readonly rows: number;
  /** Bytes of CSV, or of the archive when it is verified. */
  readonly bytes: number;
}

export type ReportProgress = (progress: Progress) => void;
