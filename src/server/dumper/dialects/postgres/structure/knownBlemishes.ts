import type { Blemish } from '../../../schema/blemish';
import type { Relation, SchemaObject } from './structure';

/** What the catalog said when the backup was made. */
export const knownBlemishes = ({
  relations,
  objects,
}: {
  readonly relations: readonly Relation[];
  readonly objects: readonly SchemaObject[];
}): Blemish[] => [
  ...relations.flatMap(({ name: collection, constraints, invalidIndexes = [], ...relation }) => [
    ...constraints
      .filter(isNotValid)
      // A partition has its parent's, which is named there.
      .filter(
        ({ name }) =>
          relation.partitionBound === undefined ||
          !relations.some(
            (parent) =>
              relation.parents.includes(parent.name) &&
              parent.constraints.some((other) => other.name === name),
          ),
      )
      .map(({ kind, name }) => ({ kind, collection, name, outcome: 'not valid', before: true }) as const),
    ...invalidIndexes.map((name) => invalid(collection, name)),
  ]),
  ...objects.flatMap(({ name: collection, notValid = [] }) =>
    notValid.map(
      ({ name }) => ({ kind: 'domain', collection, name, outcome: 'not valid', before: true }) as const,
    ),
  ),
];

const invalid = (collection: string, name: string): Blemish => ({
  kind: 'index',
  collection,
  name,
  outcome: 'left out',
  before: true,
});

/** Not so one that nobody enforces. */
export const isNotValid = ({ validated, definition }: Relation['constraints'][number]): boolean =>
  !validated && definition.endsWith(' NOT VALID');
