import type { Archive } from '../archive/archive';
import type { Collection } from '../archive/manifest';
import { snakeCase } from '../app/groups';
import { ofApp, readFields, type FieldFacts } from '../look/fields';
import { storedColumns, type ForeignKey, type Relation } from '../schema/structure';

/** Rows of one table that point at rows of another. */
export interface Link {
  readonly from: string;
  readonly columns: readonly string[];
  readonly to: string;
  readonly toColumns: readonly string[];
  /** The database itself sees to it. */
  readonly held: boolean;
  /** It only says who has written a row: that one is no part of it. */
  readonly author: boolean;
}

/** By foreign keys of now and of the backup, and by the relations that the app of the backup has among its fields. */
export async function readLinks(
  archive: Archive,
  live: ReadonlyMap<string, Relation>,
  signal?: AbortSignal,
): Promise<Link[]> {
  const links = new Map<string, Link>();
  const add = (link: Link) => {
    const place = JSON.stringify([link.from, link.columns, link.to, link.toColumns]);
    if (!links.has(place)) links.set(place, link);
  };
  for (const relation of live.values())
    for (const key of relation.foreignKeys) add(ofKey(relation.name, key, true));
  const { collections } = archive.manifest;
  for (const { name, structure } of collections)
    for (const key of structure.foreignKeys) add(ofKey(name, key, false));
  const names = new Set(
    collections.flatMap(({ name, collection }) => [name, ...(collection === undefined ? [] : [collection])]),
  );
  const prefix = archive.manifest.database.tablePrefix;
  for (const name of [...names]) if (name.startsWith(prefix)) names.add(name.slice(prefix.length));
  const fields = archive.manifest.app && (await readFields(archive, names, signal));
  for (const field of fields ?? []) for (const link of ofField(archive, field)) add(link);
  return [...links.values()];
}

const ofKey = (
  from: string,
  { columns, references, referencedColumns }: ForeignKey,
  held: boolean,
): Link => ({ from, columns, to: references, toColumns: referencedColumns, held, author: false });

/** What NocoBase keeps of whoever has made a record and changed it last. */
const AUTHORS = new Set(['createdBy', 'updatedBy']);

function ofField(archive: Archive, field: FieldFacts): Link[] {
  const own = ofApp(archive, field.collection);
  const target = ofApp(archive, field.target ?? '');
  const { type, foreignKey, sourceKey = 'id', targetKey = 'id' } = field;
  const author = AUTHORS.has(field.interface ?? '') || AUTHORS.has(field.name);
  if (type === 'belongsTo') return link(own, foreignKey, target, targetKey, author);
  if (type === 'hasOne' || type === 'hasMany') return link(target, foreignKey, own, sourceKey, author);
  if (type !== 'belongsToMany') return [];
  const through = ofApp(archive, field.through ?? '');
  return [
    ...link(through, foreignKey, own, sourceKey, author),
    ...link(through, field.otherKey, target, targetKey, author),
  ];
}

function link(
  from: Collection | undefined,
  fromField: string | undefined,
  to: Collection | undefined,
  toField: string,
  author: boolean,
): Link[] {
  const [column, toColumn] = [columnOf(from, fromField), columnOf(to, toField)];
  if (!from || !to || column === undefined || toColumn === undefined) return [];
  return [{ from: from.name, columns: [column], to: to.name, toColumns: [toColumn], held: false, author }];
}

function columnOf(collection: Collection | undefined, field: string | undefined): string | undefined {
  if (!collection || field === undefined) return undefined;
  const names = storedColumns(collection.structure).map(({ name }) => name);
  return names.find((name) => name === field) ?? names.find((name) => name === snakeCase(field));
}
