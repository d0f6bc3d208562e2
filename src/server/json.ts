import * as z from 'zod';
import { reasonText, type Reason } from './errors/reasons';
import type { Steps } from './turns';

/** JSON is not what can be read here; the message completes "because …". */
export class JsonFault extends Error {}
/** It is larger than anything that is read here. */
export class JsonTooLarge extends JsonFault {
  constructor(readonly reason: Reason) {
    super(reasonText(reason));
  }
}

/** What is parsed in one step. */
const PIECE = 64 * 1024;
/** Lists and objects of more than a piece, one in the other. */
const DEEPEST = 16;
/** What is read at most. */
export interface JsonLimits {
  /** Values take memory however short they are written. */
  readonly values: number;
  /** Bytes of the longest single text. */
  readonly text: number;
}
const MANY: JsonLimits = { values: 4_000_000, text: 4 * 1024 * 1024 };
/** All names of an object are listed in one step. */
const MOST_NAMES = 200_000;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [LIST, LIST_END, OBJECT, OBJECT_END] = [0x5b, 0x5d, 0x7b, 0x7d];
const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** What a byte outside of texts says of where values end, by the byte. */
const SIGNS = new Uint8Array(256);
const [NO_SIGN, OPENS, CLOSES, SPACE] = [0, 1, 2, 3];
for (const byte of [LIST, OBJECT]) SIGNS[byte] = OPENS;
for (const byte of [LIST_END, OBJECT_END]) SIGNS[byte] = CLOSES;
for (const byte of [QUOTE, COMMA]) SIGNS[byte] = byte;
for (let byte = 0; byte < SIGNS.length; byte += 1) if (isSpace(byte)) SIGNS[byte] = SPACE;

/**
 * What JSON.parse makes of it, piece by piece: whatever is larger than a piece is gone into. Throws JsonFault, and
 * SyntaxError as JSON.parse does.
 */
export function* parsing(bytes: Uint8Array, limits = MANY, piece = PIECE): Steps<unknown> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  let values = 0;

  const wrong = (): never => {
    throw new SyntaxError(`unexpected ${at < buffer.length ? 'text' : 'end'} at byte ${at}`);
  };
  const counted = (more: number): void => {
    values += more;
    if (values > limits.values) throw new JsonTooLarge({ code: 'json-values', most: limits.values });
  };

  /**
   * Where what begins at `at` ends: one value, or as many of a list as there are; undefined if not even one ends within
   * so many bytes.
   */
  const end = (within: number, many = false): number | undefined => {
    const last = Math.min(buffer.length, at + within);
    let [depth, count, best] = [0, 1, -1];
    const ending = (where: number): number => {
      counted(count);
      return where;
    };
    for (let i = at; i < last; i += 1) {
      const sign = SIGNS[buffer[i] ?? 0];
      if (sign === NO_SIGN) continue;
      if (sign === QUOTE) {
        // Most of all bytes are in texts.
        for (i += 1; i < last && buffer[i] !== QUOTE; i += 1) if (buffer[i] === BACKSLASH) i += 1;
        if (i < last && depth === 0 && !many) return ending(i + 1);
      } else if (sign === OPENS) {
        depth += 1;
        count += 1;
      } else if (sign === CLOSES) {
        if (depth === 0) return ending(i);
        depth -= 1;
        if (depth === 0 && !many) return ending(i + 1);
      } else if (sign === COMMA) {
        if (depth === 0 && !many) return ending(i);
        if (depth === 0) best = i;
        count += 1;
      } else if (depth === 0 && !many) return ending(i);
    }
    if (best >= 0) return ending(best);
    return last === buffer.length ? ending(last) : undefined;
  };

  const take = (where: number): unknown => JSON.parse(taken(where)) as unknown;
  const taken = (where: number): string => {
    const text = buffer.toString('utf8', at, where);
    at = where;
    return text;
  };

  function* spaces(): Steps<void> {
    for (; isSpace(buffer[at]); at += 1) if (at % piece === 0) yield;
  }

  /** The parts between commas, and the end after the last; each part is read by `part`. */
  function* parts(close: number, part: () => Steps<void>): Steps<void> {
    at += 1;
    yield* spaces();
    if (buffer[at] === close) at += 1;
    else {
      for (;;) {
        yield* part();
        yield* spaces();
        const next = buffer[at];
        if (next !== COMMA && next !== close) wrong();
        at += 1;
        if (next === close) return;
        yield* spaces();
      }
    }
  }

  function* value(depth: number): Steps<unknown> {
    yield;
    const where = end(piece);
    if (where !== undefined) return take(where);
    if (depth > DEEPEST) throw new JsonTooLarge({ code: 'json-deep', most: DEEPEST });
    counted(1);
    if (buffer[at] === LIST) {
      const list: unknown[] = [];
      yield* parts(LIST_END, function* () {
        const some = end(piece, true);
        yield;
        if (some === undefined) list.push(yield* value(depth + 1));
        else {
          const values = JSON.parse(`[${taken(some)}]`) as unknown[];
          // Nothing between two commas.
          if (values.length === 0) wrong();
          for (const value of values) list.push(value);
        }
      });
      return list;
    }
    if (buffer[at] === OBJECT) {
      const object: Record<string, unknown> = {};
      let names = 0;
      yield* parts(OBJECT_END, function* () {
        if (buffer[at] !== QUOTE) wrong();
        if ((names += 1) > MOST_NAMES) throw new JsonTooLarge({ code: 'json-names', most: MOST_NAMES });
        const key = String(yield* value(depth + 1));
        yield* spaces();
        if (buffer[at] !== COLON) wrong();
        at += 1;
        yield* spaces();
        const item = yield* value(depth + 1);
        // Set, `__proto__` would be something else.
        Object.defineProperty(object, key, { value: item, ...PLAIN });
      });
      return object;
    }
    const long = end(limits.text) ?? tooLong();
    return take(long);
  }

  const tooLong = (): never => {
    throw new JsonTooLarge({ code: 'json-text', most: limits.text });
  };

  yield* spaces();
  const result = yield* value(1);
  yield* spaces();
  if (at < buffer.length) wrong();
  return result;
}

