import type { Column } from '../dialects/postgres/structure/structure';
import type { Attribute } from './meta';

type Type = Pick<Column, 'type' | 'native'>;

const text = (length: unknown): Type => ({
  type: 'text',
  native: `character varying(${Number.isInteger(length) && Number(length) > 0 ? Number(length) : 255})`,
});
const plain = (type: Column['type'], native: string): (() => Type) => {
  const made = { type, native };
  return () => made;
};
const decimal = ({ precision, scale }: Options): Type => ({
  type: 'decimal',
  native:
    Number(precision) > 0 ? `numeric(${Number(precision)}${scale ? `,${Number(scale)}` : ''})` : 'numeric',
});

type Options = Readonly<Record<string, unknown>>;

const int64 = plain('int64', 'bigint');
const timestamptz = plain('timestamptz', 'timestamp with time zone');
const jsonb = plain('json', 'jsonb');
const json = ({ jsonb: binary }: Options): Type => ({ type: 'json', native: binary ? 'jsonb' : 'json' });
const varchar = ({ length }: Options): Type => text(length);

/** What Sequelize calls its types, lower case; NocoBase's own field types call themselves much the same. */
/** By names that a file chooses: a map has no name that nobody gave it. */
const TYPES = new Map<string, (options: Options) => Type>(
  Object.entries<(options: Options) => Type>({
    string: varchar,
    char: ({ length }) => ({
      type: 'text',
      native: `character(${Number(length) > 0 ? Number(length) : 255})`,
    }),
    text: plain('text', 'text'),
    integer: plain('int32', 'integer'),
    smallint: plain('int16', 'smallint'),
    tinyint: plain('int16', 'smallint'),
    bigint: int64,
    float: plain('float64', 'double precision'),
    double: plain('float64', 'double precision'),
    real: plain('float32', 'real'),
    decimal,
    boolean: plain('boolean', 'boolean'),
    date: timestamptz,
    dateonly: plain('date', 'date'),
    time: plain('time', 'time without time zone'),
    json,
    jsonb,
    uuid: plain('uuid', 'uuid'),
    blob: plain('binary', 'bytea'),
    // NocoBase's own
    datetime: timestamptz,
    datetimetz: timestamptz,
    datetimenotz: plain('timestamp', 'timestamp without time zone'),
    unixtimestamp: int64,
    snowflakeid: int64,
    sort: int64,
    radio: plain('boolean', 'boolean'),
    uid: varchar,
    nanoid: varchar,
    password: varchar,
    sequence: varchar,
    attachmenturl: varchar,
    encryption: varchar,
    vditor: plain('text', 'text'),
    expression: plain('text', 'text'),
    point: plain('other', 'point'),
    linestring: plain('other', 'path'),
    polygon: plain('other', 'polygon'),
    circle: plain('other', 'circle'),
    array: list,
    set: list,
    context: ({ dataType }) => named(dataType) ?? text(255),
    formula: ({ dataType }) => named(dataType) ?? { type: 'float64', native: 'double precision' },
  }),
);

/** A list is JSON unless the field asks for a real array. */
function list({ dataType, elementType }: Options): Type {
  const element = dataType === 'array' ? named(elementType) : undefined;
  return element ? { type: 'array', native: `${element.native}[]` } : { type: 'json', native: 'jsonb' };
}

const named = (name: unknown): Type | undefined =>
  typeof name === 'string' ? TYPES.get(name.toLowerCase())?.({}) : undefined;

/** The column that NocoBase makes on PostgreSQL for a field; undefined for types that only a plugin knows. */
export function columnType({ type, typeOptions }: Attribute): Type | undefined {
  return TYPES.get(type.toLowerCase())?.(typeOptions ?? {});
}
