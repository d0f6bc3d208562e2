import { ReferenceAction } from '../../schema/types';
import { literal, quote } from '../../dialects/postgres/sql/quote';
import type {
  Column,
  Constraint,
  Index,
  Relation,
  Sequence,
} from '../../dialects/postgres/structure/structure';
import { notIncluded, type NotIncluded } from '../../schema/notIncluded';
import type { Table, TableColumn, TableKey } from './createTable';

type Type = Pick<Column, 'type' | 'native' | 'element'>;
/** What NocoBase itself says of a column, by table and column: the type of its field, or `listOf` that of its items. */
export type FieldTypes = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The tables of a dump of MySQL or MariaDB as PostgreSQL has them (docs/nbdump.md), and what is not taken over. */
export function toRelations(
  tables: readonly Table[],
  fields: FieldTypes,
): { relations: Relation[]; notIncluded: NotIncluded[] } {
  const left: NotIncluded[] = [];
  const leave = (what: string, name: string) => left.push(notIncluded(what, name, { code: 'dump-sql' }));
  const taken = new Set(tables.map(({ name }) => name));
  /** One store for all names of a schema, of at most 63 bytes each. */
  const fresh = (wanted: string): string => {
    let name = shortened(wanted, '');
    for (let more = 2; taken.has(name); more += 1) name = shortened(wanted, `_${more}`);
    taken.add(name);
    return name;
  };
  const relations = tables.map((table) => {
    const own = fields.get(table.name);
    const columns = table.columns
      .filter((column) => !column.generated)
      .map((column) => toColumn(column, own?.get(column.name)));
    for (const { name, generated, default: fallback } of table.columns) {
      if (generated) leave('generated column', `${table.name}.${name}`);
      if (fallback === 'other') leave('default', `${table.name}.${name}`);
    }
    for (const name of table.checks) leave('check', `${table.name}: ${name}`);
    if (table.partitioned) leave('partitions', table.name);
    const sequences = countersOf(table, columns, fresh);
    const there = new Map(columns.map((column) => [column.name, column]));
    const { constraints, indexes } = keysOf(table, there, fresh, (key) =>
      leave('index', `${table.name}: ${key.name}`),
    );
    return {
      ...{ name: table.name, kind: 'table' as const, owner: '', columns, parents: [] },
      ...{ constraints, indexes, attachments: [], sequences, options: [], toastOptions: [] },
    };
  });
  const byName = new Map(relations.map((relation) => [relation.name, relation]));
  for (const table of tables) {
    for (const key of table.foreignKeys) {
      const [from, to] = [byName.get(table.name), byName.get(key.references)];
      const made = from && to && foreignKey(key, from, to);
      if (made) from.constraints.push(made);
      else leave('fk constraint', `${table.name} ${key.name}`);
    }
  }
  return { relations, notIncluded: left };
}

function shortened(name: string, end: string): string {
  let short = name;
  while (Buffer.byteLength(short + end) > 63) short = short.replace(/.$/su, '');
  return short + end;
}

const of = (type: Column['type'], native: string): Type => ({ type, native });
const TYPES: Readonly<Record<string, Type>> = {
  tinyint: of('int16', 'smallint'),
  smallint: of('int16', 'smallint'),
  mediumint: of('int32', 'integer'),
  int: of('int32', 'integer'),
  bigint: of('int64', 'bigint'),
  year: of('int16', 'smallint'),
  float: of('float64', 'double precision'),
  double: of('float64', 'double precision'),
  datetime: of('timestamptz', 'timestamp with time zone'),
  timestamp: of('timestamptz', 'timestamp with time zone'),
  date: of('date', 'date'),
  time: of('time', 'time without time zone'),
  json: of('json', 'json'),
  uuid: of('uuid', 'uuid'),
};
const WIDER: Readonly<Record<string, Type>> = {
  tinyint: of('int16', 'smallint'),
  smallint: of('int32', 'integer'),
  mediumint: of('int32', 'integer'),
  int: of('int64', 'bigint'),
  bigint: of('decimal', 'numeric(20,0)'),
};
/** A field that is JSON elsewhere, and a list of PostgreSQL's own where its app is on that. */
export const listOf = (item: string): string => `${item.toLowerCase()}[]`;

const list = (item: Column['type'], native: string): Type => ({
  ...of('array', `${native}[]`),
  element: item,
});
/** Types of fields that MySQL or MariaDB has as something else. */
const FIELDS: Readonly<Record<string, Type>> = {
  datetimeNoTz: of('timestamp', 'timestamp without time zone'),
  jsonb: of('json', 'jsonb'),
  array: of('json', 'jsonb'),
  set: of('json', 'jsonb'),
  uuid: of('uuid', 'uuid'),
  point: of('other', 'point'),
  polygon: of('other', 'polygon'),
  lineString: of('other', 'path'),
  circle: of('other', 'circle'),
  [listOf('string')]: list('text', 'character varying(255)'),
  [listOf('text')]: list('text', 'text'),
  [listOf('integer')]: list('int32', 'integer'),
  [listOf('bigint')]: list('int64', 'bigint'),
  [listOf('float')]: list('float64', 'double precision'),
  [listOf('double')]: list('float64', 'double precision'),
  [listOf('decimal')]: list('decimal', 'numeric'),
  [listOf('boolean')]: list('boolean', 'boolean'),
};

