import type { Client } from 'pg';
import type { Account } from '../../../dialect';
import { rows } from './connection';

/** Roles of PostgreSQL's own with which an account reaches the server's machine. */
const REACH = ['pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'];

export async function readAccount(client: Client): Promise<Account> {
  const [account] = await rows<{ user: string; powers: string[] }>(
    client,
    `SELECT r.rolname AS user, pg_catalog.array_remove(ARRAY[
         CASE WHEN r.rolsuper THEN 'superuser' END, CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
         CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END, CASE WHEN r.rolreplication THEN 'REPLICATION' END
       ]::pg_catalog.text[] || ARRAY(SELECT m.rolname::pg_catalog.text FROM pg_catalog.pg_roles m
         WHERE m.rolname OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.name[]) AND NOT r.rolsuper
           AND pg_catalog.pg_has_role(r.oid, m.oid, 'MEMBER') ORDER BY 1), NULL) AS powers
     FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) current_user`,
    [REACH],
  );
  // A superuser needs none of the others.
  const powers = account?.powers.includes('superuser') ? ['superuser'] : (account?.powers ?? []);
  return { user: account?.user ?? '', powers };
}
