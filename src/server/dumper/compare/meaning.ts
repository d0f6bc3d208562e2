import { createHash } from 'node:crypto';
import { spelledNumber, spelling, type Spell } from '../across/canonical';
import type { NeutralType } from '../schema/types';
import { WHOLE, type Value } from './longRow';

/** How two texts of a value are spelled where they differ; undefined: what is written differently is different. */
export type Meaning = Spell | undefined;

const PLAIN: readonly NeutralType[] = ['decimal', 'float32', 'float64'];

/** `isCrossed`: the two are from different kinds of databases. */
export function meaningOf(here: NeutralType, there: NeutralType, isCrossed: boolean): Meaning {
  if (isCrossed) return spelling(there, here);
  if (here === 'json' || there === 'json') return jsonMeaning;
  if (here !== there || PLAIN.includes(here)) return spelling(there, here);
  return undefined;
}

const INTEGERS: readonly NeutralType[] = ['int16', 'int32', 'int64'];

/** The spelling of a part of a key, which is always asked for: two keys of one side are never spelled the same. */
export function keyMeaningOf(here: NeutralType, there: NeutralType, isCrossed: boolean): Meaning {
  if (INTEGERS.includes(here) && INTEGERS.includes(there)) return integer;
  return here === there || isCrossed ? meaningOf(here, there, isCrossed) : undefined;
}

/** Some fill it with zeros. */
const integer: Spell = (text) => (/^[-+]?0./.test(text) ? text.replace(/^([-+]?)0+(?=\d)/, '$1') : text);

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi;

/** JSON without its spaces and the order of names; every digit of a number counts, and a name that is there twice. */
export function jsonMeaning(text: string): string {
  let texts = 0;
  const exact = text.replace(TOKEN, (token) => {
    texts += 1;
    if (token.startsWith('"')) return token.replace('"', '"s');
    const number = spelledNumber(token);
    return `"n${number ? `${number.sign}${number.digits}e${number.power}` : token}"`;
  });
  try {
    const meaning = JSON.stringify(JSON.parse(exact), (_, value: unknown) =>
      value !== null && typeof value === 'object' && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
        : value,
    );
    return meaning.match(TOKEN)?.length === (texts === 0 ? undefined : texts) ? meaning : text;
  } catch {
    return text;
  }
}

export function isSame(here: Value, there: Value, meaning: Meaning): boolean {
  if (here === null || there === null) return here === there;
  if (typeof here === 'string' && typeof there === 'string') {
    if (here === there) return true;
    if (!meaning || here.length > WHOLE || there.length > WHOLE) return false;
    return meaning(textOf(here)) === meaning(textOf(there));
  }
  return bytesOf(here) === bytesOf(there) && sha256Of(here) === sha256Of(there);
}

/** What two values have in common that are the same by their meaning. */
export function spelled(value: Value, meaning: Meaning): string {
  if (value === null) return '-';
  if (typeof value !== 'string' || value.length > WHOLE) return `#${bytesOf(value)} ${sha256Of(value)}`;
  if (!meaning) return `${value.length}:${value}`;
  // Digits are the same as bytes and as text: most keys are no more.
  const text = meaning === integer ? integer(value) : Buffer.from(meaning(textOf(value))).toString('latin1');
  return `${text.length}:${text}`;
}

export const textOf = (value: string): string => Buffer.from(value, 'latin1').toString('utf8');

const bytesOf = (value: Exclude<Value, null>): number =>
  typeof value === 'string' ? value.length : value.bytes;
const sha256Of = (value: Exclude<Value, null>): string =>
  typeof value === 'string' ? createHash('sha256').update(value, 'latin1').digest('hex') : value.sha256;
