import { narrow, wholesIn } from '../app/narrow';
import type { Selection } from '../app/groups';
import { warn, type Warning } from '../app/warning';
import type { Collection, Manifest } from '../archive/manifest';
import type { AppInfo, CollectionPreview, RowSource } from '../dialect';
import { recordsLeft } from '../files/records';
import { hasRows } from '../schema/structure';
import { chooseFrom } from './plan';

export interface NarrowedArchive {
  /** What is to come without rows has none in it; and no uploaded files, where no row that tells of one comes. */
  readonly manifest: Manifest;
  readonly chosen: ReadonlySet<string>;
  /** By name, what was excluded. */
  readonly out: ReadonlySet<string>;
  /** What comes without rows because it was asked to. */
  readonly bare: ReadonlySet<string>;
  readonly warnings: readonly Warning[];
}

/** What a restore takes of an archive. `here`: what it is restored into, for archives that say less of themselves. */
export function narrowFrom(
  manifest: Manifest,
  selection: Selection,
  here: AppInfo | undefined,
): NarrowedArchive {
  const { collections, files, ...rest } = manifest;
  const { kept, bare, out } = narrow(chooseFrom(manifest, selection), collections, selection, {
    where: 'archive',
    structure: ({ structure }) => structure,
    wholes: ({ name, partOf }) => partOf ?? wholesIn(here, name),
    hasSome: ({ rows }) => rows > 0,
  });
  const chosen = new Set(kept.map(({ name }) => name));
  const records = recordsLeft(
    collections.map(({ name, structure, structureOnly }) => ({
      relation: structure,
      left: out.has(name) || bare.has(name),
      comes: chosen.has(name) && !bare.has(name) && !structureOnly,
    })),
  );
  const takesFiles = files !== undefined && records !== 'all';
  const emptied = kept.filter(({ name, structure }) => bare.has(name) && hasRows(structure));
  return {
    manifest: {
      ...rest,
      ...(takesFiles && { files }),
      collections: collections.map((collection): Collection =>
        bare.has(collection.name) ? { ...collection, rows: 0, chunks: [], structureOnly: true } : collection,
      ),
    },
    chosen,
    out,
    bare,
    warnings: [
      ...(out.size === 0 ? [] : [warn('stays-out', { names: [...out] })]),
      ...(emptied.length === 0 ? [] : [warn('comes-bare', { names: emptied.map(({ name }) => name) })]),
      ...(files !== undefined && records === 'all' ? [warn('files-stay', {})] : []),
      ...(files !== undefined && records === 'some' ? [warn('files-of-all', {})] : []),
    ],
  };
}

/** The rows of what comes with them. */
export const rowsWithout = (rows: RowSource, bare: ReadonlySet<string>): RowSource =>
  bare.size === 0
    ? rows
    : {
        bytes: (name) => (bare.has(name) ? 0 : rows.bytes(name)),
        async *chunks(name) {
          if (!bare.has(name)) yield* rows.chunks(name);
        },
      };

/** By name, that of which the archive itself has no rows. */
export const withoutRows = ({ collections }: Pick<Manifest, 'collections'>): ReadonlySet<string> =>
  new Set(collections.flatMap(({ name, structureOnly }) => (structureOnly ? name : [])));

/**
 * Rows of now that would go because the archive has none that could take their place. What the app writes by itself
 * counts for nobody.
 */
export const rowsGo = (
  collections: readonly CollectionPreview[],
  structureOnly: ReadonlySet<string>,
): Warning[] =>
  collections.flatMap(({ name, rowsNow = 0, rowsNowGuessed, bookkeeping }) =>
    structureOnly.has(name) && rowsNow > 0 && !bookkeeping
      ? [warn('rows-go', { name, rows: `${rowsNowGuessed ? '~' : ''}${rowsNow}` })]
      : [],
  );
