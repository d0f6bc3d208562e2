import * as z from 'zod';
import { NeutralType, ReferenceAction, RelationKind } from '../../../schema/types';
import { Elsewhere } from '../../../schema/missing';
import type { Needs } from '../../../schema/structure';
import { Collation } from './collation';
import { Operator, OperatorClass, OperatorFamily } from './operator';
import { TextConfiguration, TextDictionary } from './textSearch';

/**
 * The whole structure of a collection on PostgreSQL, for the exact rebuild. SQL texts are kept as the server prints
 * them with only the app's schema in its search path, so that names of the same schema are unqualified: run
 * with another schema in front, the same text builds the same thing there. That is what makes staging possible.
 */

export const Privilege = z.object({
  /** `PUBLIC` or the name of a role. */
  grantee: z.string(),
  privilege: z.string(),
  grantable: z.boolean(),
  column: z.string().optional(),
});
export type Privilege = z.infer<typeof Privilege>;

/** Numbers are decimal texts: a sequence holds up to 2^63-1. */
export const Sequence = z.object({
  name: z.string(),
  type: z.string(),
  start: z.string(),
  increment: z.string(),
  min: z.string(),
  max: z.string(),
  cache: z.string(),
  cycle: z.boolean(),
  last: z.string(),
  /** False: `last` is the next value to be given out. */
  called: z.boolean(),
  unlogged: z.boolean().optional(),
  comment: z.string().optional(),
  /** The column that owns it, if any. */
  column: z.string().optional(),
  /** The column owns it, but has its numbers from another sequence, its identity. */
  apart: z.literal(true).optional(),
  privileges: z.array(Privilege).optional(),
});
export type Sequence = z.infer<typeof Sequence>;

export const Column = z.object({
  name: z.string(),
  type: NeutralType,
  /** Of an array: what is in it. */
  element: NeutralType.optional(),
  /** As declared, under a domain too. */
  length: z.number().int().optional(),
  precision: z.number().int().optional(),
  scale: z.number().int().optional(),
  native: z.string(),
  notNull: z.boolean(),
  /** The constraint's own name where the server keeps one that is not its default (PostgreSQL 18). */
  notNullName: z.string().optional(),
  /** False: children do not inherit it. */
  notNullInherit: z.boolean().optional(),
  /** It comes from a parent alone. */
  notNullInherited: z.boolean().optional(),
  default: z.string().optional(),
  generated: z.enum(['stored', 'virtual']).optional(),
  identity: z.enum(['always', 'default']).optional(),
  collation: z.string().optional(),
  storage: z.string().optional(),
  compression: z.string().optional(),
  statistics: z.number().optional(),
  options: z.array(z.string()).optional(),
  comment: z.string().optional(),
  /** Defined here, not only inherited from a parent. */
  local: z.boolean(),
});
export type Column = z.infer<typeof Column>;

export const Constraint = z.object({
  name: z.string(),
  kind: z.enum(['primary', 'unique', 'check', 'exclusion', 'foreign', 'not-null']),
  definition: z.string(),
  validated: z.boolean(),
  /** The collection a foreign key points at, when it is in the same schema. */
  references: z.string().optional(),
  /** Keys: the columns, of foreign ones here and there, in order. Older archives have those of foreign keys alone. */
  columns: z.array(z.string()).optional(),
  referencedColumns: z.array(z.string()).optional(),
  onDelete: ReferenceAction.optional(),
  onUpdate: ReferenceAction.optional(),
  comment: z.string().optional(),
});
export type Constraint = z.infer<typeof Constraint>;

export const Index = z.object({
  name: z.string(),
  /** Absent for the index of a constraint, which makes it. */
  definition: z.string().optional(),
  unique: z.boolean().optional(),
  /** Absent where it is not over whole columns of all rows. */
  columns: z.array(z.string()).optional(),
  /** The partitioned index this one is attached to. */
  parent: z.string().optional(),
  options: z.array(z.string()).optional(),
  clustered: z.boolean().optional(),
  replicaIdentity: z.boolean().optional(),
  /** [position, target] of expressions with a statistics target of their own. */
  statistics: z.array(z.tuple([z.number(), z.number()])).optional(),
  comment: z.string().optional(),
});
export type Index = z.infer<typeof Index>;

/** A trigger, rule, policy or statistics object: made by its text after the rows are in. */
export const Attachment = z.object({
  kind: z.enum(['trigger', 'rule', 'policy', 'statistics']),
  name: z.string(),
  definition: z.string(),
  /** O origin (the default), D disabled, R replica, A always. */
  enabled: z.enum(['O', 'D', 'R', 'A']).optional(),
  statistics: z.number().optional(),
  comment: z.string().optional(),
});
export type Attachment = z.infer<typeof Attachment>;

