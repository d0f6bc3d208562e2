import * as z from 'zod';

/** What can run, in the order in which it is told of. */
export const CodeKind = z.enum([
  'function',
  'procedure',
  'aggregate',
  'operator',
  'operatorFamily',
  'operatorClass',
  'trigger',
  'event',
  'rule',
  'policy',
  'view',
  'materialized',
  'default',
  'generated',
  'constraint',
  'index',
  'statistics',
  'partition',
  'type',
]);
export type CodeKind = z.infer<typeof CodeKind>;

/** By their kinds, as they stand within each. */
export const byKind = <T extends { readonly kind: CodeKind }>(items: readonly T[]): T[] =>
  CodeKind.options.flatMap((kind) => items.filter((item) => item.kind === kind));
