import { columnToNeutral, indexesToNeutral } from '../dialects/mysql/structure/neutral';
import { parseColumnType } from '../dialects/mysql/structure/columnType';
import { literal } from '../dialects/mysql/sql/quote';
import type {
  ColumnNative,
  Flavor,
  IndexNative,
  NativeDefault,
  RelationNative,
} from '../dialects/mysql/structure/structure';
import type { Column, ForeignKey, Relation } from '../schema/structure';
import type { Thing } from '../app/warning';
import type { RelationNative as PostgresNative } from '../dialects/postgres/structure/structure';
import type { Adopted } from './adopted';
import type { FieldTypes } from '../legacy/mysqldump/relations';
import { NoPlace, type Conversion, type Convert } from './converting';
import { placeInMysql } from './places';
import { arrayToJson, SHAPE_TO_JSON } from './shapes';

/** Of text that is compared byte by byte, with blanks at its end: as PostgreSQL holds keys apart. */
const EXACT: Readonly<Record<Flavor, string>> = { mariadb: 'utf8mb4_nopad_bin', mysql: 'utf8mb4_0900_bin' };
const TEXT_COLLATION = 'utf8mb4_general_ci';
/** A row's own bytes, with room for what is not text; longer texts lie beside it. */
const ROW_BYTES = 60_000;
/** What an index takes of a text without a length. */
const PREFIX = 191;
const KEY_LENGTH = 255;
/** What an index has room for, and what is reckoned of it: numbers and moments at most, and a character. */
const [INDEX_BYTES, NUMBER_BYTES, CHAR_BYTES] = [3072, 32, 4];
/** Digits of a decimal that has no limit. */
const DIGITS = { all: 65, after: 30 };

/**
 * Tables of another dialect as MySQL and MariaDB have them, by their core alone; of PostgreSQL's own types those that
 * NocoBase has as JSON there, and of its `fields` those that it would read otherwise.
 */
export function toMysql(tables: readonly Relation[], flavor: Flavor, fields: FieldTypes): Adopted {
  const left: Thing[] = [];
  const { relations, conversions } = converted(tables, flavor, fields);
  const unfit: Adopted['unfit'][number][] = [];
  const inKeys = keyColumns(relations);
  const adopted = relations.flatMap((relation): Relation[] => {
    const { name: collection } = relation;
    if (relation.kind === 'view' || relation.kind === 'materialized') {
      left.push({ kind: relation.kind, name: collection });
      return [];
    }
    if (relation.kind !== 'table' || relation.parents.length > 0) {
      unfit.push({ collection });
      return [];
    }
    const stored = relation.columns.filter((column) => {
      if (column.generated) left.push({ kind: 'generated', collection, name: column.name });
      return !column.generated;
    });
    const natives = stored.map((column) => {
      const native = nativeColumn(column, inKeys.has(keyOf(collection, column.name)), flavor);
      if (!native) unfit.push({ collection, column: column.name });
      return native ?? { columnType: 'longtext' };
    });
    const counting = counterOf(relation, stored);
    const fitted = fitRow(stored, natives, inKeys, collection);
    const known = conversions.get(collection);
    const places = stored.map((column, at): Conversion | undefined => {
      const { columnType = '' } = fitted[at] ?? {};
      const convert = placeInMysql(column, columnType, flavor === 'mariadb');
      const { name, nullable } = column;
      return known?.[at] ?? (convert && { column: name, type: columnType, nullable, convert, same: true });
    });
    if (places.some(Boolean)) conversions.set(collection, places);
    const described = fitted.map((native, at) => {
      const core = stored[at];
      if (!core) throw new Error('a column is missing');
      const value =
        core.name === counting
          ? undefined
          : defaultOf(core, native, () => left.push({ kind: 'default', collection, name: core.name }));
      return {
        name: core.name,
        nullable: core.nullable,
        ...(core.comment !== undefined && { comment: core.comment }),
        native: {
          ...native,
          ...(value && { default: value }),
          ...(core.name === counting && { autoIncrement: true as const }),
        },
      };
    });
    const indexes = indexesOf(relation, new Map(described.map(({ name, native }) => [name, native])), left);
    const foreignKeys = relation.foreignKeys.map(actionsOf);
    const native: RelationNative = {
      engine: 'InnoDB',
      collation: TEXT_COLLATION,
      columns: described.map((column) => column.native),
      indexes,
      checks: [],
      triggers: [],
    };
    const columns = described.map(columnToNeutral);
    return [
      {
        name: collection,
        kind: 'table',
        columns,
        parents: [],
        ...indexesToNeutral(indexes, foreignKeys),
        foreignKeys,
        counters: relation.counters.filter(({ column }) => column === counting),
        ...(relation.comment !== undefined && { comment: relation.comment }),
        native: { mysql: native },
      },
    ];
  });
  return { relations: adopted, left, unfit, conversions };
}

