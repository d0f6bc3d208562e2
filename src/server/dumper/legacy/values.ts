import type { Column } from '../dialects/postgres/structure/structure';
import { wallTime } from './wallTime';

/** A value as it stands in the old archive's JSON → its cell of CSV. Throws Unfit for what the column cannot hold. */
export type Encode = (value: unknown) => string;

export class Unfit extends Error {}

export interface Origin {
  readonly dialect: 'postgres' | 'mysql' | 'sqlite';
  /** Where times without a zone were meant. */
  readonly timeZone: string;
}

/** undefined: nothing is known of such a column. */
export function encoder(column: Pick<Column, 'type' | 'native' | 'element'>, origin: Origin): Encode {
  const own = encoders(origin)[column.type] ?? (() => refuse());
  const encode = column.type === 'json' && column.element === 'int64' ? countsAsJson : own;
  return (value) => (value === null || value === undefined ? '' : encode(value, column.native));
}

const refuse = (): never => {
  throw new Unfit();
};

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

type Encoders = Partial<Record<Column['type'], (value: unknown, native: string) => string>>;

const encoders = ({ dialect, timeZone }: Origin): Encoders => {
  const integer = (bits: number) => (value: unknown) => wholeNumber(value, bits);
  const timestamp = (value: unknown) => endless(value) ?? localTime(value, timeZone);
  return {
    boolean: (value) => BOOLEANS.get(value) ?? refuse(),
    int16: integer(16),
    int32: integer(32),
    int64: integer(64),
    decimal: (value, native) => decimal(number(value), native),
    float32: (value) => float32(number(value)),
    float64: number,
    text: (value, native) => bounded(text(value), native),
    json: (value, native) => json(value, native, dialect),
    uuid: (value) => (typeof value === 'string' && /^[0-9a-f-]{32,36}$/i.test(value) ? value : refuse()),
    date: (value) => endless(value) ?? dateOnly(value),
    time: (value) => (typeof value === 'string' && /^[\d:.]+$/.test(value) ? value : refuse()),
    timestamp,
    timestamptz: (value) => endless(value) ?? instant(value),
    interval: (value) => (typeof value === 'string' ? text(value) : refuse()),
    binary,
    array: (value) => quoted(arrayText(parsed(value))),
    other(value, native) {
      const shape = SHAPES.get(native);
      return shape ? quoted(shape(parsed(value))) : text(value);
    },
  };
};

/** SQLite and MySQL have no booleans. */
const BOOLEANS: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [true, 't'],
  [false, 'f'],
  [1, 't'],
  [0, 'f'],
  ['1', 't'],
  ['0', 'f'],
]);

function wholeNumber(value: unknown, bits: number): string {
  let whole: bigint;
  if (typeof value === 'number' && Number.isInteger(value)) whole = BigInt(value);
  else if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) whole = BigInt(value);
  else return refuse();
  // The largest one was rounded up to 2^63 when it became a JSON number.
  if (bits === 64 && typeof value === 'number' && whole === 2n ** 63n) whole -= 1n;
  return BigInt.asIntN(bits, whole) === whole ? String(whole) : refuse();
}

function number(value: unknown): string {
  if (typeof value === 'number') return String(value);
  const written =
    typeof value === 'string' && /^(-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|NaN|-?Infinity)$/i.test(value);
  return written ? value : refuse();
}

/** PostgreSQL refuses what has more digits before the point than `numeric(38,10)` leaves for them. */
function decimal(written: string, native: string): string {
  const limit = /\((\d+)(?:,(-?\d+))?\)/.exec(native);
  const [, whole = '', , exponent = '0'] = /^-?0*(\d*)(\.\d*)?(?:e([+-]?\d+))?$/i.exec(written) ?? [];
  const digits = whole === '' ? 0 : whole.length + Number(exponent);
  return limit && digits > Number(limit[1]) - Number(limit[2] ?? 0) ? refuse() : written;
}

function float32(written: string): string {
  const [exact, near] = [Number(written), Math.fround(Number(written))];
  return Number.isFinite(exact) && (!Number.isFinite(near) || (near === 0 && exact !== 0))
    ? refuse()
    : written;
}

/** `character varying(255)` counts characters. The cell has its quotes already. */
function bounded(cell: string, native: string): string {
  const limit = Number(/^character(?: varying)?\((\d+)\)$/.exec(native)?.[1] ?? Infinity);
  if (cell.length - 2 <= limit) return cell;
  const plain = cell.slice(1, -1).replaceAll('""', '"');
  return plain.length > 2 * limit || Array.from(plain).length > limit ? refuse() : cell;
}

function text(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : buffer(value)?.toString('utf8');
  if (text === undefined || /\0|\p{Surrogate}/u.test(text)) return refuse();
  return quoted(text);
}

/**
 * PostgreSQL's driver had parsed it. SQLite's and MariaDB's give the stored JSON text; MySQL's parses too, and a bare
 * string of it looks the same: what can be read as JSON is taken for it.
 */
function json(value: unknown, native: string, dialect: Origin['dialect']): string {
  let text: string | undefined;
  if (dialect !== 'postgres' && typeof value === 'string' && isJson(value)) text = value;
  text ??= JSON.stringify(value);
  // jsonb keeps neither NUL nor half a surrogate pair.
  if (native === 'jsonb' && /\\u0000|\\ud[89a-f]/i.test(text)) checkJsonb(text);
  return quoted(text);
}

/** The old plugin wrote large whole numbers as texts; in a list of numbers they are numbers. */
function countsAsJson(value: unknown): string {
  const list = parsed(value);
  if (!Array.isArray(list)) return refuse();
  return quoted(`[${list.map((item) => (item === null ? 'null' : wholeNumber(item, 64))).join(',')}]`);
}

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

