import { partStep } from '../ddl/steps';
import { SQLSTATE } from '../sql/sqlstate';
import type { Building } from './building';
import type { Step } from '../sql/step';
import { hasRows, isView, objectKey, relationKey, type Needs } from '../../../schema/structure';
import type { Relation, SchemaObject } from '../structure/structure';
import { closure, orderByNeed } from '../../../schema/order';
import { createForeignKey } from '../ddl/parts';
import { comment, createObject, createRelation, grant, identified, named } from '../ddl/ddl';
import { columnList, quote } from '../sql/quote';
import { sql, type Statement } from '../sql/sql';
import { movableKind } from '../structure/movable';

export interface Maker extends Step {
  readonly view?: Relation;
  readonly table?: Relation;
}

/** How each relation and object is made, and in which order. */
export function makersOf(building: Building): {
  makers: ReadonlyMap<string, Maker>;
  order: readonly string[];
  needs: Needs;
} {
  const { plan, incoming, live, schema, target } = building;
  const makers = new Map<string, Maker>();
  const family = new Map(plan.relations.map((relation) => [relation.name, relation]));
  const objects = [...plan.objects, ...plan.remade];
  const made = new Set(objects.map(objectKey));
  for (const object of objects) {
    makers.set(objectKey(object), {
      what: `making the ${object.kind} ${object.identity}`,
      statements: [
        ...createObject(withoutChecks(object, building), schema, made),
        ...grant(
          movableKind(object),
          identified(schema, object.identity),
          object.owner,
          object.privileges,
          target,
        ),
      ],
    });
  }
  for (const relation of [...plan.relations, ...plan.carried]) {
    makers.set(relationKey(relation.name), {
      what: `making ${relation.name}`,
      ...(isView(relation) ? { view: relation } : { table: relation }),
      statements: createRelation(relation, family, target.version, schema),
    });
  }
  // Carried views follow the live schema's order of need, everything else the incoming one's.
  const needs = new Map([...live.needs, ...incoming.needs]);
  const order = orderByNeed(
    [...new Set([...incoming.order, ...live.order])].filter((key) => makers.has(key)),
    needs,
  );
  return { makers, order, needs };
}

export function needsView(key: string, needs: Needs, makers: ReadonlyMap<string, Maker>): boolean {
  return [...closure([key], needs)].some((key) => makers.get(key)?.view !== undefined);
}

/** A domain as it is made: what waits, or is looked at once the rows are in, is cut out. */
const withoutChecks = (object: SchemaObject, { plan, loose }: Building): SchemaObject =>
  [plan.waits.domains, loose]
    .flatMap((parts) => parts?.get(objectKey(object)) ?? [])
    .reduce((left, part) => ({ ...left, definition: left.definition.replace(` ${part}`, () => '') }), object);

/** Rows that wait for their table: all that can be said of it before it is made. */
export const createAside = (relation: Relation, schema: string): Statement =>
  sql`CREATE UNLOGGED TABLE ${named(schema, relation.name)} (${relation.columns
    .filter((column) => !column.generated)
    .map((column) => `${quote(column.name)} ${column.native}`)
    .join(', ')})`;

/** Rows that have waited. */
export const moveRows = (relation: Relation, from: string, to: string): Statement[] => {
  if (!hasRows(relation)) return [];
  const columns = columnList(relation);
  const list = columns.trim().slice(1, -1);
  return [
    sql`INSERT INTO ${named(to, relation.name)}${columns} OVERRIDING SYSTEM VALUE SELECT ${list} FROM ONLY ${named(from, relation.name)}`,
    sql`DROP TABLE ${named(from, relation.name)}`,
  ];
};

/** Foreign keys among what comes. */
export function foreignKeySteps(
  { plan, schema, target }: Building,
  wanted: (relation: Relation, references: string | undefined) => boolean,
): Step[] {
  const staged = new Set(plan.relations.map((relation) => relation.name));
  return plan.relations.flatMap((relation) =>
    relation.constraints
      .filter((constraint) => constraint.kind === 'foreign' && staged.has(constraint.references ?? ''))
      .filter((constraint) => wanted(relation, constraint.references))
      .map((constraint) =>
        partStep(relation, createForeignKey(relation, constraint, schema, target.version)),
      ),
  );
}

/** Once everything stands: what a part has from a parent or a column stands then too, unless it was left out. */
export const partCommentSteps = ({ plan, schema }: Building): Step[] => {
  const tolerant = (what: string, statements: readonly Statement[]): Step[] =>
    statements.map((statement) => ({
      what,
      statements: [statement],
      unless: { codes: [SQLSTATE.undefinedObject, SQLSTATE.undefinedColumn], instead: [] },
    }));
  return [
    ...plan.relations.flatMap((relation) => {
      const name = named(schema, relation.name);
      // A partition has its checks from its parent, with no comment.
      const checks = relation.partitionBound === undefined ? [] : relation.constraints;
      return [
        ...(relation.partComments ?? []),
        ...checks
          .filter((check) => check.kind === 'check')
          .map((check) => ({ ...check, kind: 'constraint' })),
      ].flatMap((part) =>
        tolerant(
          `commenting on ${part.name} of ${relation.name}`,
          comment(part.kind.toUpperCase(), `${quote(part.name)} ON ${name}`, part.comment),
        ),
      );
    }),
    ...[...plan.objects, ...plan.remade].flatMap((object) => {
      const type = identified(schema, object.identity);
      return (object.partComments ?? []).flatMap((part) =>
        tolerant(
          `commenting on ${part.name} of ${object.identity}`,
          part.kind === 'column'
            ? comment('COLUMN', `${type}.${quote(part.name)}`, part.comment)
            : comment('CONSTRAINT', `${quote(part.name)} ON DOMAIN ${type}`, part.comment),
        ),
      );
    }),
  ];
};
