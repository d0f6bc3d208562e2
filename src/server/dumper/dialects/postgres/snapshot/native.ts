import type { Client } from 'pg';
import type { NativeRows } from '../../../dialect';
import { rows } from '../connection/connection';

/**
 * Types whose binary form says all there is of a value, whatever the server's settings, ids and libraries are: no enum,
 * domain, composite or extension type, nothing that holds ids of the catalog, no money and no XML. Arrays of them too.
 */
const PLAIN = [
  'bool',
  'int2',
  'int4',
  'int8',
  'float4',
  'float8',
  'numeric',
  'text',
  'varchar',
  'bpchar',
  'bytea',
  'date',
  'time',
  'timetz',
  'timestamp',
  'timestamptz',
  'interval',
  'uuid',
  'json',
  'jsonb',
  'inet',
  'cidr',
  'macaddr',
  'bit',
  'varbit',
].map((name) => `pg_catalog."${name}"`);

/** COPY's binary form is made for servers of one major version; others that speak the protocol may differ. */
export async function readForm(client: Client): Promise<string | undefined> {
  const [server] = await rows<{ major: string; own: boolean }>(
    client,
    `SELECT current_setting('server_version_num')::int / 10000 AS major, version() LIKE 'PostgreSQL %' AS own`,
  );
  return server?.own ? `COPY BINARY of PostgreSQL ${server.major}` : undefined;
}

export async function readNative(client: Client, schema: string): Promise<NativeRows | undefined> {
  const form = await readForm(client);
  if (form === undefined) return undefined;
  const others = await rows<{ name: string }>(
    client,
    `SELECT DISTINCT c.relname::text AS name
     FROM pg_class c
     JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     JOIN pg_type t ON t.oid = a.atttypid
     WHERE n.nspname = $1 AND NOT (t.oid = ANY($2::regtype[]) OR (t.typcategory = 'A' AND t.typelem = ANY($2::regtype[])))`,
    [schema, PLAIN],
  );
  const unfit = new Set(others.map(({ name }) => name));
  return { form, fits: (collection) => !unfit.has(collection) };
}
