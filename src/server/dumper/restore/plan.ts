import { refused } from '../../errors/errors';
import type { RestorePlan } from '../dialect';
import { select, type Selection } from '../app/groups';
import { checked } from '../archive/checked';
import type { Collection, Manifest } from '../archive/manifest';

/** Without a selection everything that is in the archive. */
export function chooseFrom(manifest: Manifest, selection: Selection): Collection[] {
  const everything = !selection.groups && !selection.collections;
  const selected = everything ? manifest.collections : select(manifest.collections, selection, 'archive');
  const chosen = selection.keepDefinitions ? withoutDefinitions(selected, selection) : selected;
  if (chosen.length === 0) {
    const groups = [...new Set(manifest.collections.map((collection) => collection.group))];
    throw refused('nothing-of-archive', { groups });
  }
  return [...chosen];
}

function withoutDefinitions(
  selected: readonly Collection[],
  { groups, collections }: Selection,
): Collection[] {
  if (collections) throw refused('definitions-and-named', {});
  if (groups?.includes('required')) throw refused('definitions-and-required', {});
  return selected.filter((collection) => collection.group !== 'required');
}

/** Throws ARCHIVE_DAMAGED if anything of its structure is not what it has to be. */
export async function planOf(
  manifest: Manifest,
  chosen: readonly Collection[],
  selection: Selection,
  withoutCode = false,
): Promise<RestorePlan> {
  return {
    schema: await checked(manifest),
    selected: new Set(chosen.map((collection) => collection.name)),
    all: selection.all === true && selection.keepDefinitions !== true,
    withoutCode,
    rows: new Map(manifest.collections.map((collection) => [collection.name, collection.rows])),
    createdAt: new Date(manifest.createdAt),
    source: manifest.database,
  };
}