function typeOf({ type, numbers, unsigned, binary, json }: TableColumn, field: string | undefined): Type {
  const [first, second = 0] = numbers;
  if (field !== undefined && Object.hasOwn(FIELDS, field)) {
    const known = FIELDS[field];
    if (known) return known;
  }
  if (json) return of('json', 'json');
  if (type === 'tinyint' && first === 1) return of('boolean', 'boolean');
  if (type === 'decimal') return of('decimal', `numeric(${first ?? 10},${second})`);
  if (type === 'char' && first === 36 && binary) return of('uuid', 'uuid');
  if (type === 'varchar' || type === 'char') return of('text', `character varying(${first ?? 1})`);
  if (/blob$|binary$|^bit$|^geometry$|^point$|^polygon$|^linestring$|^multi|collection$/.test(type))
    return of('binary', 'bytea');
  const known = unsigned ? (WIDER[type] ?? TYPES[type]) : TYPES[type];
  return known ?? of('text', 'text');
}

function toColumn(column: TableColumn, field: string | undefined): Column {
  const type = typeOf(column, field);
  const value = column.default;
  const made =
    value === 'now'
      ? type.type.startsWith('timestamp')
        ? 'CURRENT_TIMESTAMP'
        : undefined
      : value !== undefined && value !== 'other'
        ? constant(value.value, type)
        : undefined;
  return {
    ...{ name: column.name, ...type, notNull: column.notNull, local: true },
    ...(made !== undefined && { default: made }),
    ...(column.comment !== undefined && column.comment !== '' && { comment: column.comment }),
  };
}

function constant(value: string, { type, native }: Type): string | undefined {
  const number = /^-?\d+(\.\d+)?$/.test(value);
  switch (type) {
    case 'boolean':
      return { '0': 'false', '1': 'true' }[value];
    case 'int16':
    case 'int32':
    case 'int64':
    case 'decimal':
    case 'float64':
      return number ? `${literal(value)}::${native.replace(/\(.*/, '')}` : undefined;
    case 'text':
      return `${literal(value)}::${native.replace(/\(.*/, '')}`;
    case 'json':
      return `${literal(value)}::${native}`;
    case 'array':
      return value === '[]' ? `'{}'::${native}` : undefined;
    default:
      return undefined;
  }
}

function countersOf(table: Table, columns: readonly Column[], fresh: (name: string) => string): Sequence[] {
  const counted = table.columns.find((column) => column.counts);
  const column = columns.find(({ name }) => name === counted?.name);
  if (!column) return [];
  const name = fresh(`${table.name}_${column.name}_seq`);
  const last = BigInt(table.next ?? '1') - 1n;
  const narrow = column.type === 'int16' ? ['smallint', '32767'] : ['integer', '2147483647'];
  const [type = 'bigint', max = ''] =
    column.type === 'int32' || column.type === 'int16' ? narrow : ['bigint', '9223372036854775807'];
  column.default = `nextval(${literal(quote(name))}::regclass)`;
  return [
    {
      ...{ name, type, start: '1', increment: '1', min: '1', max, cache: '1', cycle: false },
      ...{ last: String(last > 0n ? last : 1n), called: last > 0n, column: column.name },
    },
  ];
}

function keysOf(
  table: Table,
  columns: ReadonlyMap<string, Column>,
  fresh: (name: string) => string,
  leave: (key: TableKey) => void,
): Pick<Relation, 'constraints' | 'indexes'> {
  const constraints: Constraint[] = [];
  const indexes: Index[] = [];
  const list = (names: readonly string[]) => `(${names.map(quote).join(', ')})`;
  for (const key of table.keys) {
    const types = key.columns.map((name) => columns.get(name));
    // A prefix of a varchar is for want of room; one of a text means that the whole has none.
    const long = key.prefix && types.some((column) => column?.native === 'text' || column?.type === 'binary');
    const whole = types.every(
      (column) => column !== undefined && column.type !== 'json' && column.type !== 'other',
    );
    if (key.kind === 'other' || !whole || long || (key.prefix && key.kind !== 'index')) {
      leave(key);
      continue;
    }
    if (key.kind === 'index') {
      const name = fresh(key.name.startsWith(table.name) ? key.name : `${table.name}_${key.name}`);
      const definition = `CREATE INDEX ${quote(name)} ON ${quote(table.name)} USING btree ${list(key.columns)}`;
      indexes.push({ name, unique: false, columns: [...key.columns], definition });
      continue;
    }
    const end = key.kind === 'primary' ? '_pkey' : `_${key.columns.join('_')}_key`;
    const name = fresh(`${table.name}${end}`);
    const definition = `${key.kind === 'primary' ? 'PRIMARY KEY' : 'UNIQUE'} ${list(key.columns)}`;
    constraints.push({ name, kind: key.kind, definition, validated: true, columns: [...key.columns] });
    indexes.push({ name });
  }
  return { constraints, indexes };
}

function foreignKey(key: Table['foreignKeys'][number], from: Relation, to: Relation): Constraint | undefined {
  const has = ({ columns }: Relation, names: readonly string[]) =>
    names.length > 0 && names.every((name) => columns.some((column) => column.name === name));
  const [onDelete, onUpdate] = [
    ReferenceAction.safeParse(key.onDelete),
    ReferenceAction.safeParse(key.onUpdate),
  ];
  if (!has(from, key.columns) || !has(to, key.referencedColumns) || !onDelete.success || !onUpdate.success)
    return undefined;
  const list = (names: readonly string[]) => `(${names.map(quote).join(', ')})`;
  const rule = (on: string, action: string) =>
    action === 'no action' ? '' : ` ON ${on} ${action.toUpperCase()}`;
  return {
    ...{ name: shortened(key.name, ''), kind: 'foreign', validated: true, references: to.name },
    definition: `FOREIGN KEY ${list(key.columns)} REFERENCES ${quote(to.name)}${list(key.referencedColumns)}${rule('UPDATE', onUpdate.data)}${rule('DELETE', onDelete.data)}`,
    columns: [...key.columns],
    referencedColumns: [...key.referencedColumns],
    onDelete: onDelete.data,
    onUpdate: onUpdate.data,
  };
}
