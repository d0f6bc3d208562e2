import { isView, objectKey, relationKey, type Needs } from '../../../schema/structure';
import type { Relation, SchemaObject } from '../structure/structure';
import { closure } from '../../../schema/order';
import type { Parser } from '../sql/parser';
import { splitType } from '../sql/splitType';
import { movableKind } from '../structure/movable';
import { type Sides, type SwapPlan, type Waits } from './swapPlan';

export const NO_WAITS: Waits = {
  keys: new Set(),
  parts: new Map(),
  domains: new Map(),
  fills: new Set(),
  finishing: new Set(),
};

export const waitsPart = ({ parts }: Waits, relation: Relation, name: string): boolean =>
  parts.get(relation.name)?.has(name) ?? false;

/** Whether a foreign key of a relation waits, for either of its ends. */
export const waitsKey = ({ keys }: Waits, relation: Relation, references: string | undefined): boolean =>
  keys.has(relationKey(relation.name)) || keys.has(relationKey(references ?? ''));

type Planned = Pick<SwapPlan, 'relations' | 'carried' | 'objects' | 'remade' | 'redefined'>;

export function planWaits(
  { incoming, live }: Pick<Sides, 'incoming' | 'live'>,
  plan: Planned,
  parse: Parser,
): Waits {
  const needs = joined(live.needs, incoming.needs);
  const objects = new Map(
    [...live.objects, ...incoming.objects].map((object) => [objectKey(object), object]),
  );
  const routines = unsafeRoutines({ incoming, live }, plan, objects, needs);
  if (routines.size === 0) return NO_WAITS;
  // Whatever is no table passes on what it needs: types, operators, views.
  const relations = [...plan.relations, ...plan.carried];
  const views = new Set(relations.filter(isView).map((relation) => relationKey(relation.name)));
  const users = reversed(needs, (key) => objects.has(key) || views.has(key));
  const unsafe = closure(routines, users);
  const names = [...unsafe].map((key) => objects.get(key)?.name).filter((name) => name !== undefined);
  const runs = (text: string | undefined) => text !== undefined && mentionsAny(text, names);

  // The class that a type has by default stands in no text: an index on a column of that type runs it all the same.
  const later = joined(live.laterNeeds, incoming.laterNeeds);
  const sorts = (relation: Relation) =>
    (later.get(relationKey(relation.name)) ?? []).some(
      (key) => unsafe.has(key) && objects.get(key)?.operatorClass?.default,
    );
  const seeds = plan.relations.filter(
    (relation) =>
      relation.columns.some((column) => column.generated !== undefined && runs(column.default)) ||
      (relation.constraints.some(({ kind }) => kind === 'primary' || kind === 'unique') && sorts(relation)),
  );
  const planned = new Set([
    ...relations.map((relation) => relationKey(relation.name)),
    ...[...plan.objects, ...plan.remade].map(objectKey),
  ]);
  const keys = new Set(
    [
      ...closure(
        seeds.map((seed) => relationKey(seed.name)),
        reversed(needs, (key) => planned.has(key)),
      ),
    ].filter((key) => planned.has(key)),
  );
  const fills = new Set(
    relations
      .filter((relation) => relation.kind === 'materialized' && !keys.has(relationKey(relation.name)))
      .filter(
        (relation) =>
          unsafe.has(relationKey(relation.name)) ||
          runs(relation.query) ||
          relation.indexes.some((index) => runs(index.definition)),
      )
      .map((relation) => relation.name),
  );
  const parts = new Map<string, ReadonlySet<string>>();
  for (const relation of plan.relations.filter((relation) => !isView(relation))) {
    const waiting = [
      ...relation.constraints.filter(
        (constraint) =>
          (constraint.kind === 'check' || constraint.kind === 'exclusion') && runs(constraint.definition),
      ),
      ...relation.indexes.filter(
        (index) => index.definition !== undefined && (runs(index.definition) || sorts(relation)),
      ),
    ].map((constraint) => constraint.name);
    if (waiting.length > 0) parts.set(relation.name, new Set(waiting));
  }
  const finishing = new Set(
    relations
      .filter((relation) => !keys.has(relationKey(relation.name)))
      .filter((relation) => (later.get(relationKey(relation.name)) ?? []).some((key) => keys.has(key)))
      .map((relation) => relation.name),
  );
  const domains = new Map<string, readonly string[]>();
  for (const object of [...plan.objects, ...plan.remade].filter((object) => object.kind === 'domain')) {
    const split = splitType(parse, object.definition, (_, text) => /\bCHECK\b/.test(text) && runs(text));
    if (split && split.parts.length > 0) domains.set(objectKey(object), split.parts);
  }
  return { keys, parts, domains, fills, finishing };
}

/**
 * A routine can run in staging if it is here already as it will be, cannot look at rows (it is declared immutable, and
 * names no table), and calls none that is otherwise.
 */
function unsafeRoutines(
  { incoming, live }: Pick<Sides, 'incoming' | 'live'>,
  plan: Planned,
  objects: ReadonlyMap<string, SchemaObject>,
  needs: Needs,
): Set<string> {
  const here = new Map(live.objects.map((object) => [objectKey(object), object]));
  const changing = new Set(
    [...plan.objects, ...plan.remade, ...plan.redefined.map((change) => change.now)].map(objectKey),
  );
  const tables = [...live.relations, ...incoming.relations].map((relation) => relation.name);
  const routines = [...objects].filter(([, thing]) => movableKind(thing) === 'ROUTINE');
  const unsafe = routines
    .filter(
      ([key, { definition }]) =>
        changing.has(key) || !here.has(key) || !isImmutable(definition) || mentionsAny(definition, tables),
    )
    .map(([key]) => key);
  const isRoutine = new Set(routines.map(([key]) => key));
  const calls = joined(needs, joined(live.laterNeeds, incoming.laterNeeds));
  return closure(
    unsafe,
    reversed(calls, (key) => isRoutine.has(key)),
  );
}

/** As the server prints it before the body. An aggregate is what its functions are. */
const isImmutable = (definition: string): boolean =>
  definition.startsWith('CREATE AGGREGATE') ||
  /\bIMMUTABLE\b/.test(definition.split(/\nAS |\nBEGIN ATOMIC|\nRETURN /)[0] ?? '');

function joined(...maps: readonly Needs[]): Needs {
  const all = new Map<string, readonly string[]>();
  for (const map of maps) for (const [key, list] of map) all.set(key, [...(all.get(key) ?? []), ...list]);
  return all;
}

/** Who needs a key, of those that count. */
function reversed(needs: Needs, counts: (key: string) => boolean): Needs {
  const users = new Map<string, string[]>();
  for (const [from, list] of needs) {
    if (!counts(from)) continue;
    for (const need of list) users.set(need, [...(users.get(need) ?? []), from]);
  }
  return users;
}

const WORDS = /[\p{L}_][\p{L}\p{N}_$]*/gu;
const PLAIN = /^[\p{L}_][\p{L}\p{N}_$]*$/u;

/** Whether one of these names stands in a text; rather once too often than once too little. */
function mentionsAny(text: string, names: readonly string[]): boolean {
  const words = new Set(text.match(WORDS));
  return names.some((name) => (PLAIN.test(name) ? words.has(name) : text.includes(name)));
}
