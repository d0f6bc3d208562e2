import type { AppInfo, PreviewResult, SharedCounters } from './dialect';
import type { Selection } from './groups';
import type { Collection, Manifest } from './manifest';

/** How the counters of what stays are known from those of what comes; undefined: their table comes as it is. */
export function sharedCounters(
  app: AppInfo | undefined,
  { collections }: Pick<Manifest, 'collections'>,
  selection: Selection,
): SharedCounters | undefined {
  const counters = app?.counters;
  // Who names the table wants the table.
  if (!counters || namesIt(selection, counters)) return undefined;
  const coming = collections.map((one) => [one.name, one.collection ?? one.name] as const);
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
  const come = chosen.filter((one) => counters.counted.has(one.name)).map((one) => one.name);
  const stay = [...counters.counted].filter((name) => !come.includes(name));
  if (come.length === 0) return [];
  if (!collections.some((one) => one.name === counters.table)) {
    return [
      {
        kind: 'kept',
        message: `The backup lacks the counters of sequence fields (${counters.table}): those of ${few(come)} stay as they are. A number that comes back may be given again; NocoBase's own "repair sequence" prevents it.`,
      },
    ];
  }
  if (stay.length === 0) return [];
  return [
    {
      kind: 'kept',
      message: `Of the counters of sequence fields (${counters.table}) those of ${few(come)} come back; those of ${few(stay)} stay as they are.`,
    },
  ];
}

const few = (names: readonly string[]): string =>
  `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;
