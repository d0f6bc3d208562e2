import type { Column } from '../schema/structure';
import { parseColumnType } from '../dialects/mysql/structure/columnType';
import { spelledNumber } from './canonical';
import { NoPlace, type Convert } from './converting';

/**
 * What becomes of values of a column in another kind of database: they stay as they are, or have no place there, and
 * then something that comes closest, or nothing (NULL). Undefined where all of them stay as they are.
 */
export type Place = Convert | undefined;

/** A column of PostgreSQL in a type of MySQL or MariaDB. */
export function placeInMysql(column: Column, columnType: string, isMariadb: boolean): Place {
  const sizes = parseColumnType(columnType)?.sizes ?? [];
  switch (column.type) {
    case 'float32':
    case 'float64':
      return finite;
    case 'decimal':
      return decimal((sizes[0] ?? 10) - (sizes[1] ?? 0), sizes[1] ?? 0);
    case 'text': {
      const [most] = sizes;
      return most === undefined || (column.length ?? Infinity) <= most ? undefined : ofLength(most);
    }
    case 'json':
      return isMariadb ? nested(MARIADB_DEPTH) : nested(MYSQL_DEPTH);
    case 'time':
      return column.precision === 0 ? wholeSeconds : undefined;
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return moment;
    default:
      return undefined;
  }
}

/** A column of MySQL or MariaDB in a type of PostgreSQL. */
export function placeInPostgres({ type, native }: Pick<Column, 'type'> & { native: string }): Place {
  switch (type) {
    case 'boolean':
      return yesOrNo;
    case 'text':
      return withoutNul;
    case 'json':
      return native === 'jsonb' ? binaryJson : anyJson;
    case 'uuid':
      return uuid;
    case 'time':
      return timeOfDay;
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return moment;
    default:
      return undefined;
  }
}

/** How deep lists and objects may lie in one another: as MariaDB 10.11 does it, and as MySQL's manual says. */
const [MARIADB_DEPTH, MYSQL_DEPTH] = [31, 100];

function finite(text: string): string {
  if (/^-?(?:NaN|Infinity)$/.test(text)) throw new NoPlace(null);
  return text;
}

/** More digits after the point are rounded, as PostgreSQL does. */
function decimal(whole: number, after: number): Convert {
  return (text) => {
    const spelled = spelledNumber(text);
    if (!spelled) throw new NoPlace(null);
    const { sign, digits, power } = spelled;
    if (digits.length + power > whole) throw new NoPlace(null);
    if (-power <= after) return text;
    const rounded = roundedTo(digits, -power - after);
    if (rounded.length - after > whole) throw new NoPlace(null);
    const padded = rounded.padStart(after + 1, '0');
    const point = padded.length - after;
    const minus = /[1-9]/.test(padded) ? sign : '';
    throw new NoPlace(`${minus}${padded.slice(0, point)}${after === 0 ? '' : `.${padded.slice(point)}`}`);
  };
}

/** Without its last digits, halves away from zero. */
function roundedTo(digits: string, without: number): string {
  const kept = digits.slice(0, Math.max(0, digits.length - without));
  const next = without > digits.length ? '0' : (digits[digits.length - without] ?? '0');
  return String(BigInt(kept === '' ? '0' : kept) + (next >= '5' ? 1n : 0n));
}

/** A key holds whole texts: a shorter one would be another key. */
function ofLength(most: number): Convert {
  return (text) => {
    if (text.length > most && (text.length > 2 * most || Array.from(text).length > most)) throw new NoPlace();
    return text;
  };
}

function nested(most: number): Convert {
  return (text) => {
    let [depth, deepest, inText] = [0, 0, false];
    for (let at = 0; at < text.length; at += 1) {
      const sign = text[at];
      if (inText) {
        if (sign === '\\') at += 1;
        else if (sign === '"') inText = false;
      } else if (sign === '"') inText = true;
      else if (sign === '[' || sign === '{') deepest = Math.max(deepest, (depth += 1));
      else if (sign === ']' || sign === '}') depth -= 1;
    }
    if (deepest > most || hasHalves(text)) throw new NoPlace(null);
    return text;
  };
}

/** Half a surrogate pair, written as an escape: PostgreSQL's `json` keeps it. */
function hasHalves(json: string): boolean {
  const half = /\\ud[89a-f]/i;
  const whole = /\\(?:ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\\)/gi;
  return half.test(json) && half.test(json.replace(whole, ''));
}

/** NocoBase's field of a time has seconds, and would show zeros where the column has room for more. */
function wholeSeconds(text: string): string {
  const [, whole = '', part = ''] = /^(\d\d:\d\d:\d\d)(?:\.(\d*))?$/.exec(text) ?? [];
  if (/[1-9]/.test(part) || whole === '') throw new NoPlace(whole === '' ? null : whole);
  return whole;
}

/** Years 1 to 9999 and days that there are; no infinity, no zeros. */
function moment(text: string): string {
  const [, year = '', month = '', day = '', rest = ''] = /^(\d{4})-(\d\d)-(\d\d)(.*)$/.exec(text) ?? [];
  const there = new Date(0);
  there.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const isThere = there.getUTCMonth() === Number(month) - 1 && there.getUTCDate() === Number(day);
  if (year === '' || Number(year) === 0 || !isThere || rest.endsWith(' BC')) throw new NoPlace(null);
  return text;
}

/** MySQL has times of more than a day, and before it. */
function timeOfDay(text: string): string {
  if (!/^(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d*)?$|^24:00:00(?:\.0*)?$/.test(text)) throw new NoPlace(null);
  return text;
}

/** As MySQL itself takes a number for one: all but 0 are true. */
function yesOrNo(text: string): string {
  if (!/^[tf01]$/.test(text)) throw new NoPlace('t');
  return text;
}

function withoutNul(text: string): string {
  if (text.includes('\0')) throw new NoPlace(text.replaceAll('\0', ''));
  return text;
}

function uuid(text: string): string {
  if (!/^(?:[0-9a-f]{4}-?){7}[0-9a-f]{4}$/i.test(text)) throw new NoPlace(null);
  return text;
}

function anyJson(text: string): string {
  try {
    JSON.parse(text);
  } catch {
    throw new NoPlace(null);
  }
  return text;
}

/** It keeps neither U+0000 nor half a surrogate pair, and numbers as `numeric`. */
function binaryJson(text: string): string {
  if (!/\\u(?:0000|d[89a-f])|e[+-]?\d{5}/i.test(text)) return anyJson(text);
  const kept = (part: unknown): unknown =>
    typeof part === 'string' ? part.replace(/\0|\p{Surrogate}/gu, '') : part;
  let [changed, value] = [false, undefined as unknown];
  try {
    value = JSON.parse(text, (key, part: unknown) => {
      changed ||= kept(key) !== key || kept(part) !== part;
      if (typeof part === 'number' && !Number.isFinite(part)) throw new NoPlace(null);
      return part;
    });
  } catch {
    throw new NoPlace(null);
  }
  // What it was is not told apart from what its numbers would be rounded to, so nothing is made up.
  if (changed || value === undefined) throw new NoPlace(null);
  return text;
}
