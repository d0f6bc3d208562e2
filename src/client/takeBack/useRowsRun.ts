import { useCallback, useEffect, useState } from 'react';
import { asApiError, type ApiError, type JobItem, type Started } from '../api/api';
import type { Running } from '../api/useArkData';

export interface RowsRun {
  readonly job: JobItem | undefined;
  /** Why none began. */
  readonly error: ApiError | undefined;
  readonly starting: boolean;
  /** What was shown was no longer so: nothing was written, and it is shown anew. */
  readonly changed: boolean;
  readonly start: (asked: () => Promise<Started>) => void;
}

/** Starts a job of rows and follows it; `again` looks anew when what was shown is no longer so, which `code` says. */
export function useRowsRun({ jobs, tell }: Running, again: () => void, code = 'ROWS_CHANGED'): RowsRun {
  const [job, setJob] = useState<JobItem>();
  const [error, setError] = useState<ApiError>();
  const [starting, setStarting] = useState(false);
  const [changed, setChanged] = useState(false);
  const current = job && (jobs.find(({ id }) => id === job.id) ?? job);
  const outdated = current?.error?.code === code;
  useEffect(() => {
    if (!outdated) return;
    setJob(undefined);
    setChanged(true);
    again();
  }, [again, outdated]);
  const start = useCallback(
    (asked: () => Promise<Started>) => {
      setStarting(true);
      setError(undefined);
      setChanged(false);
      asked()
        .then(
          (started) => {
            setJob(started.job);
            tell(started.job);
          },
          (cause: unknown) => setError(asApiError(cause)),
        )
        .finally(() => setStarting(false));
    },
    [tell],
  );
  return { job: current, error, starting, changed, start };
}
