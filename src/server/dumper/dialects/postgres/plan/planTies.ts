import { refused } from '../../../../errors/errors';
import { isView, objectKey, relationKey, relationOf } from '../../../schema/structure';
import type { Attachment, Relation, SchemaObject } from '../structure/structure';
import { closure } from '../../../schema/order';
import { quote } from '../sql/quote';
import { createAttachment } from '../ddl/ddl';
import { createForeignKey } from '../ddl/parts';
import { sql, type Statement } from '../sql/sql';
import { movableKind } from '../structure/movable';
import {
  type Attached,
  type DroppedView,
  type MovingKey,
  type PlanOptions,
  type Rebound,
  type Sides,
} from './swapPlan';
import { warn, type Warning } from '../../../app/warning';
import { thingOf } from './thing';

/**
 * Live views and routines on top of what goes, made anew on top of what comes: views are carried over, and a routine
 * whose arguments are rows of a table that goes is another one than that of the table that comes.
 */
export function planDependents(
  { live, liveByName, goingKeys, dependents, incoming }: Sides,
  { all, takeBack }: PlanOptions,
  warnings: Warning[],
): { carried: Relation[]; remade: SchemaObject[] } {
  const carried: Relation[] = [];
  const remade: SchemaObject[] = [];
  const objects = new Map(live.objects.map((object) => [objectKey(object), object]));
  const coming = new Map(
    all || takeBack ? incoming.objects.map((object) => [objectKey(object), object]) : [],
  );
  // A table that stays is the same table afterwards, whatever its policies and rules look at.
  const staying = new Set(
    live.relations
      .filter((relation) => !isView(relation))
      .map((relation) => relationKey(relation.name))
      .filter((key) => !goingKeys.has(key)),
  );
  const edges = new Map(
    [...dependents].map(([need, from]) => [need, [...from].filter((key) => !staying.has(key))]),
  );
  const above = closure(goingKeys, edges);
  for (const key of live.order) {
    if (!above.has(key) || goingKeys.has(key)) continue;
    const relation = liveByName.get(relationOf(key) ?? '');
    const object = objects.get(key);
    if (relation) {
      carried.push(relation);
    } else if (object && isRemade(object)) {
      remade.push(coming.get(key) ?? object);
      goingKeys.add(key);
    } else {
      warnings.push(warn('stays-tied', { thing: thingOf(key, live) }));
    }
  }
  return { carried, remade };
}

/** What is only made of other things, and holds no values. */
const isRemade = (object: SchemaObject): boolean =>
  ['ROUTINE', 'OPERATOR', 'OPERATOR FAMILY', 'OPERATOR CLASS'].includes(movableKind(object));

/**
 * Policies and rules of tables, which look into what goes. Those of a table that stays are made anew; a table that
 * goes takes its own along, but for those that hang on a view that is dropped: they are, too, and an undo makes them.
 */
export function planAttachments(
  { live, going, goingKeys }: Sides,
  dropped: readonly DroppedView[],
): { rebound: Rebound[]; detached: Attached[] } {
  const views = new Set(dropped.map((droppedView) => relationKey(droppedView.relation.name)));
  const rebound: Rebound[] = [];
  const detached: Attached[] = [];
  for (const relation of live.relations) {
    if (views.has(relationKey(relation.name))) continue;
    const needs = live.laterNeeds.get(relationKey(relation.name)) ?? [];
    const overViews = needs.some((key) => views.has(key));
    const looking = relation.attachments.filter(
      (attachment) => attachment.kind === 'policy' || attachment.kind === 'rule',
    );
    if (going.has(relation.name)) {
      if (overViews) detached.push(...looking.map((attachment) => ({ table: relation.name, attachment })));
    } else if (overViews || needs.some((key) => goingKeys.has(key))) {
      rebound.push(
        ...looking.map((tie) => ({
          what: `${tie.kind} ${tie.name} of ${relation.name}`,
          table: relation.name,
          overViews,
          drop: dropAttachment(relation.name, tie),
          create: createAttachment(relation.name, tie),
        })),
      );
    }
  }
  return { rebound, detached };
}

export const dropAttachment = (table: string, { kind, name }: Attachment): Statement =>
  sql`DROP ${kind.toUpperCase()} ${quote(name)} ON ${quote(table)}`;

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
      .filter((constraint) => constraint.kind === 'foreign')
      .map((constraint) => ({
        table: relation.name,
        name: constraint.name,
        references: constraint.references,
        create: createForeignKey(relation, constraint).statements,
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
        throw refused('key-to-gone', { table, key: name, references });
      }
    }
  }
  for (const relation of relations) {
    for (const { table, name, references, create } of keysOf(relation)) {
      if (references !== undefined && coming.has(references)) continue;
      if (references !== undefined && !liveByName.has(references)) {
        throw refused('key-to-nothing', { table, key: name, references });
      }
      arriving.push({ table, name, create, references });
    }
  }
  return { rebound, leaving, arriving };
}

/** A publication sends the rows of a table, not of a name: it is told to send those of the one that comes. */
export function rebindPublications(
  { live, relations, liveByName, going }: Sides,
  warnings: Warning[],
): Rebound[] {
  const coming = new Map(relations.map((relation) => [relation.name, relation]));
  return live.publications.flatMap(({ publication, table, ours, columns, filter }): Rebound[] => {
    if (!going.has(table)) return [];
    if (!ours) {
      warnings.push(warn('publication-not-ours', { publication, table }));
      return [];
    }
    const drop = sql`ALTER PUBLICATION ${quote(publication)} DROP TABLE ONLY ${quote(table)}`;
    const what = `${table} in the publication ${publication}`;
    const next = new Set(coming.get(table)?.columns.map((column) => column.name));
    const needed = (liveByName.get(table)?.columns ?? [])
      .map((column) => column.name)
      .filter((name) => columns?.includes(name) || filter?.includes(name));
    if (!coming.has(table) || needed.some((name) => !next.has(name))) {
      warnings.push(warn('publication-loses', { table, publication }));
      return [{ what, table, drop, create: [] }];
    }
    const list = columns ? ` (${columns.map(quote).join(', ')})` : '';
    const where = filter === null ? '' : ` WHERE (${filter})`;
    const create = [
      sql`ALTER PUBLICATION ${quote(publication)} ADD TABLE ONLY ${quote(table)}${list}${where}`,
    ];
    return [{ what, table, drop, create }];
  });
}
