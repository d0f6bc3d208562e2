import { literal, quote } from '../dialects/postgres/sql/quote';
import type { Column, Constraint, Index, Relation, Sequence } from '../dialects/postgres/structure/structure';
import { columnType } from './fieldTypes';
import { tableOf, type Attribute, type CollectionMeta } from './meta';

/** The table that NocoBase would make for a collection, from the fields that the old archive describes. */
export function buildTable(
  meta: CollectionMeta,
  parents: readonly Relation[],
  dialect: 'postgres' | 'mysql' | 'sqlite',
): Relation {
  const name = tableOf(meta);
  const inherited = new Map(
    parents.flatMap((parent) => parent.columns.map((column) => [column.name, column])),
  );
  const attributes = new Map(Object.values(meta.attributes).map((attribute) => [attribute.field, attribute]));
  const columns = meta.columns.map((column): Column => {
    const attribute = attributes.get(column);
    const above = inherited.get(column);
    const fallback = attribute && defaultOf(attribute);
    const type = (attribute && columnType(attribute)) ?? UNKNOWN;
    return {
      name: column,
      // Only a plugin knows this type: what is here says how the column is made, or verify says it cannot be.
      ...(dialect === 'sqlite' ? unbounded(type) : type),
      ...(above && { type: above.type, native: above.native }),
      notNull: attribute !== undefined && (isKey(attribute) || option(attribute, 'allowNull') === false),
      ...(above?.default !== undefined
        ? { default: above.default }
        : fallback !== undefined && { default: fallback }),
      local: above === undefined,
    };
  });
  const sequences: Sequence[] = [];
  const counter = sequenceOf(meta, columns, dialect);
  const counted = counter && columns.find((column) => column.name === counter.column);
  if (counter && counted?.local) {
    counted.default = `nextval(${literal(quote(counter.name))}::regclass)`;
    sequences.push(counter);
  }
  const constraints = keysOf(name, columns, attributes);
  return {
    name,
    kind: 'table',
    owner: '',
    columns,
    parents: parents.map((parent) => parent.name),
    constraints,
    indexes: [
      ...constraints.map((constraint) => ({ name: constraint.name })),
      ...indexesOf(name, columns, attributes),
    ],
    attachments: [],
    sequences,
    options: [],
    toastOptions: [],
  };
}

/** SQLite does not hold its apps to lengths and digits. */
const unbounded = (type: Pick<Column, 'type' | 'native'>): Pick<Column, 'type' | 'native'> => ({
  ...type,
  native: type.native.replace(/^(numeric|character varying)\(.*\)$/, '$1'),
});

const UNKNOWN = { type: 'other', native: '' } as const;
export const isUnknown = (column: Pick<Column, 'native'>): boolean => column.native === '';

const option = (
  attribute: Attribute,
  name: 'primaryKey' | 'allowNull' | 'unique' | 'defaultValue',
): unknown => attribute[name] ?? attribute.typeOptions?.[name];
const isKey = (attribute: Attribute): boolean => option(attribute, 'primaryKey') === true;

function defaultOf(attribute: Attribute): string | undefined {
  const value = option(attribute, 'defaultValue');
  const type = columnType(attribute);
  if (value === undefined || value === null || !type) return undefined;
  if (type.type === 'json') return `${literal(JSON.stringify(value))}::${type.native}`;
  if (typeof value === 'object') return undefined;
  const plain = { boolean: /^(true|false)$/, text: /^/ }[type.type as string] ?? /^-?\d+(\.\d+)?$/;
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- neither object nor null
  const written = String(value);
  if (!plain.test(written)) return undefined;
  return type.type === 'text' ? `${literal(written)}::${type.native.replace(/\(.*/, '')}` : written;
}

/**
 * The counter of new ids. PostgreSQL and SQLite tell the last one given out, MySQL the next; an empty table's may be
 * untouched. (SQLite may tell none: then the rows say, see nbdump.ts.)
 */