/** Of a part that stands in no list of its own: what is inherited, NOT NULL, of a domain, or a column of a type. */
export const PartComment = z.object({
  kind: z.enum(['constraint', 'trigger', 'column']),
  name: z.string(),
  comment: z.string(),
});
export type PartComment = z.infer<typeof PartComment>;

export const InheritedTrigger = z.object({ name: z.string(), enabled: z.enum(['O', 'D', 'R', 'A']) });
export type InheritedTrigger = z.infer<typeof InheritedTrigger>;

export const Relation = z.object({
  name: z.string(),
  kind: RelationKind,
  owner: z.string(),
  unlogged: z.boolean().optional(),
  accessMethod: z.string().optional(),
  columns: z.array(Column),
  parents: z.array(z.string()),
  partitionKey: z.string().optional(),
  partitionBound: z.string().optional(),
  /** The query of a view. */
  query: z.string().optional(),
  populated: z.boolean().optional(),
  constraints: z.array(Constraint),
  indexes: z.array(Index),
  /** Those that are marked INVALID, and left out. */
  invalidIndexes: z.array(z.string()).optional(),
  attachments: z.array(Attachment),
  /** Triggers that a partition has from its parent, where they are on or off otherwise than there. */
  inheritedTriggers: z.array(InheritedTrigger).optional(),
  sequences: z.array(Sequence),
  rowSecurity: z.enum(['on', 'forced']).optional(),
  replicaIdentity: z.enum(['full', 'nothing']).optional(),
  options: z.array(z.string()),
  toastOptions: z.array(z.string()),
  /** Absent: the server's default. */
  privileges: z.array(Privilege).optional(),
  comment: z.string().optional(),
  partComments: z.array(PartComment).optional(),
});
export type Relation = z.infer<typeof Relation>;

export const ObjectKind = z.enum([
  'enum',
  'domain',
  'composite',
  'range',
  'function',
  'procedure',
  'aggregate',
  'sequence',
  'collation',
  'operator',
  'operator family',
  'operator class',
  'text search dictionary',
  'text search configuration',
]);
export type ObjectKind = z.infer<typeof ObjectKind>;

/** What collections need beside themselves: types, functions, collations, sequences that no table owns. */
export const SchemaObject = z.object({
  kind: ObjectKind,
  name: z.string(),
  /** The name as SQL wants it: quoted, a routine with its argument types. Unique within its kind. */
  identity: z.string(),
  /** SQL; empty for what is a record. */
  definition: z.string(),
  owner: z.string(),
  sequence: Sequence.optional(),
  collation: Collation.optional(),
  operator: Operator.optional(),
  operatorFamily: OperatorFamily.optional(),
  operatorClass: OperatorClass.optional(),
  textDictionary: TextDictionary.optional(),
  textConfiguration: TextConfiguration.optional(),
  /** Checks of a domain that its values need not hold: CREATE DOMAIN cannot say so. */
  notValid: z.array(z.object({ name: z.string(), definition: z.string() })).optional(),
  privileges: z.array(Privilege).optional(),
  comment: z.string().optional(),
  partComments: z.array(PartComment).optional(),
});
export type SchemaObject = z.infer<typeof SchemaObject>;

/** Kinds that are records, and the field that has it. */
export const RECORDS = {
  sequence: 'sequence',
  collation: 'collation',
  operator: 'operator',
  'operator family': 'operatorFamily',
  'operator class': 'operatorClass',
  'text search dictionary': 'textDictionary',
  'text search configuration': 'textConfiguration',
} as const satisfies Partial<Record<ObjectKind, keyof SchemaObject>>;

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

/** A schema whose texts were all looked at: only checkSchema makes one, and plans take no other. */
export type CheckedSchema = Schema & { readonly [looked]: true };

/** What the neutral core says of a column, and the native part does not repeat. */
const ColumnNative = Column.omit({
  name: true,
  type: true,
  element: true,
  length: true,
  precision: true,
  scale: true,
  generated: true,
  comment: true,
});

export const RelationNative = Relation.omit({
  name: true,
  kind: true,
  parents: true,
  populated: true,
  comment: true,
}).extend({ columns: z.array(ColumnNative) });
export type RelationNative = z.infer<typeof RelationNative>;

export const ObjectNative = SchemaObject.omit({ kind: true, name: true, identity: true });
export type ObjectNative = z.infer<typeof ObjectNative>;

/** What a database of this dialect says of itself. */
export const DatabaseNative = z.object({
  encoding: z.string(),
  /** `used`: something of the schema needs it; older archives do not say. */
  extensions: z.array(
    z.object({ name: z.string(), version: z.string(), schema: z.string(), used: z.boolean().optional() }),
  ),
  /** What the schema needs beside itself; older archives do not say. */
  elsewhere: z.array(Elsewhere).optional(),
});
export type DatabaseNative = z.infer<typeof DatabaseNative>;
