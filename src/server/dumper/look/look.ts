import { refused } from '../../errors/errors';
import type { Collection } from '../archive/manifest';
import { select, snakeCase } from '../app/groups';
import { storedColumns } from '../schema/structure';
import type { NeutralType } from '../schema/types';
import {
  namingOf,
  ofApp,
  readCollections,
  readFields,
  type FieldFacts,
  type Naming,
  type Readable,
} from './fields';
import { maskOf, pluginSecrets, type Mask } from './secrets';

/** A column as people know it. */
export interface LookColumn {
  readonly name: string;
  readonly type: NeutralType;
  readonly title?: string;
  readonly interface?: string;
  /** A part of the primary key. */
  readonly key: boolean;
  readonly mask?: Mask;
  /** What a value is called. */
  readonly choices: ReadonlyMap<string, string>;
  /** The collection of the archive that its value is a key of, and the column there that a row is called by. */
  readonly leadsTo?: { readonly collection: string; readonly key: string; readonly label: string };
}

/** A collection of an archive that can be looked into. */
export interface Look {
  readonly archive: Readable;
  readonly collection: Collection;
  readonly title?: string;
  /** In the order of the CSV. */
  readonly columns: readonly LookColumn[];
  /** Collections whose rows are rows of this one too, and are read by their own names: its heirs and partitions. */
  readonly parts: readonly string[];
}

/**
 * A collection by the name of its table or the app's name, with what the app of the same archive says of its columns.
 * Throws COLLECTION_UNKNOWN, with names like it; LOOK_REFUSED where an app's own word on what is hidden is not in the
 * archive: nobody could tell then what may be seen.
 */
export async function lookInto(archive: Readable, name: string, signal?: AbortSignal): Promise<Look> {
  const { manifest } = archive;
  const collection =
    manifest.collections.find((candidate) => candidate.name === name) ??
    select(manifest.collections, { collections: [name] }, 'archive')[0];
  if (!collection) throw new Error('a name that fits nothing is refused');
  // A table whose rows were left out is no empty one.
  if (collection.structureOnly) throw refused('collection-no-rows', { collection: name });
  const naming = namingOf(manifest);
  const names = namesOfLine(archive, collection);
  const fields = naming && (await readFields(archive, new Set([...names.values()].flat()), signal));
  if (naming && !fields) throw refused('look-undefined', { collection: name });
  const { said, plugin } = saidOf(names, fields ?? [], naming);
  const others = await readCollections(
    archive,
    new Set([...(names.get(collection) ?? []), ...said.flatMap(({ target }) => target ?? [])]),
    signal,
  );
  const key = new Set(collection.structure.primaryKey?.columns ?? []);
  const title =
    collection.title ?? (names.get(collection) ?? []).flatMap((name) => others.get(name)?.title ?? [])[0];
  return {
    archive,
    collection,
    ...(title !== undefined && { title }),
    columns: storedColumns(collection.structure).map((column) => {
      const { own, link } = saidOfColumn(said, column.name);
      const [first] = own;
      const mask = maskOf(column, [...own, ...(link ? [link] : [])], plugin);
      const titles = [...own, ...(link ? [link] : [])];
      const shown = (
        link?.title !== undefined && !own.some((field) => named(field)) ? [link] : titles
      ).flatMap(({ title }) => title ?? [])[0];
      const leadsTo =
        mask || !link ? undefined : leading(archive, link, others.get(link.target ?? '')?.titleField);
      return {
        name: column.name,
        type: column.type,
        ...(shown !== undefined && { title: shown }),
        ...(first?.interface !== undefined && { interface: first.interface }),
        key: key.has(column.name),
        ...(mask && { mask }),
        choices: mask ? new Map<string, string>() : new Map(own.flatMap((field) => [...field.choices])),
        ...(leadsTo && { leadsTo }),
      };
    }),
    parts: manifest.collections
      .filter(({ structure }) => structure.parents.includes(collection.name))
      .map((heir) => heir.name),
  };
}

/** Why nobody is shown what is in a column, by its name. */
export type Masks = ReadonlyMap<string, Mask>;

/**
 * The masks of these collections, by the names of their tables; what the app says of its fields is read once. Undefined
 * where an app's own word on what is hidden is not there, so that nothing of it can be shown.
 */
