import * as z from 'zod';

export const DefinitionKind = z.enum(['collection', 'field', 'page', 'role', 'workflow']);

export type DefinitionKind = z.infer<typeof DefinitionKind>;

/** Something that an app knows by a row of its own tables. */
export const Definition = z.object({
  kind: DefinitionKind,
  /** Of a field: `collection.field`. */
  name: z.string(),
  title: z.string().optional(),
});

export type Definition = z.infer<typeof Definition>;

/** Where an app keeps them: the collection, and the columns that are a name. */
export const DEFINED_IN: Readonly<Record<DefinitionKind, { collection: string; name: readonly string[] }>> = {
  collection: { collection: 'collections', name: ['name'] },
  field: { collection: 'fields', name: ['collectionName', 'name'] },
  page: { collection: 'desktopRoutes', name: ['id'] },
  role: { collection: 'roles', name: ['name'] },
  workflow: { collection: 'workflows', name: ['key'] },
};

export const nameOf = (parts: readonly (string | null)[]): string =>
  parts.map((part) => part ?? '').join('.');
