import { isDeepStrictEqual } from 'node:util';
import { isView } from '../../../schema/structure';
import type { Relation } from './structure';

/** All that a definition may rely on; not the order of columns, whose the table is, nor where its sequences are. */
const shapeOf = (relation: Relation) => ({
  kind: relation.kind,
  parents: relation.parents,
  partitionKey: relation.partitionKey,
  partitionBound: relation.partitionBound,
  query: relation.query?.trim(),
  // The columns of a view are those of its query; old archives do not have them.
  columns: isView(relation)
    ? []
    : byName(relation.columns).map(
        ({ name, native, notNull, default: value, generated, identity, collation }) => ({
          name,
          native,
          notNull,
          value,
          generated,
          identity,
          collation,
        }),
      ),
  // PostgreSQL 18 has NOT NULL as constraints too.
  constraints: byName(relation.constraints.filter((constraint) => constraint.kind !== 'not-null')).map(
    ({ name, kind, definition }) => ({ name, kind, definition }),
  ),
  indexes: byName(relation.indexes).map(({ name, definition }) => ({ name, definition })),
  attachments: byName(relation.attachments).map(({ kind, name, definition }) => ({ kind, name, definition })),
});

const byName = <T extends { readonly name: string }>(list: readonly T[]): T[] =>
  [...list].sort((a, b) => (a.name < b.name ? -1 : 1));

export const sameStructure = (now: Relation, then: Relation): boolean =>
  isDeepStrictEqual(shapeOf(now), shapeOf(then));
