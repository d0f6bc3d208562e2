import * as z from 'zod';
import { RelationKind } from './types';

const PartOfRelation = z.enum(['column', 'constraint', 'index', 'trigger']);

/** What the restored structure will have, and what it will not have any more. */
export const StructureChange = z.discriminatedUnion('code', [
  z.object({ code: z.literal('kind'), now: RelationKind, then: RelationKind }),
  /** Only in the database. */
  z.object({ code: z.literal('goes'), what: PartOfRelation, name: z.string() }),
  /** Only in the backup. */
  z.object({ code: z.literal('comes'), what: PartOfRelation, name: z.string() }),
  z.object({
    code: z.literal('becomes'),
    what: PartOfRelation,
    name: z.string(),
    now: z.string(),
    then: z.string(),
  }),
  /** Of a view. */
  z.object({ code: z.literal('query') }),
]);
export type StructureChange = z.infer<typeof StructureChange>;

/** A structure as it is shown: its parts, each with a text that is the same where the part is. */
export interface Shape {
  readonly kind: RelationKind;
  readonly parts: readonly { what: z.infer<typeof PartOfRelation>; name: string; text: string }[];
  /** Of a view. */
  readonly query?: string | undefined;
}

/** By what kind of part they are, those of now before those that come. */
export function structureChanges(now: Shape, then: Shape): StructureChange[] {
  const changes: StructureChange[] = [];
  if (now.kind !== then.kind) changes.push({ code: 'kind', now: now.kind, then: then.kind });
  for (const what of PartOfRelation.options) {
    const coming = new Map(
      then.parts.filter((part) => part.what === what).map(({ name, text }) => [name, text]),
    );
    for (const { name, text } of now.parts.filter((part) => part.what === what)) {
      const next = coming.get(name);
      if (next === undefined) changes.push({ code: 'goes', what, name });
      else if (next !== text) changes.push({ code: 'becomes', what, name, now: text, then: next });
      coming.delete(name);
    }
    for (const name of coming.keys()) changes.push({ code: 'comes', what, name });
  }
  if (now.query !== undefined && then.query !== undefined && now.query.trim() !== then.query.trim())
    changes.push({ code: 'query' });
  return changes;
}
