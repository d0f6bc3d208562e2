import { BackupError } from '../../../../errors/errors';
import { objectKey, relationKey } from '../../../schema/structure';
import type { SchemaObject } from '../structure/structure';
import { closure } from '../../../schema/order';
import { wholeText } from '../structure/records';
import { standIn } from '../ddl/refused';
import { movableKind, type Movable } from '../structure/movable';
import { type PlanOptions, type Sides } from './swapPlan';
import { warn, type Warning } from '../../../app/warning';
import { partLabel } from '../../../schema/missing';
import { objectThing, thingOf } from './thing';

interface PlannedObjects {
  readonly objects: SchemaObject[];
  readonly redefined: { readonly now: SchemaObject; readonly before: SchemaObject }[];
  readonly outgoing: Movable[];
}

/** What happens to the types, routines and free sequences that the incoming relations need. */
export function planObjects(sides: Sides, options: PlanOptions, warnings: Warning[]): PlannedObjects {
  const { incoming, live, goingKeys } = sides;
  const { all, takeBack } = options;
  const planned: PlannedObjects = { objects: [], redefined: [], outgoing: [] };
  const liveObjects = new Map(live.objects.map((object) => [objectKey(object), object]));
  const incomingObjects = new Map(incoming.objects.map((object) => [objectKey(object), object]));
  const needed =
    all || takeBack
      ? new Set(incomingObjects.keys())
      : closure([...sides.coming].map(relationKey), incoming.needs, incoming.laterNeeds);
  const stayingUsers = (key: string) =>
    [...(sides.dependents.get(key) ?? [])].filter((user) => !goingKeys.has(user));

  const free = (key: string) => stayingUsers(key).length === 0;
  const bring = (key: string, object: SchemaObject) => {
    const why = options.refused?.get(key);
    planned.objects.push(why === undefined ? object : standIn(object));
    if (why === undefined) return;
    warnings.push(warn('collation-refused', { name: object.name, why }));
  };

  const comes = (key: string) => incomingObjects.has(key) && needed.has(key);
  // An undo takes out what the restore brought, unless somebody else has come to use it.
  const leaving = new Set(
    live.order.filter((key) => liveObjects.has(key) && takeBack?.has(key) && !incomingObjects.has(key)),
  );
  for (let before = -1; before !== leaving.size;) {
    before = leaving.size;
    for (const key of leaving)
      if (stayingUsers(key).some((user) => !leaving.has(user) && !comes(user))) leaving.delete(key);
  }
  for (const key of leaving) {
    const object = liveObjects.get(key);
    goingKeys.add(key);
    if (object) planned.outgoing.push({ kind: movableKind(object), identity: object.identity });
  }
  const replaceable = (object: SchemaObject) =>
    movableKind(object) !== 'ROUTINE' && movableKind(object) !== 'SEQUENCE';
  const differing = live.objects
    .filter(replaceable)
    .map((object) => ({ before: object, after: incomingObjects.get(objectKey(object)) }))
    .filter(({ before, after }) => after && comes(objectKey(before)) && !sameDefinition(before, after));
  // What is made of something that goes is made anew of what comes.
  const replaced = closure(
    differing.map(({ before }) => objectKey(before)),
    new Map(
      [...sides.dependents].map(([key, users]) => [
        key,
        [...users].filter((user) => {
          const object = liveObjects.get(user);
          return object !== undefined && replaceable(object) && comes(user);
        }),
      ]),
    ),
  );
  for (const key of replaced) goingKeys.add(key);

  for (const key of incoming.order) {
    const object = incomingObjects.get(key);
    if (!object || !needed.has(key)) continue;
    const before = liveObjects.get(key);
    if (!before) {
      const namesake = live.objects.some(
        (other) => other.identity === object.identity && movableKind(other) === movableKind(object),
      );
      if (namesake) throw differs(object, [], 'is another kind of object here');
      bring(key, object);
    } else if (object.kind === 'sequence') {
      const users = stayingUsers(key);
      if (users.length === 0) {
        goingKeys.add(key);
        planned.objects.push(object);
        planned.outgoing.push({ kind: 'SEQUENCE', identity: before.identity });
      } else {
        warnings.push(
          warn('sequence-shared', { name: object.name, users: users.map((user) => thingOf(user, live)) }),
        );
      }
    } else if (
      !replaced.has(key) &&
      sameDefinition(before, object) &&
      !takeBack &&
      !(object.notValid && free(key))
    ) {
      // One with checks that its values need not hold would refuse such values: it is made anew without.
      continue;
    } else if (movableKind(object) === 'ROUTINE') {
      if (takeBack) {
        goingKeys.add(key);
        planned.objects.push(object);
        planned.outgoing.push({ kind: 'ROUTINE', identity: before.identity });
      } else if (!all) {
        warnings.push(warn('routine-differs', { thing: objectThing(object) }));
      } else if (object.kind === 'aggregate') {
        throw differs(object, [], 'cannot be replaced in place');
      } else planned.redefined.push({ now: object, before });
    } else {
      const users = stayingUsers(key);
      if (users.length > 0)
        throw differs(
          object,
          users.map((user) => partLabel(thingOf(user, live))),
          'differs from the one in the backup',
        );
      goingKeys.add(key);
      bring(key, object);
      planned.outgoing.push({ kind: movableKind(before), identity: before.identity });
    }
  }
  return planned;
}

/** Comments, owners and privileges do not make a type another type. */
const sameDefinition = (a: SchemaObject, b: SchemaObject): boolean => wholeText(a) === wholeText(b);

function differs(object: SchemaObject, users: string[], how: string): BackupError {
  const who =
    users.length > 0 ? `, and ${users.join(', ')} uses it. Restore that too` : '. Rename or drop it first';
  const type = object.identity;
  return new BackupError('TYPE_IN_USE', `The ${object.kind} ${type} ${how}${who}.`, {
    details: users.length > 0 ? { code: 'type-used', type, users } : { code: 'type-in-the-way', type },
  });
}
