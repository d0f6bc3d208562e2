import { defineCollection } from '@nocobase/database';

/** The records of jobs; `record` is one as src/server/jobs/jobs.ts describes it. No backup takes it, Ark's own or another's. */
export default defineCollection({
  name: 'arkJobs',
  dumpRules: { skipped: true },
  migrationRules: ['schema-only'],
  autoGenId: false,
  timestamps: false,
  fields: [
    { name: 'id', type: 'string', primaryKey: true, allowNull: false },
    { name: 'startedAt', type: 'string', index: true },
    { name: 'record', type: 'json' },
  ],
});
