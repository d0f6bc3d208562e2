import * as z from 'zod';

/** Kinds of databases that an archive can be from. */
export const DialectName = z.enum(['postgres', 'mysql', 'mariadb', 'sqlite']);
export type DialectName = z.infer<typeof DialectName>;

/** Types every database knows; `other` travels as text under its native name. */
export const NeutralType = z.enum([
  'boolean',
  'int16',
  'int32',
  'int64',
  'decimal',
  'float32',
  'float64',
  'text',
  'json',
  'uuid',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'interval',
  'binary',
  'array',
  'other',
]);
export type NeutralType = z.infer<typeof NeutralType>;

export const RelationKind = z.enum(['table', 'partitioned', 'view', 'materialized']);
export type RelationKind = z.infer<typeof RelationKind>;

/** What becomes of rows that point at a row which goes, or whose key changes. */
export const ReferenceAction = z.enum(['no action', 'restrict', 'cascade', 'set null', 'set default']);
export type ReferenceAction = z.infer<typeof ReferenceAction>;
