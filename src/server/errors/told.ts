import * as z from 'zod';
import english from '../../locale/en-US.json';

/** Something that is told as a code with fields: the words for it are those of `src/locale`, in every language. */
export interface Entry {
  readonly fields: z.core.$ZodShape;
}
/** What is known of a failure besides its code. */
export interface Detail extends Entry {
  /** The code of the failure that has these details; with none, the reason or failure in them has it. */
  readonly error?: string;
}
type Table = Readonly<Record<string, Entry>>;

/**
 * Another failure, as a value: the page tells it by its own details. They are looked at where they are told, as a
 * schema that contains itself could not be described.
 */
export const OtherFailure = z.object({
  code: z.string(),
  message: z.string(),
  details: z.looseObject({ code: z.string() }).optional(),
});
export type OtherFailure = z.infer<typeof OtherFailure>;
/** A warning of a restore, as a value. */
export const OtherWarning = z.object({ text: z.string(), warning: z.looseObject({ code: z.string() }) });
export type OtherWarning = z.infer<typeof OtherWarning>;

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

/**
 * Made from the table, as the type is; the compiler cannot see that a loop makes all of them. It is made when it is
 * needed first: a command that does not fail starts without hundreds of schemas.
 */
export function unionOf<T extends Table>(table: T): z.ZodType<Told<T>> {
  return z.lazy(() => {
    const [first, ...others] = schemasOf(table);
    if (!first) throw new Error('the table is empty');
    return z.discriminatedUnion('code', [first, ...others]) as unknown as z.ZodType<Told<T>>;
  });
}

/** In English, as the page has it: the words of a key, with its `{{places}}` filled. */
export const inEnglish = (key: string, say: (field: string) => string | undefined): string =>
  filled(texts[key] ?? key, say);
export const filled = (text: string, say: (field: string) => string | undefined): string =>
  text.replace(/\{\{(\w+)\}\}/g, (whole, field: string) => say(field) ?? whole);

const texts: Readonly<Record<string, string>> = english;
/** Whether there are words for a key: some fields have words of their own. */
export const isWorded = (key: string): boolean => Object.hasOwn(texts, key);
