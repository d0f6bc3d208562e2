import { useEffect, useState } from 'react';
import { asApiError, type ApiError, type ArkApi, type Safety, type ScheduleItem } from '../api/api';

export interface Watched {
  /** Undefined until they are there. */
  readonly safety: Safety | undefined;
  readonly schedules: readonly ScheduleItem[] | undefined;
  /** Why the schedules could not be read. */
  readonly error: ApiError | undefined;
}

const RUNNING_MS = 2000;
const AFTER_MS = 3000;
const LONGEST_MS = 5 * 60_000;

/**
 * Whether the app is safe, and its schedules; read again with each `stamp`. No event tells when a run has written
 * down what became of it, nor that a moment has come: for these it looks again by itself.
 */
export function useSafety(api: ArkApi, stamp: number, onRunEnded: () => void): Watched {
  const [watched, setWatched] = useState<Watched>({
    safety: undefined,
    schedules: undefined,
    error: undefined,
  });
  const [looks, setLooks] = useState(0);
  useEffect(() => {
    let over = false;
    const show = (news: Partial<Watched>) => {
      if (!over) setWatched((before) => ({ ...before, ...news }));
    };
    // Each as soon as it is there: safety asks the database and every storage.
    api.getSafety().then(
      (safety) => show({ safety }),
      () => undefined,
    );
    api.listSchedules().then(
      (schedules) => show({ schedules, error: undefined }),
      (cause: unknown) => show({ error: asApiError(cause) }),
    );
    return () => {
      over = true;
    };
  }, [api, looks, stamp]);

  const running = watched.schedules?.some((schedule) => schedule.running !== undefined) ?? false;
  useEffect(() => {
    const next = Date.parse(watched.safety?.next?.at ?? '');
    const wait = running
      ? RUNNING_MS
      : Math.min(LONGEST_MS, Number.isNaN(next) ? LONGEST_MS : Math.max(0, next - Date.now()) + AFTER_MS);
    let over = false;
    const timer = setTimeout(() => {
      // Asking for the schedules is cheap, asking every storage what it has is not.
      if (!running) setLooks((count) => count + 1);
      else {
        api.listSchedules().then(
          (schedules) => {
            if (over) return;
            setWatched((before) => ({ ...before, schedules }));
            // Old backups may have gone, too.
            if (!schedules.some((schedule) => schedule.running !== undefined)) onRunEnded();
          },
          () => undefined,
        );
      }
    }, wait);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [api, onRunEnded, running, watched]);
  return watched;
}
