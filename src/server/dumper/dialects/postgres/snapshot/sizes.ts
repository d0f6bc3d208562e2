import type { Client } from 'pg';
import type { AppHints, Sizes } from '../../../dialect';
import { NOT_OF_EXTENSION } from '../catalog/catalog';
import { rows } from '../connection/connection';
import { readApp } from './facts';

const KINDS = { r: 'table', p: 'partitioned', v: 'view', m: 'materialized' } as const;

/** One question for all tables, which looks at no column, key or routine. */
export async function readSizes(client: Client, schema: string, hints: AppHints): Promise<Sizes> {
  const sizes = await rows<{ name: string; kind: keyof typeof KINDS; rows: number; bytes: string }>(
    client,
    `SELECT c.relname AS name, c.relkind AS kind,
       CASE WHEN c.relkind IN ('r','m') AND pg_catalog.pg_relation_size(c.oid, 'main') = 0 THEN 0
         WHEN c.relpages = 0 AND c.reltuples = 0 THEN -1 ELSE c.reltuples END::pg_catalog.float8 AS rows,
       pg_catalog.pg_total_relation_size(c.oid)::pg_catalog.text AS bytes
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind IN ('r','p','v','m') AND c.relpersistence <> 't'
       AND ${NOT_OF_EXTENSION('pg_class', 'c.oid')}
     ORDER BY c.relname COLLATE "C"`,
    [schema],
  );
  const { app } = await readApp(client, schema, hints);
  return {
    collections: sizes.map((size) => ({ ...size, kind: KINDS[size.kind], bytes: Number(size.bytes) })),
    ...(app && { app }),
  };
}