/** Lists everywhere, shapes where NocoBase has no types for them, and times without fractions as it reads them, unless a key holds them. */
function converted(
  tables: readonly Relation[],
  flavor: Flavor,
  fields: FieldTypes,
): { relations: readonly Relation[]; conversions: Map<string, readonly (Conversion | undefined)[]> } {
  const inKeys = keyColumns(tables);
  const conversions = new Map<string, readonly (Conversion | undefined)[]>();
  const relations = tables.map((relation): Relation => {
    const made = relation.columns.map((column, at): Conversion | undefined => {
      const stays = column.generated !== undefined || inKeys.has(keyOf(relation.name, column.name));
      if (stays) return undefined;
      const convert = jsonOf(column, nativeName(relation, at), flavor);
      return convert && { column: column.name, type: 'JSON', nullable: column.nullable, convert };
    });
    const columns = relation.columns.map((column, at): Column => {
      const conversion = made[at];
      if (!conversion) {
        const isTime = column.type === 'time' && fields.get(relation.name)?.get(column.name) === 'time';
        return isTime && !inKeys.has(keyOf(relation.name, column.name))
          ? { ...column, precision: 0 }
          : column;
      }
      const { name, nullable, comment, default: value } = column;
      const known = value?.kind === 'value' ? asJson(value.value, conversion) : undefined;
      return {
        ...{ name, nullable, type: 'json' },
        ...(comment !== undefined && { comment }),
        ...(value && {
          default: known === undefined ? { kind: 'expression' } : { kind: 'value', value: known },
        }),
      };
    });
    if (made.some(Boolean))
      conversions.set(
        relation.name,
        made.filter((_, at) => !relation.columns[at]?.generated),
      );
    return { ...relation, columns };
  });
  return { relations, conversions };
}

function jsonOf({ type, element }: Column, native: string, flavor: Flavor): Convert | undefined {
  if (type === 'array') return arrayToJson(element);
  const shape = Object.hasOwn(SHAPE_TO_JSON, native) ? SHAPE_TO_JSON[native] : undefined;
  return type === 'other' && (flavor === 'mariadb' || native === 'circle') ? shape : undefined;
}

const nativeName = ({ native }: Relation, at: number): string =>
  (native.postgres as PostgresNative | undefined)?.columns[at]?.native ?? '';

function asJson(text: string, { convert }: Conversion): string | undefined {
  try {
    return convert(text);
  } catch (error) {
    if (error instanceof NoPlace) return undefined;
    throw error;
  }
}

const keyOf = (table: string, column: string): string => JSON.stringify([table, column]);

/** Columns that tell rows apart, and those that point at them. */
function keyColumns(relations: readonly Relation[]): ReadonlySet<string> {
  return new Set(
    relations.flatMap(({ name, primaryKey, uniqueKeys, foreignKeys, indexes }) => [
      ...[...(primaryKey ? [primaryKey] : []), ...uniqueKeys, ...foreignKeys]
        .flatMap(({ columns }) => columns)
        .map((column) => keyOf(name, column)),
      ...indexes
        .filter(({ unique }) => unique)
        .flatMap(({ columns = [] }) => columns.map((column) => keyOf(name, column))),
      ...foreignKeys.flatMap((key) => key.referencedColumns.map((column) => keyOf(key.references, column))),
    ]),
  );
}

function nativeColumn(column: Column, isKey: boolean, flavor: Flavor): ColumnNative | undefined {
  const { type, length, precision, scale } = column;
  const text = (columnType: string): ColumnNative => ({
    columnType,
    charset: 'utf8mb4',
    collation: isKey ? EXACT[flavor] : TEXT_COLLATION,
  });
  switch (type) {
    case 'boolean':
      return { columnType: 'tinyint(1)' };
    case 'int16':
      return { columnType: 'smallint' };
    case 'int32':
      return { columnType: 'int' };
    case 'int64':
      return { columnType: 'bigint' };
    case 'decimal':
      if ((precision ?? 0) > DIGITS.all || (scale ?? 0) > DIGITS.after || (scale ?? 0) < 0) return undefined;
      // PostgreSQL has numbers of fewer digits than there are after the point.
      return {
        columnType:
          precision === undefined
            ? `decimal(${DIGITS.all},${DIGITS.after})`
            : `decimal(${Math.max(precision, scale ?? 0)},${scale ?? 0})`,
      };
    case 'float32':
      return { columnType: 'float' };
    case 'float64':
      return { columnType: 'double' };
    case 'text':
      if (length !== undefined && length <= 16_383) return text(`varchar(${length})`);
      return text(isKey ? `varchar(${KEY_LENGTH})` : 'longtext');
    case 'json':
      return flavor === 'mariadb'
        ? { columnType: 'longtext', charset: 'utf8mb4', collation: 'utf8mb4_bin', json: true }
        : { columnType: 'json' };
    case 'uuid':
      return { columnType: 'char(36)', charset: 'utf8mb4', collation: 'utf8mb4_bin' };
    case 'date':
      return { columnType: 'date' };
    case 'time':
      return { columnType: precision === 0 ? 'time' : 'time(6)' };
    case 'timestamp':
      return { columnType: 'datetime(6)' };
    case 'timestamptz':
      // As NocoBase has it: a timestamp would end in 2038.
      return { columnType: 'datetime(6)', utc: true };
    case 'binary':
      return { columnType: 'longblob' };
    default:
      return undefined;
  }
}