function sequenceOf(
  { autoIncrement, count, ...meta }: CollectionMeta,
  columns: readonly Column[],
  dialect: string,
): Sequence | undefined {
  if (!autoIncrement) return undefined;
  const attribute = meta.attributes[autoIncrement.fieldName];
  const column = columns.find((column) => column.name === (attribute?.field ?? autoIncrement.fieldName));
  if (!column) return undefined;
  const told = BigInt(String(autoIncrement.currentVal ?? 0)) - (dialect === 'mysql' ? 1n : 0n);
  const called = dialect === 'postgres' ? count > 0 || told > 1n : told > 0n;
  const narrow = column.type === 'int32';
  return {
    name: bareName(autoIncrement.seqName) ?? identifier(tableOf({ ...meta, count }), `_${column.name}_seq`),
    type: narrow ? 'integer' : 'bigint',
    start: '1',
    increment: '1',
    min: '1',
    max: narrow ? '2147483647' : '9223372036854775807',
    cache: '1',
    cycle: false,
    last: String(told > 0n ? told : 1n),
    called,
    column: column.name,
  };
}

/** `public."Orders_id_seq"` → `Orders_id_seq`, as it stood in the column's default. */
function bareName(written: string | undefined): string | undefined {
  const last = written && /(?:"((?:[^"]|"")+)"|([^".]+))$/.exec(written);
  return last ? (last[1]?.replaceAll('""', '"') ?? last[2]) : undefined;
}

/** PostgreSQL's names have at most 63 bytes; the part that tells what it is stays whole. */
function identifier(first: string, rest: string): string {
  let short = first;
  while (Buffer.byteLength(short + rest) > 63 && short !== '') short = short.replace(/.$/su, '');
  return short + rest;
}

/** Those that fields ask for, by the names that NocoBase gives them. Of others the old format knows nothing. */
function indexesOf(
  table: string,
  columns: readonly Column[],
  attributes: ReadonlyMap<string, Attribute>,
): Index[] {
  return columns
    .filter(({ name, local, type }) => {
      const asked = attributes.get(name)?.typeOptions;
      return local && type !== 'json' && (asked?.index === true || asked?.isForeignKey === true);
    })
    .map((column) => {
      const words = `${table}_${column.name}`.replace(/[A-Z]/g, (letter, at) =>
        at > 0 ? `_${letter}` : letter,
      );
      const name = identifier(words.toLowerCase(), '');
      return {
        name,
        unique: false,
        columns: [column.name],
        definition: `CREATE INDEX ${quote(name)} ON ${quote(table)} USING btree (${quote(column.name)})`,
      };
    });
}

function keysOf(
  table: string,
  columns: readonly Column[],
  attributes: ReadonlyMap<string, Attribute>,
): Constraint[] {
  const primary: string[] = [];
  /** Columns that are unique together share a name. */
  const unique = new Map<string, string[]>();
  for (const { name } of columns) {
    const attribute = attributes.get(name);
    if (!attribute) continue;
    if (isKey(attribute)) primary.push(name);
    const mark = option(attribute, 'unique');
    if (mark === true) unique.set(identifier(table, `_${name}_key`), [name]);
    if (typeof mark === 'string') unique.set(mark, [...(unique.get(mark) ?? []), name]);
  }
  // A primary key is unique already.
  for (const [name, names] of unique) if (names.join() === primary.join()) unique.delete(name);
  const list = (names: readonly string[]) => `(${names.map(quote).join(', ')})`;
  return [
    ...(primary.length > 0
      ? [
          {
            name: identifier(table, '_pkey'),
            kind: 'primary' as const,
            definition: `PRIMARY KEY ${list(primary)}`,
            validated: true,
            columns: primary,
          },
        ]
      : []),
    ...[...unique].map(([name, names]) => ({
      name: identifier(name, ''),
      kind: 'unique' as const,
      definition: `UNIQUE ${list(names)}`,
      validated: true,
      columns: names,
    })),
  ];
}
