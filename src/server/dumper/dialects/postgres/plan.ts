import { BackupError } from '../../../errors';
import {
  isView,
  objectKey,
  relationKey,
  type Relation,
  type Schema,
  type SchemaObject,
} from '../../structure';
import type { Description } from './describe';
import { createAttachment, createForeignKey, grant, type Target } from './ddl';
import { quote } from './connection';
import { closure } from '../../order';

/**
 * What a swap does, decided before anything is done, from two descriptions alone: the incoming side (an archive,
 * or the tables an undo brings back) and the live schema. PostgreSQL ties views, foreign keys and defaults to a
 * table's identity, not to its name, so whoever points at a table that goes must be pointed at the one that comes.
 */
export interface SwapPlan {
  /** Made in staging and moved in. In an order in which they can be made. */
  readonly relations: readonly Relation[];
  /** Live views that were not selected but read from tables that go: made anew on the new tables. */
  readonly carried: readonly Relation[];
  readonly objects: readonly SchemaObject[];
  /** Routines whose live text is replaced in place, so that everybody who calls them keeps calling them. */
  readonly redefined: readonly { readonly now: SchemaObject; readonly before: SchemaObject }[];
  /** Live tables and objects that are moved aside, by kind of ALTER statement and identity. */
  readonly outgoing: readonly Movable[];
  /**
   * Live views that go, each after those it reads. They have no rows to keep, and kept aside they would tie down
   * tables that stay; so they are dropped, and an undo makes them anew from these descriptions.
   */
  readonly dropped: readonly DroppedView[];
  /** Live things that are dropped before the move and made again, with the same text, after it. */
  readonly rebound: readonly { readonly what: string; readonly drop: string; readonly create: string }[];
  /** Foreign keys between what moves and what stays. */
  readonly leaving: readonly { readonly table: string; readonly name: string; readonly create: string }[];
  readonly arriving: readonly { readonly table: string; readonly name: string; readonly create: string }[];
  readonly warnings: readonly PlanWarning[];
}

export interface DroppedView {
  readonly relation: Relation;
  readonly needs: readonly string[];
}

export interface PlanWarning {
  readonly kind: 'breaks' | 'kept' | 'taken-along' | 'goes' | 'role';
  readonly message: string;
}

export type MovableKind = 'TABLE' | 'SEQUENCE' | 'ROUTINE' | 'TYPE' | 'STATISTICS';

export interface Movable {
  readonly kind: MovableKind;
  readonly identity: string;
}

/** All that the archive or the undo holds, selected or not. */
export type Incoming = Schema;

export function movableKind(object: SchemaObject): Exclude<MovableKind, 'TABLE' | 'STATISTICS'> {
  switch (object.kind) {
    case 'sequence':
      return 'SEQUENCE';
    case 'function':
    case 'procedure':
    case 'aggregate':
      return 'ROUTINE';
    default:
      return 'TYPE';
  }
}

export const movableOfRelation = (relation: Relation): Movable[] => [
  { kind: 'TABLE', identity: quote(relation.name) },
  ...relation.attachments
    .filter((one) => one.kind === 'statistics')
    .map((one): Movable => ({ kind: 'STATISTICS', identity: quote(one.name) })),
];

/** A table and the tables it shares rows with (parents, children, partitions) only make sense together. */
export function families(relations: readonly Relation[], names: Iterable<string>): Set<string> {
  const edges: Record<string, string[]> = {};
  for (const relation of relations) {
    for (const parent of relation.parents) {
      (edges[relation.name] ??= []).push(parent);
      (edges[parent] ??= []).push(relation.name);
    }
  }
  const known = new Set(relations.map((one) => one.name));
  return new Set([...closure(names, edges)].filter((name) => known.has(name)));
}

export interface PlanOptions {
  readonly selected: ReadonlySet<string>;
  /** The whole schema is restored: routines that differ are replaced, all objects come in. */
  readonly all: boolean;
  readonly target: Target;
  /**
   * An undo: the objects that come are the very ones that went, so they come even if the live ones read the
   * same, and what the restore brought goes even where nothing takes its place. Keys of relations and objects.
   */
  readonly takeBack?: ReadonlySet<string>;
}

