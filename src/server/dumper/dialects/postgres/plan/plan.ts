import { isView, objectKey, relationKey, relationOf } from '../../../schema/structure';
import type { Relation } from '../structure/structure';
import { closure } from '../../../schema/order';
import { emptyBlemish, guestsIn } from '../ddl/guests';
import type { Live } from '../catalog/live';
import { brokenViews, checkNames, checkViews } from './planChecks';
import { planObjects } from './planObjects';
import { planOutsiders } from './planOutsiders';
import { planAttachments, planDependents, planForeignKeys, rebindPublications } from './planTies';
import { movableKind, movableOfRelation, type Movable } from '../structure/movable';
import { type DroppedView, type Incoming, type PlanOptions, type Sides, type SwapPlan } from './swapPlan';
import { planWaits } from './waits';
import { warn, type Warning } from '../../../app/warning';

/** A table and the tables it shares rows with (parents, children, partitions) only make sense together. */
export function families(relations: readonly Relation[], names: Iterable<string>): Set<string> {
  const edges = new Map<string, string[]>();
  const join = (from: string, other: string) => edges.set(from, [...(edges.get(from) ?? []), other]);
  for (const relation of relations) {
    for (const parent of relation.parents) {
      join(relation.name, parent);
      join(parent, relation.name);
    }
  }
  const known = new Set(relations.map((relation) => relation.name));
  return new Set([...closure(names, edges)].filter((name) => known.has(name)));
}

/** Decides a swap from two descriptions alone, before anything is done. Throws what the swap would be refused for. */
export function planSwap(incoming: Incoming, live: Live, options: PlanOptions): SwapPlan {
  const warnings: Warning[] = [];
  const sides = takeSides(incoming, live, options, warnings);
  const { relations, going, liveByName } = sides;

  const { objects, redefined, outgoing } = planObjects(sides, options, warnings);
  const { carried, remade } = planDependents(sides, options, warnings);
  const keys = planForeignKeys(sides);
  const remadeKeys = new Set(remade.map(objectKey));
  outgoing.push(...remade.map((thing): Movable => ({ kind: movableKind(thing), identity: thing.identity })));
  const rebound = rebindPublications(sides, warnings);

  const carriedNames = new Set(carried.map((relation) => relation.name));
  const dropped: DroppedView[] = [];
  for (const key of live.order) {
    const relation = liveByName.get(relationOf(key) ?? '');
    if (!relation || !(going.has(relation.name) || carriedNames.has(relation.name))) continue;
    if (isView(relation))
      dropped.push({ oid: live.oids.get(key), relation, needs: live.needs.get(key) ?? [] });
    else outgoing.push(...movableOfRelation(relation));
  }

  const attachments = planAttachments(sides, dropped);

  checkViews(sides);
  checkNames(sides, objects, carriedNames, outgoing);
  const broken = brokenViews(sides, carried, warnings);
  const kept = relations.map((relation) => keepAccess(relation, liveByName.get(relation.name)));
  const { empty } = guestsIn(kept, options.target);
  const emptied = empty.map((relation) => emptyBlemish(relation, options.target));
  const made = {
    // One that may not be filled comes without its rows.
    relations: kept.map((relation) =>
      empty.includes(relation) ? { ...relation, populated: false } : relation,
    ),
    carried: carried.filter((relation) => !broken.has(relation.name)),
    objects: objects.filter((object) => !remadeKeys.has(objectKey(object))),
    remade,
    redefined: redefined.filter(({ now }) => !remadeKeys.has(objectKey(now))),
  };
  const outside = planOutsiders(
    sides,
    {
      ...made,
      gone: new Set([...sides.goingKeys, ...carried.map((relation) => relationKey(relation.name))]),
    },
    options.target,
    warnings,
  );
  // What an undo brings back stands already, but for its views.
  const waits = planWaits(
    sides,
    options.takeBack ? { ...made, relations: made.relations.filter(isView), objects: [] } : made,
    options.parse,
  );
  return {
    ...made,
    outside,
    waits: { ...waits, fills: new Set([...waits.fills, ...outside.fills]) },
    outgoing,
    dropped,
    rebound: [...rebound, ...attachments.rebound, ...keys.rebound],
    leaving: keys.leaving,
    arriving: keys.arriving,
    detached: attachments.detached,
    attached: [],
    emptied,
    warnings,
  };
}

/** Which relations come and which go: families on either side do so as a whole. */
function takeSides(
  incoming: Incoming,
  live: Live,
  { selected, takeBack }: PlanOptions,
  warnings: Warning[],
): Sides {
  const coming = families(incoming.relations, selected);
  const brought = live.relations
    .map((relation) => relation.name)
    .filter((name) => takeBack?.has(relationKey(name)));
  const going = families(live.relations, [...coming, ...brought]);
  for (const name of coming) {
    if (selected.has(name)) continue;
    warnings.push(warn('shares-rows', { name }));
  }
  for (const name of going) {
    if (coming.has(name) || takeBack?.has(relationKey(name))) continue;
    warnings.push(warn('part-goes', { name }));
  }
  const byKey = new Map(incoming.relations.map((relation) => [relationKey(relation.name), relation]));
  const relations = incoming.order
    .map((key) => byKey.get(key))
    .filter((step) => step !== undefined)
    .filter((relation) => coming.has(relation.name));
  return {
    incoming,
    live,
    liveByName: new Map(live.relations.map((relation) => [relation.name, relation])),
    relations,
    coming: new Set(relations.map((relation) => relation.name)),
    going,
    goingKeys: new Set([...going].map(relationKey)),
    dependents: dependentsOf(live),
  };
}

/** Who the server's own users let use a table is a matter of this server: a live table's owner and grants win. */
function keepAccess(relation: Relation, live: Relation | undefined): Relation {
  if (!live) return relation;
  return { ...relation, owner: live.owner, privileges: live.privileges };
}

function dependentsOf(live: Live): Map<string, Set<string>> {
  const dependents = new Map<string, Set<string>>();
  for (const edges of [live.needs, live.laterNeeds]) {
    for (const [from, needs] of edges) {
      for (const need of needs) {
        const set = dependents.get(need) ?? new Set();
        dependents.set(need, set.add(from));
      }
    }
  }
  return dependents;
}
