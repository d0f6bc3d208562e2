import type { ScheduleItem } from '../api/api';
import type { PrunedStorage } from '../actions/schedules/prune';
import { formatBytes } from '../bytes';
import { reasonText } from '../jobs/retention';
import type { Run } from '../jobs/runs';
import { table } from './table';
import { localTime } from './time';

export function scheduleText(items: readonly ScheduleItem[]): string[] {
  if (items.length === 0) return ['There is no schedule yet. "ark schedule add" makes one.'];
  const rows = items.map((schedule) => [
    schedule.name,
    [timingText(schedule.timing), schedule.timeZone],
    schedule.on ? schedule.next.map(localTime) : 'off',
    schedule.storages.length > 0 ? schedule.storages : 'the default one',
    schedule.last ? `${schedule.last.state} ${localTime(schedule.last.startedAt)}` : 'never',
  ]);
  const problems = items.flatMap((schedule) =>
    schedule.problems.map(({ message }) => `! ${schedule.name}: ${message}`),
  );
  const narrowed = items.flatMap(({ name, exclude, noRows }) => [
    ...(exclude ? [`${name}: excluded: ${exclude.join(', ')}`] : []),
    ...(noRows ? [`${name}: structure only: ${noRows.join(', ')}`] : []),
  ]);
  return [
    ...table(['schedule', 'when', 'next runs', 'storages', 'last run'], rows, { compact: false }),
    ...narrowed,
    ...problems,
  ];
}

function timingText(timing: ScheduleItem['timing']): string {
  if ('cron' in timing) return timing.cron;
  const at = timing.at === undefined ? '' : ` at ${timing.at}`;
  const { every, unit } = timing;
  return `every ${every === 1 ? unit.slice(0, -1) : `${every} ${unit}`}${at}`;
}

export function runText(runs: readonly { name: string; run: Run }[]): string[] {
  if (runs.length === 0) return ['Nothing is due.'];
  return runs.map(({ name, run }) => {
    const where = run.storages
      .map((storage) =>
        storage.error
          ? `${storage.storage}: ${storage.error.code}`
          : `${storage.storage}: ${storage.name ?? ''}`,
      )
      .join(', ');
    const gone = run.removed ? `, ${run.removed.length} old deleted` : '';
    return `${name}: ${run.state}. ${where}${gone}${run.rehearsed ? `, proven restorable${run.proof === 'database' ? '' : ' beside this app'}` : ''}`;
  });
}

export function prunedText(all: readonly PrunedStorage[]): string[] {
  return all.flatMap(({ storage, decisions }) => [
    storage,
    ...table(
      ['', 'backup', 'made', 'size', 'because'],
      decisions.map((decision) => [
        decision.keep ? 'stays' : 'GOES',
        decision.name,
        localTime(decision.createdAt),
        formatBytes(decision.size),
        decision.reasons.map(reasonText).join(', '),
      ]),
      { compact: false },
    ),
  ]);
}
