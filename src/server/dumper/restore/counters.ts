import type { AppInfo, PreviewResult, SharedCounters } from '../dialect';
import type { Selection } from '../app/groups';
import type { Collection, Manifest } from '../archive/manifest';
import { warn } from '../app/warning';

/** How the counters of what stays are known from those of what comes; undefined: their table comes as it is. */
export function sharedCounters(
  app: AppInfo | undefined,
  { collections }: Pick<Manifest, 'collections'>,
  selection: Selection,
): SharedCounters | undefined {
  const counters = app?.counters;
  // Who names the table wants the table.
  if (!counters || namesIt(selection, counters)) return undefined;
  const coming = collections.map(
    (collection) => [collection.name, collection.collection ?? collection.name] as const,
  );
  return { ...counters, collectionOf: new Map([...counters.collectionOf, ...coming]) };
}

const namesIt = ({ collections }: Selection, { table, collectionOf }: SharedCounters): boolean =>
  collections?.some((name) => name === table || name === collectionOf.get(table)) ?? false;

/** Whose counters come, whose stay, and whose cannot come. */
export function aboutCounters(
  app: AppInfo | undefined,
  { collections }: Pick<Manifest, 'collections'>,
  chosen: readonly Collection[],
): PreviewResult['warnings'] {
  const counters = app?.counters;
  if (!counters) return [];
  const come = chosen
    .filter((collection) => counters.counted.has(collection.name))
    .map((collection) => collection.name);
  const stay = [...counters.counted].filter((name) => !come.includes(name));
  if (come.length === 0) return [];
  if (!collections.some((collection) => collection.name === counters.table)) {
    return [warn('counters-missing', { table: counters.table, come })];
  }
  if (stay.length === 0) return [];
  return [warn('counters-shared', { table: counters.table, come, stay })];
}
