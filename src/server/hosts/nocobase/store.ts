import type { Application, Repository } from '@nocobase/server';
import { Job, type JobStore } from '../../jobs/jobs';
import type { SettingKind, SettingsStore } from '../../settings';

/** Records kept at most; the oldest go. */
const KEEP = 500;

/** The app is closed and opened again while it reloads; a record must be written all the same. */
async function repository(app: Application, collection: string): Promise<Repository> {
  if (app.db.closed()) await app.db.reconnect();
  return app.db.getRepository(collection);
}

/** Jobs in the app's own database, in a collection that no restore touches: every node of a cluster sees them. */
export function collectionJobs(app: Application): JobStore {
  const jobs = () => repository(app, 'arkJobs');
  const read = (row: { toJSON(): Record<string, unknown> } | null): Job | undefined => {
    const parsed = Job.safeParse(row?.toJSON().record);
    return parsed.success ? parsed.data : undefined;
  };
  return {
    async save(job) {
      const rows = await jobs();
      const { id, startedAt } = job;
      await rows.updateOrCreate({ filterKeys: ['id'], values: { id, startedAt, record: job } });
      if (job.state === 'running') return;
      const old = await rows.find({ sort: ['-startedAt'], offset: KEEP, limit: 100, fields: ['id'] });
      if (old.length > 0) await rows.destroy({ filterByTk: old.map((row) => row.toJSON().id) });
    },
    get: async (id) => read(await (await jobs()).findOne({ filterByTk: id })),
    async list() {
      const records = await (await jobs()).find({ sort: ['-startedAt'], limit: KEEP });
      return records.map(read).filter((job) => job !== undefined);
    },
  };
}

const COLLECTIONS: Record<SettingKind, string> = {
  storages: 'arkStorages',
  schedules: 'arkSchedules',
  settings: 'arkSettings',
};

/** NocoBase offers every collection to its general actions; these hold sealed secrets and are Ark's alone. */
export const OWN_COLLECTIONS: readonly string[] = ['arkJobs', ...Object.values(COLLECTIONS)];

export function collectionSettings(app: Application): SettingsStore {
  const of = (kind: SettingKind) => repository(app, COLLECTIONS[kind]);
  return {
    async list(kind) {
      const records = await (await of(kind)).find({ sort: ['name'] });
      return records.map((row) => row.toJSON() as { name: string; value: unknown });
    },
    async get(kind, name) {
      return (await (await of(kind)).findOne({ filterByTk: name }))?.toJSON().value;
    },
    async save(kind, name, value) {
      await (await of(kind)).updateOrCreate({ filterKeys: ['name'], values: { name, value } });
    },
    async remove(kind, name) {
      await (await of(kind)).destroy({ filterByTk: name });
    },
  };
}
