import * as z from 'zod';
import { refused } from '../../errors/errors';
import { DatabaseNative, ObjectNative, RelationNative } from '../dialects/natives';
import { GroupName } from '../app/groups';
import { NotIncluded } from '../schema/notIncluded';
import { Source } from '../schema/source';
import { Relation, SchemaObject } from '../schema/structure';
import { Origin } from './origin';

/** Every one that was ever written. */
export const Format = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal(5)]);

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const Count = z.number().int().nonnegative();
const Salt = z.string().regex(/^[A-Za-z0-9+/]{22}==$/);

/** One entry of the archive: a gzip member of CSV with whole rows. */
export const Chunk = z.object({
  entry: z.string(),
  rows: Count,
  /** Bytes of the CSV before compression. */
  bytes: Count,
  /** Bytes of the entry as it is stored. */
  size: Count,
  /** Of the entry as it is stored. */
  sha256: Sha256,
});
export type Chunk = z.infer<typeof Chunk>;

/** One entry as it is stored. */
export const FilePart = z.object({ entry: z.string(), size: Count, sha256: Sha256 });
export type FilePart = z.infer<typeof FilePart>;

/** Below its folder, and nowhere else: what was made to do harm is refused before anything is written. */
export const isSafePath = (path: string): boolean =>
  Buffer.byteLength(path) <= 4096 &&
  !/[\0\\]/.test(path) &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !part.startsWith('.ark-'));

export const ArchivedFile = z.object({
  /** Below the folder, with `/` between names. */
  path: z.string().refine(isSafePath, 'a path that leads out of its folder'),
  size: Count,
  modifiedAt: z.iso.datetime(),
  /** Its bytes, one after the other. */
  parts: z.array(FilePart),
});
export type ArchivedFile = z.infer<typeof ArchivedFile>;

/** The uploaded files of one file storage of the app. */
export const ArchivedFolder = z.object({ storage: z.string(), files: z.array(ArchivedFile) });
export type ArchivedFolder = z.infer<typeof ArchivedFolder>;

export const Collection = z.object({
  /** The name of the table or view in the database. */
  name: z.string(),
  /** The name the app knows it by, when that differs. */
  collection: z.string().optional(),
  group: GroupName,
  origin: z.string().optional(),
  title: z.string().optional(),
  /** Of what its rows are nothing without, the whole first: the collection that it is a part of. */
  partOf: z.array(z.string()).optional(),
  rows: Count,
  /** Its rows were left out, however many there were: `rows` is 0, and there are no chunks. Since format 5. */
  structureOnly: z.literal(true).optional(),
  structure: Relation.extend({ native: RelationNative }),
  chunks: z.array(Chunk),
});
export type Collection = z.infer<typeof Collection>;

/** A collection that is not in the backup, as it was: for a database that does not have it. */
export const Structure = Collection.omit({ rows: true, structureOnly: true, chunks: true });
export type Structure = z.infer<typeof Structure>;

export const Manifest = z.object({
  format: Format,
  /** The backup's own id: the id of the job that made it. */
  id: z.string(),
  createdAt: z.iso.datetime(),
  createdBy: z.string().optional(),
  /** The name of the instance it was made from. */
  instance: z.string(),
  /** What made it: the instance by the number it drew for itself, and the schedule; none if it was made by hand. */
  origin: Origin.optional(),
  ark: z.string(),
  app: z
    .object({
      name: z.literal('nocobase'),
      version: z.string().optional(),
      plugins: z.array(z.object({ name: z.string(), version: z.string().optional(), enabled: z.boolean() })),
    })
    .optional(),
  database: Source.extend({ native: DatabaseNative }),
  /** Fingerprints of keys, never the keys: values sealed with another key cannot be read after a restore. */
  keys: z.object({
    /** For both fingerprints: 16 bytes in base64. */
    salt: Salt.optional(),
    appKeyFingerprint: z.string().optional(),
    aesKeyFingerprint: z.string().optional(),
    /** The same in format 1, without salt. */
    appKey: z.string().optional(),
    aesKey: z.string().optional(),
  }),
  selection: z.object({
    groups: z.array(GroupName),
    collections: z.array(z.string()).optional(),
    all: z.boolean(),
    /** What was to stay out, and what was to come without rows, as it was named. */
    exclude: z.array(z.string()).optional(),
    noRows: z.array(z.string()).optional(),
  }),
  collections: z.array(Collection),
  /** Of an app: the collections of groups that were not chosen, without which it does not start. */
  structures: z.array(Structure).optional(),
  /** Where uploaded files were taken too. */
  files: z.array(ArchivedFolder).optional(),
  /** The app's AES key; in encrypted archives only. */
  keyFile: FilePart.optional(),
  /** The data entries in the order in which they lie in the file. */
  entries: z.array(z.string()),
  objects: z.array(SchemaObject.extend({ native: ObjectNative })),
  order: z.array(z.string()),
  needs: z.record(z.string(), z.array(z.string())),
  laterNeeds: z.record(z.string(), z.array(z.string())),
  /** What is not in this backup, and why. */
  notIncluded: z.array(NotIncluded),
});
export type Manifest = z.infer<typeof Manifest>;

/** More of these than any app has would keep everybody waiting who lists them. */
const MOST = 100_000;

/** What is written can be read: the same is asked of both. */
export function refuseTooMany(manifest: Manifest): void {
  const { collections, structures = [], objects, notIncluded, files = [], app, database } = manifest;
  const lists = {
    collections,
    structures,
    objects,
    notIncluded,
    files,
    plugins: app?.plugins ?? [],
  };
  const natives = Object.values(database.native).flatMap((native) =>
    Object.entries(native).flatMap(([name, value]) => (Array.isArray(value) ? [[name, value] as const] : [])),
  );
  for (const [name, { length }] of [...Object.entries(lists), ...natives]) {
    if (length <= MOST) continue;
    throw refused('archive-list', { length, list: name, most: MOST });
  }
}

export interface Totals {
  readonly collections: number;
  readonly rows: number;
  /** Bytes of CSV. */
  readonly bytes: number;
  /** Bytes of its compressed entries. */
  readonly packed: number;
}

export function totals(collections: readonly Collection[]): Totals {
  const chunks = collections.flatMap((collection) => collection.chunks);
  return {
    collections: collections.length,
    rows: collections.reduce((sum, collection) => sum + collection.rows, 0),
    bytes: chunks.reduce((sum, chunk) => sum + chunk.bytes, 0),
    packed: chunks.reduce((sum, chunk) => sum + chunk.size, 0),
  };
}
