import type { Collection, Manifest } from '../archive/manifest';
import type { Undo } from '../dialect';
import { dialectOf } from '../dialects/dialects';
import { refused } from '../../errors/errors';
import type { Blemish } from '../schema/blemish';
import { missingText, type Missing } from '../schema/missing';
import { hasRows } from '../schema/structure';

export const inGroups = (
  { collections }: Manifest,
  came: Undo['collections'],
): { name: string; group: string; rows: number }[] => {
  const groups = new Map(collections.map(({ name, group }) => [name, group]));
  return came.map((collection) => ({ ...collection, group: groups.get(collection.name) ?? 'unknown' }));
};

export const lackingText = (missing: readonly Missing[]): string[] =>
  missing.filter((item) => item.outcome !== 'unused').map(missingText);

/** What a restore does not even try to make. */
export const invalidIndexes = ({ database }: Manifest, chosen: readonly Collection[]): Blemish[] =>
  dialectOf(database)
    .blemishes({ relations: chosen.map(({ structure }) => structure), objects: [] })
    .filter(({ outcome }) => outcome === 'left out');

export function checkRows(
  collections: readonly Pick<Collection, 'name' | 'rows' | 'structure'>[],
  rows: ReadonlyMap<string, number>,
): void {
  const expected = new Map(
    collections
      .filter((collection) => hasRows(collection.structure))
      .map((collection) => [collection.name, collection.rows]),
  );
  for (const [name, count] of rows) {
    if (expected.get(name) === count) continue;
    throw refused('rows-not-announced', {
      collection: name,
      rows: count,
      announced: expected.get(name) ?? 0,
    });
  }
}
