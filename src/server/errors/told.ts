import * as z from 'zod';

/** Something that is told as a code with fields, so that every reader's language has words of its own for it. */
export interface Entry {
  readonly fields: z.core.$ZodShape;
  /** For people who read English. */
  readonly text: string;
}
/** What is known of a failure besides its code. */
export interface Detail extends Entry {
  /** The code of the failure that has these details; with none, their reason has it. */
  readonly error?: string;
  /** Of fields that have words of their own. */
  readonly own?: Readonly<Record<string, string>>;
}
type Table = Readonly<Record<string, Entry>>;

export type FieldsOf<T extends Table, C extends keyof T> = z.infer<z.ZodObject<T[C]['fields']>>;
/** One of a table's codes with its fields. */
export type Told<T extends Table> = {
  [C in keyof T & string]: [keyof T[C]['fields']] extends [never]
    ? { code: C }
    : { code: C } & FieldsOf<T, C>;
}[keyof T & string];

/** A schema for each code of a table. */
export const schemasOf = (table: Table) =>
  Object.entries(table).map(([code, { fields }]) => z.object({ code: z.literal(code), ...fields }));

/** Made from the table, as the type is; the compiler cannot see that a loop makes all of them. */
export function unionOf<T extends Table>(table: T): z.ZodType<Told<T>> {
  const [first, ...others] = schemasOf(table);
  if (!first) throw new Error('the table is empty');
  return z.discriminatedUnion('code', [first, ...others]) as unknown as z.ZodType<Told<T>>;
}

/** A text with its `{{places}}` filled. */
export const filled = (text: string, say: (field: string) => string | undefined): string =>
  text.replace(/\{\{(\w+)\}\}/g, (whole, field: string) => say(field) ?? whole);
