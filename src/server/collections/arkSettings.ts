import { defineCollection } from '@nocobase/database';

/** What else an admin has set; secrets in `value` are sealed. No backup takes it, Ark's own or another's. */
export default defineCollection({
  name: 'arkSettings',
  dumpRules: { skipped: true },
  migrationRules: ['schema-only'],
  autoGenId: false,
  timestamps: false,
  fields: [
    { name: 'name', type: 'string', primaryKey: true, allowNull: false },
    { name: 'value', type: 'json' },
  ],
});
