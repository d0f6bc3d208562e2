import { refused } from '../../errors/errors';
import { closure } from '../schema/order';
import { hasRows, isView, type Relation } from '../schema/structure';
import { named, type AppFacts, type GroupName, type Selection } from './groups';

interface Member {
  readonly name: string;
  readonly collection?: string | undefined;
  readonly group: GroupName;
}

/** What is known of the members of a choice: their structure, and what each is a part of, the whole first. */
export interface Nature<T> {
  readonly where: 'archive' | 'database';
  readonly structure: (member: T) => Relation;
  readonly wholes: (member: T) => readonly string[];
  /** It has rows that could point at others. */
  readonly hasSome: (member: T) => boolean;
}

export interface Narrowed<T> {
  readonly kept: readonly T[];
  /** Of those, by name, what comes without its rows: what was named, its partitions, and its parts. */
  readonly bare: ReadonlySet<string>;
  /** By name, what stays out: what was named, its partitions, and its parts. */
  readonly out: ReadonlySet<string>;
}

/**
 * A choice without what was to stay out, and which of it is to come without rows. Throws COLLECTION_UNKNOWN for a name
 * that nothing has, USAGE for what cannot do without its rows or has none, and DEPENDENT_WOULD_BREAK where what is kept
 * would hang in the air.
 */
export function narrow<T extends Member>(
  chosen: readonly T[],
  all: readonly T[],
  { exclude = [], noRows = [] }: Selection,
  nature: Nature<T>,
): Narrowed<T> {
  if (exclude.length + noRows.length === 0) return { kept: chosen, bare: new Set(), out: new Set() };
  const { structure, wholes, where } = nature;
  const excluded = exclude.flatMap((name) => {
    const members = named(all, name, where);
    refuseRequired(name, members);
    return members.map((member) => member.name);
  });
  const out = closure(
    excluded,
    below(all, structure, (member) => wholes(member).slice(0, 1)),
  );
  refuseSplit(all, out, structure);
  const kept = chosen.filter(({ name }) => !out.has(name));
  const emptied = noRows.flatMap((name) => {
    const members = named(all, name, where);
    refuseRequired(name, members);
    for (const member of members) {
      if (isView(structure(member))) throw refused('view-no-rows', { collection: name });
      if (!kept.includes(member)) throw refused('no-rows-not-chosen', { collection: name });
    }
    return members.map((member) => member.name);
  });
  const reached = closure(emptied, below(all, structure, wholes));
  const bare = new Set(kept.flatMap(({ name }) => (reached.has(name) ? name : [])));
  refuseHanging(kept, bare, nature);
  return { kept, bare, out };
}

/** What an app says that a table is a part of. */
export const wholesIn = (app: AppFacts | undefined, table: string): readonly string[] => {
  const whole = app?.parts?.get(table);
  return [...new Set([...(whole === undefined ? [] : [whole]), ...(app?.pairs?.get(table) ?? [])])];
};

function refuseRequired(name: string, members: readonly Member[]): void {
  if (members.some(({ group }) => group === 'required'))
    throw refused('required-whole', { collection: name });
}

/** By name, the partitions of a table, whose rows are its own, and the parts of a collection. */
function below<T extends Member>(
  all: readonly T[],
  structure: (member: T) => Relation,
  wholes: (member: T) => readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const kinds = new Map(all.map((member) => [member.name, structure(member).kind]));
  const edges = new Map<string, string[]>();
  for (const member of all) {
    const parents = structure(member).parents.filter((parent) => kinds.get(parent) === 'partitioned');
    for (const above of [...parents, ...wholes(member)])
      edges.set(above, [...(edges.get(above) ?? []), member.name]);
  }
  return edges;
}

/** Tables that share rows are restored together or not at all. */
function refuseSplit<T extends Member>(
  all: readonly T[],
  out: ReadonlySet<string>,
  structure: (member: T) => Relation,
): void {
  for (const member of all) {
    const split = structure(member).parents.find((parent) => out.has(parent) !== out.has(member.name));
    if (split === undefined) continue;
    const [gone, stays] = out.has(split) ? [split, member.name] : [member.name, split];
    throw refused('exclude-splits', { collection: gone, other: stays });
  }
}

/** Rows that point at a table without rows would break the key that they point by. */
function refuseHanging<T extends Member>(
  kept: readonly T[],
  bare: ReadonlySet<string>,
  { structure, hasSome }: Nature<T>,
): void {
  const parents = new Map(kept.map((member) => [member.name, structure(member).parents]));
  // A key to a partitioned table leads to its partitions.
  const targets = closure(bare, parents);
  const pointing = kept.flatMap((member) => {
    const relation = structure(member);
    if (!hasRows(relation) || bare.has(member.name) || !hasSome(member)) return [];
    return relation.foreignKeys
      .filter(({ holds, references }) => holds && targets.has(references))
      .map(({ name, references }) => ({ key: `${name} of ${member.name}`, references }));
  });
  if (pointing.length === 0) return;
  throw refused('no-rows-pointed-at', {
    collections: [...new Set(pointing.map(({ references }) => references))],
    keys: pointing.map(({ key }) => key),
  });
}
