import { SQLSTATE } from './sqlstate';
import type { Building } from './building';
import type { Step } from './step';
import { hasRows, isView, objectKey, relationKey, type Needs } from '../../schema/structure';
import type { Relation, SchemaObject } from './structure';
import { closure, orderByNeed } from '../../schema/order';
import { attachIndex, createChecks, createForeignKey, createKeys, type Part } from './parts';
import { type Target } from './target';
import {
  comment,
  createObject,
  createRelation,
  finishRelation,
  grant,
  identified,
  named,
  setInheritedTriggers,
} from './ddl';
import { columnList, quote } from './connection';
import { sql, type Statement } from './sql';
import { movableKind } from './movable';

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
  return [...closure([key], needs)].some((one) => makers.get(one)?.view !== undefined);
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

export const partStep = (relation: Relation, part: Part): Step => ({
  what: `adding ${part.name} of ${relation.name}`,
  statements: part.statements,
  unless: {
    codes: part.codes,
    instead: part.instead,
    blemish: {
      kind: part.kind,
      collection: relation.name,
      name: part.name,
      ...(part.before && { before: true as const }),
    },
    count: part.count,
  },
});

/** Primary, unique and exclusion constraints and indexes: all, or those that wait. */
export const keySteps = (
  relation: Relation,
  schema: string,
  wanted: (name: string) => boolean = () => true,
): Step[] => createKeys(relation, schema, wanted).map((part) => partStep(relation, part));

/** Checks, once the rows are in. A parent's checks become those of its children, so children come first. */
export function checkSteps(
  relations: readonly Relation[],
  schema: string,
  wanted: (relation: Relation, name: string) => boolean,
): Step[] {
  const byName = new Map(relations.map((relation) => [relation.name, relation]));
  const inherits = (relation: Relation, name: string) =>
    relation.partitionBound !== undefined &&
    relation.parents.some((parent) =>
      byName.get(parent)?.constraints.some((constraint) => constraint.name === name),
    );
  return [...relations]
    .reverse()
    .flatMap((relation) =>
      createChecks(relation, schema, (name) => wanted(relation, name) && !inherits(relation, name)).map(
        (part) => partStep(relation, part),
      ),
    );
}

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

/** The index of a partition becomes a part of its parent's. */
export const jointSteps = (
  relations: readonly Relation[],
  schema: string,
  wanted: (relation: Relation, index: string) => boolean,
): Step[] =>
  relations.flatMap((relation) =>
    relation.indexes
      .filter((index) => index.parent !== undefined && wanted(relation, index.name))
      .map((index) => ({
        what: `joining indexes of ${relation.name}`,
        statements: [attachIndex(index, schema)],
        // One of the two was left out, and is named for itself.
        unless: { codes: [SQLSTATE.undefinedTable], instead: [] },
      })),
  );

/** Fills a materialized view, and builds its indexes. */
export const fillSteps = (view: Relation, schema: string): Step[] => [
  ...(view.populated
    ? [
        {
          what: `filling ${view.name}`,
          // As its owner would do it, whom policies may concern.
          statements: [
            sql`SET LOCAL row_security = on`,
            sql`REFRESH MATERIALIZED VIEW ${named(schema, view.name)}`,
            sql`SET LOCAL row_security = off`,
          ],
          unless: {
            codes: [],
            instead: [],
            blemish: { kind: 'materialized' as const, collection: view.name, name: view.name },
            otherwise: 'left empty' as const,
          },
        },
      ]
    : []),
  ...keySteps(view, schema),
];

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
      ].flatMap((one) =>
        tolerant(
          `commenting on ${one.name} of ${relation.name}`,
          comment(one.kind.toUpperCase(), `${quote(one.name)} ON ${name}`, one.comment),
        ),
      );
    }),
    ...[...plan.objects, ...plan.remade].flatMap((object) => {
      const type = identified(schema, object.identity);
      return (object.partComments ?? []).flatMap((one) =>
        tolerant(
          `commenting on ${one.name} of ${object.identity}`,
          one.kind === 'column'
            ? comment('COLUMN', `${type}.${quote(one.name)}`, one.comment)
            : comment('CONSTRAINT', `${quote(one.name)} ON DOMAIN ${type}`, one.comment),
        ),
      );
    }),
  ];
};

/** Triggers, rules, policies and grants. */
export const finishSteps = (relations: readonly Relation[], schema: string, target: Target): Step[] => [
  ...relations.map((relation) => ({
    what: `finishing ${relation.name}`,
    statements: finishRelation(relation, schema),
  })),
  ...relations.map((relation) => ({
    what: `finishing ${relation.name}`,
    statements: [
      ...setInheritedTriggers(relation, schema),
      ...relation.sequences.flatMap((sequence) =>
        sequence.privileges
          ? grant('SEQUENCE', named(schema, sequence.name), target.user, sequence.privileges, target)
          : [],
      ),
      ...grant('TABLE', named(schema, relation.name), relation.owner, relation.privileges, target),
    ],
  })),
];
