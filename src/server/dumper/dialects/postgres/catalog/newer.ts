import type { Client } from 'pg';
import { SERVERS } from '../code/calls';
import { FORMS } from '../code/references';
import { rows } from '../connection/connection';

/** By the server that has them first. */
const SYNTAX = { ...FORMS, VIRTUAL: 18 };

/** Names of functions and types, and forms of SQL. */
export type Newer = Readonly<Record<keyof typeof SERVERS | 'syntax', ReadonlySet<string>>>;

/**
 * What newer servers have of their own and this one lacks, of what Ark knows; undefined where an archive is from a server
 * that is no newer.
 * @param version Of the archive's server: `18.4`; empty where nobody knows.
 */
export async function newerThan(client: Client, version: string): Promise<Newer | undefined> {
  const [here] = await rows<{ major: number }>(
    client,
    "SELECT current_setting('server_version_num')::int / 10000 AS major",
  );
  const major = here?.major ?? 0;
  if (Number.parseInt(version, 10) <= major) return undefined;
  const lacking = await rows<{ kind: keyof typeof SERVERS; name: string }>(
    client,
    `SELECT 'routine' AS kind, name FROM unnest($1::text[]) name WHERE name NOT IN (SELECT proname::text FROM pg_catalog.pg_proc)
     UNION ALL SELECT 'type', name FROM unnest($2::text[]) name WHERE name NOT IN (SELECT typname::text FROM pg_catalog.pg_type)`,
    [SERVERS.routine, SERVERS.type],
  );
  const named = (kind: keyof typeof SERVERS) =>
    new Set(lacking.filter((item) => item.kind === kind).map(({ name }) => name));
  const forms = Object.entries(SYNTAX).flatMap(([form, since]) => (since > major ? [form] : []));
  return { routine: named('routine'), type: named('type'), syntax: new Set(forms) };
}
