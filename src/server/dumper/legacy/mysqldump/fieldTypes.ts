import { snakeCase } from '../../app/groups';
import type { Metadata } from '../nbdata/metadata';
import { listOf, type FieldTypes } from './relations';

export type Records = (table: string, columns: readonly string[]) => AsyncGenerator<(string | null)[]>;

/** What NocoBase's own tables say of columns: `fields` has those that people have made. */
export async function readFieldTypes(
  tables: ReadonlySet<string>,
  records: Records,
  { database }: { readonly database: Pick<Metadata['database'], 'tablePrefix' | 'underscored'> },
): Promise<FieldTypes> {
  const prefix = database.tablePrefix ?? '';
  const snake = (name: string) => (database.underscored === true ? snakeCase(name) : name);
  const [collections, fields] = [`${prefix}collections`, `${prefix}fields`];
  const physical = new Map<string, string>();
  if (tables.has(collections)) {
    for await (const [name, options] of records(collections, ['name', 'options'])) {
      if (!name) continue;
      const own = optionsOf(options).tableName;
      const wanted = [...(typeof own === 'string' ? [own, prefix + own] : []), prefix + snake(name), name];
      const table = wanted.find((candidate) => tables.has(candidate));
      if (table !== undefined) physical.set(name, table);
    }
  }
  const types = new Map<string, Map<string, string>>();
  if (!tables.has(fields)) return types;
  for await (const row of records(fields, [snake('collectionName'), 'name', 'type', 'options'])) {
    const [collection, name, type, options = null] = row;
    const table = physical.get(collection ?? '');
    if (table === undefined || !name || !type) continue;
    const { field: own, dataType, elementType } = optionsOf(options);
    const isList = type === 'array' && dataType === 'array' && typeof elementType === 'string';
    const columns = types.get(table) ?? new Map<string, string>();
    types.set(
      table,
      columns.set(typeof own === 'string' ? own : snake(name), isList ? listOf(elementType) : type),
    );
  }
  return types;
}

function optionsOf(json: string | null | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json ?? '');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
