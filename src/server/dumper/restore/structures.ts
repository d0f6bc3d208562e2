import { DEFINED_IN } from '../app/definition';
import { tableName, type Selection } from '../app/groups';
import { warn, type Warning } from '../app/warning';
import type { Manifest } from '../archive/manifest';
import type { Database } from '../dialect';
import { relationKey } from '../schema/structure';
import type { NarrowedArchive } from './narrowFrom';

export interface Completed {
  /** With what is to be made among its collections, and without other structures. */
  readonly manifest: Manifest;
  /** By name, what is to be made empty. */
  readonly made: ReadonlySet<string>;
  readonly warnings: readonly Warning[];
}

/** What comes of an archive beside what was chosen of it: of the collections that it has the structure of. */
export type Beside = (
  narrowed: Pick<NarrowedArchive, 'manifest' | 'chosen'>,
  selection: Selection,
  database: Pick<Database, 'tables'>,
) => Promise<Completed>;

/** Where it is looked at: nothing. */
export const nothingBeside: Beside = ({ manifest }) => Promise.resolve(withNothing(alone(manifest)));

/** Where it is tried, in a place of its own: all of them. */
export const allBeside: Beside = ({ manifest }) => Promise.resolve(withNothing(asWhole(manifest)));

const withNothing = (manifest: Manifest): Completed => ({ manifest, made: new Set(), warnings: [] });

/**
 * An app that comes with its definitions into a place where tables are missing that its backup has no rows of: they are
 * made empty, or nobody could start it. What is there stays as it is.
 */
export const missingBeside: Beside = async ({ manifest, chosen }, selection, database) => {
  const { structures = [], ...rest } = manifest;
  const starts =
    !selection.collections &&
    manifest.app !== undefined &&
    chosen.has(tableName(DEFINED_IN.collection.collection, manifest.database));
  if (!starts) return withNothing(alone(manifest));
  const here = await database.tables();
  const missing = new Set(structures.flatMap(({ name }) => (here.has(name) ? [] : name)));
  const left = structures.filter(({ name }) => !missing.has(name));
  const coming = new Set([...manifest.collections.map(({ name }) => name), ...missing, ...here]);
  const lacking = manifest.notIncluded.flatMap(({ what, name, why }) =>
    what === 'collection' && (why?.code === 'not-chosen' || why?.code === 'ignored') && !coming.has(name)
      ? name
      : [],
  );
  return {
    manifest: without(
      asWhole({ ...rest, structures: structures.filter(({ name }) => missing.has(name)) }),
      left,
    ),
    made: missing,
    warnings: [
      ...(missing.size === 0 ? [] : [warn('made-empty', { names: [...missing] })]),
      ...(lacking.length === 0 ? [] : [warn('made-by-upgrade', { names: lacking })]),
    ],
  };
};

/** Its structures as collections without rows. */
export const asWhole = ({ structures = [], ...manifest }: Manifest): Manifest => ({
  ...manifest,
  collections: [
    ...manifest.collections,
    ...structures.map((structure) => ({ ...structure, rows: 0, chunks: [], structureOnly: true as const })),
  ],
});

/** What is in the backup, and nothing beside it. */
export const alone = ({ structures = [], ...manifest }: Manifest): Manifest => without(manifest, structures);

/** The same without what is said of these. */
function without(manifest: Manifest, left: readonly { readonly name: string }[]): Manifest {
  if (left.length === 0) return manifest;
  const gone = new Set(left.map(({ name }) => relationKey(name)));
  const kept = (needs: Manifest['needs']) =>
    Object.fromEntries(Object.entries(needs).filter(([key]) => !gone.has(key)));
  return {
    ...manifest,
    order: manifest.order.filter((key) => !gone.has(key)),
    needs: kept(manifest.needs),
    laterNeeds: kept(manifest.laterNeeds),
  };
}
