import type { Client } from 'pg';
import { BackupError } from '../../../errors';
import type { RestorePlan } from '../../dialect';
import type { Missing } from '../../missing';
import { quote, rows } from './connection';
import { databaseError } from './failure';
import { run, sql, type Statement } from './sql';

export interface ExtensionPlan {
  readonly missing: readonly Missing[];
  /** Makes those that the server has and the account may make. */
  readonly make: readonly Statement[];
  /** Where what they bring will be. */
  readonly schemas: ReadonlySet<string>;
}

/** Throws EXTENSION_MISSING where one is missing that the backup uses and that cannot be made, or must not. */
export async function planExtensions(
  client: Client,
  { extensions, withoutCode }: Pick<RestorePlan, 'extensions' | 'withoutCode'>,
  mayMake = !withoutCode,
): Promise<ExtensionPlan> {
  const here = await rows<{ name: string }>(client, 'SELECT extname AS name FROM pg_extension');
  const names = new Set(here.map((one) => one.name));
  const absent = extensions.filter((one) => !names.has(one.name));
  const used = absent.filter((one) => one.used !== false);
  const ready =
    mayMake && used.length > 0
      ? await readReady(
          client,
          used.map((one) => one.name),
        )
      : new Map<string, Ready>();
  const refused = used.filter((one) => !ready.has(one.name));
  if (refused.length > 0) {
    throw new BackupError(
      'EXTENSION_MISSING',
      `The backup's database uses ${refused.map((one) => one.name).join(', ')}, which this one does not have. Nothing was changed. Run: ${refused
        .map((one) => `CREATE EXTENSION ${quote(one.name)};`)
        .join(' ')}`,
    );
  }
  const made = used.map((one) => ({
    name: one.name,
    schema: ready.get(one.name)?.schema ?? one.schema,
    fixed: ready.get(one.name)?.schema,
  }));
  return {
    missing: absent.map(({ name, used: needed }): Missing => ({
      kind: 'extension',
      name,
      outcome: needed === false ? 'unused' : 'made',
      neededBy: [],
    })),
    make: made.flatMap(({ name, schema, fixed }) =>
      fixed !== undefined && fixed !== null
        ? [sql`CREATE EXTENSION IF NOT EXISTS ${quote(name)} CASCADE`]
        : [
            sql`CREATE SCHEMA IF NOT EXISTS ${quote(schema)}`,
            sql`CREATE EXTENSION IF NOT EXISTS ${quote(name)} SCHEMA ${quote(schema)} CASCADE`,
          ],
    ),
    schemas: new Set(made.map((one) => one.schema)),
  };
}

/**
 * All or none. Resolves with what takes them away again where nothing uses them, for a restore that fails; one that is
 * killed leaves them: they hold no rows of anybody's.
 */
export async function makeExtensions(
  client: Client,
  { make }: ExtensionPlan,
): Promise<{ takeAway(): Promise<void> }> {
  if (make.length === 0) return { takeAway: () => Promise.resolve() };
  const present = () =>
    rows<{ kind: 'EXTENSION' | 'SCHEMA'; name: string }>(
      client,
      `SELECT 'EXTENSION' AS kind, extname AS name FROM pg_extension
       UNION ALL SELECT 'SCHEMA', n.nspname FROM pg_namespace n WHERE NOT EXISTS (
         SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
       ORDER BY 1`,
    );
  const before = new Set((await present()).map((one) => JSON.stringify(one)));
  try {
    await run(client, make);
  } catch (error) {
    throw databaseError(error, 'making the extensions that the backup uses');
  }
  const made = (await present()).filter((one) => !before.has(JSON.stringify(one)));
  const drop = (kind: string) => {
    const names = made.filter((one) => one.kind === kind).map((one) => quote(one.name));
    return names.length > 0 ? [sql`DROP ${kind} ${names.join(', ')}`] : [];
  };
  return { takeAway: () => run(client, [...drop('EXTENSION'), ...drop('SCHEMA')]) };
}

interface Ready {
  readonly name: string;
  /** That it is always in. */
  readonly schema: string | null;
}

/** Those that the server has, and that this account may make. */
async function readReady(client: Client, names: readonly string[]): Promise<Map<string, Ready>> {
  const found = await rows<Ready>(
    client,
    `SELECT v.name, v.schema FROM pg_available_extensions e
       JOIN pg_available_extension_versions v ON v.name = e.name AND v.version = e.default_version
     WHERE v.name = ANY($1) AND ((SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user)
       OR has_database_privilege(current_database(), 'CREATE')
         AND (NOT v.superuser OR coalesce((to_jsonb(v) ->> 'trusted')::boolean, false)))`,
    [names],
  );
  return new Map(found.map((one) => [one.name, one]));
}
