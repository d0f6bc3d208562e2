import { z } from 'zod';
import { OtherFailure, OtherWarning } from '../../src/server/errors/told';

type Value = string | number | boolean | Value[] | { readonly [field: string]: Value };

/** The schemas of all that a discriminated union knows. */
export type Union = readonly { readonly shape: Readonly<Record<string, unknown>> }[];

/** Values of a schema: each of its words, and a text that shows in each place that is free. */
function valuesOf(schema: unknown, free: string): Value[] {
  // Of another Ark: told by the words that came with it.
  if (schema === OtherFailure) return [{ code: 'NEWER', message: `«${free}»` }];
  if (schema === OtherWarning) return [{ text: `«${free}»`, warning: { code: 'newer' } }];
  if (schema instanceof z.ZodLiteral) return [...schema.values] as Value[];
  if (schema instanceof z.ZodEnum) return [...schema.options] as Value[];
  if (schema instanceof z.ZodString) return [`«${free}»`];
  if (schema instanceof z.ZodNumber) return [4711];
  if (schema instanceof z.ZodBoolean) return [true, false];
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodLazy) return valuesOf(schema.unwrap(), free);
  if (schema instanceof z.ZodArray) {
    const [one, other] = [valuesOf(schema.element, free), valuesOf(schema.element, `${free} 2`)];
    return one.map((value, i): Value => (other[i] === undefined ? [value] : [value, other[i]]));
  }
  if (schema instanceof z.ZodDiscriminatedUnion)
    return schema.options.flatMap((option) => valuesOf(option, free));
  if (schema instanceof z.ZodObject) return objectsOf(schema.shape, free);
  throw new Error(`no sample of ${free}`);
}

function objectsOf(shape: Readonly<Record<string, unknown>>, free = ''): Record<string, Value>[] {
  const fields = Object.entries(shape).map(
    ([field, schema]) => [field, valuesOf(schema, free === '' ? field : `${free} ${field}`)] as const,
  );
  const most = Math.max(1, ...fields.map(([, values]) => values.length));
  return Array.from({ length: most }, (_, i) =>
    Object.fromEntries(fields.map(([field, values]) => [field, values[i % values.length] ?? ''])),
  );
}

/** One of each code and of each word in its fields, made from the schemas. */
export const samplesOf = (options: Union): (Record<string, Value> & { readonly code: string })[] =>
  options.flatMap((option) =>
    objectsOf(option.shape).map((sample) => ({ ...sample, code: sample.code as string })),
  );

/** What is free in a sample, and so is shown as it is. */
export function freeIn(value: unknown): string[] {
  if (typeof value === 'string') return value.startsWith('«') ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(freeIn) : [];
}
