import * as z from 'zod';
import { refused } from '../../errors/errors';
import { parsing, shaping } from '../../json';
import { inTurns } from '../../turns';
import { unreadableJson } from '../container/unreadable';

/** What the backup-restore plugin of NocoBase 0.18 to 2.x writes of a backup, as far as Ark reads it. */
export const ArchiveMeta = z.object({
  version: z.string().nullish(),
  dialect: z.string(),
  DB_UNDERSCORED: z.string().optional(),
  DB_TABLE_PREFIX: z.string().optional(),
  DB_SCHEMA: z.string().optional(),
  dumpedGroups: z.array(z.string()),
  dumpableCollectionsGroupByGroup: z.record(
    z.string(),
    z.array(
      z.object({
        name: z.string(),
        title: z.string().optional(),
        origin: z.string().optional(),
        isView: z.boolean().optional(),
      }),
    ),
  ),
});
export type ArchiveMeta = z.infer<typeof ArchiveMeta>;

const Options = z.record(z.string(), z.unknown());

export const Attribute = z.object({
  field: z.string(),
  /** The field's type where `isCollectionField`, else the name of Sequelize's. */
  type: z.string(),
  isCollectionField: z.boolean().optional(),
  typeOptions: Options.nullish(),
  primaryKey: z.boolean().nullish(),
  autoIncrement: z.boolean().nullish(),
  allowNull: z.boolean().nullish(),
  unique: z.union([z.boolean(), z.string(), Options]).nullish(),
  defaultValue: z.unknown().optional(),
});
export type Attribute = z.infer<typeof Attribute>;

export const CollectionMeta = z.object({
  name: z.string(),
  tableName: z.union([z.string(), z.object({ tableName: z.string(), schema: z.string().optional() })]),
  count: z.number().int().nonnegative(),
  columns: z.array(z.string()),
  attributes: z.record(z.string(), Attribute),
  inherits: z.array(z.string()).optional(),
  autoIncrement: z
    .object({
      seqName: z.string().optional(),
      currentVal: z.union([z.number(), z.string()]).nullish(),
      fieldName: z.string(),
    })
    .optional(),
});
export type CollectionMeta = z.infer<typeof CollectionMeta>;

export const SqlContent = z.record(
  z.string(),
  z.object({ sql: z.union([z.string(), z.array(z.string())]), group: z.string().optional() }),
);

export const tableOf = ({ tableName }: CollectionMeta): string =>
  typeof tableName === 'string' ? tableName : tableName.tableName;

/** The JSON of an entry in the shape it must have. Throws ARCHIVE_DAMAGED. */
export async function parseEntry<T>(name: string, bytes: Uint8Array, shape: z.ZodType<T>): Promise<T> {
  try {
    return await inTurns(shaping(shape, await inTurns(parsing(bytes))));
  } catch (error) {
    throw unreadableJson(name, error);
  }
}

export function dialectOf({ dialect }: ArchiveMeta): 'postgres' | 'mysql' | 'sqlite' {
  if (dialect === 'postgres' || dialect === 'kingbase') return 'postgres';
  if (dialect === 'mysql' || dialect === 'mariadb') return 'mysql';
  if (dialect === 'sqlite') return 'sqlite';
  throw refused('dialect-old', { dialect: dialect });
}
