import systemCollections from '../../collections/nocobase.json';
import { DEFINED_IN, DefinitionKind, nameOf, type Definition } from './definition';
import type { AppHints, AppInfo } from '../dialect';
import { namingBy, snakeCase, tableName } from './groups';

/** The collection whose table shows that a database is NocoBase's, and how its tables are named. */
export const MARKER = 'applicationPlugins';

/** How the names of the tables end that are asked for; what is before that is the app's prefix. */
export const APP_TABLES = [
  MARKER,
  'applicationVersion',
  'applications',
  'collections',
  'desktopRoutes',
  'fields',
  'roles',
  'sequences',
  'storages',
  'workflows',
].flatMap((collection) => [...new Set([collection, snakeCase(collection)])]);

/** A column as a text, or what a JSON column has under a key. */
export type Wanted = readonly [column: string, key?: string];

/** The tables of a database that the app can be known by, of those that APP_TABLES names. */
export interface AppTables {
  readonly names: readonly string[];
  /**
   * Rows, in the order of the column `by`; what the table does not have is null. No table, no rows. Every value is a
   * text, as the database writes it; a boolean is `true` or `false` in every database.
   */
  select<T>(table: string, wanted: Readonly<Record<keyof T & string, Wanted>>, by?: string): Promise<T[]>;
}

