import type { ScheduleItem, StorageItem } from '../api/api';
import { formOf, NIGHTLY_KEEP, type ScheduleForm } from '../schedules/scheduleForm';

/** What is in the form at first: what a safe schedule needs, on top of what is set already. */
export function scheduleStart(
  schedule: ScheduleItem | undefined,
  storages: readonly StorageItem[],
  offsite: string | undefined,
): Partial<ScheduleForm> {
  const usual = storages.filter((storage) => storage.default).map(({ name }) => name);
  const before = schedule?.storages ?? [];
  const names = new Set([
    ...(before.length > 0 ? before : usual),
    ...(offsite === undefined ? [] : [offsite]),
  ]);
  return {
    on: true,
    storages: [...names],
    retention: schedule?.retention === undefined ? NIGHTLY_KEEP : formOf(schedule).retention,
  };
}
