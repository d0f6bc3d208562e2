import { hostname } from 'node:os';
import * as z from 'zod';
import type { DatabaseId } from '../dumper/databaseId';
import type { Committed, Database } from '../dumper/dialect';
import { newJobId } from '../dumper/job';
import { STAGES, type Progress, type ReportProgress } from '../dumper/progress';
import { isAlive } from '../alive';
import { Failure } from '../errors/details';
import { asBackupError, BackupError, failureOf } from '../errors/errors';
import { STAGE_WORDS } from './stages';
import { DAY, MINUTE } from '../durations';

export const JobKind = z.enum([
  'backup',
  'restore',
  'verify',
  'transfer',
  'rehearse',
  'undo',
  'copy',
  'look',
  'takeBack',
  'prepare',
]);
export type JobKind = z.infer<typeof JobKind>;

export const LogLine = z.object({
  at: z.iso.datetime(),
  /** In English, for terminals and files. */
  text: z.string(),
  /** Where it tells of a stage that was reached, or of the end; older records do not have it. */
  stage: z
    .enum([...STAGES, 'done'])
    .optional()
    .catch(undefined),
});
export type LogLine = z.infer<typeof LogLine>;

export const Job = z.object({
  id: z.string(),
  kind: JobKind,
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  /** What it is about: the archive's name, or the job that is undone. */
  subject: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  by: z.string().optional(),
  /** The id of the database it works on, so that another one is not asked how it ended; an older Ark wrote its label. */
  database: z.string().optional(),
  /** Where it runs, to find out later whether it still does. */
  host: z.string(),
  pid: z.number().int(),
  result: z.unknown().optional(),
  error: Failure.optional(),
  log: z.array(LogLine).optional(),
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

/** How whoever starts a job follows it, and stops it. */
export interface Watch {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: JobProgress) => void) | undefined;
  /** Its record, each time it was saved: once when it begins, once when it has ended. */
  readonly onRecord?: ((job: Job) => void) | undefined;
  readonly onLog?: ((line: LogLine) => void) | undefined;
}

export interface RunOptions extends Watch {
  readonly kind: JobKind;
  readonly subject: string;
  readonly by?: string | undefined;
  readonly database?: Pick<Database, 'id'> | undefined;
}

export interface JobContext {
  readonly id: string;
  readonly onProgress: ReportProgress;
  readonly signal: AbortSignal | undefined;
  /** Adds a line to the log. */
  readonly note: (text: string) => void;
}

/**
 * Runs one job and leaves a record of how it ended, whatever happens. A record that still says "running" when its
 * process is gone is mended by `mendRecords` at the next start.
 */
export async function runJob<T>(
  store: JobStore,
  options: RunOptions,
  work: (context: JobContext) => Promise<T>,
): Promise<{ job: Job; result: T }> {
  // A job whose database does not answer leaves a record too.
  const [asked] = await Promise.allSettled([options.database?.id()]);
  const running: Job = {
    id: newJobId(),
    kind: options.kind,
    state: 'running',
    subject: options.subject,
    startedAt: new Date().toISOString(),
    ...(options.by !== undefined && { by: options.by }),
    ...(asked.status === 'fulfilled' && asked.value !== undefined && { database: asked.value }),
    host: hostname(),
    pid: process.pid,
  };
  const save = async (job: Job): Promise<Job> => {
    try {
      await store.save(job);
    } finally {
      // Whoever watches hears of the end though it could not be written down.
      if (job.state === 'running') live.add(job.id);
      else live.delete(job.id);
      options.onRecord?.(job);
    }
    return job;
  };
  const log: LogLine[] = [];
  const note = (text: string, stage?: LogLine['stage']) => {
    const line = { at: new Date().toISOString(), text, ...(stage && { stage }) };
    log.push(line);
    options.onLog?.(line);
  };
  const end = (ended: Partial<Job>) => save({ ...running, ...ended, endedAt: new Date().toISOString(), log });
  await save(running);
  let result: T;
  try {
    if (asked.status === 'rejected') throw asked.reason;
    result = await work({
      id: running.id,
      onProgress: withPercent(options.onProgress, (stage) => note(STAGE_WORDS[stage], stage)),
      signal: options.signal,
      note: (text) => note(text),
    });
  } catch (cause) {
    const error =
      options.signal?.aborted && !tells(cause)
        ? new BackupError('JOB_CANCELLED', 'The job was cancelled. Nothing was changed.', { cause })
        : asBackupError(cause);
    note(`${error.message} [${error.code}]`);
    await end({
      state: error.code === 'JOB_CANCELLED' ? 'cancelled' : 'failed',
      error: failureOf(error),
    }).catch(() => undefined);
    throw error;
  }
  note('done', 'done');
  return { job: await end({ state: 'done', result }), result };
}

