import { SQLSTATE } from '../sql/sqlstate';
import type { Step } from '../sql/step';
import type { Relation } from '../structure/structure';
import { attachIndex, createChecks, createKeys, type Part } from './parts';
import type { Target } from './target';
import { finishRelation, grant, named, setInheritedTriggers } from './ddl';
import { sql } from '../sql/sql';

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