/** A database is NocoBase's if it has its table of plugins; prefix and naming show in that table's name. */
export async function readNocoBase(
  tables: AppTables,
  names: ReadonlySet<string>,
  hints: AppHints,
): Promise<AppInfo | undefined> {
  const marker = tables.names.find(
    (name) =>
      namingBy(name, MARKER) && (hints.tablePrefix === undefined || name.startsWith(hints.tablePrefix)),
  );
  const naming = marker === undefined ? undefined : namingBy(marker, MARKER);
  if (marker === undefined || naming === undefined) return undefined;
  const { tablePrefix, underscored } = naming;
  const table = (collection: string) => tableName(collection, naming);

  const plugins = await tables.select<{
    name: string | null;
    camel: string | null;
    snake: string | null;
    version: string | null;
    enabled: string | null;
  }>(marker, {
    name: ['name'],
    camel: ['packageName'],
    snake: ['package_name'],
    version: ['version'],
    enabled: ['enabled'],
  });
  const [version] = await tables.select<{ value: string | null }>(table('applicationVersion'), {
    value: ['value'],
  });
  const custom = new Map<string, { collection: string; title?: string }>();
  const collections = await tables.select<{
    name: string | null;
    title: string | null;
    table: string | null;
    view: string | null;
  }>(table('collections'), {
    name: ['name'],
    title: ['title'],
    table: ['options', 'tableName'],
    view: ['options', 'viewName'],
  });
  for (const row of collections) {
    if (row.name === null) continue;
    const candidates = [row.view, row.table, row.table && tablePrefix + row.table, table(row.name), row.name];
    const physical = candidates.find((name) => name && names.has(name));
    if (physical)
      custom.set(physical, { collection: row.name, ...(row.title !== null && { title: row.title }) });
  }
  const storages = await tables.select<{ name: string | null; type: string | null; root: string | null }>(
    table('storages'),
    { name: ['name'], type: ['type'], root: ['options', 'documentRoot'] },
    'id',
  );
  const subApps = await tables.select<{ name: string | null }>(table('applications'), { name: ['name'] });
  const fields = await tables.select<{
    from: string | null;
    type: string | null;
    to: string | null;
    through: string | null;
    foreignKey: string | null;
    otherKey: string | null;
    targetKey: string | null;
  }>(table('fields'), {
    from: [underscored ? 'collection_name' : 'collectionName'],
    type: ['type'],
    to: ['options', 'target'],
    through: ['options', 'through'],
    foreignKey: ['options', 'foreignKey'],
    otherKey: ['options', 'otherKey'],
    targetKey: ['options', 'targetKey'],
  });
  const counted = await tables.select<{ from: string | null }>(table('sequences'), { from: ['collection'] });
  const live = hints.collections?.();
  const collectionOf = new Map(
    [
      ...Object.keys(systemCollections).map((collection) => [table(collection), collection] as const),
      ...[...(live ?? []), ...custom].map(([physical, { collection }]) => [physical, collection] as const),
    ].filter(([physical]) => names.has(physical)),
  );
  const parts = partsOf(names, fields, table, collectionOf);
  return {
    name: 'nocobase',
    ...(typeof version?.value === 'string' && { version: version.value }),
    plugins: plugins
      .map((row) => ({
        name: row.camel ?? row.snake ?? row.name ?? '',
        ...(row.version !== null && { version: row.version }),
        enabled: row.enabled === 'true',
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    tablePrefix,
    underscored,
    custom,
    storages: storages.map(({ name, type, root }) => ({
      name: name ?? '',
      type: type ?? '',
      ...(root !== null && { documentRoot: root }),
    })),
    hasSubApps: subApps.length > 0,
    ...(live && { live }),
    parts,
    pairs: pairsOf(fields, table),
    ...(names.has(table('sequences')) && {
      counters: {
        table: table('sequences'),
        column: 'collection',
        counted: countedIn(collectionOf, [
          ...counted,
          ...fields.filter((field) => field.type === 'sequence'),
        ]),
        collectionOf,
      },
    }),
    definitions: await readDefinitions(tables, table, underscored),
    naming: fields.flatMap((field) => {
      const kind = DefinitionKind.options.find((option) => DEFINED_IN[option].collection === field.to);
      const from = field.through === null ? field.from : field.through;
      const key = field.through === null ? field.type === 'belongsTo' && field.foreignKey : field.otherKey;
      if (!kind || from === null || !key || DEFINED_IN[kind].name.join() !== field.targetKey) return [];
      return [{ table: table(from), column: underscored ? snakeCase(key) : key, kind }];
    }),
    links: [
      ...distinct(fields).map((link) => ({ from: table(link.from), to: table(link.to) })),
      ...[...parts].map(([to, from]) => ({ from, to })),
    ],
  };
}

/**
 * What the app makes for a collection and knows no collection of: the paths of a tree, in `main_<name>_path`, and the
 * pairs of a relation of many to many.
 */
function partsOf(
  names: ReadonlySet<string>,
  fields: readonly { from: string | null; through: string | null }[],
  table: (collection: string) => string,
  collectionOf: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  const physicalOf = new Map<string, string>();
  for (const [physical, collection] of collectionOf) {
    physicalOf.set(collection, physical);
    const paths = table(`main_${collection}_path`);
    if (names.has(paths)) parts.set(paths, physical);
  }
  for (const { from, through } of fields) {
    const whole = physicalOf.get(from ?? '');
    if (through === null || whole === undefined || parts.has(table(through))) continue;
    parts.set(table(through), whole);
  }
  return parts;
}

/** By the table with the pairs of a relation of many to many, the tables on both sides. */
function pairsOf(
  fields: readonly { from: string | null; to: string | null; through: string | null }[],
  table: (collection: string) => string,
): ReadonlyMap<string, readonly string[]> {
  const pairs = new Map<string, string[]>();
  for (const { from, to, through } of fields) {
    if (through === null) continue;
    const sides = [from, to].flatMap((side) => (side === null ? [] : table(side)));
    pairs.set(table(through), [...new Set([...(pairs.get(table(through)) ?? []), ...sides])]);
  }
  return pairs;
}

/** Tables that have counters, or would have them with the next row. */
function countedIn(
  collectionOf: ReadonlyMap<string, string>,
  rows: readonly { from: string | null }[],
): ReadonlySet<string> {
  const wanted = new Set(rows.map((row) => row.from));
  return new Set([...collectionOf].filter(([, name]) => wanted.has(name)).map(([physical]) => physical));
}

/** What the app knows by rows of its own tables. */
async function readDefinitions(
  tables: AppTables,
  table: (collection: string) => string,
  underscored: boolean,
): Promise<Definition[]> {
  const definitions: Definition[] = [];
  for (const kind of DefinitionKind.options) {
    const { collection, name } = DEFINED_IN[kind];
    const [first = '', second] = name.map((part) => (underscored ? snakeCase(part) : part));
    const rows = await tables.select<{ first: string | null; second: string | null; title: string | null }>(
      table(collection),
      { first: [first], second: [second ?? first], title: ['title'] },
      first,
    );
    for (const row of rows) {
      if (row.first === null) continue;
      const parts = second === undefined ? [row.first] : [row.first, row.second];
      definitions.push({
        kind,
        name: nameOf(parts),
        ...(row.title !== null && row.title !== '' && { title: row.title }),
      });
    }
  }
  return definitions;
}

/** Many fields of a collection lead to the same one. */
function distinct(
  links: readonly { from: string | null; to: string | null }[],
): { from: string; to: string }[] {
  const foreignKeys = new Map<string, { from: string; to: string }>();
  for (const { from, to } of links) {
    if (from !== null && to !== null) foreignKeys.set(JSON.stringify([from, to]), { from, to });
  }
  return [...foreignKeys.values()];
}
