import type { GroupName, RestoreInput } from '../api/api';

/**
 * What is ticked, said as widely as it can be: all of it, or whole groups, and only then single collections, without
 * which go uploaded files. A choice by groups brings `required` along, so without it collections are named.
 */
export function restoreSelection(
  collections: readonly { readonly name: string; readonly group: GroupName }[],
  checked: ReadonlySet<string>,
  keepDefinitions = false,
): Pick<RestoreInput, 'groups' | 'collections' | 'all' | 'keepDefinitions'> {
  const kept = keepDefinitions && { keepDefinitions };
  if (collections.every((collection) => checked.has(collection.name))) return { all: true, ...kept };
  const groups = [...new Set(collections.map((collection) => collection.group))];
  const chosen = groups.filter((group) =>
    collections.some((collection) => collection.group === group && checked.has(collection.name)),
  );
  const whole = collections.every(
    (collection) => !chosen.includes(collection.group) || checked.has(collection.name),
  );
  if (!whole || !chosen.includes('required')) return { collections: [...checked] };
  return kept ? { groups: chosen.filter((group) => group !== 'required'), ...kept } : { groups: chosen };
}
