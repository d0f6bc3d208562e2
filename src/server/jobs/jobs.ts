import { hostname } from 'node:os';
import { z } from 'zod';
import { newJobId } from '../dumper/job';
import type { Progress, ReportProgress } from '../dumper/progress';
import { isAlive } from '../alive';
import { asBackupError, BackupError } from '../errors';

export const JobKind = z.enum(['backup', 'restore', 'verify', 'undo', 'copy']);
export type JobKind = z.infer<typeof JobKind>;

export const Job = z.object({
  id: z.string(),
  kind: JobKind,
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  /** What it is about: the archive's name, or the job that is undone. */
  subject: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  by: z.string().optional(),
  /** Where it runs, to find out later whether it still does. */
  host: z.string(),
  pid: z.number().int(),
  result: z.unknown().optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type Job = z.infer<typeof Job>;

/** Keeps the records of jobs. `save` replaces the record of the same id, whole or not at all. */
export interface JobStore {
  save(job: Job): Promise<void>;
  get(id: string): Promise<Job | undefined>;
  /** Newest first. */
  list(): Promise<Job[]>;
}

/** Progress as people see it. */
export interface JobProgress extends Progress {
  /** 0 to 100. */
  readonly percent: number;
  /** Seconds until this stage ends; undefined while there is nothing to go by. */
  readonly eta?: number;
}

export interface RunOptions {
  readonly kind: JobKind;
  readonly subject: string;
  readonly by?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: JobProgress) => void) | undefined;
}

/**
 * Runs one job and leaves a record of how it ended, whatever happens. A record that still says "running" when its
 * process is gone is mended by `mendRecords` at the next start.
 */
export async function runJob<T>(
  store: JobStore,
  options: RunOptions,
  work: (context: { id: string; onProgress: ReportProgress; signal: AbortSignal | undefined }) => Promise<T>,
): Promise<{ job: Job; result: T }> {
  const running: Job = {
    id: newJobId(),
    kind: options.kind,
    state: 'running',
    subject: options.subject,
    startedAt: new Date().toISOString(),
    ...(options.by !== undefined && { by: options.by }),
    host: hostname(),
    pid: process.pid,
  };
  await store.save(running);
  const end = async (ended: Partial<Job>): Promise<Job> => {
    const job: Job = { ...running, ...ended, endedAt: new Date().toISOString() };
    await store.save(job);
    return job;
  };
  let result: T;
  try {
    result = await work({
      id: running.id,
      onProgress: withPercent(options.onProgress),
      signal: options.signal,
    });
  } catch (cause) {
    const error = options.signal?.aborted
      ? new BackupError('JOB_CANCELLED', 'The job was cancelled. Nothing was changed.', { cause })
      : asBackupError(cause);
    await end({
      state: error.code === 'JOB_CANCELLED' ? 'cancelled' : 'failed',
      error: { code: error.code, message: error.message },
    });
    throw error;
  }
  return { job: await end({ state: 'done', result }), result };
}

function withPercent(report: RunOptions['onProgress']): ReportProgress {
  let stage = '';
  let since = 0;
  return (progress) => {
    if (!report) return;
    if (progress.stage !== stage) {
      stage = progress.stage;
      since = Date.now();
    }
    const share = progress.total > 0 ? Math.min(1, progress.done / progress.total) : 1;
    const seconds = (Date.now() - since) / 1000;
    const eta = share > 0.02 && seconds > 1 ? Math.round((seconds / share) * (1 - share)) : undefined;
    report({ ...progress, percent: Math.floor(share * 100), ...(eta !== undefined && { eta }) });
  };
}

/** Records of this machine whose process is gone say so from now on. Returns the mended ones. */
export async function mendRecords(store: JobStore, finished: (id: string) => boolean): Promise<Job[]> {
  const mended: Job[] = [];
  for (const job of await store.list()) {
    if (job.state !== 'running' || job.host !== hostname() || isAlive(job.pid)) continue;
    const ended: Job = finished(job.id)
      ? { ...job, state: 'done', endedAt: new Date().toISOString() }
      : {
          ...job,
          state: 'failed',
          endedAt: new Date().toISOString(),
          error: {
            code: 'INTERNAL',
            message: 'The process that ran this job ended before the job did. Nothing was changed by it.',
          },
        };
    await store.save(ended);
    mended.push(ended);
  }
  return mended;
}