/** A row has no room for many long texts: the longest that are in no key lie beside it. */
function fitRow(
  columns: readonly Column[],
  natives: readonly ColumnNative[],
  inKeys: ReadonlySet<string>,
  table: string,
): ColumnNative[] {
  const bytes = ({ columnType }: ColumnNative): number => {
    const type = parseColumnType(columnType);
    return type?.base === 'varchar' || type?.base === 'char' ? (type.sizes[0] ?? 1) * 4 + 2 : 16;
  };
  let sum = natives.reduce((all, native) => all + bytes(native), 0);
  const fitted = [...natives];
  const movable = [...natives.keys()]
    .filter(
      (at) =>
        natives[at]?.columnType.startsWith('varchar') && !inKeys.has(keyOf(table, columns[at]?.name ?? '')),
    )
    .sort((a, b) => bytes(natives[b] ?? { columnType: '' }) - bytes(natives[a] ?? { columnType: '' }));
  for (const at of movable) {
    const native = fitted[at];
    if (sum <= ROW_BYTES || !native) break;
    sum -= bytes(native) - 16;
    fitted[at] = { ...native, columnType: 'longtext' };
  }
  return fitted;
}

/** The server has one counter for a table, of a column that begins a key. */
function counterOf({ primaryKey, counters }: Relation, columns: readonly Column[]): string | undefined {
  const [first] = primaryKey?.columns ?? [];
  const counts = counters.some(({ column }) => column === first);
  const isNumber = columns.some(({ name, type }) => name === first && /^int/.test(type));
  return counts && isNumber ? first : undefined;
}

function defaultOf(column: Column, native: ColumnNative, leave: () => void): NativeDefault | undefined {
  const { default: value, type } = column;
  if (!value) return undefined;
  const isLong = /^(?:long|json)/.test(native.columnType);
  switch (value.kind) {
    case 'value':
      if (type === 'boolean') return { kind: 'number', value: value.value === 't' ? '1' : '0' };
      if (
        /^(?:int|decimal|float)/.test(type) &&
        /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(value.value)
      )
        return { kind: 'number', value: value.value };
      if (type === 'text' || type === 'json' || type === 'uuid' || type === 'date')
        return isLong
          ? { kind: 'expression', text: literal(value.value) }
          : { kind: 'value', value: value.value };
      leave();
      return undefined;
    case 'now':
      if (type === 'timestamp' || type === 'timestamptz') return { kind: 'now', digits: 6 };
      leave();
      return undefined;
    case 'next':
    case 'expression':
      leave();
      return undefined;
  }
}

function indexesOf(
  { name: collection, primaryKey, uniqueKeys, indexes }: Relation,
  columns: ReadonlyMap<string, ColumnNative>,
  left: Thing[],
): IndexNative[] {
  /** Characters of a text, or those that a text without a length counts for. */
  const charsOf = (name: string): number | undefined => {
    const type = columns.get(name)?.columnType ?? 'longtext';
    if (/^(?:long|json)/.test(type)) return Infinity;
    const [, chars] = /^(?:var)?char\((\d+)\)$/.exec(type) ?? [];
    return chars === undefined ? undefined : Number(chars);
  };
  /** With the beginnings of texts that are longer than so many characters; undefined where it has no room. */
  const parts = (names: readonly string[], most: number): IndexNative['parts'] | undefined => {
    let bytes = 0;
    const made = names.map((column) => {
      const native = columns.get(column);
      if (!native || native.columnType === 'longblob' || native.json || native.columnType === 'json')
        return undefined;
      const chars = charsOf(column);
      const cut = chars !== undefined && chars > most;
      bytes += chars === undefined ? NUMBER_BYTES : (cut ? PREFIX : chars) * CHAR_BYTES;
      return { column, ...(cut && { length: PREFIX }) };
    });
    const has = names.length > 0 && bytes <= INDEX_BYTES && made.every((part) => part !== undefined);
    return has ? made : undefined;
  };
  const made: IndexNative[] = [];
  const take = (name: string, kind: IndexNative['kind'], names: readonly string[] = []): void => {
    // Of a text only a beginning would be unique.
    const whole = parts(names, Number.MAX_SAFE_INTEGER);
    const isCut = whole?.some(({ length }) => length !== undefined) ?? true;
    const over = kind === 'index' ? (whole ?? parts(names, PREFIX)) : isCut ? undefined : whole;
    if (over) made.push({ name, kind, parts: over });
    else left.push({ kind: kind === 'index' ? 'index' : 'constraint', collection, name });
  };
  if (primaryKey) take('PRIMARY', 'primary', primaryKey.columns);
  for (const key of uniqueKeys) take(key.name, 'unique', key.columns);
  for (const { name, unique, columns: names } of indexes) take(name, unique ? 'unique' : 'index', names);
  return made;
}

/** InnoDB sets no defaults. */
const actionsOf = (key: ForeignKey): ForeignKey => ({
  ...key,
  onDelete: key.onDelete === 'set default' ? 'no action' : key.onDelete,
  onUpdate: key.onUpdate === 'set default' ? 'no action' : key.onUpdate,
});
