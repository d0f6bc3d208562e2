import * as z from 'zod';
import { RelationKind, type Relation } from './structure';

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

export function structureChanges(now: Relation, then: Relation): StructureChange[] {
  const changes: StructureChange[] = [];
  if (now.kind !== then.kind) changes.push({ code: 'kind', now: now.kind, then: then.kind });
  const compare = <T>(
    what: z.infer<typeof PartOfRelation>,
    a: readonly T[],
    b: readonly T[],
    nameOf: (part: T) => string,
    text: (part: T) => string,
  ) => {
    const old = new Map(b.map((part) => [nameOf(part), part]));
    for (const part of a) {
      const name = nameOf(part);
      const other = old.get(name);
      if (!other) changes.push({ code: 'goes', what, name });
      else if (text(part) !== text(other))
        changes.push({ code: 'becomes', what, name, now: text(part), then: text(other) });
      old.delete(name);
    }
    for (const name of old.keys()) changes.push({ code: 'comes', what, name });
  };
  // The columns of a view from an old archive are not known before it is made.
  const known = then.kind !== 'view' || then.columns.length > 0;
  compare(
    'column',
    known ? now.columns : [],
    then.columns,
    (column) => column.name,
    (column) =>
      [
        column.native,
        column.notNull && 'not null',
        column.default !== undefined && `default ${column.default}`,
        column.identity && 'identity',
      ]
        .filter(Boolean)
        .join(' '),
  );
  compare(
    'constraint',
    now.constraints,
    then.constraints,
    (constraint) => constraint.name,
    (constraint) => constraint.definition,
  );
  const free = (relation: Relation) => relation.indexes.filter((index) => index.definition !== undefined);
  compare(
    'index',
    free(now),
    free(then),
    (index) => index.name,
    (index) => index.definition ?? '',
  );
  compare(
    'trigger',
    now.attachments,
    then.attachments,
    (attachment) => attachment.name,
    (attachment) => attachment.definition,
  );
  if (now.query !== undefined && then.query !== undefined && now.query.trim() !== then.query.trim()) {
    changes.push({ code: 'query' });
  }
  return changes;
}