export async function masksOf(
  archive: Readable,
  tables: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Masks> | undefined> {
  const { manifest } = archive;
  const naming = namingOf(manifest);
  const collections = manifest.collections.filter(({ name }) => tables.has(name));
  const named = collections.map((collection) => ({ collection, names: namesOfLine(archive, collection) }));
  const all = new Set(named.flatMap(({ names }) => [...names.values()].flat()));
  const fields = naming && (await readFields(archive, all, signal));
  if (naming && !fields) return undefined;
  return new Map(
    named.map(({ collection, names }) => {
      const { said, plugin } = saidOf(names, fields ?? [], naming);
      const masks = storedColumns(collection.structure).flatMap((column) => {
        const { own, link } = saidOfColumn(said, column.name);
        const mask = maskOf(column, [...own, ...(link ? [link] : [])], plugin);
        return mask ? [[column.name, mask] as const] : [];
      });
      return [collection.name, new Map(masks)];
    }),
  );
}

type Line = ReadonlyMap<Collection, readonly string[]>;

const namesOfLine = (archive: Readable, collection: Collection): Line =>
  new Map(
    lineOf(collection, archive.manifest.collections).map((member) => [member, namesOf(archive, member)]),
  );

/** Of these fields those of a collection and all whose columns it has, and its columns where plugins keep secrets. */
function saidOf(line: Line, fields: readonly FieldFacts[], naming: Naming) {
  const said = [...line.values()].flatMap((names) => {
    const own = new Set(names);
    return fields.filter((field) => own.has(field.collection));
  });
  const plugin = new Set(
    [...line].flatMap(([member, names]) =>
      names.flatMap((known) => [...pluginSecrets(member.name, known, naming)]),
    ),
  );
  return { said, plugin };
}

function saidOfColumn(said: readonly FieldFacts[], column: string) {
  const known = said.filter((field) => isIn(field, column));
  return {
    // One that nothing can be read of may be kept in any column that is nobody else's.
    own: known.length > 0 ? known : said.filter(({ unread }) => unread),
    link: said.find((field) => isKeyOf(field, column)),
  };
}

/** The collection itself and all whose columns it has, nearest first. */
function lineOf(collection: Collection, all: readonly Collection[]): Collection[] {
  const line = new Set([collection]);
  for (const member of line)
    for (const name of member.structure.parents) {
      const parent = all.find((candidate) => candidate.name === name);
      if (parent) line.add(parent);
    }
  return [...line];
}

/** What the app may call it. */
function namesOf({ manifest }: Pick<Readable, 'manifest'>, { name, collection }: Collection): string[] {
  const naming = namingOf(manifest);
  const prefix = naming?.tablePrefix ?? '';
  const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  return [...new Set([...(collection === undefined ? [] : [collection]), bare, name])];
}

const isIn = ({ name, column, foreignKey }: FieldFacts, physical: string): boolean =>
  foreignKey !== name &&
  [name, column].some((known) => known !== undefined && [known, snakeCase(known)].includes(physical));

/** A field of its own that only says that it is a key of something has that as its title. */
const named = ({ title, name }: FieldFacts): boolean => title !== undefined && title !== name;

const isKeyOf = ({ type, foreignKey, target }: FieldFacts, physical: string): boolean =>
  type === 'belongsTo' &&
  target !== undefined &&
  foreignKey !== undefined &&
  [foreignKey, snakeCase(foreignKey)].includes(physical);

function leading(
  archive: Readable,
  { target = '', targetKey = 'id', label }: FieldFacts,
  titleField: string | undefined,
): LookColumn['leadsTo'] {
  const there = ofApp(archive, target);
  if (there?.structure.kind !== 'table') return undefined;
  const columns = storedColumns(there.structure).map(({ name }) => name);
  const column = (field: string | undefined) =>
    field === undefined ? undefined : columns.find((name) => name === field || name === snakeCase(field));
  const [key, called] = [column(targetKey), column(titleField) ?? column(label)];
  // A row that is called by its key alone has no other name.
  return key === undefined || called === undefined || called === key
    ? undefined
    : { collection: there.name, key, label: called };
}
