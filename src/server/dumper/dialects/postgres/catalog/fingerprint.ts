import type { Client } from 'pg';
import { rows } from '../connection/connection';

export type Fingerprint = ReadonlyMap<number, string>;

/**
 * For each thing in a schema that a plan looks at, a digest of its identity and version. It changes with every
 * change of structure, and not with rows, statistics or vacuum. Parts are counted with what they belong to.
 */
export async function fingerprint(client: Client, schema: string): Promise<Map<number, string>> {
  const ofRelation = (catalog: string, relation: string) =>
    `SELECT x.${relation}, x.oid, x.xmin FROM ${catalog} x JOIN pg_class c ON c.oid = x.${relation} WHERE c.relnamespace = (SELECT oid FROM s)`;
  const parts = [
    `SELECT coalesce(i.indrelid, c.oid) AS owner, c.oid, c.xmin FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid WHERE c.relnamespace = (SELECT oid FROM s) AND c.relkind <> 'S'`,
    ofRelation('pg_constraint', 'conrelid'),
    ofRelation('pg_rewrite', 'ev_class'),
    ofRelation('pg_trigger', 'tgrelid'),
    ofRelation('pg_policy', 'polrelid'),
    ofRelation('pg_statistic_ext', 'stxrelid'),
    `SELECT coalesce(i.indrelid, c.oid), c.oid, a.xmin FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_index i ON i.indexrelid = c.oid WHERE c.relnamespace = (SELECT oid FROM s) AND c.relkind <> 'S' AND a.attnum > 0`,
    `SELECT coalesce(nullif(t.typrelid, 0), nullif(e.typrelid, 0), t.oid), t.oid, t.xmin FROM pg_type t LEFT JOIN pg_type e ON e.oid = t.typelem WHERE t.typnamespace = (SELECT oid FROM s)`,
    `SELECT oid, oid, xmin FROM pg_proc WHERE pronamespace = (SELECT oid FROM s)`,
    `SELECT oid, oid, xmin FROM pg_collation WHERE collnamespace = (SELECT oid FROM s)`,
    `SELECT oid, oid, xmin FROM pg_operator WHERE oprnamespace = (SELECT oid FROM s)`,
    `SELECT oid, oid, xmin FROM pg_ts_dict WHERE dictnamespace = (SELECT oid FROM s)`,
    `SELECT oid, oid, xmin FROM pg_ts_config WHERE cfgnamespace = (SELECT oid FROM s)`,
    `SELECT mapcfg, mapcfg, x.xmin FROM pg_ts_config_map x JOIN pg_ts_config f ON f.oid = mapcfg WHERE cfgnamespace = (SELECT oid FROM s)`,
    `SELECT oid, oid, xmin FROM pg_opclass WHERE opcnamespace = (SELECT oid FROM s)`,
    `SELECT oid, oid, xmin FROM pg_opfamily WHERE opfnamespace = (SELECT oid FROM s)`,
    `SELECT amopfamily, x.oid, x.xmin FROM pg_amop x JOIN pg_opfamily f ON f.oid = amopfamily WHERE opfnamespace = (SELECT oid FROM s)`,
    `SELECT amprocfamily, x.oid, x.xmin FROM pg_amproc x JOIN pg_opfamily f ON f.oid = amprocfamily WHERE opfnamespace = (SELECT oid FROM s)`,
  ];
  const digests = await rows<{ owner: number; digest: string }>(
    client,
    `WITH s AS (SELECT oid FROM pg_namespace WHERE nspname = $1)
     SELECT x.owner, md5(string_agg(x.oid || ':' || x.xmin, ',' ORDER BY x.oid, x.xmin::text)) AS digest
     FROM (${parts.join(' UNION ALL ')}) x GROUP BY x.owner`,
    [schema],
  );
  return new Map(digests.map((digest) => [digest.owner, digest.digest]));
}
