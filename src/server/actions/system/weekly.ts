import { formatBytes } from '../../bytes';
import { cleaned } from '../../cleaned';
import { DAY, HOUR } from '../../durations';
import { asBackupError } from '../../errors/errors';
import type { Host } from '../../host';
import { clockWentBack, dueRun, nextRun } from '../../jobs/schedule';
import { changeLog, raise, readAlarmLog, readChannels, weeklyPlan } from '../alarms/alarms';
import type { Catalog } from '../backups/catalog';
import { listSchedules, planOf } from '../schedules/schedules';
import { safetyOf } from './safety';
import type * as api from '../../api/api';

/** Older than that nothing is well, whatever limit is set. */
const WEEK = 7 * DAY;
/** Of each kind; how many more there are is said. */
const SHOWN = 8;

/**
 * Tells once a week that all is well, or that it is not. One process tells it; of several that were missed the
 * newest is made up for, as things stand now.
 */
export async function checkWeekly(host: Host, catalog: Catalog, now: Date): Promise<void> {
  const { weekly, webhook, email } = await readChannels(host);
  if (!weekly || !(webhook ?? email)) return;
  const isDue = (settled: string | undefined): boolean =>
    settled !== undefined &&
    dueRun(weeklyPlan(weekly, new Date(settled)), new Date(settled), now) !== undefined;
  const isUnset = (settled: string | undefined): boolean =>
    settled === undefined || clockWentBack(new Date(settled), now) !== undefined;
  const { weeklySettled } = await readAlarmLog(host);
  if (!isDue(weeklySettled) && !isUnset(weeklySettled)) return;
  const turn = { ours: false };
  await changeLog(host, (log) => {
    turn.ours = isDue(log.weeklySettled);
    return turn.ours || isUnset(log.weeklySettled) ? { ...log, weeklySettled: now.toISOString() } : log;
  });
  if (!turn.ours) return;
  const { well, message } = await Promise.all([safetyOf(host, catalog, now), weekOf(host, now)]).then(
    ([safety, week]) => weeklyText(safety, week, now),
    (cause: unknown) => ({ well: false, message: cannotTell(cause) }),
  );
  await raise(host, { event: well ? 'well' : 'unwell', message }, now);
}

const cannotTell = (cause: unknown): string =>
  `Whether all is well cannot be told: ${cleaned(asBackupError(cause).message, 300)}`;

interface Week {
  readonly done: number;
  readonly failed: number;
  readonly bytes: number;
  readonly next: readonly { schedule: string; at: string }[];
}

async function weekOf(host: Host, now: Date): Promise<Week> {
  const since = new Date(now.getTime() - WEEK).toISOString();
  const jobs = (await host.jobs.list()).filter(
    ({ kind, startedAt }) => kind === 'backup' && startedAt >= since && startedAt <= now.toISOString(),
  );
  const done = jobs.filter(({ state }) => state === 'done');
  const next = (await listSchedules(host)).flatMap((schedule) => {
    const at = schedule.on ? nextRun(planOf(schedule), now) : undefined;
    return at ? [{ schedule: schedule.name, at: at.toISOString() }] : [];
  });
  return {
    done: done.length,
    failed: jobs.filter(({ state }) => state === 'failed').length,
    bytes: done.reduce((sum, { result }) => sum + ((result as { size?: number } | undefined)?.size ?? 0), 0),
    next: next.sort((a, b) => (a.at < b.at ? -1 : 1)),
  };
}

/** In sentences. Not well: whatever the page would warn of, and a last good backup of more than a week ago. */
export function weeklyText(
  safety: api.Safety,
  week: Week,
  now: Date,
): { readonly well: boolean; readonly message: string } {
  const { lastGood, banners, storages } = safety;
  const age = lastGood && now.getTime() - Date.parse(lastGood.createdAt);
  const troubles = [
    ...banners.map(({ message }) => cleaned(message, 300)),
    ...(age !== undefined && age > WEEK ? ['The last good backup is more than a week old.'] : []),
    ...(lastGood || banners.some(({ kind }) => kind === 'none') ? [] : ['There is no good backup.']),
  ];
  const sentences = [
    ...some(troubles, (trouble) => trouble),
    ...(lastGood && age !== undefined ? [lastGoodText(lastGood, age)] : []),
    `In the last 7 days: ${week.done} ${week.done === 1 ? 'backup' : 'backups'}, ${formatBytes(week.bytes)}${week.failed > 0 ? `; ${week.failed} failed` : ''}.`,
    ...some(
      storages.filter(({ error }) => error === undefined),
      ({ name, backups, used }) => `Storage ${cleaned(name)}: ${backups}, ${formatBytes(used)}.`,
    ),
    ...(week.next.length === 0
      ? ['No schedule is on.']
      : some(week.next, ({ schedule, at }) => `Next ${cleaned(schedule)}: ${at}.`)),
  ];
  return { well: troubles.length === 0, message: sentences.join(' ') };
}

const some = <T>(items: readonly T[], text: (item: T) => string): string[] => [
  ...items.slice(0, SHOWN).map(text),
  ...(items.length > SHOWN ? [`And ${items.length - SHOWN} more.`] : []),
];

function lastGoodText(
  { name, createdAt, size, verifiedAt, rehearsedAt, proof, storages }: NonNullable<api.Safety['lastGood']>,
  age: number,
): string {
  const state =
    rehearsedAt !== undefined
      ? `restore tested ${proof === 'database' ? 'in a database of its own' : 'beside the app'}`
      : verifiedAt !== undefined
        ? 'every byte checked'
        : 'written and read back, restore not tested';
  const hours = Math.floor(age / HOUR);
  const where = storages.map((storage) => cleaned(storage)).join(', ');
  return `Last good backup: ${cleaned(name)} of ${createdAt}, ${hours} ${hours === 1 ? 'hour' : 'hours'} old, ${formatBytes(size)}, ${state}, in ${where}.`;
}