export function planSwap(incoming: Incoming, live: Description, options: PlanOptions): SwapPlan {
  const { selected, all, target, takeBack } = options;
  const warnings: PlanWarning[] = [];
  const liveByName = new Map(live.relations.map((one) => [one.name, one]));

  // Families on either side come and go as a whole.
  const coming = families(incoming.relations, selected);
  const brought = live.relations.map((one) => one.name).filter((name) => takeBack?.has(relationKey(name)));
  const going = families(live.relations, [...coming, ...brought]);
  for (const name of [...coming]) {
    if (!selected.has(name)) {
      warnings.push({
        kind: 'taken-along',
        message: `${name} comes too: it shares its rows with a selected table.`,
      });
    }
  }
  for (const name of going) {
    if (!coming.has(name) && !takeBack?.has(relationKey(name))) {
      warnings.push({
        kind: 'goes',
        message: `${name} is not in the backup but is a part of a table that is restored: it goes aside with it, and comes back with an undo.`,
      });
    }
  }

  const relations = incoming.order
    .map((key) => incoming.relations.find((one) => relationKey(one.name) === key))
    .filter((one): one is Relation => one !== undefined && coming.has(one.name));

  const outgoing: Movable[] = [];
  const goingKeys = new Set([...going].map(relationKey));
  const dependents = dependentsOf(live);

  // Types, routines and sequences that the incoming relations need.
  const liveObjects = new Map(live.objects.map((one) => [objectKey(one), one]));
  const needed =
    all || takeBack
      ? new Set(incoming.objects.map(objectKey))
      : closure([...coming].map(relationKey), incoming.needs, incoming.laterNeeds);
  const objects: SchemaObject[] = [];
  const redefined: { now: SchemaObject; before: SchemaObject }[] = [];
  const movedTypes = new Set<string>();
  for (const key of incoming.order) {
    const object = incoming.objects.find((one) => objectKey(one) === key);
    if (!object || !needed.has(key)) continue;
    const before = liveObjects.get(key);
    if (!before) {
      const clash = live.objects.find(
        (one) => one.identity === object.identity && movableKind(one) === movableKind(object),
      );
      if (clash) throw differs(object, [], 'is another kind of object here');
      objects.push(object);
      continue;
    }
    if (object.kind === 'sequence') {
      const users = [...(dependents.get(key) ?? [])].filter((user) => !goingKeys.has(user));
      if (users.length > 0) {
        warnings.push({
          kind: 'kept',
          message: `The sequence ${object.name} goes on from its present value: ${users.map(label).join(', ')} uses it too.`,
        });
      } else {
        objects.push(object);
        outgoing.push({ kind: 'SEQUENCE', identity: before.identity });
      }
      continue;
    }
    if (sameDefinition(before, object) && !takeBack) continue;
    if (movableKind(object) === 'ROUTINE') {
      if (!all) {
        warnings.push({
          kind: 'kept',
          message: `The ${object.kind} ${object.identity} differs from the one in the backup. The present one stays; restore with --all to replace it.`,
        });
      } else if (object.kind === 'aggregate') {
        throw differs(object, [], 'cannot be replaced in place');
      } else redefined.push({ now: object, before });
      continue;
    }
    const users = [...(dependents.get(key) ?? [])].filter(
      (user) => !goingKeys.has(user) && !movedTypes.has(user),
    );
    if (users.length > 0) throw differs(object, users.map(label), 'differs from the one in the backup');
    movedTypes.add(key);
    goingKeys.add(key);
    objects.push(object);
    outgoing.push({ kind: 'TYPE', identity: before.identity });
  }

  for (const [key, object] of liveObjects) {
    if (!takeBack?.has(key) || incoming.objects.some((one) => objectKey(one) === key)) continue;
    const users = [...(dependents.get(key) ?? [])].filter((user) => !goingKeys.has(user));
    if (users.length > 0) continue;
    goingKeys.add(key);
    outgoing.push({ kind: movableKind(object), identity: object.identity });
  }

  // Live views and functions on top of what goes.
  const carried: Relation[] = [];
  const rebound: { what: string; drop: string; create: string }[] = [];
  const above = closureOfDependents(goingKeys, dependents);
  for (const key of live.order) {
    if (!above.has(key) || goingKeys.has(key)) continue;
    const relation = liveByName.get(key.slice('relation:'.length));
    if (key.startsWith('relation:') && relation) {
      if (isView(relation)) carried.push(relation);
      continue;
    }
    const object = liveObjects.get(key);
    if (object && movableKind(object) === 'ROUTINE') rebound.push(rebindRoutine(object, target));
    else
      warnings.push({
        kind: 'breaks',
        message: `${label(key)} keeps pointing at the table that goes aside.`,
      });
  }

  const leaving: { table: string; name: string; create: string }[] = [];
  const arriving: { table: string; name: string; create: string }[] = [];
  const comingNames = new Set(relations.map((one) => one.name));
  for (const relation of live.relations) {
    const goes = going.has(relation.name);
    for (const key of relation.constraints) {
      if (key.kind !== 'foreign') continue;
      const target = key.references !== undefined && going.has(key.references);
      const create = createForeignKey(relation, key.name).join(' ');
      if (goes && !target) leaving.push({ table: relation.name, name: key.name, create });
      if (!goes && target) {
        if (!comingNames.has(key.references ?? '')) {
          throw new BackupError(
            'DEPENDENT_WOULD_BREAK',
            `${relation.name} has the foreign key ${key.name} to ${key.references ?? ''}, which the backup does not have. Restore ${relation.name} too, or drop that key.`,
          );
        }
        rebound.push({
          what: `foreign key ${key.name} of ${relation.name}`,
          drop: `ALTER TABLE ${quote(relation.name)} DROP CONSTRAINT ${quote(key.name)};`,
          create,
        });
      }
    }
    if (!goes) rebound.push(...rebindAttachments(relation, live, goingKeys));
  }
  for (const relation of relations) {
    for (const key of relation.constraints) {
      if (key.kind !== 'foreign' || comingNames.has(key.references ?? '')) continue;
      if (key.references !== undefined && !liveByName.has(key.references)) {
        throw new BackupError(
          'DEPENDENT_WOULD_BREAK',
          `${relation.name} has the foreign key ${key.name} to ${key.references}, which is neither selected nor in the database. Select ${key.references} too.`,
        );
      }
      arriving.push({
        table: relation.name,
        name: key.name,
        create: createForeignKey(relation, key.name).join(' '),
      });
    }
  }

  const carriedNames = new Set(carried.map((one) => one.name));
  const dropped: DroppedView[] = [];
  for (const key of live.order) {
    const relation = key.startsWith('relation:') ? liveByName.get(key.slice('relation:'.length)) : undefined;
    if (!relation || !(going.has(relation.name) || carriedNames.has(relation.name))) continue;
    if (isView(relation)) dropped.push({ relation, needs: live.needs[key] ?? [] });
    else outgoing.push(...movableOfRelation(relation));
  }

  checkViews(relations, comingNames, liveByName, incoming);
  const broken = brokenViews(carried, relations, live, liveByName, warnings);
  checkNames(relations, objects, live, going, carried, outgoing);
  return {
    relations: relations.map((one) => keepAccess(one, liveByName.get(one.name))),
    carried: carried.filter((one) => !broken.has(one.name)),
    objects,
    redefined,
    outgoing,
    dropped,
    rebound,
    leaving,
    arriving,
    warnings,
  };
}

