import Table from 'cli-table3';
import type { ScheduleItem } from '../actions/api';
import type { PrunedStorage } from '../actions/prune';
import { formatBytes } from '../bytes';
import { reasonText } from '../jobs/retention';
import type { Run } from '../jobs/runs';

const plain = { style: { head: [], border: [] } };

export function scheduleText(items: readonly ScheduleItem[]): string {
  if (items.length === 0) return 'There is no schedule yet. "ark schedule add" makes one.';
  const table = new Table({ head: ['schedule', 'when', 'next runs', 'storages', 'last run'], ...plain });
  for (const one of items) {
    table.push([
      one.name,
      `${timingText(one.timing)}\n${one.timeZone}`,
      one.on ? one.next.join('\n') : 'off',
      one.storages.length > 0 ? one.storages.join('\n') : 'the default one',
      one.last ? `${one.last.state} ${one.last.startedAt}` : 'never',
    ]);
  }
  const problems = items.flatMap((one) => one.problems.map(({ message }) => `! ${one.name}: ${message}`));
  return [table.toString(), ...problems].join('\n');
}

function timingText(timing: ScheduleItem['timing']): string {
  if ('cron' in timing) return timing.cron;
  const at = timing.at === undefined ? '' : ` at ${timing.at}`;
  const { every, unit } = timing;
  return `every ${every === 1 ? unit.slice(0, -1) : `${every} ${unit}`}${at}`;
}

export function runText(runs: readonly { name: string; run: Run }[]): string {
  if (runs.length === 0) return 'Nothing is due.';
  return runs
    .map(({ name, run }) => {
      const where = run.storages
        .map((one) => (one.error ? `${one.storage}: ${one.error.code}` : `${one.storage}: ${one.name ?? ''}`))
        .join(', ');
      const gone = run.removed ? `, ${run.removed.length} old deleted` : '';
      return `${name}: ${run.state}. ${where}${gone}${run.rehearsed ? ', proven restorable' : ''}`;
    })
    .join('\n');
}

export function prunedText(all: readonly PrunedStorage[]): string {
  return all
    .map(({ storage, decisions }) => {
      const table = new Table({ head: ['', 'backup', 'made', 'size', 'because'], ...plain });
      for (const one of decisions) {
        const why = one.reasons.map(reasonText).join(', ');
        table.push([one.keep ? 'stays' : 'GOES', one.name, one.createdAt, formatBytes(one.size), why]);
      }
      return `${storage}\n${table.toString()}`;
    })
    .join('\n');
}
