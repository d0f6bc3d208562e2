import type { Job, JobKind, JobStore } from '../../jobs/jobs';

/** Which records of jobs are meant; of those the newest `limit`. */
export interface HistoryAsked {
  readonly kind?: JobKind | undefined;
  readonly state?: Job['state'] | undefined;
  /** ISO: begun at this moment or later. */
  readonly from?: string | undefined;
  /** ISO: begun before this moment. */
  readonly to?: string | undefined;
  readonly limit: number;
}

/** What was done, newest first. */
export async function historyOf(
  jobs: JobStore,
  { kind, state, from, to, limit }: HistoryAsked,
): Promise<Job[]> {
  const within = (job: Job) =>
    (kind === undefined || job.kind === kind) &&
    (state === undefined || job.state === state) &&
    (from === undefined || Date.parse(job.startedAt) >= Date.parse(from)) &&
    (to === undefined || Date.parse(job.startedAt) < Date.parse(to));
  return (await jobs.list()).filter(within).slice(0, limit);
}
