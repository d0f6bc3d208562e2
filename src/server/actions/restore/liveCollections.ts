import { classifier } from '../../dumper/groups';
import type { Host } from '../../host';
import type * as api from '../../api/api';

/** What the database has now, with its groups. */
export async function liveCollections({ database, app }: Host): Promise<api.LiveCollection[]> {
  const { facts, schema, size } = await database.describe(app);
  const classify = classifier(facts.app);
  return schema.relations.flatMap(({ name, kind }): api.LiveCollection[] => {
    const about = classify(name);
    if (about === 'own') return [];
    const { rows, bytes } = size(name);
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
