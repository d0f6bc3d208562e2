import type { Node, TypeName } from 'libpg-query';
import { declared, neutralType } from '../../dialects/postgres/catalog/types';
import { as, words } from '../../dialects/postgres/sql/parser';
import type { Column } from '../../dialects/postgres/structure/structure';

export type ColumnType = Pick<Column, 'type' | 'native' | 'element' | 'length' | 'precision' | 'scale'>;

/** The server's own types, by their names in its catalog, as it prints them. */
const NATIVE = new Map(
  Object.entries({
    bool: 'boolean',
    int2: 'smallint',
    int4: 'integer',
    int8: 'bigint',
    numeric: 'numeric',
    float4: 'real',
    float8: 'double precision',
    varchar: 'character varying',
    bpchar: 'character',
    time: 'time without time zone',
    timetz: 'time with time zone',
    timestamp: 'timestamp without time zone',
    timestamptz: 'timestamp with time zone',
    varbit: 'bit varying',
  }),
);
for (const name of [
  ...['text', 'json', 'jsonb', 'uuid', 'date', 'interval', 'bytea', 'bit', 'xml', 'money', 'oid', 'name'],
  ...['point', 'path', 'polygon', 'circle', 'line', 'lseg', 'box', 'inet', 'cidr', 'macaddr', 'macaddr8'],
  ...['tsvector', 'tsquery', 'int4range', 'int8range', 'numrange', 'daterange', 'tsrange', 'tstzrange'],
])
  NATIVE.set(name, name);

/** What may stand in brackets behind a type, at most so many numbers. */
const MODIFIERS: Readonly<Record<string, number>> = {
  varchar: 1,
  bpchar: 1,
  bit: 1,
  varbit: 1,
  numeric: 2,
  time: 1,
  timetz: 1,
  timestamp: 1,
  timestamptz: 1,
};

/**
 * The type of a column, made anew from what the parser has found in a text: a type of the server's own, or one of the
 * lists of words of the same schema (`enums`: by name, as the server prints it). Undefined for any other.
 */
export function columnType(
  name: TypeName | undefined,
  schema: string,
  enums: ReadonlyMap<string, string>,
): ColumnType | undefined {
  const [first = '', second, ...more] = words(name?.names);
  if (!name || more.length > 0 || name.setof || name.pct_type) return undefined;
  const array = (name.arrayBounds ?? []).length > 0;
  const brackets = array ? '[]' : '';
  const own = second ?? first;
  const listed = first === schema ? enums.get(second ?? '') : undefined;
  if (listed !== undefined) {
    const native = `${listed}${brackets}`;
    return array ? { type: 'array', element: 'text', native } : { type: 'text', native };
  }
  const printed = second === undefined || first === 'pg_catalog' ? NATIVE.get(own) : undefined;
  const numbers = modifiersOf(name.typmods);
  if (printed === undefined || !numbers || numbers.length > (MODIFIERS[own] ?? 0)) return undefined;
  const [space = printed, ...rest] = printed.split(' ');
  const [head, tail] = own.startsWith('time') ? [space, rest] : [printed, []];
  const inside = numbers.length > 0 ? `(${numbers.join(',')})` : '';
  const native = [`${head}${inside}`, ...tail].join(' ') + brackets;
  const type = neutralType(own, '');
  const bounds = declared(own, packed(own, numbers));
  return array ? { type: 'array', element: type, native } : { type, native, ...bounds };
}

/** As the catalog packs them. */
function packed(name: string, [first, second = 0]: readonly number[]): number {
  if (first === undefined) return -1;
  if (name === 'numeric') return ((first << 16) | (second & 0x7ff)) + 4;
  return name === 'varchar' || name === 'bpchar' ? first + 4 : first;
}

function modifiersOf(nodes: readonly Node[] | undefined): number[] | undefined {
  const numbers = (nodes ?? []).map((node) => {
    const integer = as(node, 'A_Const')?.ival;
    return integer ? (integer.ival ?? 0) : NaN;
  });
  return numbers.every((number) => Number.isInteger(number) && Math.abs(number) <= 10_485_760)
    ? numbers
    : undefined;
}
