import * as neutral from '../../../schema/structure';
import type { Source } from '../../../schema/source';
import { Unfit } from '../../../schema/unfit';
import { neutralType, parseColumnType, type ColumnType } from './columnType';
import {
  DatabaseNative,
  type ColumnNative,
  type EventNative,
  type IndexNative,
  type NativeDefault,
  type ObjectNative,
  type RelationNative,
  type RoutineNative,
} from './structure';
import * as z from 'zod';

const where = (name: string): string => `collection ${JSON.stringify(name)}`;

/** What a reader of archives has made sure of (archive/manifest.ts), or what this dialect itself has made. */
export function nativeOf({ name, native, columns }: neutral.Relation): RelationNative {
  const kept = native.mysql as RelationNative | undefined;
  if (!kept) throw new Unfit(where(name), 'it has no structure for MySQL or MariaDB');
  if (kept.columns.length === columns.length) return kept;
  throw new Unfit(
    where(name),
    `its structure for MySQL has ${kept.columns.length} columns, and it has ${columns.length}`,
  );
}

/** The same of a function, a procedure or an event. */
export type WholeObject =
  | { readonly kind: 'function' | 'procedure'; readonly native: RoutineNative }
  | { readonly kind: 'event'; readonly native: EventNative };

/** The server compares these names without regard to case. */
export const nameOf = ({ kind, name }: Pick<neutral.SchemaObject, 'kind' | 'name'>): string =>
  `${kind} ${name.toLowerCase()}`;

export function objectOf({ kind, name, native }: neutral.SchemaObject): WholeObject {
  const kept = native.mysql as ObjectNative | undefined;
  if (kept && kind === 'event' && 'schedule' in kept) return { kind, native: kept };
  if (kept && (kind === 'function' || kind === 'procedure') && 'parameters' in kept)
    return { kind, native: kept };
  throw new Unfit(`${kind} ${JSON.stringify(name)}`, 'it is none for MySQL or MariaDB');
}

export const bodyOf = (object: neutral.SchemaObject): string => objectOf(object).native.body;

/** What MySQL or MariaDB says of itself. */
export function nativeSource({ native }: Source): DatabaseNative {
  const parsed = DatabaseNative.safeParse(native.mysql);
  if (parsed.success) return parsed.data;
  throw new Unfit('database', z.prettifyError(parsed.error));
}

/** A column with what only MySQL says of it. */
export interface WholeColumn {
  readonly name: string;
  readonly core: neutral.Column;
  readonly native: ColumnNative;
  readonly type: ColumnType;
}

export function columnsOf(relation: neutral.Relation): WholeColumn[] {
  const { columns } = nativeOf(relation);
  return relation.columns.map((core, at) => {
    const native = columns[at];
    const type = native && parseColumnType(native.columnType);
    if (!native || !type)
      throw new Unfit(
        `column ${JSON.stringify(core.name)} of ${where(relation.name)}`,
        'its type is none that Ark knows',
      );
    return { name: core.name, core, native, type };
  });
}

export interface DescribedColumn {
  readonly name: string;
  readonly nullable: boolean;
  readonly generated?: 'stored' | 'virtual';
  readonly comment?: string;
  readonly native: ColumnNative;
}

/** What every database has of it. */
export function columnToNeutral({
  name,
  nullable,
  generated,
  comment,
  native,
}: DescribedColumn): neutral.Column {
  const type = parseColumnType(native.columnType);
  const core = type ? neutralType(type, native.json) : { type: 'other' as const };
  const value = native.autoIncrement
    ? { kind: 'next' as const }
    : native.default && meaning(native.default, core.type);
  return {
    name,
    ...core,
    nullable,
    ...(value && !generated && { default: value }),
    ...(generated && { generated }),
    ...(comment !== undefined && { comment }),
  };
}

function meaning(value: NativeDefault, type: neutral.Column['type']): neutral.Default {
  switch (value.kind) {
    case 'now':
      return { kind: 'now' };
    case 'expression':
      return { kind: 'expression' };
    case 'number':
      if (/^[bx]'/i.test(value.value)) return { kind: 'expression' };
      if (type === 'boolean' && /^[01]$/.test(value.value))
        return { kind: 'value', value: value.value === '1' ? 't' : 'f' };
      // The server writes as many digits as the column has.
      return { kind: 'value', value: value.value.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '') };
    case 'value':
      return { kind: 'value', value: value.value };
  }
}

/** Keys and indexes in the words that every database has; an index that only serves a foreign key is the server's own. */
export function indexesToNeutral(
  indexes: readonly IndexNative[],
  foreignKeys: readonly neutral.ForeignKey[],
): Pick<neutral.Relation, 'primaryKey' | 'uniqueKeys' | 'indexes'> {
  const whole = ({ parts }: IndexNative): string[] | undefined => {
    const columns = parts.flatMap(({ column, length }) =>
      column === undefined || length !== undefined ? [] : [column],
    );
    return columns.length === parts.length ? columns : undefined;
  };
  const primary = indexes.find(({ kind }) => kind === 'primary');
  const primaryColumns = primary && whole(primary);
  const serves = ({ name, kind, parts }: IndexNative): boolean =>
    kind === 'index' &&
    foreignKeys.some(
      (key) => key.name === name && key.columns.join('\0') === parts.map((part) => part.column).join('\0'),
    );
  return {
    ...(primary && primaryColumns && { primaryKey: { name: primary.name, columns: primaryColumns } }),
    uniqueKeys: indexes.flatMap((index) => {
      const columns = index.kind === 'unique' ? whole(index) : undefined;
      return columns ? [{ name: index.name, columns }] : [];
    }),
    indexes: indexes.flatMap((index) => {
      const { name, kind } = index;
      const columns = whole(index);
      if (kind === 'primary' || (kind === 'unique' && columns) || serves(index)) return [];
      return [{ name, unique: kind === 'unique', ...(columns && kind === 'index' && { columns }) }];
    }),
  };
}
