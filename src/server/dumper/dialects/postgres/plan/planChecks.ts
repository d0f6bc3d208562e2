import { BackupError, refused } from '../../../../errors/errors';
import { isView, relationKey, relationOf } from '../../../schema/structure';
import type { Relation, SchemaObject } from '../structure/structure';
import type { Movable } from '../structure/movable';
import type { Sides } from './swapPlan';
import { warn, type Warning } from '../../../app/warning';

/** A selected view must find the tables it reads, among what comes or what is there. */
export function checkViews({ relations, coming, liveByName, incoming }: Sides): void {
  for (const relation of relations) {
    for (const need of incoming.needs.get(relationKey(relation.name)) ?? []) {
      const name = relationOf(need);
      if (name === undefined || coming.has(name) || liveByName.has(name)) continue;
      throw refused('reads-nothing', { view: relation.name, table: name });
    }
  }
}

/** A view that reads a column which the incoming table does not have cannot be made, nor one that reads that view. */
export function brokenViews(
  { live, liveByName, relations, going }: Sides,
  carried: readonly Relation[],
  warnings: Warning[],
): Set<string> {
  const coming = new Map(relations.map((relation) => [relation.name, relation]));
  const broken = new Set<string>();
  for (const view of carried) {
    for (const need of live.needs.get(relationKey(view.name)) ?? []) {
      const name = relationOf(need) ?? '';
      const before = liveByName.get(name)?.columns ?? [];
      const next = coming.get(name);
      // The columns of a view from an old archive are not known; if some are missing, making this one fails.
      const unknown = next !== undefined && isView(next) && next.columns.length === 0;
      const after = unknown ? before : (next?.columns ?? (broken.has(name) || going.has(name) ? [] : before));
      const names = new Set(after.map((column) => column.name));
      // The text names the columns that the view reads; one that it does not name it does not miss.
      const missing = before
        .map((column) => column.name)
        .filter((column) => !names.has(column) && (view.query ?? '').includes(column));
      if (missing.length === 0) continue;
      broken.add(view.name);
      warnings.push(warn('view-loses', { view: view.name, columns: missing, of: name }));
      break;
    }
  }
  return broken;
}

/** Whatever comes needs its names; what stays must not have them. */
export function checkNames(
  { relations, live, going }: Sides,
  objects: readonly SchemaObject[],
  carried: ReadonlySet<string>,
  outgoing: readonly Movable[],
): void {
  const stays = new Map<string, string>();
  for (const relation of live.relations) {
    if (going.has(relation.name) || carried.has(relation.name)) continue;
    for (const name of relationNames(relation)) stays.set(name, `${relation.kind} ${relation.name}`);
  }
  for (const name of live.foreign) stays.set(name, `foreign table ${name}`);
  const gone = new Set(
    outgoing.filter((movable) => movable.kind === 'SEQUENCE').map((movable) => movable.identity),
  );
  for (const object of live.objects) {
    if (object.kind !== 'sequence' || gone.has(object.identity)) continue;
    stays.set(object.name, `sequence ${object.name}`);
  }
  const wanted = [
    ...relations.flatMap((relation) => relationNames(relation).map((name) => [name, relation.name] as const)),
    ...objects
      .filter((object) => object.kind === 'sequence')
      .map((object) => [object.name, object.name] as const),
  ];
  for (const [name, whose] of wanted) {
    const holder = stays.get(name);
    if (holder === undefined) continue;
    throw new BackupError(
      'NAME_TAKEN',
      `${whose} needs the name ${name}, which ${holder} has here. Select that too, or rename it.`,
      { details: { code: 'name-held', collection: whose, name } },
    );
  }
}

/** Tables, indexes and sequences share one space of names. */
function relationNames(relation: Relation): string[] {
  return [
    relation.name,
    ...relation.indexes.map((index) => index.name),
    ...relation.sequences.map((sequence) => sequence.name),
  ];
}
