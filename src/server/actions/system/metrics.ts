import type { Ark } from '../ark';
import type { Host } from '../../host';
import { nextRun } from '../../jobs/schedule';
import { readBook } from '../../jobs/runs';
import type { Catalog } from '../backups/catalog';
import type { InstanceState } from '../backups/instances';
import { listSchedules, planOf } from '../schedules/schedules';
import { instancesIn } from './instances';
import { exposition, type Metric, type Sample } from './exposition';

/** What a monitoring system keeps a series for; of what is beyond, how many there are. */
const MOST = 200;

/** Scrapes that come close together share an answer: each would look into all storages. */
const FRESH_MS = 10_000;
const fresh = new WeakMap<Catalog, { readonly at: number; readonly text: Promise<string> }>();

/** The metrics as they are, or were some seconds ago. */
export function freshMetrics({ host, catalog }: Pick<Ark, 'host' | 'catalog'>): Promise<string> {
  const now = Date.now();
  const last = fresh.get(catalog);
  if (last && Math.abs(now - last.at) <= FRESH_MS) return last.text;
  const text = metricsText(host, catalog, new Date(now));
  fresh.set(catalog, { at: now, text });
  text.catch(() => fresh.delete(catalog));
  return text;
}

/** Its form, as Prometheus asks for it. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Everything that there is to watch, in Prometheus' text form: names, times, sizes, and no secret. */
export async function metricsText(host: Host, catalog: Catalog, now: Date): Promise<string> {
  const [{ items, failed }, storages, schedules] = await Promise.all([
    catalog.list(host),
    host.storages.list(),
    listSchedules(host),
  ]);
  const all = await instancesIn(host, items, now);
  // The own one first: it is never the one that is left out.
  const instances = all.toSorted((a, b) => Number(isOwn(b)) - Number(isOwn(a))).slice(0, MOST);
  const down = new Set(failed.map(({ storage }) => storage));
  const used = new Map<string, { backups: number; bytes: number }>();
  for (const { storage, size } of items) {
    const before = used.get(storage) ?? { backups: 0, bytes: 0 };
    used.set(storage, { backups: before.backups + 1, bytes: before.bytes + size });
  }
  const shownStorages = storages.slice(0, MOST);
  const shownSchedules = schedules.slice(0, MOST);
  const books = await Promise.all(shownSchedules.map(({ name }) => readBook(host.settings, name)));
  const perInstance = (value: (state: InstanceState) => number | undefined): Sample[] =>
    instances.flatMap((state) => sampleOf(labelsOf(state), value(state)));
  const perStorage = (value: (name: string) => number | undefined): Sample[] =>
    shownStorages.flatMap(({ name }) => sampleOf({ storage: name }, value(name)));
  const perSchedule = (value: (index: number) => number | undefined): Sample[] =>
    shownSchedules.flatMap(({ name }, index) => sampleOf({ schedule: name }, value(index)));
  const left = all.length + storages.length + schedules.length;
  const shown = instances.length + shownStorages.length + shownSchedules.length;
  const metrics: Metric[] = [
    {
      name: 'ark_last_good_backup_timestamp_seconds',
      help: 'When the last good backup of an instance was made.',
      samples: perInstance(({ lastGood }) => lastGood && seconds(lastGood.createdAt)),
    },
    {
      name: 'ark_last_good_backup_age_seconds',
      help: 'How old it is.',
      samples: perInstance(({ age }) => age),
    },
    {
      name: 'ark_last_good_backup_size_bytes',
      help: 'How large it is.',
      samples: perInstance(({ lastGood }) => lastGood?.size),
    },
    {
      name: 'ark_last_good_backup_proof',
      help: '0 written and read back, 1 every byte checked, 2 restored beside the app, 3 restored into an empty database.',
      samples: perInstance(({ lastGood }) => lastGood?.proof),
    },
    {
      name: 'ark_backups',
      help: 'Backups of an instance, copies included.',
      samples: perInstance((state) => state.backups),
    },
    {
      name: 'ark_backups_bytes',
      help: 'What they take.',
      samples: perInstance(({ bytes }) => bytes),
    },
    {
      name: 'ark_instance_problems',
      help: 'Kinds of problems of an instance; the list of all instances names them.',
      samples: perInstance(({ problems }) => problems.length),
    },
    {
      name: 'ark_storage_up',
      help: '1 if the storage could be listed.',
      samples: perStorage((name) => (down.has(name) ? 0 : 1)),
    },
    {
      name: 'ark_storage_backups',
      help: 'Backups in a storage that could be listed.',
      samples: perStorage((name) => (down.has(name) ? undefined : (used.get(name)?.backups ?? 0))),
    },
    {
      name: 'ark_storage_used_bytes',
      help: 'What they take.',
      samples: perStorage((name) => (down.has(name) ? undefined : (used.get(name)?.bytes ?? 0))),
    },
    {
      name: 'ark_schedule_on',
      help: '1 if the schedule is on.',
      samples: perSchedule((index) => (shownSchedules[index]?.on ? 1 : 0)),
    },
    {
      name: 'ark_schedule_next_run_timestamp_seconds',
      help: 'When it runs next.',
      samples: perSchedule((index) => {
        const schedule = shownSchedules[index];
        const at = schedule?.on ? nextRun(planOf(schedule), now) : undefined;
        return at && seconds(at.toISOString());
      }),
    },
    {
      name: 'ark_schedule_last_run_timestamp_seconds',
      help: 'When its last run began.',
      samples: perSchedule((index) => {
        const last = books[index]?.last;
        return last && seconds(last.startedAt);
      }),
    },
    {
      name: 'ark_schedule_last_run_success',
      help: '1 if its last run went well.',
      samples: perSchedule((index) => {
        const last = books[index]?.last;
        return last && (last.error ? 0 : 1);
      }),
    },
    {
      name: 'ark_instances',
      help: 'Instances that have backups in the storages.',
      samples: [{ value: all.length }],
    },
    {
      name: 'ark_left_out',
      help: `Instances, storages and schedules beyond ${MOST} of each, which have no series here.`,
      samples: [{ value: left - shown }],
    },
  ];
  return exposition(metrics);
}

const isOwn = ({ own = false }: InstanceState): boolean => own;
/** Two apps may have one name; by the number that each drew for itself they are two series. */
const labelsOf = ({ instance = '', id }: InstanceState): Record<string, string> => ({
  instance,
  ...(id !== undefined && { id }),
});
const seconds = (time: string): number => Date.parse(time) / 1000;
const sampleOf = (labels: Record<string, string>, value: number | undefined): Sample[] =>
  value === undefined ? [] : [{ labels, value }];
