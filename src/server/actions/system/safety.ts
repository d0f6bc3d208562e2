import { failureOf } from '../../errors/errors';
import type { Host } from '../../host';
import type { Channels } from '../../jobs/notify';
import { readBook } from '../../jobs/runs';
import { allowedSince, nextRun } from '../../jobs/schedule';
import { ageOf, ageText, deliveredBy, readAlarmLog, readChannels } from '../alarms/alarms';
import type * as api from '../../api/api';
import type { StoredItem } from '../backups/storedItem';
import type { Catalog } from '../backups/catalog';
import { notBackedUp } from './notBackedUp';
import { backupItems, ownBackups } from '../backups/ownBackups';
import { outsideOf } from '../storages/offsite';
import { stepsOf } from './steps';
import { describeSchedule, listSchedules, planOf } from '../schedules/schedules';

type Banner = api.Safety['banners'][number];

/** Whether the app is safe, at a glance. A storage that does not answer is told of and hides nothing else. */
export async function safetyOf(host: Host, catalog: Catalog, now: Date): Promise<api.Safety> {
  const [{ storages, items }, schedules] = await Promise.all([
    lookIntoStorages(host, catalog),
    listSchedules(host),
  ]);
  const known = await ownBackups(host);
  const own = (await backupItems(host, items)).flatMap((backup) => {
    const ours = known.ownOf(backup);
    return ours ? [{ ...backup, createdAt: ours.createdAt }] : [];
  });
  // What bears a time that has not come is not newer than anything.
  const passed = own.filter((backup) => Date.parse(backup.createdAt) <= now.getTime());
  const newest = passed.reduce<api.BackupItem | undefined>(
    (best, backup) => (!best || backup.createdAt > best.createdAt ? backup : best),
    undefined,
  );
  const better = newest && betterProven(newest, passed);
  const missing = newest && (await notBackedUp(host, passed, now));
  const coming = schedules
    .filter((schedule) => schedule.on)
    .map((schedule) => ({ schedule: schedule.name, at: nextRun(planOf(schedule), now)?.toISOString() }))
    .filter((beat): beat is { schedule: string; at: string } => beat.at !== undefined)
    .sort((a, b) => (a.at < b.at ? -1 : 1));
  const channels = await readChannels(host).catch((): Channels => ({}));
  const { webhook, email, heartbeat } = channels;
  const ofSchedules = await bannersOfSchedules(host, now);
  const ofAlarms = await bannersOfAlarms(host, now);
  const outside = await outsideOf(host);
  const log = await readAlarmLog(host);
  const steps = stepsOf(
    {
      storages: storages.map(({ name, error }) => ({
        name,
        where: outside.get(name)?.where ?? 'unreadable',
        // A backup that was read back there has tested more.
        tested: outside.get(name)?.testedAt !== undefined || passed.some(({ storage }) => storage === name),
        answers: error === undefined,
      })),
      schedules: schedules.map((schedule) => ({
        name: schedule.name,
        on: schedule.on,
        storages: schedule.storages,
        retention: schedule.retention !== undefined,
        failing: ofSchedules.some(
          (banner) => banner.schedule === schedule.name && ['failed', 'problem'].includes(banner.kind),
        ),
        since: allowedSince(planOf(schedule), now),
      })),
      channels: deliveredBy(channels, log),
      backups: passed.map((backup) => ({ ...backup, proven: backup.rehearsedAt !== undefined })),
      complete: missing?.notBackedUp && nothingMissing(missing.notBackedUp),
      stale: ofAlarms.some(({ kind }) => kind === 'stale'),
    },
    now,
  );
  const banners: Banner[] = [
    ...ofSchedules,
    ...storages
      .filter((storage) => storage.error !== undefined)
      .map((storage): Banner => {
        const { code = '', message = '', details } = storage.error ?? {};
        return {
          level: 'warning',
          kind: 'storage',
          storage: storage.name,
          code,
          message,
          ...(details && { details }),
        };
      }),
    ...ofAlarms,
    ...(own.length > 0 ? [] : [NONE]),
  ];
  return {
    steps,
    ...(newest && { lastGood: whereAbouts(newest, passed) }),
    ...(better && { lastProven: whereAbouts(better, passed) }),
    ...missing,
    ...(coming[0] && { next: coming[0] }),
    storages,
    used: storages.reduce((sum, storage) => sum + storage.used, 0),
    schedules: { total: schedules.length, on: coming.length },
    // A limit of age alone reaches nobody.
    alarms: [webhook, email, heartbeat].some((channel) => channel !== undefined),
    banners: banners.sort((a, b) => (a.level === b.level ? 0 : a.level === 'error' ? -1 : 1)),
  };
}