const label = (key: string): string => key.replace(/^relation:/, '').replace(/^(\w+):/, '$1 ');

/** Comments, owners and privileges do not make a type another type. */
const sameDefinition = (a: SchemaObject, b: SchemaObject): boolean => a.definition === b.definition;

function differs(object: SchemaObject, users: string[], how: string): BackupError {
  const who =
    users.length > 0 ? `, and ${users.join(', ')} uses it. Restore that too` : '. Rename or drop it first';
  return new BackupError('TYPE_IN_USE', `The ${object.kind} ${object.identity} ${how}${who}.`);
}

/** Who the server's own users let use a table is a matter of this server: a live table's owner and grants win. */
function keepAccess(relation: Relation, live: Relation | undefined): Relation {
  if (!live) return relation;
  return { ...relation, owner: live.owner, privileges: live.privileges };
}

function dependentsOf(live: Description): Map<string, Set<string>> {
  const dependents = new Map<string, Set<string>>();
  for (const edges of [live.needs, live.laterNeeds]) {
    for (const [from, needs] of Object.entries(edges)) {
      for (const need of needs) {
        const set = dependents.get(need) ?? new Set();
        dependents.set(need, set.add(from));
      }
    }
  }
  return dependents;
}

/** Follows views and routines only: a table that uses a moved type or sequence was dealt with above. */
function closureOfDependents(
  keys: ReadonlySet<string>,
  dependents: ReadonlyMap<string, ReadonlySet<string>>,
): Set<string> {
  const edges: Record<string, string[]> = {};
  for (const [need, from] of dependents) edges[need] = [...from];
  return closure(keys, edges);
}

function rebindRoutine(object: SchemaObject, target: Target): { what: string; drop: string; create: string } {
  return {
    what: `${object.kind} ${object.identity}`,
    drop: `DROP ROUTINE ${object.identity};`,
    create: [
      `${object.definition};`,
      ...grant('ROUTINE', object.identity, object.owner, object.privileges, target),
    ].join('\n'),
  };
}

