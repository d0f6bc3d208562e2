import { BackupError } from '../../../errors';
import { isView, objectKey, relationKey, type Relation, type SchemaObject } from '../../structure';
import { closure } from '../../order';
import { quote } from './connection';
import { createAttachment, createForeignKey, grant, type Target } from './ddl';
import { sql, statement } from './sql';
import { label, movableKind, type MovingKey, type PlanWarning, type Rebound, type Sides } from './swapPlan';

/** Live views and routines on top of what goes: views are carried over, routines made again in the swap. */
export function planDependents(
  { live, liveByName, goingKeys, dependents }: Sides,
  target: Target,
  warnings: PlanWarning[],
): { carried: Relation[]; rebound: Rebound[] } {
  const carried: Relation[] = [];
  const rebound: Rebound[] = [];
  const objects = new Map(live.objects.map((one) => [objectKey(one), one]));
  const edges = new Map([...dependents].map(([need, from]) => [need, [...from]]));
  const above = closure(goingKeys, edges);
  for (const key of live.order) {
    if (!above.has(key) || goingKeys.has(key)) continue;
    const relation = key.startsWith('relation:') ? liveByName.get(key.slice('relation:'.length)) : undefined;
    const object = objects.get(key);
    if (relation) {
      // A table above was reached through a type or sequence, which planObjects has dealt with.
      if (isView(relation)) carried.push(relation);
    } else if (object && movableKind(object) === 'ROUTINE')
      rebound.push({ ...rebindRoutine(object, target), oid: live.oids.get(key) });
    else {
      warnings.push({
        kind: 'breaks',
        message: `${label(key)} keeps pointing at the table that goes aside.`,
      });
    }
  }
  return { carried, rebound };
}

function rebindRoutine(object: SchemaObject, target: Target): Rebound {
  const access = grant('ROUTINE', object.identity, object.owner, object.privileges, target);
  return {
    what: `${object.kind} ${object.identity}`,
    drop: sql`DROP ROUTINE ${object.identity}`,
    create: [statement(object.definition), ...access],
  };
}

/** Policies and rules of a table that stays, which look into a table that goes. */
export function rebindAttachments(relation: Relation, { live, goingKeys }: Sides): Rebound[] {
  const looksAt = (live.laterNeeds.get(relationKey(relation.name)) ?? []).some((key) => goingKeys.has(key));
  if (!looksAt) return [];
  return relation.attachments
    .filter((one) => one.kind === 'policy' || one.kind === 'rule')
    .map((one) => ({
      what: `${one.kind} ${one.name} of ${relation.name}`,
      table: relation.name,
      drop: sql`DROP ${one.kind.toUpperCase()} ${quote(one.name)} ON ${quote(relation.name)}`,
      create: createAttachment(relation.name, one),
    }));
}

/** Foreign keys between what moves and what stays, in every direction. */
export function planForeignKeys({ live, liveByName, relations, coming, going }: Sides): {
  rebound: Rebound[];
  leaving: MovingKey[];
  arriving: MovingKey[];
} {
  const rebound: Rebound[] = [];
  const leaving: MovingKey[] = [];
  const arriving: MovingKey[] = [];
  const keysOf = (relation: Relation) =>
    relation.constraints
      .filter((one) => one.kind === 'foreign')
      .map(({ name, references }) => ({
        table: relation.name,
        name,
        references,
        create: createForeignKey(relation, name),
      }));

  for (const relation of live.relations) {
    for (const { table, name, references, create } of keysOf(relation)) {
      const targetGoes = references !== undefined && going.has(references);
      if (going.has(table) === targetGoes) continue;
      if (!targetGoes) leaving.push({ table, name, create, references });
      else if (coming.has(references)) {
        rebound.push({
          what: `foreign key ${name} of ${table}`,
          table,
          drop: sql`ALTER TABLE ${quote(table)} DROP CONSTRAINT ${quote(name)}`,
          create,
        });
      } else {
        throw new BackupError(
          'DEPENDENT_WOULD_BREAK',
          `${table} has the foreign key ${name} to ${references}, which the backup does not have. Restore ${table} too, or drop that key.`,
        );
      }
    }
  }
  for (const relation of relations) {
    for (const { table, name, references, create } of keysOf(relation)) {
      if (references !== undefined && coming.has(references)) continue;
      if (references !== undefined && !liveByName.has(references)) {
        throw new BackupError(
          'DEPENDENT_WOULD_BREAK',
          `${table} has the foreign key ${name} to ${references}, which is neither selected nor in the database. Select ${references} too.`,
        );
      }
      arriving.push({ table, name, create, references });
    }
  }
  return { rebound, leaving, arriving };
}
