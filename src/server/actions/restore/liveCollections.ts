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
    const about = classify(name);
    if (about === 'own') return [];
    return [
      {
        name,
        kind,
        group: about.group,
        ...(about.title !== undefined && { title: about.title }),
        ...(about.origin !== undefined && { origin: about.origin }),
        ...(rows >= 0 && { rows: Math.round(rows) }),
        bytes,
      },
    ];
  });
}
