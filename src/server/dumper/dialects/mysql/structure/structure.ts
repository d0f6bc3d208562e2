import * as z from 'zod';

/** What MySQL and MariaDB have of a schema beside the neutral core; one of both reads what the other wrote. */

export const Flavor = z.enum(['mysql', 'mariadb']);
export type Flavor = z.infer<typeof Flavor>;

export const DatabaseNative = z.object({
  flavor: Flavor,
  charset: z.string(),
  collation: z.string(),
});
export type DatabaseNative = z.infer<typeof DatabaseNative>;

/** What a column has where nothing is written into it. */
export const NativeDefault = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('value'), value: z.string() }),
  /** A number, with which it stands without quotes: `b'101'` too. */
  z.object({ kind: z.literal('number'), value: z.string() }),
  z.object({ kind: z.literal('now'), digits: z.number().int() }),
  z.object({ kind: z.literal('expression'), text: z.string() }),
]);
export type NativeDefault = z.infer<typeof NativeDefault>;

export const ColumnNative = z.object({
  columnType: z.string(),
  charset: z.string().optional(),
  collation: z.string().optional(),
  default: NativeDefault.optional(),
  /** Digits of seconds of the moment that it gets with each change of its row. */
  onUpdate: z.number().int().optional(),
  autoIncrement: z.literal(true).optional(),
  generation: z.string().optional(),
  invisible: z.literal(true).optional(),
  /** Of a geometry on MySQL: the only reference system that it takes. */
  srid: z.number().int().optional(),
  /** MariaDB has JSON as text with a check. */
  json: z.literal(true).optional(),
  /** Of a datetime that is in UTC, where it is from a database that says so; no server keeps that. */
  utc: z.literal(true).optional(),
  /** MariaDB compresses it. */
  compressed: z.literal(true).optional(),
});
export type ColumnNative = z.infer<typeof ColumnNative>;

export const IndexPart = z.object({
  column: z.string().optional(),
  /** Characters or bytes at its beginning. */
  length: z.number().int().optional(),
  descending: z.literal(true).optional(),
  expression: z.string().optional(),
});
export const IndexNative = z.object({
  name: z.string(),
  kind: z.enum(['primary', 'unique', 'index', 'fulltext', 'spatial']),
  using: z.enum(['BTREE', 'HASH']).optional(),
  parts: z.array(IndexPart),
  comment: z.string().optional(),
  invisible: z.literal(true).optional(),
});
export type IndexNative = z.infer<typeof IndexNative>;

export const CheckNative = z.object({
  name: z.string(),
  clause: z.string(),
  /** MariaDB: it is part of a column, whose name it has. */
  ofColumn: z.literal(true).optional(),
  enforced: z.literal(false).optional(),
});
export type CheckNative = z.infer<typeof CheckNative>;

export const TriggerNative = z.object({
  name: z.string(),
  timing: z.enum(['BEFORE', 'AFTER']),
  event: z.enum(['INSERT', 'UPDATE', 'DELETE']),
  body: z.string(),
  sqlMode: z.string(),
  definer: z.string(),
});
export type TriggerNative = z.infer<typeof TriggerNative>;

export const ViewNative = z.object({
  query: z.string(),
  checkOption: z.enum(['NONE', 'LOCAL', 'CASCADED']),
  security: z.enum(['DEFINER', 'INVOKER']),
  definer: z.string(),
});
export type ViewNative = z.infer<typeof ViewNative>;

export const RelationNative = z.object({
  engine: z.string().optional(),
  collation: z.string().optional(),
  rowFormat: z.string().optional(),
  columns: z.array(ColumnNative),
  indexes: z.array(IndexNative),
  checks: z.array(CheckNative),
  triggers: z.array(TriggerNative),
  view: ViewNative.optional(),
});
export type RelationNative = z.infer<typeof RelationNative>;

const Text = z.object({
  body: z.string(),
  /** It was made in: its text means something else in another. */
  sqlMode: z.string(),
  definer: z.string(),
  comment: z.string().optional(),
});

/** A value of a type, as it is handed to a routine or comes back. */
export const ValueNative = z.object({
  columnType: z.string(),
  charset: z.string().optional(),
  collation: z.string().optional(),
});
export type ValueNative = z.infer<typeof ValueNative>;

export const RoutineNative = Text.extend({
  parameters: z.array(
    ValueNative.extend({
      name: z.string(),
      /** Of procedures. */
      mode: z.enum(['IN', 'OUT', 'INOUT']).optional(),
    }),
  ),
  /** Of functions. */
  returns: ValueNative.optional(),
  deterministic: z.boolean(),
  access: z.enum(['CONTAINS SQL', 'NO SQL', 'READS SQL DATA', 'MODIFIES SQL DATA']),
  security: z.enum(['DEFINER', 'INVOKER']),
});
export type RoutineNative = z.infer<typeof RoutineNative>;

export const Unit = z.enum([
  ...(['YEAR', 'QUARTER', 'MONTH', 'WEEK', 'DAY', 'HOUR', 'MINUTE', 'SECOND', 'YEAR_MONTH'] as const),
  ...(['DAY_HOUR', 'DAY_MINUTE', 'DAY_SECOND', 'HOUR_MINUTE', 'HOUR_SECOND', 'MINUTE_SECOND'] as const),
]);

export const EventNative = Text.extend({
  /** Moments are in its time zone. */
  schedule: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('once'), at: z.string() }),
    z.object({
      kind: z.literal('every'),
      value: z.string(),
      unit: Unit,
      starts: z.string().optional(),
      ends: z.string().optional(),
    }),
  ]),
  timeZone: z.string(),
  /** It stays when it has run for the last time. */
  preserved: z.boolean(),
  status: z.enum(['ENABLED', 'DISABLED', 'SLAVESIDE_DISABLED']),
});
export type EventNative = z.infer<typeof EventNative>;

/** Of a function, a procedure or an event, which belong to no table. */
export const ObjectNative = z.union([RoutineNative, EventNative]);
export type ObjectNative = z.infer<typeof ObjectNative>;
