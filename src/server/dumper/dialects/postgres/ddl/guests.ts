import type { Blemish } from '../../../schema/blemish';
import { isView } from '../../../schema/structure';
import type { Relation } from '../structure/structure';
import type { Target } from './target';

type Known = Pick<Target, 'user' | 'roles' | 'owners'>;

/**
 * Materialized views of other roles that are known here, of all relations of a backup. To fill one runs what that role
 * wrote, so it is filled once it is that role's again, with everything else in place; and not at all where Ark's account
 * may not act as it, unless it is the role whose app this was: what was that role's is now the account's.
 */
export function guestsIn(
  relations: readonly Relation[],
  { user, roles, owners }: Known,
): { readonly filled: ReadonlySet<string>; readonly empty: readonly Relation[] } {
  const host = commonest(relations.filter((relation) => !isView(relation)).map((relation) => relation.owner));
  const guests = relations.filter(
    ({ kind, populated, owner }) =>
      kind === 'materialized' && populated === true && owner !== user && roles.has(owner),
  );
  return {
    filled: new Set(guests.filter((guest) => owners.has(guest.owner)).map((guest) => guest.name)),
    empty: guests.filter((guest) => !owners.has(guest.owner) && guest.owner !== host),
  };
}

export const emptyBlemish = ({ name, owner }: Relation, { user }: Known): Blemish => ({
  kind: 'materialized',
  collection: name,
  name,
  outcome: 'left empty',
  because: `it is of ${owner}, and ${user} may not act as that role`,
});

function commonest(list: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const item of list) counts.set(item, (counts.get(item) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
