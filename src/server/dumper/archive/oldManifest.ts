import * as z from 'zod';
import { objectToNeutral, relationToNeutral } from '../dialects/postgres/neutral/neutral';
import { DatabaseNative, Relation, SchemaObject } from '../dialects/postgres/structure/structure';
import { Source } from '../schema/source';
import { Collection, Manifest } from './manifest';

/**
 * Formats 1 and 2, which knew PostgreSQL alone: its structure stands where the neutral core is now. Of the core they
 * have what can be said without PostgreSQL's parser: not the columns of primary and unique keys, and no defaults but
 * counters. The native part is whole.
 */
export const OldManifest = Manifest.extend({
  format: z.union([z.literal(1), z.literal(2)]),
  database: Source.omit({ native: true, dialect: true }).extend({
    dialect: z.literal('postgres'),
    schema: z.string(),
    ...DatabaseNative.shape,
  }),
  collections: z.array(Collection.extend({ structure: Relation })),
  objects: z.array(SchemaObject),
});
type OldManifest = z.infer<typeof OldManifest>;

export function upgraded({ database, collections, objects, ...rest }: OldManifest): Manifest {
  const { encoding, extensions, elsewhere, ...source } = database;
  return {
    ...rest,
    database: {
      ...source,
      native: { postgres: { encoding, extensions, ...(elsewhere && { elsewhere }) } },
    },
    collections: collections.map(({ structure, ...collection }) => ({
      ...collection,
      structure: relationToNeutral(structure),
    })),
    objects: objects.map(objectToNeutral),
  };
}
