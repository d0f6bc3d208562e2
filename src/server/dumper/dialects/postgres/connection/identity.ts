import type { Client } from 'pg';
import type { DatabaseId } from '../../../databaseId';
import { rows } from './connection';
import { SQLSTATE } from '../sql/sqlstate';

/**
 * The server's own number, given when it was made, and that of the database in it: neither changes with the address,
 * the user or the database's name, nor when a standby takes over. Of schemas the name is what the app knows.
 */
export async function readId(client: Client, schema: string): Promise<DatabaseId> {
  const [row] = await rows<{ oid: string }>(
    client,
    'SELECT oid::text AS oid FROM pg_database WHERE datname = current_database()',
  );
  return `postgres:${await serverOf(client)}:${row?.oid ?? ''}:${schema}` as DatabaseId;
}

/**
 * Everybody may ask for the number unless somebody has forbidden it. Then the address has to do: one server by two
 * addresses is taken for two, which only leaves more to be done by hand, and never two servers for one.
 */
async function serverOf(client: Client): Promise<string> {
  try {
    const [row] = await rows<{ system: string }>(
      client,
      'SELECT system_identifier::text AS system FROM pg_control_system()',
    );
    return row?.system ?? '';
  } catch (error) {
    if ((error as { code?: unknown }).code !== SQLSTATE.insufficientPrivilege) throw error;
    return `${client.host}:${client.port}`;
  }
}

/** A server that was made from the disk of another has its number, and was started at another moment. */
export async function readStart(client: Client): Promise<string> {
  const [row] = await rows<{ at: string }>(client, 'SELECT pg_postmaster_start_time()::text AS at');
  return row?.at ?? '';
}

/** It follows another server, and can only be read. */
export async function isStandby(client: Client): Promise<boolean> {
  const [row] = await rows<{ standby: boolean }>(client, 'SELECT pg_is_in_recovery() AS standby');
  return row?.standby ?? false;
}
