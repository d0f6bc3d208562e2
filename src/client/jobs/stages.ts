import type { JobItem, JobProgress } from '../api/api';

type Stage = JobProgress['stage'];

/** The stages of each kind of job with the share of the whole that each usually takes. */
const STAGES: Record<JobItem['kind'], readonly (readonly [Stage, number])[]> = {
  backup: [
    ['snapshot', 3],
    ['read', 77],
    ['files', 10],
    ['read back', 10],
  ],
  restore: [
    ['verify', 25],
    ['stage', 5],
    ['load', 45],
    ['files', 10],
    ['finish', 10],
    ['swap', 5],
  ],
  copy: [
    ['stage', 5],
    ['load', 75],
    ['finish', 15],
    ['swap', 5],
  ],
  verify: [['verify', 100]],
  transfer: [['write', 100]],
  rehearse: [
    ['stage', 5],
    ['load', 60],
    ['finish', 10],
    ['read back', 25],
  ],
  undo: [['undo', 100]],
  prepare: [
    ['verify', 25],
    ['stage', 5],
    ['load', 55],
    ['finish', 15],
  ],
  look: [['read', 100]],
  takeBack: [
    ['read', 70],
    ['write', 30],
  ],
};

/**
 * Tables are finished while others are still loading: as long as rows are missing, that is loading. Otherwise the
 * words would change with each table, and the bar would run ahead with the first small one.
 */
const stageOf = ({ stage, percent }: Pick<JobProgress, 'stage' | 'percent'>): Stage =>
  stage === 'finish' && percent < 100 ? 'load' : stage;

export interface Stand {
  /** What it is doing now; undefined while nothing is known. */
  readonly stage: Stage | undefined;
  /** 0 to 100 over all stages. */
  readonly percent: number;
  /** From 1. */
  readonly step: number;
  readonly steps: number;
}

/** How far the whole job is, from how far its stage is: a bar that never runs backwards. */
export function stand(job: Pick<JobItem, 'kind' | 'progress'>): Stand {
  const stages = STAGES[job.kind];
  const current = job.progress && stageOf(job.progress);
  const at = stages.findIndex(([stage]) => stage === current);
  if (at < 0) return { stage: current, percent: 0, step: 1, steps: counted(stages) };
  const before = stages.slice(0, at).reduce((sum, [, share]) => sum + share, 0);
  const share = stages[at]?.[1] ?? 0;
  const within = Math.min(100, Math.max(0, job.progress?.percent ?? 0));
  const percent = Math.min(99, Math.floor(before + (share * within) / 100));
  return { stage: current, percent, step: counted(stages.slice(0, at + 1)), steps: counted(stages) };
}

/** Uploaded files, which few backups have, are no step of their own but the end of the one with the rows. */
const counted = (stages: readonly (readonly [Stage, number])[]): number =>
  stages.filter(([stage]) => stage !== 'files').length;
