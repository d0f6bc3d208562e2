import * as z from 'zod';
import * as neutral from '../../../schema/structure';
import type { Source } from '../../../schema/source';
import { Unfit } from '../../../schema/unfit';
import { defaultOf } from './defaults';
import type { Parser } from '../sql/parser';
import {
  DatabaseNative,
  ObjectKind,
  type Column,
  type ObjectNative,
  type Relation,
  type RelationNative,
  type Schema,
  type SchemaObject,
} from '../structure/structure';

/** What every database has of a schema, with what only PostgreSQL needs beside it. `parse`: to understand defaults. */
export const toNeutral = (schema: Schema, parse: Parser): neutral.Schema => ({
  relations: schema.relations.map((relation) => relationToNeutral(relation, parse)),
  objects: schema.objects.map(objectToNeutral),
  order: schema.order,
  needs: schema.needs,
  laterNeeds: schema.laterNeeds,
});

/** The way back. Throws Unfit where there is no native part, or none that fits the core. */
export const fromNeutral = (schema: neutral.Schema): Schema => ({
  ...partsFromNeutral(schema),
  order: schema.order,
  needs: schema.needs,
  laterNeeds: schema.laterNeeds,
});

export const partsFromNeutral = ({
  relations,
  objects,
}: Pick<neutral.Schema, 'relations' | 'objects'>): Pick<Schema, 'relations' | 'objects'> => ({
  relations: relations.map(relationFromNeutral),
  objects: objects.map(objectFromNeutral),
});

/** Without a parser a default that is no counter is an expression: what it means is not known. */
export function relationToNeutral(relation: Relation, parse?: Parser): neutral.Relation {
  const { name, kind, parents, populated, comment, columns, ...rest } = relation;
  const keys = (of: 'primary' | 'unique') =>
    rest.constraints.flatMap((key) =>
      key.kind === of && key.columns ? [{ name: key.name, columns: key.columns }] : [],
    );
  const [primaryKey] = keys('primary');
  return {
    name,
    kind,
    columns: columns.map((column) => columnToNeutral(column, relation, parse)),
    parents,
    ...(primaryKey && { primaryKey }),
    uniqueKeys: keys('unique'),
    foreignKeys: rest.constraints.flatMap(foreignKey),
    indexes: rest.indexes
      .filter((index) => index.definition !== undefined)
      .map((index) => ({
        name: index.name,
        unique: index.unique ?? false,
        ...(index.columns && { columns: index.columns }),
      })),
    counters: rest.sequences.flatMap(({ column, apart, last, called, increment }) =>
      column === undefined || apart
        ? []
        : [{ column, next: called ? String(BigInt(last) + BigInt(increment)) : last }],
    ),
    ...(populated !== undefined && { populated }),
    ...(comment !== undefined && { comment }),
    native: { postgres: { ...rest, columns: columns.map(nativeOf) } satisfies RelationNative },
  };
}

function columnToNeutral(column: Column, relation: Relation, parse: Parser | undefined): neutral.Column {
  const { name, type, element, length, precision, scale, notNull, generated, comment } = column;
  const value = defaultOf(column, relation, parse);
  return {
    name,
    type,
    ...(element !== undefined && { element }),
    ...(length !== undefined && { length }),
    ...(precision !== undefined && { precision }),
    ...(scale !== undefined && { scale }),
    nullable: !notNull,
    ...(value && { default: value }),
    ...(generated !== undefined && { generated }),
    ...(comment !== undefined && { comment }),
  };
}

/** What stands in the core of a column; the rest is its native part. */
const SHARED = new Set([
  'name',
  'type',
  'element',
  'length',
  'precision',
  'scale',
  'generated',
  'comment',
] as const);

const nativeOf = (column: Column): RelationNative['columns'][number] => omit(column, SHARED);

const CORE_ALONE = new Set(['nullable', 'default'] as const);

/** Nothing is deleted: an object that has lost something is slow from then on. */
function omit<T extends object, K extends keyof T>(value: T, keys: ReadonlySet<K>): Omit<T, K> {
  const rest: Partial<T> = {};
  for (const key in value) if (!keys.has(key as unknown as K)) rest[key] = value[key];
  return rest as Omit<T, K>;
}

function foreignKey({ kind, name, ...key }: Relation['constraints'][number]): neutral.ForeignKey[] {
  const { references, columns, referencedColumns, validated } = key;
  if (kind !== 'foreign' || references === undefined) return [];
  return [
    {
      name,
      columns: columns ?? [],
      references,
      referencedColumns: referencedColumns ?? [],
      onDelete: key.onDelete ?? 'no action',
      onUpdate: key.onUpdate ?? 'no action',
      holds: validated,
    },
  ];
}

/** What a reader of archives has made sure of (archive/manifest.ts), or what this dialect itself has made. */
function nativeRelation({ name, native }: neutral.Relation): RelationNative {
  const kept = native.postgres as RelationNative | undefined;
  if (kept) return kept;
  throw new Unfit(`collection ${JSON.stringify(name)}`, 'it has no structure for PostgreSQL');
}

const natives = new WeakMap<neutral.Relation, Relation>();

/** The same each time for the same. */
export function relationFromNeutral(relation: neutral.Relation): Relation {
  const before = natives.get(relation);
  if (before) return before;
  const made = toNative(relation);
  natives.set(relation, made);
  return made;
}

function toNative(relation: neutral.Relation): Relation {
  const { name, kind, parents, populated, comment, columns } = relation;
  const native = nativeRelation(relation);
  if (native.columns.length !== columns.length)
    throw new Unfit(
      `collection ${JSON.stringify(name)}`,
      `its structure for PostgreSQL has ${native.columns.length} columns, and it has ${columns.length}`,
    );
  return {
    name,
    kind,
    parents,
    ...(populated !== undefined && { populated }),
    ...(comment !== undefined && { comment }),
    ...native,
    columns: native.columns.map((column, at) => {
      const core = columns[at];
      if (!core) throw new Error('a column is missing');
      return { ...omit(core, CORE_ALONE), ...column };
    }),
  };
}

export function objectToNeutral(object: SchemaObject): neutral.SchemaObject {
  const { kind, name, identity, ...native } = object;
  return { kind, name, identity, native: { postgres: native satisfies ObjectNative } };
}

function objectFromNeutral(object: neutral.SchemaObject): SchemaObject {
  const { name, identity, native } = object;
  const kind = ObjectKind.safeParse(object.kind);
  const kept = native.postgres as ObjectNative | undefined;
  if (!kind.success || !kept)
    throw new Unfit(neutral.objectKey(object), `${object.kind} is nothing that PostgreSQL has`);
  return { kind: kind.data, name, identity, ...kept };
}

/** What PostgreSQL says of itself. */
export function nativeSource({ native }: Source): DatabaseNative {
  const parsed = DatabaseNative.safeParse(native.postgres);
  if (parsed.success) return parsed.data;
  throw new Unfit('database', z.prettifyError(parsed.error));
}
