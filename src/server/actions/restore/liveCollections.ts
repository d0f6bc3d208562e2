import { classifier } from '../../dumper/app/groups';
import type { Host } from '../../host';
import type * as api from '../../api/api';

/** What the database has now, with its groups. */
export async function liveCollections({
  database,
  app: hints,
}: Pick<Host, 'database' | 'app'>): Promise<api.LiveCollection[]> {
  const { collections, app } = await database.sizes(hints);
  const classify = classifier(app);
  return collections.flatMap(({ name, kind, rows, bytes }): api.LiveCollection[] => {
    const classified = classify(name);
    if (classified === 'own') return [];
    return [
      {
        name,
        kind,
        group: classified.group,
        ...(classified.title !== undefined && { title: classified.title }),
        ...(classified.origin !== undefined && { origin: classified.origin }),
        ...(rows >= 0 && { rows: Math.round(rows) }),
        bytes,
      },
    ];
  });
}
