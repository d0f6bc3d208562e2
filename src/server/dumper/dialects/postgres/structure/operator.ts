import * as z from 'zod';

/** Operators, and what indexes know of them, as records: no SQL of an archive is needed to make them. */

/** A function, operator or family; without a schema it is the app's own. */
export const Named = z.object({ schema: z.string().optional(), name: z.string() });
export type Named = z.infer<typeof Named>;

export const Operator = z.object({
  /** The types of what stands beside it. */
  left: z.string().optional(),
  right: z.string().optional(),
  function: Named,
  /** The same with its sides exchanged, and what is true where it is not. */
  commutator: Named.optional(),
  negator: Named.optional(),
  /** What estimates how many rows it finds. */
  restrict: Named.optional(),
  join: Named.optional(),
  hashes: z.boolean().optional(),
  merges: z.boolean().optional(),
});
export type Operator = z.infer<typeof Operator>;

export const ClassOperator = z.object({
  number: z.number(),
  name: Named,
  left: z.string(),
  right: z.string(),
  /** It sorts, by this family. */
  orderBy: Named.optional(),
});
export type ClassOperator = z.infer<typeof ClassOperator>;

export const ClassFunction = z.object({
  number: z.number(),
  name: Named,
  arguments: z.array(z.string()),
  left: z.string(),
  right: z.string(),
});
export type ClassFunction = z.infer<typeof ClassFunction>;

const members = { operators: z.array(ClassOperator), functions: z.array(ClassFunction) };

/** What belongs together in indexes of a method; its members are those that are of no class. */
export const OperatorFamily = z.object({ method: z.string(), ...members });
export type OperatorFamily = z.infer<typeof OperatorFamily>;

export const OperatorClass = z.object({
  method: z.string(),
  /** One of the app's own. */
  family: z.string(),
  /** Indexes on its type have it unless they say otherwise. */
  default: z.boolean(),
  type: z.string(),
  /** The type of what is stored, where it is another. */
  storage: z.string().optional(),
  ...members,
});
export type OperatorClass = z.infer<typeof OperatorClass>;
