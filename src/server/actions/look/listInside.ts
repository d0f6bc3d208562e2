import type * as api from '../../api/api';
import type { Archive } from '../../dumper/archive/archive';
import { readCollections } from '../../dumper/look/fields';

/** The collections of an archive, with the titles that the app has for them. */
export async function listInside(archive: Archive, signal?: AbortSignal): Promise<api.ArchivedCollection[]> {
  const { collections } = archive.manifest;
  const names = collections.map(({ name, collection }) => collection ?? name);
  const known = await readCollections(archive, new Set(names), signal);
  return collections.map(({ name, collection, title, origin, group, structure, structureOnly, rows }) => {
    const shown = title ?? known.get(collection ?? name)?.title;
    return {
      name,
      kind: structure.kind,
      group,
      ...(shown !== undefined && { title: shown }),
      ...(origin !== undefined && { origin }),
      ...(structureOnly ? { structureOnly } : { rows }),
    };
  });
}
