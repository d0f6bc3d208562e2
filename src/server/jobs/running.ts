import { BackupError, refused } from '../errors/errors';
import type { Job, JobProgress, LogLine, Watch } from './jobs';

/** A job as it is now. */
export interface RunningJob extends Job {
  readonly progress?: JobProgress;
}

/** The jobs of this process that nobody waits for: they are started, followed and cancelled from elsewhere. */
export interface RunningJobs {
  /**
   * Starts a job. Resolves once it is under way; a job that fails before (the database is busy or out of reach)
   * rejects. `writes`: it needs the database for itself.
   */
  start(options: { writes: boolean }, work: (watch: Watch) => Promise<unknown>): Promise<RunningJob>;
  get(id: string): RunningJob | undefined;
  list(): RunningJob[];
  /** Asks a job to stop. False: no such job runs here. */
  cancel(id: string): boolean;
  /** Every change of every job, or of one until it has ended; first those that run now. */
  watch(options: { id?: string | undefined; signal: AbortSignal }): AsyncGenerator<RunningJob, void, void>;
  /** Cancels what runs, waits for it, and starts nothing any more. */
  stop(): Promise<void>;
}

/** Fewest milliseconds between two reports of the same stage. */
const PACE_MS = 100;

interface Entry {
  readonly controller: AbortController;
  readonly log: LogLine[];
  job?: Job;
  progress?: JobProgress;
}

export function runningJobs(): RunningJobs {
  const entries = new Set<Entry>();
  const ends = new Set<Promise<unknown>>();
  const listeners = new Set<(item: RunningJob) => void>();
  let writer: Entry | undefined;
  let stopping = false;

  const itemOf = ({ job, log, progress }: Entry): RunningJob | undefined =>
    job && (job.state === 'running' ? { ...job, log: [...log], ...(progress && { progress }) } : job);
  const tell = (entry: Entry) => {
    const item = itemOf(entry);
    if (item) for (const listener of listeners) listener(item);
  };
  const find = (id: string) => [...entries].find((entry) => entry.job?.id === id);

  return {
    async start({ writes }, work) {
      if (stopping) throw new BackupError('CONSOLE_STOPPING', 'Ark is being stopped and starts nothing new.');
      if (writes && writer) {
        throw writer.job
          ? refused('job-here', { kind: writer.job.kind, subject: writer.job.subject })
          : refused('job-running', {});
      }
      const entry: Entry = { controller: new AbortController(), log: [] };
      entries.add(entry);
      if (writes) writer = entry;
      let told = 0;
      return new Promise<RunningJob>((resolve, reject) => {
        const underWay = () => {
          const item = itemOf(entry);
          if (item) resolve(item);
        };
        const release = () => {
          entries.delete(entry);
          if (writer === entry) writer = undefined;
        };
        const end = work({
          signal: entry.controller.signal,
          onRecord(job) {
            entry.job = job;
            if (job.state !== 'running') release();
            tell(entry);
          },
          onLog(line) {
            entry.log.push(line);
            tell(entry);
          },
          onProgress(progress) {
            const sameStage = entry.progress?.stage === progress.stage;
            entry.progress = progress;
            underWay();
            if (sameStage && Date.now() - told < PACE_MS) return;
            told = Date.now();
            tell(entry);
          },
        });
        ends.add(end);
        void end.then(underWay, reject).finally(() => {
          release();
          ends.delete(end);
        });
      });
    },

    get(id) {
      const entry = find(id);
      return entry && itemOf(entry);
    },

    list: () => [...entries].map(itemOf).filter((item) => item !== undefined),

    cancel(id) {
      const entry = find(id);
      entry?.controller.abort();
      return entry !== undefined;
    },

    async *watch({ id, signal }) {
      // Only the latest state of each job waits for a slow reader.
      const waiting = new Map<string, RunningJob>();
      let wake: () => void = () => undefined;
      const listen = (item: RunningJob) => {
        if (id !== undefined && item.id !== id) return;
        waiting.set(item.id, item);
        wake();
      };
      const stop = () => wake();
      listeners.add(listen);
      signal.addEventListener('abort', stop);
      try {
        for (const entry of entries) {
          const item = itemOf(entry);
          if (item) listen(item);
        }
        while (!signal.aborted) {
          for (const [key, item] of waiting) {
            waiting.delete(key);
            yield item;
            if (id !== undefined && item.state !== 'running') return;
          }
          if (waiting.size > 0) continue;
          await new Promise<void>((resolve) => {
            wake = resolve;
            if (signal.aborted) resolve();
          });
        }
      } finally {
        listeners.delete(listen);
        signal.removeEventListener('abort', stop);
      }
    },

    async stop() {
      stopping = true;
      for (const entry of entries) entry.controller.abort();
      await Promise.allSettled(ends);
    },
  };
}