const nothingMissing = ({ groups, files, aesKey }: api.NotBackedUp): boolean =>
  groups.length === 0 && !files && !aesKey;

const NONE: Banner = { level: 'warning', kind: 'none', message: 'There is no backup of this app yet.' };

const proven = ({ rehearsedAt, proof, verifiedAt }: api.BackupItem): number =>
  rehearsedAt !== undefined ? (proof === 'database' ? 3 : 2) : verifiedAt !== undefined ? 1 : 0;

/** The best proven of all, and of these the newest, where that is more than is proven of this one. */
function betterProven(newest: api.BackupItem, all: readonly api.BackupItem[]): api.BackupItem | undefined {
  const [best] = all.toSorted((a, b) => proven(b) - proven(a) || (a.createdAt < b.createdAt ? 1 : -1));
  return best && proven(best) > proven(newest) ? best : undefined;
}

function whereAbouts(
  newest: api.BackupItem,
  all: readonly api.BackupItem[],
): NonNullable<api.Safety['lastGood']> {
  const { name, createdAt, size, verifiedAt, rehearsedAt, proof, unproven } = newest;
  const copies = all.filter((backup) => backup.name === name && backup.size === size);
  return {
    name,
    createdAt,
    size,
    ...(verifiedAt !== undefined && { verifiedAt }),
    ...(rehearsedAt !== undefined && { rehearsedAt }),
    ...(proof && { proof }),
    ...(unproven && { unproven }),
    storages: copies.map((copy) => copy.storage),
  };
}

async function lookIntoStorages(
  host: Host,
  catalog: Catalog,
): Promise<{ storages: api.Safety['storages'][number][]; items: StoredItem[] }> {
  const all = await host.storages.list();
  const looked = await Promise.all(
    all.map(async ({ name, kind }) => {
      try {
        const { items, failed } = await catalog.list(host, name);
        const [failure] = failed;
        if (failure) {
          const { code, message, details } = failure;
          const error = { code, message, ...(details && { details }) };
          return { storage: { name, kind, backups: 0, used: 0, error }, items: [] };
        }
        const used = items.reduce((sum, item) => sum + item.size, 0);
        return { storage: { name, kind, backups: items.length, used }, items };
      } catch (cause) {
        return { storage: { name, kind, backups: 0, used: 0, error: failureOf(cause) }, items: [] };
      }
    }),
  );
  return {
    storages: looked.map((result) => result.storage),
    items: looked.flatMap((result) => result.items),
  };
}

async function bannersOfSchedules(host: Host, now: Date): Promise<Banner[]> {
  const banners: Banner[] = [];
  for (const schedule of await listSchedules(host)) {
    const { name } = schedule;
    const last = (await readBook(host.settings, name))?.last;
    if (last?.error) {
      banners.push({ level: 'error', kind: 'failed', schedule: name, at: last.startedAt, ...last.error });
    } else if (last && last.missed > 0) {
      const message = `${last.missed} scheduled ${last.missed === 1 ? 'backup was' : 'backups were'} missed while Ark was not running; made up.`;
      banners.push({ level: 'warning', kind: 'missed', schedule: name, at: last.startedAt, message });
    }
    if (!schedule.on) continue;
    for (const problem of (await describeSchedule(host, schedule, now)).problems) {
      banners.push({ level: 'error', kind: 'problem', schedule: name, ...problem });
    }
  }
  return banners;
}

async function bannersOfAlarms(host: Host, now: Date): Promise<Banner[]> {
  const banners: Banner[] = [];
  try {
    const age = await ageOf(host, now);
    if (age?.old) banners.push({ level: 'error', kind: 'stale', message: ageText(age) });
  } catch (cause) {
    banners.push({ level: 'warning', kind: 'alarm', ...failureOf(cause) });
  }
  // The newest word of each channel: one that went through again is no trouble any more.
  const told = new Set<string>();
  for (const { channel, error, details, at } of (await readAlarmLog(host)).sent) {
    if (told.has(channel)) continue;
    told.add(channel);
    if (error === undefined) continue;
    banners.push({
      level: 'warning',
      kind: 'alarm',
      code: 'ALARM_FAILED',
      at,
      message: error,
      ...(details && { details }),
    });
  }
  return banners;
}
