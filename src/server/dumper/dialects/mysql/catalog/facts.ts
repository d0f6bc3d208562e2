import type { AppHints, AppInfo, DatabaseFacts, Sizes } from '../../../dialect';
import { readNocoBase } from '../../../app/nocobase';
import type { DatabaseNative } from '../structure/structure';
import { isOurs } from '../sql/names';
import { rows, type Client } from '../connection/connection';
import { openAppTables } from './appTables';
import type { Description } from './describe';

/** What the server is, and which app lives in the database. */
export async function readFacts(
  client: Client,
  { schema, notIncluded }: Description,
  hints: AppHints,
): Promise<DatabaseFacts> {
  const { server, database } = client;
  const [defaults] = await rows<{ charset: string; collation: string }>(
    client,
    'SELECT @@character_set_database AS charset, @@collation_database AS collation',
  );
  const names = new Set(schema.relations.map((relation) => relation.name));
  const app = await readNocoBase(await openAppTables(client), names, hints);
  return {
    name: database,
    manifest: {
      dialect: server.flavor,
      version: server.version,
      tablePrefix: app?.tablePrefix ?? hints.tablePrefix ?? '',
      underscored: app?.underscored ?? hints.underscored ?? false,
      timeZone: hints.timeZone ?? 'UTC',
      native: {
        mysql: {
          flavor: server.flavor,
          charset: defaults?.charset ?? 'utf8mb4',
          collation: defaults?.collation ?? 'utf8mb4_general_ci',
        } satisfies DatabaseNative,
      },
    },
    ...(app && { app }),
    notIncluded,
  };
}

interface Listed {
  readonly name: string;
  readonly type: string;
  readonly rows: string | null;
  readonly bytes: string | null;
}

/** Tables and views that are not Ark's own. */
export const listTables = async (client: Client): Promise<Listed[]> =>
  (
    await rows<Listed>(
      client,
      `SELECT TABLE_NAME AS name, TABLE_TYPE AS type, TABLE_ROWS AS \`rows\`, DATA_LENGTH + INDEX_LENGTH AS bytes
       FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE IN ('BASE TABLE', 'VIEW') ORDER BY BINARY TABLE_NAME`,
      [client.database],
    )
  ).filter(({ name }) => !isOurs(name));

/** Ark's own are not among them. */
export const readTables = async (client: Client): Promise<ReadonlySet<string>> =>
  new Set((await listTables(client)).map(({ name }) => name));

/** The server and the app alone, for those who do not ask for each table's structure. */
export async function readApp(client: Client, hints: AppHints): Promise<{ version: string; app?: AppInfo }> {
  const names = new Set((await listTables(client)).map(({ name }) => name));
  const app = await readNocoBase(await openAppTables(client), names, hints);
  return { version: client.server.version, ...(app && { app }) };
}

/** One question for all tables, which looks at no column or key. */
export async function readSizes(client: Client, hints: AppHints): Promise<Sizes> {
  const tables = await listTables(client);
  const { app } = await readApp(client, hints);
  return {
    collections: tables.map(({ name, type, rows, bytes }) => ({
      name,
      kind: type === 'VIEW' ? ('view' as const) : ('table' as const),
      rows: rows === null ? -1 : Number(rows),
      bytes: Number(bytes ?? 0),
    })),
    ...(app && { app }),
  };
}
