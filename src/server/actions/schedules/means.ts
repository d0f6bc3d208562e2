import type { Watch } from '../../jobs/jobs';
import { wallClock } from '../../jobs/scheduler';
import type { Ark } from '../ark';
import type { Means } from './scheduledBackup';

/** Schedules run as jobs of this process, which the page follows like any other. */
export function meansOf(ark: Ark, more: Partial<Pick<Means, 'say' | 'clock' | 'stopping'>> = {}): Means {
  const { host, catalog, running } = ark;
  return {
    host,
    catalog,
    clock: wallClock,
    stopping: () => false,
    inUse: () => busyNames(ark),
    async start<T>(options: { writes: boolean }, work: (watch: Watch) => Promise<T>): Promise<T> {
      let end: Promise<T> | undefined;
      await running.start(options, (watch) => (end = work(watch)));
      return end as Promise<T>;
    },
    ...more,
  };
}

/** The names of what is being done now. */
export const busyNames = ({ running }: Ark): ReadonlySet<string> =>
  new Set(
    running
      .list()
      .filter((job) => job.state === 'running')
      .map((job) => job.subject),
  );
