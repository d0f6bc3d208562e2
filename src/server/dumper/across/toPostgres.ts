import { relationToNeutral } from '../dialects/postgres/neutral/neutral';
import { columnsOf, nativeOf } from '../dialects/mysql/structure/neutral';
import type { Table, TableColumn, TableKey } from '../legacy/mysqldump/createTable';
import { toRelations, type FieldTypes } from '../legacy/mysqldump/relations';
import type { Relation } from '../schema/structure';
import type { Thing } from '../app/warning';
import type { Adopted } from './adopted';
import type { Conversion, Conversions } from './converting';
import { placeInPostgres } from './places';
import { jsonToArray, toShape } from './shapes';
import type { Column } from '../dialects/postgres/structure/structure';

/** Tables of MySQL and MariaDB as PostgreSQL has them: as NocoBase has them there, where `fields` says what they are. */
export function toPostgres(relations: readonly Relation[], fields: FieldTypes, isApp: boolean): Adopted {
  const left: Thing[] = [];
  const tables = relations.flatMap((relation): Table[] => {
    const { name: collection } = relation;
    const native = nativeOf(relation);
    if (relation.kind !== 'table') {
      left.push({ kind: 'view', name: collection });
      return [];
    }
    for (const { name } of native.triggers) left.push({ kind: 'trigger', collection, name });
    for (const { name } of native.checks) left.push({ kind: 'constraint', collection, name });
    const columns = columnsOf(relation).flatMap(({ name, core, native: own, type }): TableColumn[] => {
      if (core.generated) {
        left.push({ kind: 'generated', collection, name });
        return [];
      }
      const value = own.default;
      if (value?.kind === 'expression') left.push({ kind: 'default', collection, name });
      return [
        {
          name,
          // What it is there is a number.
          type: type.base === 'bit' ? 'bigint' : type.base,
          numbers: type.sizes,
          unsigned: type.unsigned || type.base === 'bit',
          binary: own.collation?.endsWith('_bin') ?? false,
          json: own.json ?? type.base === 'json',
          notNull: !core.nullable,
          counts: own.autoIncrement ?? false,
          generated: false,
          ...(value?.kind === 'now' && { default: 'now' as const }),
          ...((value?.kind === 'value' || (value?.kind === 'number' && !/^b/i.test(value.value))) && {
            default: { value: value.value },
          }),
          ...(core.comment !== undefined && { comment: core.comment }),
        },
      ];
    });
    const there = new Set(columns.map(({ name }) => name));
    const keys = native.indexes.flatMap(({ name, kind, parts }): TableKey[] => {
      const names = parts.flatMap(({ column }) => column ?? []);
      const fits = names.length === parts.length && names.every((column) => there.has(column));
      if (!fits || kind === 'fulltext' || kind === 'spatial') {
        left.push({ kind: 'index', collection, name });
        return [];
      }
      return [{ kind, name, columns: names, prefix: parts.some(({ length }) => length !== undefined) }];
    });
    const next = relation.counters[0]?.next;
    return [
      {
        name: collection,
        columns,
        keys,
        foreignKeys: relation.foreignKeys,
        checks: [],
        partitioned: false,
        ...(next !== undefined && { next }),
      },
    ];
  });
  // An app's moments are in UTC, and its fields say which are not; of another database nothing is known.
  const known: FieldTypes = isApp ? fields : wallClocks(tables);
  const made = toRelations(tables, known);
  const hidden = made.notIncluded.map(({ name }): Thing => ({ kind: 'index', name }));
  const natives = new Map(made.relations.map((relation) => [relation.name, relation.columns]));
  return {
    relations: made.relations.map((relation) => relationToNeutral(relation)),
    left: [...left, ...hidden],
    unfit: [],
    conversions: conversionsOf(relations, (table, column) =>
      natives.get(table)?.find(({ name }) => name === column),
    ),
  };
}

/** Shapes on a map are JSON, or of the server's own, lists are JSON, and PostgreSQL has types for them; of others some values have no place. */
function conversionsOf(
  relations: readonly Relation[],
  madeOf: (table: string, column: string) => Pick<Column, 'type' | 'native' | 'element'> | undefined,
): Conversions {
  return new Map(
    relations.flatMap((relation) => {
      const columns = columnsOf(relation).filter(({ core }) => !core.generated);
      const own = columns.map(({ name: column, core, native, type }): Conversion | undefined => {
        const made = madeOf(relation.name, column);
        if (!made) return undefined;
        const to = { column, type: made.native, nullable: core.nullable };
        const convert =
          made.type === 'array'
            ? jsonToArray(made.element)
            : toShape(made.native, native.json ? 'json' : type.base);
        if (convert) return { ...to, convert };
        const place = placeInPostgres(made);
        return place && { ...to, convert: place, same: true };
      });
      return own.some(Boolean) ? [[relation.name, own] as const] : [];
    }),
  );
}

const wallClocks = (tables: readonly Table[]): FieldTypes =>
  new Map(
    tables.map(({ name, columns }) => [
      name,
      new Map(
        columns.filter(({ type }) => type === 'datetime').map((column) => [column.name, 'datetimeNoTz']),
      ),
    ]),
  );
