import * as z from 'zod';
import { NeutralType, ReferenceAction, RelationKind } from './types';

/**
 * The structure of a collection in words that every database has, and beside them, under the name of its dialect, what
 * only that one needs to build it exactly. A database of the same dialect is built by the native part, another by the
 * core alone.
 */

/** What a column has where nothing is written into it. */
export const Default = z.discriminatedUnion('kind', [
  /** A constant, as it stands in CSV. */
  z.object({ kind: z.literal('value'), value: z.string() }),
  /** The moment of the write, or its day. */
  z.object({ kind: z.literal('now') }),
  /** The next number of the table's counter. */
  z.object({ kind: z.literal('next') }),
  /** Something that only the native part can say. */
  z.object({ kind: z.literal('expression') }),
]);
export type Default = z.infer<typeof Default>;

/** By dialect; each knows its own. */
const Native = z.record(z.string(), z.unknown());

export const Column = z.object({
  name: z.string(),
  type: NeutralType,
  /** Of an array: what is in it. */
  element: NeutralType.optional(),
  /** Characters or bits at most. */
  length: z.number().int().optional(),
  /** Digits of a decimal; of seconds, for moments. */
  precision: z.number().int().optional(),
  scale: z.number().int().optional(),
  nullable: z.boolean(),
  default: Default.optional(),
  /** Its value is computed from the row; it is in no archive. */
  generated: z.enum(['stored', 'virtual']).optional(),
  comment: z.string().optional(),
});
export type Column = z.infer<typeof Column>;

export const Key = z.object({ name: z.string(), columns: z.array(z.string()) });
export type Key = z.infer<typeof Key>;

export const ForeignKey = Key.extend({
  /** The collection it points at, of the same schema. */
  references: z.string(),
  referencedColumns: z.array(z.string()),
  onDelete: ReferenceAction,
  onUpdate: ReferenceAction,
  /** False: rows may break it. */
  holds: z.boolean(),
});
export type ForeignKey = z.infer<typeof ForeignKey>;

export const Index = z.object({
  name: z.string(),
  unique: z.boolean(),
  /** Absent where only the native part can say what it is over: expressions, or some rows. */
  columns: z.array(z.string()).optional(),
});
export type Index = z.infer<typeof Index>;

/** Gives a column its numbers. */
export const Counter = z.object({
  column: z.string(),
  /** The next one, as a decimal text. */
  next: z.string(),
});
export type Counter = z.infer<typeof Counter>;

export const Relation = z.object({
  name: z.string(),
  kind: RelationKind,
  columns: z.array(Column),
  /** Those whose columns it has: of a partition, or of a collection that inherits. */
  parents: z.array(z.string()),
  primaryKey: Key.optional(),
  uniqueKeys: z.array(Key),
  foreignKeys: z.array(ForeignKey),
  /** Without those of keys. */
  indexes: z.array(Index),
  counters: z.array(Counter),
  /** Of a materialized view: it has rows. */
  populated: z.boolean().optional(),
  comment: z.string().optional(),
  native: Native,
});
export type Relation = z.infer<typeof Relation>;

/** What collections need beside themselves, such as types, routines, counters that no table owns. */
export const SchemaObject = z.object({
  kind: z.string(),
  name: z.string(),
  /** Unique within its kind: a routine with the types of its arguments. */
  identity: z.string(),
  native: Native,
});
export type SchemaObject = z.infer<typeof SchemaObject>;

/** For each key the keys it needs. A map and not an object: a table may be called `constructor`. */
export type Needs = ReadonlyMap<string, readonly string[]>;

/** A schema as a whole, everything in an order in which it can be made. */
export interface Schema {
  readonly relations: readonly Relation[];
  readonly objects: readonly SchemaObject[];
  /** Keys (`relation:orders`, `function:f(integer)`) so that each comes after what it needs. */
  readonly order: readonly string[];
  /** What a key needs to be made. */
  readonly needs: Needs;
  /** What its triggers, policies and indexes need once it stands. */
  readonly laterNeeds: Needs;
}

declare const looked: unique symbol;

/** A schema whose texts were all looked at: only the dialect's checkSchema makes one, and plans take no other. */
export type CheckedSchema = Schema & { readonly [looked]: true };

/** As the manifest keeps them. */
export const needsOf = (record: Readonly<Record<string, readonly string[]>>): Needs =>
  new Map(Object.entries(record));

export const relationKey = (name: string): string => `relation:${name}`;
/** The name in the key of a relation; undefined: it is of something else. */
export const relationOf = (key: string): string | undefined =>
  key.startsWith('relation:') ? key.slice('relation:'.length) : undefined;
export const objectKey = (object: { kind: string; identity: string }): string =>
  `${object.kind}:${object.identity}`;

export const isView = ({ kind }: Pick<Relation, 'kind'>): boolean =>
  kind === 'view' || kind === 'materialized';

/** Rows of its own: partitioned parents and views have none. */
export const hasRows = ({ kind }: Pick<Relation, 'kind'>): boolean => kind === 'table';

/** The columns that rows are written with, in the order of the CSV: what the server generates is not stored. */
export const storedColumns = <C extends { readonly generated?: Column['generated'] | undefined }>({
  columns,
}: {
  readonly columns: readonly C[];
}): C[] => columns.filter((column) => !column.generated);
