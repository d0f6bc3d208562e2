import type { Client } from 'pg';
import { refused as refusal } from '../../../../errors/errors';
import type { Wanted } from '../neutral/wanted';
import type { Missing } from '../../../schema/missing';
import { quote } from '../sql/quote';
import { rows } from '../connection/connection';
import { ownersOf } from '../catalog/elsewhere';
import { databaseError } from '../connection/failure';
import { comingKeys } from './planCode';
import { run, sql, type Statement } from '../sql/sql';

export interface ExtensionPlan {
  readonly missing: readonly Missing[];
  /** Makes those that the server has and the account may make. */
  readonly make: readonly Statement[];
  /** Where what they bring will be. */
  readonly schemas: ReadonlySet<string>;
  /** Those without which it comes. */
  readonly denied: ReadonlySet<string>;
}

/** Whether an extension may be made, and what becomes of what needs one that is not. */
export interface ExtensionLeave {
  readonly make: boolean;
  /** It is left out, where the archive says what that is. */
  readonly without: boolean;
  readonly rehearsal?: boolean;
}

/** Throws EXTENSION_MISSING where one is missing that what comes uses, and that cannot be made, or must not. */
export async function planExtensions(
  client: Client,
  wanted: Wanted,
  { make: mayMake, without, rehearsal = false }: ExtensionLeave,
): Promise<ExtensionPlan> {
  const here = await rows<{ name: string }>(client, 'SELECT extname AS name FROM pg_extension');
  const names = new Set(here.map((extension) => extension.name));
  const absent = wanted.extensions.filter((extension) => !names.has(extension.name));
  const isUsed = usedIn(wanted, rehearsal);
  const used = absent.filter(isUsed);
  const ready = await readReady(
    client,
    used.map((extension) => extension.name),
  );
  const refused = used.filter((extension) => !mayMake || !ready.has(extension.name));
  const leave = without && wanted.elsewhere !== undefined;
  if (refused.length > 0 && !leave) {
    const sought = {
      extensions: refused.map((extension) => extension.name),
      statements: refused.map((extension) => `CREATE EXTENSION ${quote(extension.name)};`).join(' '),
    };
    throw wanted.elsewhere === undefined
      ? refusal('extensions-missing', sought)
      : refusal('extensions-or-without', sought, { way: 'allowBreaks' });
  }
  const denied = new Set(refused.map((extension) => extension.name));
  const made = used
    .filter((extension) => !denied.has(extension.name))
    .map((extension) => ({
      name: extension.name,
      schema: ready.get(extension.name)?.schema ?? extension.schema,
      fixed: ready.get(extension.name)?.schema,
    }));
  return {
    missing: absent
      .filter((extension) => !denied.has(extension.name))
      .map((extension): Missing => ({
        kind: 'extension',
        name: extension.name,
        outcome: isUsed(extension) ? 'made' : 'unused',
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
    schemas: new Set(made.map((extensionObject) => extensionObject.schema)),
    denied,
  };
}

/** An old archive says whether its schema uses an extension, and not what of it. */
function usedIn(wanted: Wanted, rehearsal: boolean): (extension: Wanted['extensions'][number]) => boolean {
  const { elsewhere } = wanted;
  if (!elsewhere) return (extension) => extension.used !== false;
  const coming = comingKeys(wanted, rehearsal);
  const keyOf = ownersOf(wanted.schema.objects);
  const used = new Set(
    elsewhere
      .filter(({ kind }) => kind === 'extension')
      .filter(({ neededBy, calledBy = [] }) =>
        [...neededBy, ...calledBy].some((part) => coming.has(keyOf(part) ?? '')),
      )
      .map((extension) => extension.name),
  );
  return ({ name }) => used.has(name);
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
  const before = new Set((await present()).map((thing) => JSON.stringify(thing)));
  try {
    await run(client, make);
  } catch (error) {
    throw databaseError(error, 'making the extensions that the backup uses');
  }
  const made = (await present()).filter((thing) => !before.has(JSON.stringify(thing)));
  const drop = (kind: string) => {
    const names = made.filter((thing) => thing.kind === kind).map((thing) => quote(thing.name));
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
  // The server reads a file for each extension that it has.
  if (names.length === 0) return new Map();
  const ready = await rows<Ready>(
    client,
    `SELECT v.name, v.schema FROM pg_available_extensions e
       JOIN pg_available_extension_versions v ON v.name = e.name AND v.version = e.default_version
     WHERE v.name = ANY($1) AND ((SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user)
       OR has_database_privilege(current_database(), 'CREATE')
         AND (NOT v.superuser OR coalesce((to_jsonb(v) ->> 'trusted')::boolean, false)))`,
    [names],
  );
  return new Map(ready.map((extension) => [extension.name, extension]));
}
