import type { Column } from '../../../schema/structure';
import { literal, QUOTED, unquoted } from '../sql/quote';

/**
 * The type of a column as the server itself writes it. It comes out of archives too, so it is taken apart and put
 * together again: what is not one of these is no type.
 */
export interface ColumnType {
  /** In lower case, without anything in parentheses. */
  readonly base: string;
  readonly sizes: readonly number[];
  /** Of enum and set. */
  readonly values: readonly string[];
  readonly unsigned: boolean;
  readonly zerofill: boolean;
}

const SIZED: Readonly<Record<string, readonly number[]>> = {
  tinyint: [0, 1],
  smallint: [0, 1],
  mediumint: [0, 1],
  int: [0, 1],
  bigint: [0, 1],
  decimal: [0, 2],
  float: [0, 2],
  double: [0, 2],
  bit: [0, 1],
  char: [0, 1],
  varchar: [1, 1],
  binary: [0, 1],
  varbinary: [1, 1],
  year: [0, 1],
  date: [0, 0],
  time: [0, 1],
  datetime: [0, 1],
  timestamp: [0, 1],
  vector: [0, 1],
};
const BARE = new Set([
  ...['tinytext', 'text', 'mediumtext', 'longtext', 'tinyblob', 'blob', 'mediumblob', 'longblob', 'json'],
  ...['geometry', 'point', 'linestring', 'polygon', 'multipoint', 'multilinestring', 'multipolygon'],
  ...['geometrycollection', 'geomcollection', 'uuid', 'inet4', 'inet6'],
]);
const LISTS = new Set(['enum', 'set']);
const NUMBERS = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'float', 'double']);

/** Undefined: it is no type that Ark knows. */
export function parseColumnType(text: string): ColumnType | undefined {
  const match = /^([a-z0-9]+)(?:\((.*)\))?((?: unsigned| zerofill)*)$/s.exec(text);
  const [, base = '', inside, flags = ''] = match ?? [];
  if (!match) return undefined;
  const [unsigned, zerofill] = [flags.includes(' unsigned'), flags.includes(' zerofill')];
  if ((unsigned || zerofill) && !NUMBERS.has(base)) return undefined;
  const type = { base, sizes: [], values: [], unsigned, zerofill };
  if (LISTS.has(base)) {
    const values = inside === undefined ? undefined : parseList(inside);
    return values && { ...type, values };
  }
  if (BARE.has(base)) return inside === undefined ? type : undefined;
  const counts = SIZED[base];
  if (!counts) return undefined;
  const sizes = inside === undefined ? [] : inside.split(',');
  const [least = 0, most = 0] = counts;
  if (sizes.length < least || sizes.length > most || !sizes.every((size) => /^\d{1,9}$/.test(size)))
    return undefined;
  return { ...type, sizes: sizes.map(Number) };
}

/** `'a','it''s'` */
function parseList(inside: string): string[] | undefined {
  const values: string[] = [];
  const item = new RegExp(`'(${QUOTED})'(,|$)`, 'gy');
  for (let match = item.exec(inside); match; match = item.exec(inside)) {
    values.push(unquoted(match[1] ?? ''));
    if (match[2] === '') return values;
  }
  return undefined;
}

/** `write`: a text as it stands in the mode of SQL that the type is read in. */
export function writeColumnType(
  { base, sizes, values, unsigned, zerofill }: ColumnType,
  write = literal,
): string {
  const inside = values.length > 0 ? values.map(write) : sizes.map(String);
  const size = inside.length > 0 ? `(${inside.join(',')})` : '';
  return `${base}${size}${unsigned ? ' unsigned' : ''}${zerofill ? ' zerofill' : ''}`;
}

/** How a value stands on the wire, and what has to be done to it for CSV and back. */
export type Coding =
  'text' | 'json' | 'boolean' | 'float' | 'bit' | 'binary' | 'moment' | 'utc' | 'plainNumber';

export function codingOf(
  { base, sizes, zerofill }: ColumnType,
  { json, utc }: { readonly json?: true | undefined; readonly utc?: true | undefined } = {},
): Coding {
  if (json || base === 'json') return 'json';
  if (base === 'tinyint' && sizes[0] === 1 && !zerofill) return 'boolean';
  if (base === 'float') return 'float';
  if (base === 'bit') return 'bit';
  if (/binary$|blob$/.test(base) || GEOMETRIES.has(base) || base === 'vector') return 'binary';
  if (base === 'timestamp' || utc) return 'utc';
  if (base === 'datetime' || base === 'time') return 'moment';
  return zerofill ? 'plainNumber' : 'text';
}

export const GEOMETRIES: ReadonlySet<string> = new Set([
  ...['geometry', 'point', 'linestring', 'polygon', 'multipoint', 'multilinestring', 'multipolygon'],
  ...['geometrycollection', 'geomcollection'],
]);

type Neutral = Pick<Column, 'type' | 'length' | 'precision' | 'scale'>;

/** The same in the words that every database has. */
export function neutralType(type: ColumnType, isJson = false): Neutral {
  const { base, sizes, unsigned } = type;
  const [size, scale] = sizes;
  if (isJson) return { type: 'json' };
  const moment = (kind: Neutral['type']): Neutral => ({
    type: kind,
    ...((size ?? 0) !== MICROSECONDS && { precision: size ?? 0 }),
  });
  switch (base) {
    case 'tinyint':
      return { type: size === 1 && !type.zerofill ? 'boolean' : 'int16' };
    case 'smallint':
      return { type: unsigned ? 'int32' : 'int16' };
    case 'mediumint':
      return { type: 'int32' };
    case 'int':
      return { type: unsigned ? 'int64' : 'int32' };
    case 'bigint':
      return unsigned ? { type: 'decimal', precision: 20, scale: 0 } : { type: 'int64' };
    case 'decimal':
      return { type: 'decimal', precision: size ?? 10, scale: scale ?? 0 };
    case 'float':
      return { type: 'float32' };
    case 'double':
      return { type: 'float64' };
    case 'char':
    case 'varchar':
      return { type: 'text', length: size ?? 1 };
    case 'tinytext':
    case 'text':
    case 'mediumtext':
    case 'longtext':
      return { type: 'text' };
    case 'json':
    case 'uuid':
    case 'date':
      return { type: base };
    case 'time':
      return moment('time');
    case 'datetime':
      return moment('timestamp');
    case 'timestamp':
      return moment('timestamptz');
    case 'year':
      return { type: 'int16' };
    case 'binary':
    case 'varbinary':
    case 'tinyblob':
    case 'blob':
    case 'mediumblob':
    case 'longblob':
      return { type: 'binary' };
    default:
      return { type: 'other' };
  }
}

/** What a moment has where nobody says how many digits of a second. */
const MICROSECONDS = 6;
