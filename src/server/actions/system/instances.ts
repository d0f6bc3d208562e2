import type { Host } from '../../host';
import { nextRun } from '../../jobs/schedule';
import { listSchedules, planOf } from '../schedules/schedules';
import { instanceId } from '../trust/instance';
import { instancesBy } from '../backups/instanceOf';
import { byInstance, type InstanceState } from '../backups/instances';
import { backupItems } from '../backups/ownBackups';

/** Each instance that has backups in a list, and how it stands; of this one its own schedules say when the next is due. */
export async function instancesIn(
  host: Host,
  items: Parameters<typeof backupItems>[1],
  now: Date,
): Promise<InstanceState[]> {
  const [backups, whose, number, schedules] = await Promise.all([
    backupItems(host, items),
    instancesBy(host),
    // Without the database it is not known which number is ours.
    instanceId(host).catch(() => undefined),
    listSchedules(host),
  ]);
  const [next] = schedules
    .filter(({ on }) => on)
    .flatMap((schedule) => nextRun(planOf(schedule), now)?.toISOString() ?? [])
    .sort();
  return byInstance(
    backups.map((item) => ({ ...item, ...whose(item) })),
    now,
  ).map(({ next: said, ...state }) => {
    const own = state.instance === host.instance && (state.id === undefined || state.id === number);
    if (!own) return { ...state, ...(said !== undefined && { next: said }) };
    const problems = state.problems.filter((problem) => problem !== 'late');
    return { ...state, own, problems, ...(next !== undefined && { next }) };
  });
}
