import type { Client } from 'pg';
import { refused } from '../../../../errors/errors';
import type { AppHints, AppInfo, DatabaseFacts } from '../../../dialect';
import type { DatabaseNative } from '../structure/structure';
import type { Elsewhere } from '../../../schema/missing';
import { readNocoBase } from '../../../app/nocobase';
import { openAppTables } from './appTables';
import { readNotIncluded } from '../catalog/notIncluded';
import { rows } from '../connection/connection';
import type { Description } from '../catalog/describe';
import { partKindOf, readElsewhere } from '../catalog/elsewhere';

const OLDEST = 120000;

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
  const app = await readNocoBase(await openAppTables(client, schema, names), names, hints);
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
  const extensions = await rows<{ name: string; version: string; schema: string; routines: string[] | null }>(
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
  const needs = new Map(
    elsewhere.filter((need) => need.kind === 'extension').map((need) => [need.name, need]),
  );
  for (const { name, routines } of extensions) {
    const calledBy = texts
      .filter(({ words }) => (routines ?? []).some((routine) => words.has(routine)))
      .map(({ part }) => part);
    const before = needs.get(name) ?? { kind: 'extension' as const, schema: '', name, neededBy: [] };
    if (calledBy.length > 0) needs.set(name, { ...before, calledBy });
  }
  return {
    extensions: extensions.map(({ name, version, schema }) => ({
      name,
      version,
      schema,
      used: needs.has(name),
    })),
    elsewhere: [...needs.values(), ...elsewhere.filter((need) => need.kind !== 'extension')],
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
  const names = new Set(relations.map((relation) => relation.name));
  const app = await readNocoBase(await openAppTables(client, schema, names), names, hints);
  return { version, ...(app && { app }) };
}

async function readServer(client: Client): Promise<{ name: string; version: string; encoding: string }> {
  const [server] = await rows<{ name: string; version: string; number: string; encoding: string }>(
    client,
    `SELECT current_database() AS name, current_setting('server_version') AS version,
       current_setting('server_version_num') AS number, current_setting('server_encoding') AS encoding`,
  );
  if (!server || Number(server.number) < OLDEST) {
    throw refused('database-old', { version: server?.version ?? '?' });
  }
  return { ...server, version: server.version.split(' ')[0] ?? server.version };
}
