import { defineCollection } from '@nocobase/database';

/** The schedules; secrets in `value` are sealed. No backup takes it, Ark's own or another's. */
export default defineCollection({
  name: 'arkSchedules',
  dumpRules: { skipped: true },
  migrationRules: ['schema-only'],
  autoGenId: false,
  timestamps: false,
  fields: [
    { name: 'name', type: 'string', primaryKey: true, allowNull: false },
    { name: 'value', type: 'json' },
  ],
});
