import type { Database } from '../../src/server/dumper/dialect';

/** As for an account that may not make databases: a rehearsal builds in a schema beside the app. */
export const withoutFresh = (database: Database): Database => ({
  ...database,
  lock: async (job) => ({
    ...(await database.lock(job)),
    fresh: () => Promise.resolve({ why: 'rights' }),
  }),
});

export const besideOnly = <T extends { readonly database: Database }>(host: T): T => ({
  ...host,
  database: withoutFresh(host.database),
});
