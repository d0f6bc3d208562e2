import { parse } from 'postgres-array';
import { SHAPES, Unfit } from '../legacy/values';
import type { Column } from '../schema/structure';
import { NoPlace, type Convert } from './converting';

/** A number that JSON and PostgreSQL write alike. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i;

function number(text: string): string {
  if (NUMBER.test(text)) return text;
  throw new NoPlace(null);
}

/** `{1,NULL,"a"}` → `[1,null,"a"]`. Lists that do not begin at 1 are nothing that JSON has. */
export function arrayToJson(element: Column['element']): Convert {
  const value = (text: string): string => {
    switch (element) {
      case 'int16':
      case 'int32':
      case 'int64':
      case 'decimal':
      case 'float32':
      case 'float64':
        return number(text);
      case 'boolean':
        return text === 't' ? 'true' : 'false';
      case 'json':
        return text;
      default:
        return JSON.stringify(text);
    }
  };
  type Nested = string | null | Nested[];
  const written = (item: Nested): string => {
    if (item === null) return 'null';
    return Array.isArray(item) ? `[${item.map(written).join(',')}]` : item;
  };
  return (text) => {
    if (!text.startsWith('{')) throw new NoPlace(null);
    return written(parse<Nested>(text, value));
  };
}

const INTEGERS: Readonly<Record<string, number>> = { int16: 16, int32: 32, int64: 64 };
const fits = (text: string, bits: number): boolean =>
  /^-?\d+$/.test(text) && BigInt.asIntN(bits, BigInt(text)) === BigInt(text);

/** The way back, as PostgreSQL itself would write it; it says which lists have the same length everywhere. */
export function jsonToArray(element: Column['element']): Convert {
  const isNumber = /^(?:int|decimal|float)/.test(element ?? '');
  const written = (item: unknown): string => {
    if (item === null) return 'NULL';
    if (Array.isArray(item)) return `{${item.map(written).join(',')}}`;
    if (element === 'boolean' && typeof item === 'boolean') return item ? 't' : 'f';
    if (typeof item !== 'string') throw new NoPlace(null);
    return /^$|[{}",\\\s]|^null$/i.test(item) ? `"${item.replace(/["\\]/g, '\\$&')}"` : item;
  };
  return (text) => {
    if (!text.trimStart().startsWith('[')) throw new NoPlace(null);
    if (!isNumber) return written(json(text));
    // Numbers keep their digits.
    if (!/^(?:[[\],\s]|null|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)*$/i.test(text)) throw new NoPlace(null);
    const bits = INTEGERS[element ?? ''];
    if (
      bits !== undefined &&
      !(text.match(/[^[\],\s]+/g) ?? []).every((item) => item === 'null' || fits(item, bits))
    )
      throw new NoPlace(null);
    return text.replace(/\s+/g, '').replaceAll('[', '{').replaceAll(']', '}').replace(/null/gi, 'NULL');
  };
}

const PAIR = /\(([^(),]+),([^(),]+)\)/g;
const pairsIn = (text: string): string[] =>
  [...text.matchAll(PAIR)].map(([, x = '', y = '']) => `[${number(x)},${number(y)}]`);

/** PostgreSQL's shapes as NocoBase's map fields have them: lists of coordinates. */
export const SHAPE_TO_JSON: Readonly<Record<string, Convert>> = {
  point: (text) => pairsIn(text)[0] ?? '',
  polygon: (text) => `[${pairsIn(text).join(',')}]`,
  path(text) {
    // One that is open would come back closed.
    if (text.startsWith('[')) throw new NoPlace(null);
    return `[${pairsIn(text).join(',')}]`;
  },
  circle(text) {
    const [, x = '', y = '', radius = ''] = /^<\(([^,]+),([^)]+)\),([^>]+)>$/.exec(text) ?? [];
    return `[${[x, y, radius].map(number).join(',')}]`;
  },
};

/** The way back; `stored`: as what MySQL or MariaDB has them. Undefined for what is no shape of PostgreSQL. */
export function toShape(native: string, stored: string): Convert | undefined {
  const shape = SHAPES.get(native);
  if (!shape) return undefined;
  const read = /^(?:json|longtext)$/.test(stored) ? json : geometry(native === 'polygon');
  return (text) => {
    const coordinates = read(text);
    try {
      return shape(coordinates);
    } catch (error) {
      throw error instanceof Unfit ? new NoPlace(null) : error;
    }
  };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new NoPlace(null);
  }
}

/** MySQL's own form: the number of a reference system, then well-known binary (OGC 06-103r4, 8.2.3). */
const geometry =
  (isRing: boolean) =>
  (text: string): unknown => {
    const bytes = Buffer.from(text.replace(/^\\x/, ''), 'hex');
    let at = 4;
    const take = (size: number): number => {
      at += size;
      if (at > bytes.length) throw new NoPlace(null);
      return at - size;
    };
    const count = (): number => bytes.readUInt32LE(take(4));
    const coordinate = (): number => bytes.readDoubleLE(take(8));
    const point = (): number[] => [coordinate(), coordinate()];
    if (bytes[take(1)] !== 1) throw new NoPlace(null);
    const kind = count();
    if (kind === 1) return point();
    // A polygon with holes has several rings.
    if (kind !== 2 && !(kind === 3 && count() === 1)) throw new NoPlace(null);
    const points: number[][] = [];
    for (let left = count(); left > 0; left -= 1) points.push(point());
    const [first, last] = [points[0], points.at(-1)];
    // Its ring ends where it began; an app has each corner once.
    if (isRing && points.length > 1 && String(first) === String(last)) points.pop();
    return points;
  };
