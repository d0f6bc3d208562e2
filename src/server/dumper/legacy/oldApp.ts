import type { AppInfo } from '../dialect';
import { namingBy } from '../app/groups';
import { MARKER } from '../app/nocobase';
import type { ByteSource } from '../container/zip';
import type { ArchiveMeta } from './meta';
import { tableOf } from './meta';
import { readLines, type OldTable } from './rows';

/** What the old archive's own rows tell of the app. */
export interface OldApp {
  readonly tablePrefix: string;
  readonly underscored: boolean;
  readonly schema: string;
  readonly plugins: AppInfo['plugins'];
  /** Collections that have no rows of their own: queries, and tables of other databases. */
  readonly rowless: ReadonlySet<string>;
  /** Collections whose tables are in another schema than the app's own. */
  readonly elsewhere: ReadonlySet<string>;
}

/** So much is read at most to learn of plugins and of collections without rows. */
const MOST = 256 * 1024 * 1024;

export async function readApp(
  source: ByteSource,
  meta: ArchiveMeta,
  tables: ReadonlyMap<string, OldTable>,
): Promise<OldApp> {
  const byName = new Map([...tables.values()].map((table) => [table.meta.name, table]));
  const schemaOf = ({ meta: { tableName } }: OldTable): string | undefined =>
    typeof tableName === 'string' ? undefined : tableName.schema;
  const marker = byName.get(MARKER);
  const schema = (marker && schemaOf(marker)) ?? meta.DB_SCHEMA ?? 'public';
  const elsewhere = [...tables.values()].filter((table) => (schemaOf(table) ?? schema) !== schema);
  return {
    ...namingOf(meta, marker),
    schema,
    plugins: await readPlugins(source, marker),
    rowless: await readRowless(source, byName.get('collections')),
    elsewhere: new Set(elsewhere.map((table) => table.meta.name)),
  };
}

/** The table of plugins shows how tables are named; without it, what the environment said. */
function namingOf(
  meta: ArchiveMeta,
  marker: OldTable | undefined,
): Pick<OldApp, 'tablePrefix' | 'underscored'> {
  const table = marker && tableOf(marker.meta);
  const named = { tablePrefix: meta.DB_TABLE_PREFIX ?? '', underscored: meta.DB_UNDERSCORED === 'true' };
  return (table === undefined ? undefined : namingBy(table, MARKER)) ?? named;
}

/** The values of some fields, row by row. */
async function* pick(
  source: ByteSource,
  table: OldTable | undefined,
  ...fields: string[]
): AsyncGenerator<unknown[]> {
  if (!table || (table.data?.size ?? 0) > MOST) return;
  const { attributes, columns } = table.meta;
  const at = fields.map((field) => columns.indexOf(attributes[field]?.field ?? field));
  for await (const rows of readLines(source, table)) for (const row of rows) yield at.map((i) => row[i]);
}

async function readPlugins(source: ByteSource, table: OldTable | undefined): Promise<AppInfo['plugins']> {
  const plugins: { name: string; version?: string; enabled: boolean }[] = [];
  for await (const [name, full, version, enabled] of pick(
    source,
    table,
    'name',
    'packageName',
    'version',
    'enabled',
  )) {
    const known = [full, name].find((text) => typeof text === 'string' && text !== '');
    if (typeof known !== 'string') continue;
    plugins.push({
      name: known,
      ...(typeof version === 'string' && { version }),
      enabled: enabled === true || enabled === 1,
    });
  }
  return plugins;
}

async function readRowless(source: ByteSource, table: OldTable | undefined): Promise<Set<string>> {
  const rowless = new Set<string>();
  for await (const [name, options] of pick(source, table, 'name', 'options')) {
    const { template, sql, remoteTableName } = optionsOf(options);
    const without =
      template === 'sql' || template === 'fdw' || sql !== undefined || remoteTableName !== undefined;
    if (typeof name === 'string' && without) rowless.add(name);
  }
  return rowless;
}

/** SQLite keeps JSON as text. */
function optionsOf(value: unknown): Record<string, unknown> {
  let kept = value;
  try {
    if (typeof value === 'string') kept = JSON.parse(value) as unknown;
  } catch {
    return {};
  }
  return typeof kept === 'object' && kept !== null ? (kept as Record<string, unknown>) : {};
}
