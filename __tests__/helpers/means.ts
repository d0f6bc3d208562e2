import { join } from 'node:path';
import { catalog } from '../../src/server/actions/backups/catalog';
import type { Means } from '../../src/server/actions/schedules/scheduledBackup';
import { look, runSchedule } from '../../src/server/actions/schedules/scheduledRun';
import type { Host } from '../../src/server/host';
import type { Run } from '../../src/server/jobs/runs';
import { fakeClock, type FakeClock } from './clock';

export interface Keeper extends Means {
  readonly clock: FakeClock;
  readonly said: string[];
  /** One look at the clock, and all that is due. */
  turn(): Promise<(Run | undefined)[]>;
}

/** Runs schedules in this process, by a clock of its own. */
export function keeper(host: Host, folder: string, start: string, more: Partial<Means> = {}): Keeper {
  const said: string[] = [];
  const clock = fakeClock(start);
  const means: Means = {
    host,
    catalog: catalog(join(folder, 'cache', 'backups.json')),
    clock,
    start: (_, work) => work({}),
    inUse: () => new Set(),
    stopping: () => false,
    say: (line) => said.push(line),
    ...more,
  };
  return {
    ...means,
    clock,
    said,
    async turn() {
      const runs: (Run | undefined)[] = [];
      for (const name of (await look(means, clock.now())).due)
        runs.push(await runSchedule(means, name, false));
      return runs;
    },
  };
}