const PLAIN = { writable: true, enumerable: true, configurable: true };

/** A value is not of the shape it must have: where, and why. */
export class Misshapen extends JsonFault {
  readonly where: string;

  constructor(
    path: readonly PropertyKey[],
    readonly why: string,
  ) {
    const where = path.map(String).join('.') || '?';
    super(`it is not as it should be at ${where}: ${why}`);
    this.where = where;
  }
}

/** So many values are checked in one step. */
const FEW = 1000;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is left of a number of values once those in this one are taken off. */
function without(value: unknown, left: number): number {
  let rest = left - 1;
  if (Array.isArray(value))
    for (let i = 0; i < value.length && rest >= 0; i += 1) rest = without(value[i], rest);
  else if (isRecord(value)) {
    for (const key in value) {
      if (rest < 0) break;
      rest = without(value[key], rest);
    }
  }
  return rest;
}

/** What the shape makes of a value, part by part. Throws Misshapen. */
export function* shaping<T>(shape: z.ZodType<T>, value: unknown): Steps<T> {
  return (yield* shapingAt(shape, value, [])) as T;
}

function* shapingAt(shape: z.ZodType, value: unknown, path: readonly PropertyKey[]): Steps<unknown> {
  yield;
  const whole = without(value, FEW) >= 0 || (shape.def.checks?.length ?? 0) > 0;
  if (!whole) {
    if (shape instanceof z.ZodOptional || shape instanceof z.ZodNullable)
      return yield* shapingAt(shape.unwrap() as z.ZodType, value, path);
    if (shape instanceof z.ZodArray && Array.isArray(value)) {
      const list: unknown[] = [];
      const element = shape.element as z.ZodType;
      for (let i = 0; i < value.length;) {
        const to = few(value, i);
        if (to === i) list.push(yield* shapingAt(element, value[i], [...path, i]));
        else {
          for (const item of shaped(z.array(element), value.slice(i, to), path, i)) list.push(item);
          yield;
        }
        i = Math.max(to, i + 1);
      }
      return list;
    }
    if (shape instanceof z.ZodRecord && isRecord(value)) {
      const record: Record<string, unknown> = {};
      for (const key of Object.keys(value)) {
        // As zod has it: no name that anybody needs.
        if (key === '__proto__') continue;
        const name = String(yield* shapingAt(shape.keyType as z.ZodType, key, [...path, key]));
        record[name] = yield* shapingAt(shape.valueType as z.ZodType, value[key], [...path, key]);
      }
      return record;
    }
    if (shape instanceof z.ZodObject && shape.def.catchall === undefined && isRecord(value)) {
      const object: Record<string, unknown> = {};
      const parts: Readonly<Record<string, z.ZodType>> = shape.shape;
      for (const [key, part] of Object.entries(parts)) {
        const made = yield* shapingAt(part, value[key], [...path, key]);
        if (made !== undefined || Object.hasOwn(value, key)) object[key] = made;
      }
      return object;
    }
  }
  return shaped(shape, value, path);
}

/** In one step. `from`: where in a list the value, a part of it, begins. */
function shaped<T>(shape: z.ZodType<T>, value: unknown, path: readonly PropertyKey[], from = 0): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const [first, ...more] = issue?.path ?? [];
  const where = typeof first === 'number' ? first + from : first;
  throw new Misshapen([...path, ...(where === undefined ? [] : [where]), ...more], issue?.message ?? '');
}

/** Up to where the values of a list are few together; the place itself, if the first alone is too much. */
function few(list: readonly unknown[], from: number): number {
  let left = FEW;
  for (let i = from; i < list.length; i += 1) {
    left = without(list[i], left);
    if (left < 0) return i;
  }
  return list.length;
}
