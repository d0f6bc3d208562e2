import type { Column } from '../schema/structure';

/** A value in the one spelling that it has whatever kind of database wrote it; nothing in it is lost or rounded. */
export type Spell = (text: string) => string;

type Kind = 'boolean' | 'number' | 'float32' | 'float64' | 'json' | 'moment' | 'uuid' | 'hex' | 'text';
const KINDS: Partial<Record<Column['type'], Kind>> = {
  boolean: 'boolean',
  int16: 'number',
  int32: 'number',
  int64: 'number',
  decimal: 'number',
  float32: 'float32',
  float64: 'float64',
  json: 'json',
  uuid: 'uuid',
  time: 'moment',
  timestamp: 'moment',
  timestamptz: 'moment',
  binary: 'hex',
};
/** Where a value is of another kind on one side, what both can be compared as: the first of these that one of them is. */
const LOOSEST: readonly Kind[] = ['float32', 'float64', 'json', 'boolean', 'number', 'moment', 'uuid', 'hex'];

/** How values of a column are spelled that is of these types on the two sides. */
export function spelling(sent: Column['type'], made: Column['type']): Spell {
  const kinds = [sent, made].map((type) => KINDS[type] ?? 'text');
  return SPELL[LOOSEST.find((kind) => kinds.includes(kind)) ?? 'text'];
}

const SPELL: Readonly<Record<Kind, Spell>> = {
  boolean: (text) => ({ '1': 't', '0': 'f' })[text] ?? text,
  number: (text) => decimal(text) ?? text,
  float32: (text) => String(Math.fround(Number(text))),
  float64: (text) => String(Number(text)),
  json: (text) => {
    const exact = numbersExact(text);
    try {
      return meaning(exact);
    } catch {
      // A shape of PostgreSQL has numbers too.
      return exact;
    }
  },
  // Moments come in UTC, and say so or not.
  moment: (text) =>
    text
      .replace(/([ T]?\d\d:\d\d)(?=\+|$)/, (time) => (/:\d\d:\d\d/.test(text) ? time : `${time}:00`))
      .replace(/\+00(?::?00)?$/, '')
      .replace(/(\.\d*?)0+$/, '$1')
      .replace(/\.$/, ''),
  uuid: (text) => text.toLowerCase().replace(/[-{}]/g, ''),
  hex: (text) => text.toLowerCase(),
  text: (text) => text,
};

/** A decimal's digits without zeros at their ends, and the power of ten of the last; none of zero. */
export interface SpelledNumber {
  readonly sign: '-' | '';
  readonly digits: string;
  readonly power: number;
}

/** Undefined where it is no number. */
export function spelledNumber(text: string): SpelledNumber | undefined {
  const [, sign = '', whole = '', part = '', exponent = '0'] =
    /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  if (whole + part === '') return undefined;
  const all = (whole + part).replace(/^0+/, '');
  const digits = all.replace(/0+$/, '');
  if (digits === '') return { sign: '', digits, power: 0 };
  const power = Number(exponent) - part.length + (all.length - digits.length);
  return { sign: sign === '-' ? '-' : '', digits, power };
}

/** `-012.500e3` → `-125e2`; undefined where it is no number. */
function decimal(text: string): string | undefined {
  const spelled = spelledNumber(text);
  if (!spelled) return undefined;
  const { sign, digits, power } = spelled;
  return digits === '' ? '0' : `${sign}${digits}e${power}`;
}

/** Digits that every database keeps of a number in JSON; of longer ones some keep what a double has. */
const EXACT = 17;
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi;

const numbersExact = (text: string): string =>
  text.replace(TOKEN, (token) =>
    token.startsWith('"') ? token.replace('"', '"s') : JSON.stringify(`n${numberIn(token)}`),
  );

/** Names in one order and each once, numbers by their value, texts by their characters. Throws where it is no JSON. */
function meaning(exact: string): string {
  return JSON.stringify(JSON.parse(exact), (_, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

function numberIn(token: string): string {
  const spelled = decimal(token) ?? token;
  if (spelled.replace(/e.*|-/g, '').length <= EXACT) return spelled;
  const near = String(Number(token));
  return decimal(near) ?? near;
}
