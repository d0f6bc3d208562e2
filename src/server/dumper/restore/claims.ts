import type { AppInfo } from '../dialect';
import { classifier, knownGroups, type GroupName } from '../app/groups';
import type { Manifest } from '../archive/manifest';
import { warn, type Warning } from '../app/warning';

/** A group that an archive claims for a collection, and the one it has. */
export type Claim = Extract<Warning, { code: 'group-claimed' }>;

/**
 * Who chooses a group chooses what the app calls so, and not what whoever wrote the archive put under that name:
 * what the app that is restored into knows, or NocoBase itself, has the group that it has there.
 */
export function withTrueGroups(
  manifest: Manifest,
  here?: AppInfo,
): { readonly manifest: Manifest; readonly claims: readonly Claim[] } {
  const known = knownGroups(
    [...(here ? [here] : []), ...(manifest.app ? [manifest.database] : [])],
    here?.live,
  );
  const classify = classifier(here);
  // What nobody has a rule for, and is part of something here, has the group of that.
  const groupHere = (name: string): GroupName | undefined => {
    const group = known(name);
    if (group !== 'unknown' || !here?.parts?.has(name)) return group;
    const classified = classify(name);
    return classified === 'own' ? group : classified.group;
  };
  const claims: Claim[] = [];
  const collections = manifest.collections.map((collection) => {
    const group = groupHere(collection.name) ?? collection.group;
    if (group === collection.group) return collection;
    claims.push(warn('group-claimed', { name: collection.name, claimed: collection.group, group }));
    return { ...collection, group };
  });
  return { manifest: { ...manifest, collections }, claims };
}