/** Policies and rules of a table that stays, which look into a table that goes. */
function rebindAttachments(
  relation: Relation,
  live: Description,
  goingKeys: ReadonlySet<string>,
): { what: string; drop: string; create: string }[] {
  const looksAt = (live.laterNeeds[relationKey(relation.name)] ?? []).some((key) => goingKeys.has(key));
  if (!looksAt) return [];
  return relation.attachments
    .filter((one) => one.kind === 'policy' || one.kind === 'rule')
    .map((one) => ({
      what: `${one.kind} ${one.name} of ${relation.name}`,
      drop: `DROP ${one.kind.toUpperCase()} ${quote(one.name)} ON ${quote(relation.name)};`,
      create: createAttachment(relation.name, one).join('\n'),
    }));
}

/** A selected view must find the tables it reads, among what comes or what is there. */
function checkViews(
  relations: readonly Relation[],
  coming: ReadonlySet<string>,
  live: ReadonlyMap<string, Relation>,
  incoming: Incoming,
): void {
  for (const relation of relations) {
    for (const need of incoming.needs[relationKey(relation.name)] ?? []) {
      const name = need.startsWith('relation:') ? need.slice('relation:'.length) : undefined;
      if (name === undefined || coming.has(name) || live.has(name)) continue;
      throw new BackupError(
        'DEPENDENT_WOULD_BREAK',
        `${relation.name} reads ${name}, which is neither selected nor in the database. Select ${name} too.`,
      );
    }
  }
}

/** A view that reads a column which the incoming table does not have cannot be made, nor one that reads that view. */
function brokenViews(
  carried: readonly Relation[],
  relations: readonly Relation[],
  live: Description,
  liveByName: ReadonlyMap<string, Relation>,
  warnings: PlanWarning[],
): Set<string> {
  const coming = new Map(relations.map((one) => [one.name, one]));
  const carriedNames = new Set(carried.map((one) => one.name));
  const broken = new Set<string>();
  for (const view of carried) {
    for (const need of live.needs[relationKey(view.name)] ?? []) {
      if (!need.startsWith('relation:')) continue;
      const name = need.slice('relation:'.length);
      const before = liveByName.get(name)?.columns ?? [];
      const after =
        coming.get(name)?.columns ?? (carriedNames.has(name) && !broken.has(name) ? before : undefined);
      const gone = live.oids.has(need) && !after && (broken.has(name) || !coming.has(name));
      const staysPut = gone && !broken.has(name) && liveByName.has(name) && !carriedNames.has(name);
      if (staysPut) continue;
      // The text names the columns that the view reads; one that it does not name it does not miss.
      const missing = before
        .map((column) => column.name)
        .filter(
          (column) => !after?.some((one) => one.name === column) && (view.query ?? '').includes(column),
        );
      if (missing.length === 0) continue;
      broken.add(view.name);
      warnings.push({
        kind: 'breaks',
        message: `The view ${view.name} reads ${missing.join(', ')} of ${name}, which will not be there. It goes aside and is not made anew; an undo brings it back.`,
      });
      break;
    }
  }
  return broken;
}

/** Whatever comes needs its names; what stays must not have them. */
function checkNames(
  relations: readonly Relation[],
  objects: readonly SchemaObject[],
  live: Description,
  going: ReadonlySet<string>,
  carried: readonly Relation[],
  outgoing: readonly Movable[],
): void {
  const stays = new Map<string, string>();
  const carriedNames = new Set(carried.map((one) => one.name));
  for (const relation of live.relations) {
    if (going.has(relation.name) || carriedNames.has(relation.name)) continue;
    for (const name of relationNames(relation)) stays.set(name, `${relation.kind} ${relation.name}`);
  }
  for (const name of live.foreign) stays.set(name, `foreign table ${name}`);
  const gone = new Set(outgoing.filter((one) => one.kind === 'SEQUENCE').map((one) => one.identity));
  for (const object of live.objects) {
    if (object.kind === 'sequence' && !gone.has(object.identity))
      stays.set(object.name, `sequence ${object.name}`);
  }
  const wanted = [
    ...relations.flatMap((relation) => relationNames(relation).map((name) => [name, relation.name] as const)),
    ...objects.filter((one) => one.kind === 'sequence').map((one) => [one.name, one.name] as const),
  ];
  for (const [name, whose] of wanted) {
    const holder = stays.get(name);
    if (holder === undefined) continue;
    throw new BackupError(
      'NAME_TAKEN',
      `${whose} needs the name ${name}, which ${holder} has here. Select that too, or rename it.`,
    );
  }
}

/** Tables, indexes and sequences share one space of names. */
function relationNames(relation: Relation): string[] {
  return [
    relation.name,
    ...relation.indexes.map((one) => one.name),
    ...relation.sequences.map((one) => one.name),
  ];
}
