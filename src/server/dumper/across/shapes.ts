import { parse } from 'postgres-array';
import type { Column } from '../schema/structure';
import { NoPlace, type Convert } from './converting';

/** A number that JSON and PostgreSQL write alike. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i;

function number(text: string): string {
  if (NUMBER.test(text)) return text;
  throw new NoPlace();
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
    if (!text.startsWith('{')) throw new NoPlace();
    return written(parse<Nested>(text, value));
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
    if (text.startsWith('[')) throw new NoPlace();
    return `[${pairsIn(text).join(',')}]`;
  },
  circle(text) {
    const [, x = '', y = '', radius = ''] = /^<\(([^,]+),([^)]+)\),([^>]+)>$/.exec(text) ?? [];
    return `[${[x, y, radius].map(number).join(',')}]`;
  },
};

type Pair = readonly [number, number];
const isNumbers = (value: unknown, count: number): value is number[] =>
  Array.isArray(value) && value.length === count && value.every((item) => typeof item === 'number');
const isPairs = (value: unknown): value is Pair[] =>
  Array.isArray(value) && value.length > 0 && value.every((item) => isNumbers(item, 2));
const pair = ([x, y]: readonly number[]): string => `(${String(x)},${String(y)})`;

const FROM_COORDINATES: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  point: (value) => (isNumbers(value, 2) ? pair(value) : undefined),
  polygon: (value) => (isPairs(value) ? `(${value.map(pair).join(',')})` : undefined),
  path: (value) => (isPairs(value) ? `(${value.map(pair).join(',')})` : undefined),
  circle: (value) => (isNumbers(value, 3) ? `<${pair(value)},${String(value[2])}>` : undefined),
};

/** The way back; `stored`: as what MySQL or MariaDB has them. Undefined for what is no shape of PostgreSQL. */
export function toShape(native: string, stored: string): Convert | undefined {
  const shape = Object.hasOwn(FROM_COORDINATES, native) ? FROM_COORDINATES[native] : undefined;
  if (!shape) return undefined;
  const read = /^(?:json|longtext)$/.test(stored) ? json : geometry(native === 'polygon');
  return (text) => {
    const made = shape(read(text));
    if (made === undefined) throw new NoPlace();
    return made;
  };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new NoPlace();
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
      if (at > bytes.length) throw new NoPlace();
      return at - size;
    };
    const count = (): number => bytes.readUInt32LE(take(4));
    const coordinate = (): number => bytes.readDoubleLE(take(8));
    const point = (): number[] => [coordinate(), coordinate()];
    if (bytes[take(1)] !== 1) throw new NoPlace();
    const kind = count();
    if (kind === 1) return point();
    // A polygon with holes has several rings.
    if (kind !== 2 && !(kind === 3 && count() === 1)) throw new NoPlace();
    const points: number[][] = [];
    for (let left = count(); left > 0; left -= 1) points.push(point());
    const [first, last] = [points[0], points.at(-1)];
    // Its ring ends where it began; an app has each corner once.
    if (isRing && points.length > 1 && String(first) === String(last)) points.pop();
    return points;
  };