/** Jobs of this process. */
const live = new Set<string>();

/** Says of itself what has become of everything: more than that somebody cancelled. */
const tells = (cause: unknown): boolean =>
  cause instanceof BackupError && ['APP_REFUSED', 'TARGET_FAILED'].includes(cause.code);

function withPercent(
  report: RunOptions['onProgress'],
  onStage: (stage: Progress['stage']) => void,
): ReportProgress {
  let stage: Progress['stage'] | undefined;
  let since = 0;
  const seen = new Set<Progress['stage']>();
  return (progress) => {
    if (progress.stage !== stage) {
      stage = progress.stage;
      since = Date.now();
      // Tables are loaded and finished side by side: the log tells of each stage when it is first reached.
      if (stage === 'stage') seen.clear();
      if (!seen.has(stage)) onStage(stage);
      seen.add(stage);
    }
    if (!report) return;
    const share = progress.total > 0 ? Math.min(1, progress.done / progress.total) : 1;
    const seconds = (Date.now() - since) / 1000;
    const eta = share > 0.02 && seconds > 1 ? Math.round((seconds / share) * (1 - share)) : undefined;
    report({ ...progress, percent: Math.floor(share * 100), ...(eta !== undefined && { eta }) });
  };
}

/**
 * Records of this database that say "running" though their process is gone, as far as that can be seen from here. Of
 * other hosts nothing can: but a container that was made anew has another name, so its jobs count as gone after a
 * while, if the job's lock is free. One that went on all the same writes its own end.
 */
export async function staleJobs(store: JobStore, here?: Here): Promise<Job[]> {
  const ours = ({ database }: Job) =>
    !here || database === undefined || database === here.id || database === here.older;
  return (await store.list()).filter((job) => job.state === 'running' && ours(job) && !isRunning(job));
}

/** Those that run, here or in another process, as far as that can be seen from here. */
export const activeJobs = async (store: JobStore): Promise<Job[]> =>
  (await store.list()).filter((job) => job.state === 'running' && isRunning(job));

/** Whose records are meant, and how an older Ark named it. */
interface Here {
  readonly id: DatabaseId;
  readonly older: string;
}

const FOREIGN_MS = 15 * MINUTE;
/** These take no lock. */
const FREE: ReadonlySet<JobKind> = new Set(['verify', 'transfer']);
const FOREIGN_FREE_MS = DAY;

/** After a restart a container gives out the same process ids again: a job that we do not know is not ours. */
const isRunning = ({ id, kind, host, pid, startedAt }: Job): boolean => {
  if (host !== hostname()) {
    return Date.now() - Date.parse(startedAt) < (FREE.has(kind) ? FOREIGN_FREE_MS : FOREIGN_MS);
  }
  return pid === process.pid ? live.has(id) : isAlive(pid);
};

/** They say how they ended from now on; those of which that cannot be told yet wait. */
export async function mendRecords(store: JobStore, committed: Committed, here?: Here): Promise<Job[]> {
  const mended: Job[] = [];
  for (const job of await staleJobs(store, here)) {
    const endedAt = new Date().toISOString();
    const done = committed(job.id);
    if (done === undefined) continue;
    const ended: Job = done
      ? { ...job, state: 'done', endedAt }
      : {
          ...job,
          state: 'failed',
          endedAt,
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
