import type { Elsewhere, Part } from '../../../schema/missing';
import type { Schema } from '../structure/structure';
import { partKindOf } from '../catalog/elsewhere';

/** What a text cannot name without its schema, where that is another one. */
const NAMED: ReadonlySet<Elsewhere['kind']> = new Set(['relation', 'routine', 'type', 'collation']);
/** Of Ark itself, where what a restore replaced is kept. */
const ARKS = /^ark_(?:undo|stage)_/;

/**
 * Archives may say that a table needs what only a table of the same name in another schema needs, most often one that
 * was kept for an undo when the backup was made. A true need shows in the text of what has it.
 */
export function trueNeeds(needs: readonly Elsewhere[], { relations, objects }: Schema): Elsewhere[] {
  const bare = (text: string) => text.replaceAll(/["\\]/g, '');
  const texts = new Map<string, string>();
  const keyOf = ({ kind, collection, name }: Part) =>
    collection === undefined ? `${kind} ${name}` : `of ${collection}`;
  const textOf = (part: Part): string => {
    const key = keyOf(part);
    const known = texts.get(key);
    if (known !== undefined) return known;
    const owners =
      part.collection === undefined
        ? objects.filter((object) => partKindOf(object) === part.kind && object.identity === part.name)
        : relations.filter((relation) => relation.name === part.collection);
    const text = bare(JSON.stringify(owners));
    texts.set(key, text);
    return text;
  };
  return needs.flatMap((need): Elsewhere[] => {
    const { kind, schema, neededBy, own } = need;
    if (own || kind === 'extension' || schema === '' || !(NAMED.has(kind) || ARKS.test(schema)))
      return [need];
    const named = neededBy.filter((part) => textOf(part).includes(bare(schema)));
    return named.length === 0 ? [] : [{ ...need, neededBy: named }];
  });
}
