import { objectKey, type SchemaObject } from '../../../schema/structure';
import { tokens } from '../sql/tokens';
import { nameOf } from './neutral';

/** By kind and name, as the server compares them. */
export type Routines = ReadonlyMap<string, string>;

export const routinesOf = (objects: readonly SchemaObject[]): Routines =>
  new Map(
    objects.flatMap((object) => (object.kind === 'event' ? [] : [[nameOf(object), objectKey(object)]])),
  );

/** The keys of routines that a text calls by name. */
export function callsIn(text: string, routines: Routines): string[] {
  if (routines.size === 0) return [];
  const all = tokens(text).filter(({ kind }) => kind !== 'space' && kind !== 'comment');
  const called = all.flatMap((token, at) => {
    if (token.kind !== 'word' && token.kind !== 'quoted') return [];
    const name = token.kind === 'quoted' ? token.name : token.text;
    // Its database may stand before it.
    const before = all[at - 1]?.text === '.' ? all[at - 3] : all[at - 1];
    const isCalled = before?.kind === 'word' && before.text.toLowerCase() === 'call';
    if (all[at + 1]?.text === '.') return [];
    if (isCalled) return routines.get(nameOf({ kind: 'procedure', name })) ?? [];
    return all[at + 1]?.text === '(' ? (routines.get(nameOf({ kind: 'function', name })) ?? []) : [];
  });
  return [...new Set(called)];
}
