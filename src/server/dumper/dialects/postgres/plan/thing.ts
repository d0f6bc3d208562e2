import { objectKey, relationKey } from '../../../schema/structure';
import type { SchemaObject } from '../structure/structure';
import type { Thing } from '../../../app/warning';
import { partKindOf } from '../catalog/elsewhere';
import type { Live } from '../catalog/live';

/** What a key of the live schema stands for. */
export function thingOf(key: string, { relations, objects }: Pick<Live, 'relations' | 'objects'>): Thing {
  const relation = relations.find((relation) => relationKey(relation.name) === key);
  if (relation) {
    const kind = relation.kind === 'partitioned' ? 'table' : relation.kind;
    return { kind, name: relation.name };
  }
  const object = objects.find((object) => objectKey(object) === key);
  if (!object) throw new Error(`there is no ${key}`);
  return objectThing(object);
}

export const objectThing = (object: SchemaObject): Thing => ({
  kind:
    object.kind === 'sequence' || object.kind === 'collation' ? object.kind : (partKindOf(object) ?? 'type'),
  name: object.identity,
});
