import type { Application } from '@nocobase/server';
import * as z from 'zod';
import type { AppFacts } from '../../dumper/app/groups';

type LiveFacts = NonNullable<AppFacts['live']> extends ReadonlyMap<string, infer T> ? T : never;

/** Text if it is text; whatever else stands there (null, an object) says nothing. */
const Text = z.string().min(1).optional().catch(undefined);
const Flag = z.boolean().optional().catch(undefined);

/**
 * What a collection of the app says of itself. Plugins and people write these options freely: a title may be null, a
 * rule anything. What cannot be understood counts as not said, so that it never ends up in a manifest.
 */
const Said = z.object({
  dumpRules: z
    .union([z.string(), z.object({ group: Text, required: Flag, skipped: Flag })])
    .optional()
    .catch(undefined),
  title: Text,
  viewName: Text,
  origin: Text,
});

/** The live collections by table, also those of plugins that Ark has never heard of. */
export function liveCollections(app: Application): ReadonlyMap<string, LiveFacts> {
  const collections = new Map<string, LiveFacts>();
  for (const collection of app.db.collections.values()) {
    const { dumpRules, title, viewName, origin } = Said.parse({
      ...collection.options,
      origin: collection.origin,
    });
    const table = collection.model.getTableName();
    const name = viewName ?? (typeof table === 'string' ? table : table.tableName);
    collections.set(name, {
      collection: collection.name,
      rules: dumpRules,
      ...(origin !== undefined && { origin }),
      ...(title !== undefined && { title }),
    });
  }
  return collections;
}