function checkJsonb(text: string): void {
  JSON.parse(text, (key, value: unknown) => {
    for (const part of [key, value]) if (typeof part === 'string' && /\0|\p{Surrogate}/u.test(part)) refuse();
    return value;
  });
}

function binary(value: unknown): string {
  const bytes = typeof value === 'string' ? Buffer.from(value) : buffer(value);
  return bytes ? `\\x${bytes.toString('hex')}` : refuse();
}

/** What JSON makes of a Buffer of Node. */
function buffer(value: unknown): Buffer | undefined {
  const { type, data } = value as { type?: unknown; data?: unknown };
  const bytes = type === 'Buffer' && Array.isArray(data) && data.every((byte) => Number.isInteger(byte));
  return bytes ? Buffer.from(data as number[]) : undefined;
}

const MOMENT =
  /^([+-]?\d{4,6})-(\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d(?::?\d\d)?)?)?( BC)?$/;

interface Moment {
  readonly year: number;
  readonly day: string;
  readonly time: string | undefined;
  readonly zone: string | undefined;
}

const endless = (value: unknown): string | undefined =>
  value === 'infinity' || value === '-infinity' ? value : undefined;

function moment(value: unknown): Moment {
  const written =
    typeof value === 'number' && Math.abs(value) <= 8.64e15 ? new Date(value).toISOString() : value;
  const match = typeof written === 'string' ? MOMENT.exec(written) : null;
  if (!match) return refuse();
  // PostgreSQL's own text of a date has no year 0 either.
  const year = match[5] === undefined ? Number(match[1]) : 1 - Number(match[1]);
  const day = match[2] ?? '';
  const there = new Date(0);
  there.setUTCFullYear(year, Number(day.slice(0, 2)) - 1, Number(day.slice(3)));
  // MySQL has a year, a month and a day 0; PostgreSQL begins in 4713 BC.
  if (there.toISOString().slice(-19, -14) !== day || year < -4712) return refuse();
  return { year, day, time: match[3], zone: match[4] };
}

/** ISO counts a year 0 before 1 AD; PostgreSQL calls it 1 BC. */
function writeDate({ year, day }: Moment, rest: string): string {
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0');
  return `${shown}-${day}${rest}${year > 0 ? '' : ' BC'}`;
}

const isUtc = (zone: string | undefined): boolean => /^(?:Z|[+-]00(?::?00)?)$/.test(zone ?? '');

function instant(value: unknown): string {
  const time = moment(value);
  const zone = isUtc(time.zone) ? '+00' : (time.zone ?? '+00');
  return writeDate(time, ` ${time.time ?? '00:00:00'}${zone}`);
}

/** The old plugin wrote times without a zone as moments in UTC, from the time zone of its server. */
function localTime(value: unknown, timeZone: string): string {
  const time = moment(value);
  if (time.zone === undefined) return writeDate(time, ` ${time.time ?? '00:00:00'}`);
  if (isUtc(time.zone) && timeZone === 'UTC') return writeDate(time, ` ${time.time ?? '00:00:00'}`);
  const sign = time.year < 0 ? '-' : '+';
  const year = `${sign}${String(Math.abs(time.year)).padStart(6, '0')}`;
  const zone = /^[+-]\d\d$/.test(time.zone) ? `${time.zone}:00` : time.zone;
  const at = new Date(`${year}-${time.day}T${time.time ?? '00:00'}${zone}`);
  if (Number.isNaN(at.getTime())) return refuse();
  const local = moment(wallTime(at, timeZone));
  return writeDate(local, ` ${local.time ?? '00:00:00'}`);
}

function dateOnly(value: unknown): string {
  const time = moment(value);
  if (time.time !== undefined && !/^00:00(:00(\.0+)?)?$/.test(time.time)) return refuse();
  return writeDate(time, '');
}

/** SQLite keeps lists and shapes as JSON text. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string' || !isJson(value)) return value;
  return JSON.parse(value) as unknown;
}

function arrayText(value: unknown): string {
  if (!Array.isArray(value)) return refuse();
  const items = (value as (string | number | boolean | null | object)[]).map((item) => {
    if (item === null) return 'NULL';
    if (Array.isArray(item)) return arrayText(item);
    if (typeof item === 'object') return refuse();
    return `"${String(item).replace(/["\\]/g, '\\$&')}"`;
  });
  return `{${items.join(',')}}`;
}

type Coordinates = readonly number[];
const isNumbers = (value: unknown, count: number): value is Coordinates =>
  Array.isArray(value) && value.length === count && value.every((item) => typeof item === 'number');
const isPairs = (value: unknown): value is readonly Coordinates[] =>
  Array.isArray(value) && value.length > 0 && value.every((item) => isNumbers(item, 2));
const pair = (coordinates: Coordinates): string => `(${coordinates.join(',')})`;
const pairs = (value: unknown): string => (isPairs(value) ? `(${value.map(pair).join(',')})` : refuse());

/** Shapes on a map, by PostgreSQL's types: of coordinates, as NocoBase keeps them where there are no such types. Throws Unfit. */
export const SHAPES: ReadonlyMap<string, (coordinates: unknown) => string> = new Map([
  ['point', (value: unknown) => (isNumbers(value, 2) ? pair(value) : refuse())],
  ['path', pairs],
  ['polygon', pairs],
  [
    'circle',
    (value: unknown) => (isNumbers(value, 3) ? `<${pair(value.slice(0, 2))},${String(value[2])}>` : refuse()),
  ],
]);
