import type { Client } from 'pg';
import { rows } from '../connection/connection';
import type { Target } from '../ddl/target';
import { describeSchema, type Description } from './describe';
import { lookAgain, namingHolders } from '../connection/locks';
import { readOutside, type Outside } from './outsiders';
import { fingerprint, type Fingerprint } from './fingerprint';

export async function readTarget(client: Client): Promise<Target> {
  const [server] = await rows<{ user: string; version: string; superuser: boolean }>(
    client,
    `SELECT current_user AS user, current_setting('server_version_num') AS version,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser`,
  );
  const roles = await rows<{ name: string; usable: boolean }>(
    client,
    `SELECT rolname AS name, pg_has_role(oid, 'MEMBER') AND rolname <> current_user AND rolname !~ '^pg_' AS usable FROM pg_roles`,
  );
  await client.query('BEGIN; SET LOCAL search_path TO DEFAULT');
  const [named] = await rows<{ path: string[] }>(
    client,
    'SELECT pg_catalog.current_schemas(false)::pg_catalog.text[] AS path',
  );
  await client.query('ROLLBACK');
  return {
    user: server?.user ?? '',
    superuser: server?.superuser ?? false,
    version: Number(server?.version),
    roles: new Set(roles.map((role) => role.name)),
    owners: new Set(roles.filter((role) => role.usable).map((role) => role.name)),
    path: (named?.path ?? []).filter((schema) => !schema.startsWith('ark_')),
  };
}

const LOOK = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** The live schema, and what of other schemas hangs on it. */
export interface Live extends Description {
  readonly outside: Outside;
}

/** The live schema as it is now. */
export async function describeLive(client: Client, schema: string): Promise<Description> {
  await client.query(LOOK);
  try {
    return await namingHolders(client, schema, () => describeSchema(client, schema));
  } finally {
    await client.query('ROLLBACK');
  }
}

/** The live schema at one moment, with the mark by which a later look can tell whether it has changed. */
export async function readLive(client: Client, schema: string): Promise<{ live: Live; mark: Fingerprint }> {
  return lookAgain(async () => {
    await client.query(LOOK);
    try {
      const mark = await fingerprint(client, schema);
      const live = await namingHolders(client, schema, async () => {
        const described = await describeSchema(client, schema);
        return { ...described, outside: await readOutside(client, schema, described) };
      });
      return { live, mark };
    } finally {
      await client.query('ROLLBACK');
    }
  });
}

/** The names of what holds rows, or shows some, in a schema. */
export async function readTables(client: Client, schema: string): Promise<ReadonlySet<string>> {
  const tables = await rows<{ name: string }>(
    client,
    `SELECT c.relname AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind IN ('r','p','v','m','f')`,
    [schema],
  );
  return new Set(tables.map(({ name }) => name));
}
