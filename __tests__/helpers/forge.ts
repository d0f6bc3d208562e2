import { z } from 'zod';
import { openArchive } from '../../src/server/dumper/archive/readArchive';
import type { Archive } from '../../src/server/dumper/archive/archive';
import { putTogether, takenApart } from './forged';
import { inMemory } from './nbdump';

/** JSON as a forger sees it. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** What one archive is forged from many times is taken apart once. */
const apart = new WeakMap<Buffer, ReturnType<typeof takenApart>>();

/** An archive with a manifest of one's own and every digest right. */
export async function forge(bytes: Buffer, change: (manifest: Json) => void): Promise<Buffer> {
  const whole = apart.get(bytes) ?? takenApart(bytes);
  apart.set(bytes, whole);
  const { manifest, data } = await whole;
  const changed = structuredClone(manifest);
  change(changed as Json);
  return putTogether({ manifest: changed, data });
}

export const openForged = (bytes: Buffer): Promise<Archive> => openArchive(inMemory(bytes));

/** A step from a value to those in it: by name, or to each of a list or record. */
type Step = { readonly name: string } | 'each';

/** Where a shape has texts, walked from the schema itself, so that a new field is tried without anybody's help. */
export function textFields(shape: z.ZodType, path: readonly Step[] = []): Step[][] {
  if (shape instanceof z.ZodObject) {
    return Object.entries(shape.shape as Record<string, z.ZodType>).flatMap(([name, one]) =>
      textFields(one, [...path, { name }]),
    );
  }
  if (shape instanceof z.ZodOptional) return textFields(shape.unwrap() as z.ZodType, path);
  if (shape instanceof z.ZodArray) return textFields(shape.element as z.ZodType, [...path, 'each']);
  if (shape instanceof z.ZodUnion)
    return (shape.options as z.ZodType[]).flatMap((option) => textFields(option, path));
  if (shape instanceof z.ZodRecord) return textFields(shape.valueType as z.ZodType, [...path, 'each']);
  return shape instanceof z.ZodString ? [[...path]] : [];
}

export const written = (path: readonly Step[]): string =>
  path.map((step) => (step === 'each' ? '[]' : step.name)).join('.');

/** Sets the field at the first place that has what it is a part of; false if there is none. */
export function setFirst(value: Json, path: readonly Step[], next: (old: string) => string): boolean {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== 'object' || value === null) return false;
  const held = value as Record<string, Json>;
  if (step !== 'each') {
    const old = held[step.name];
    if (rest.length === 0) held[step.name] = next(typeof old === 'string' ? old : '');
    else if (rest.length === 1 && rest[0] === 'each') held[step.name] = [next(firstOf(old))];
    return rest.length < 2 && (rest.length === 0 || rest[0] === 'each')
      ? true
      : setFirst(old ?? null, rest, next);
  }
  if (rest.length > 0) return Object.values(held).some((one) => setFirst(one, rest, next));
  const [key] = Object.keys(held);
  if (key === undefined) return false;
  held[key] = next(firstOf(held));
  return true;
}

const firstOf = (value: Json | undefined): string => {
  const [first] = typeof value === 'object' && value !== null ? Object.values(value) : [];
  return typeof first === 'string' ? first : '';
};
