import type { Client } from 'pg';
import systemCollections from '../../../../collections/nocobase.json';
import { BackupError } from '../../../../errors';
import { DEFINED_IN, DefinitionKind, nameOf, type Definition } from '../../../app/definition';
import type { AppHints, AppInfo, DatabaseFacts } from '../../../dialect';
import type { DatabaseNative } from '../structure/structure';
import type { Elsewhere } from '../../../schema/missing';
import { snakeCase } from '../../../app/groups';
import { openAppTables, type AppTables } from './appTables';
import { readNotIncluded } from '../catalog/notIncluded';
import { rows } from '../connection/connection';
import type { Description } from '../catalog/describe';
import { partKindOf, readElsewhere } from '../catalog/elsewhere';

export const OLDEST = 120000;

/** What the server is, and which app lives in the schema. */
export async function readFacts(
  client: Client,
  schema: string,
  description: Description,
  hints: AppHints,
): Promise<DatabaseFacts> {
  const server = await readServer(client);
  const needs = await readElsewhere(client, { oid: description.oid, name: schema }, description);
  const { extensions, elsewhere } = await readExtensions(client, description.objects, needs);
  const names = new Set(description.relations.map((relation) => relation.name));
  const app = await readNocoBase(client, schema, names, hints);
  return {
    name: server.name,
    manifest: {
      dialect: 'postgres',
      version: server.version,
      schema,
      tablePrefix: app?.tablePrefix ?? hints.tablePrefix ?? '',
      underscored: app?.underscored ?? hints.underscored ?? false,
      timeZone: hints.timeZone ?? 'UTC',
      native: {
        postgres: { encoding: server.encoding, extensions, elsewhere } satisfies DatabaseNative,
      },
    },
    ...(app && { app }),
    notIncluded: await readNotIncluded(client, schema, description),
  };
}

/**
 * Extensions, and whether anything of the schema uses them: by the catalog, or by a name in the text of a routine, of
 * which the catalog knows nothing.
 */
async function readExtensions(
  client: Client,
  objects: Description['objects'],
  elsewhere: readonly Elsewhere[],
): Promise<Pick<DatabaseNative, 'extensions'> & { readonly elsewhere: Elsewhere[] }> {
  const found = await rows<{ name: string; version: string; schema: string; routines: string[] | null }>(
    client,
    `SELECT e.extname AS name, e.extversion AS version, n.nspname AS schema,
       (SELECT array_agg(DISTINCT p.proname::text) FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid
          WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e' AND d.classid = 'pg_proc'::regclass) AS routines
     FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql' ORDER BY 1`,
  );
  const texts = objects.map((object) => ({
    part: { kind: partKindOf(object) ?? 'type', name: object.identity },
    words: new Set(object.definition.match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? []),
  }));
  const needs = new Map(elsewhere.filter((one) => one.kind === 'extension').map((one) => [one.name, one]));
  for (const { name, routines } of found) {
    const calledBy = texts
      .filter(({ words }) => (routines ?? []).some((routine) => words.has(routine)))
      .map(({ part }) => part);
    const before = needs.get(name) ?? { kind: 'extension' as const, schema: '', name, neededBy: [] };
    if (calledBy.length > 0) needs.set(name, { ...before, calledBy });
  }
  return {
    extensions: found.map(({ name, version, schema }) => ({ name, version, schema, used: needs.has(name) })),
    elsewhere: [...needs.values(), ...elsewhere.filter((one) => one.kind !== 'extension')],
  };
}

/** The server and the app alone, for those who do not ask for each table's structure. */
export async function readApp(
  client: Client,
  schema: string,
  hints: AppHints,
): Promise<{ version: string; app?: AppInfo }> {
  const { version } = await readServer(client);
  const relations = await rows<{ name: string }>(
    client,
    `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm')`,
    [schema],
  );
  const app = await readNocoBase(client, schema, new Set(relations.map((relation) => relation.name)), hints);
  return { version, ...(app && { app }) };
}

async function readServer(client: Client): Promise<{ name: string; version: string; encoding: string }> {
  const [server] = await rows<{ name: string; version: string; number: string; encoding: string }>(
    client,
    `SELECT current_database() AS name, current_setting('server_version') AS version,
       current_setting('server_version_num') AS number, current_setting('server_encoding') AS encoding`,
  );
  if (!server || Number(server.number) < OLDEST) {
    throw new BackupError(
      'DATABASE_TOO_OLD',
      `PostgreSQL ${server?.version ?? '?'} is too old; Ark needs 12 or newer.`,
    );
  }
  return { ...server, version: server.version.split(' ')[0] ?? server.version };
}

/** A database is NocoBase's if it has its table of plugins; prefix and naming show in that table's name. */
async function readNocoBase(
  client: Client,
  schema: string,
  names: ReadonlySet<string>,
  hints: AppHints,
): Promise<AppInfo | undefined> {
  const tables = await openAppTables(client, schema);
  const marker = tables.names.find(
    (name) =>
      (name.endsWith('applicationPlugins') || name.endsWith('application_plugins')) &&
      (hints.tablePrefix === undefined || name.startsWith(hints.tablePrefix)),
  );
  if (marker === undefined) return undefined;
  const underscored = marker.endsWith('application_plugins');
  const tablePrefix = marker.slice(0, -(underscored ? 'application_plugins' : 'applicationPlugins').length);
  const table = (collection: string) => tablePrefix + (underscored ? snakeCase(collection) : collection);

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

/** Tables that have counters, or would have them with the next row. */
function countedIn(
  collectionOf: ReadonlyMap<string, string>,
  found: readonly { from: string | null }[],
): ReadonlySet<string> {
  const wanted = new Set(found.map((one) => one.from));
  return new Set([...collectionOf].filter(([, name]) => wanted.has(name)).map(([physical]) => physical));
}

/** What the app knows by rows of its own tables. */
async function readDefinitions(
  tables: AppTables,
  table: (collection: string) => string,
  underscored: boolean,
): Promise<Definition[]> {
  const found: Definition[] = [];
  for (const kind of DefinitionKind.options) {
    const { collection, name } = DEFINED_IN[kind];
    const [first = '', second] = name.map((one) => (underscored ? snakeCase(one) : one));
    const rows = await tables.select<{ first: string | null; second: string | null; title: string | null }>(
      table(collection),
      { first: [first], second: [second ?? first], title: ['title'] },
      first,
    );
    for (const row of rows) {
      if (row.first === null) continue;
      const parts = second === undefined ? [row.first] : [row.first, row.second];
      found.push({
        kind,
        name: nameOf(parts),
        ...(row.title !== null && row.title !== '' && { title: row.title }),
      });
    }
  }
  return found;
}

/** Many fields of a collection lead to the same one. */
function distinct(
  links: readonly { from: string | null; to: string | null }[],
): { from: string; to: string }[] {
  const found = new Map<string, { from: string; to: string }>();
  for (const { from, to } of links) {
    if (from !== null && to !== null) found.set(JSON.stringify([from, to]), { from, to });
  }
  return [...found.values()];
}
