import { isDeepStrictEqual } from 'node:util';
import { warn, type Thing, type Warning } from '../../../app/warning';
import type { Relation, SchemaObject } from '../../../schema/structure';
import { callsIn, routinesOf } from '../structure/calls';
import { exactly } from '../structure/code';
import { nameOf, nativeOf, objectOf } from '../structure/neutral';

/** Functions, procedures and events, none of which a RENAME can move: they are made and dropped right after it. */
export interface ObjectsPlan {
  /** In an order in which they can be made: nothing of them is looked up before it runs. */
  readonly make: readonly SchemaObject[];
  /** Here, and going: what comes takes their place, or nothing does. */
  readonly aside: readonly SchemaObject[];
}

/** Whose it was does not make it another one. */
export const isSame = (a: SchemaObject, b: SchemaObject | undefined): boolean =>
  b !== undefined &&
  a.name === b.name &&
  isDeepStrictEqual(exactly(objectOf(a).native), exactly(objectOf(b).native));

/** What is here and differs is used by others too: it stays, unless the whole backup comes. */
export function planObjects(
  coming: readonly SchemaObject[],
  live: readonly SchemaObject[],
  all: boolean,
  hidden: ReadonlySet<string>,
): {
  readonly objects: ObjectsPlan;
  /** With those that are here as they are. */
  readonly coming: readonly SchemaObject[];
  readonly warnings: readonly Warning[];
} {
  const here = new Map(live.map((object) => [nameOf(object), object]));
  const make: SchemaObject[] = [];
  const aside: SchemaObject[] = [];
  const warnings: Warning[] = [];
  const same: SchemaObject[] = [];
  for (const object of coming) {
    const before = here.get(nameOf(object));
    if (isSame(object, before)) same.push(object);
    else if ((before && !all) || hidden.has(nameOf(object)))
      warnings.push(warn('routine-differs', { thing: thingOf(object) }));
    else {
      make.push(object);
      if (before) aside.push(before);
    }
  }
  return { objects: { make, aside }, coming: [...make, ...same], warnings };
}

const thingOf = (object: SchemaObject): Thing => ({ kind: objectOf(object).kind, name: object.name });

/** Those that nothing takes the place of. */
export function goneOf<O extends Pick<SchemaObject, 'kind' | 'name'>>(
  make: readonly Pick<SchemaObject, 'kind' | 'name'>[],
  aside: readonly O[],
): O[] {
  const comes = new Set(make.map(nameOf));
  return aside.filter((object) => !comes.has(nameOf(object)));
}

export function goingObjects({ make, aside }: ObjectsPlan): Warning[] {
  const things = goneOf(make, aside).map(thingOf);
  return things.length > 0 ? [warn('code-goes', { things })] : [];
}

/**
 * An undo brings back what was there, and takes out what the restore brought (`brought`), unless somebody has come to use
 * it: a view or a trigger of what stays (`relations`), or another routine.
 */
export function planObjectsBack(
  back: readonly SchemaObject[],
  brought: ReadonlySet<string>,
  live: readonly SchemaObject[],
  relations: readonly Relation[],
): ObjectsPlan {
  const here = new Map(live.map((object) => [nameOf(object), object]));
  const make = back.filter((object) => !isSame(object, here.get(nameOf(object))));
  const comes = new Set(back.map(nameOf));
  const leaving = new Set(live.filter((object) => brought.has(nameOf(object)) && !comes.has(nameOf(object))));
  const texts = relations.flatMap((relation) => {
    const { view, triggers } = nativeOf(relation);
    return [...(view ? [view.query] : []), ...triggers.map(({ body }) => body)];
  });
  for (let before = -1; before !== leaving.size;) {
    before = leaving.size;
    for (const object of leaving) {
      const staying = live.filter(
        (other) => other !== object && !leaving.has(other) && !comes.has(nameOf(other)),
      );
      const own = routinesOf([object]);
      const used = [...texts, ...[...staying, ...back].map((other) => objectOf(other).native.body)];
      if (used.some((text) => callsIn(text, own).length > 0)) leaving.delete(object);
    }
  }
  const replaced = make.flatMap((object) => here.get(nameOf(object)) ?? []);
  return { make, aside: [...new Set([...replaced, ...leaving])] };
}
