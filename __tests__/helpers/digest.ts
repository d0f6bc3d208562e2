import { withClient } from './postgres';

export interface DatabaseDigest {
  /** `rows md5` by table, in the order of names. */
  readonly tables: Readonly<Record<string, string>>;
  /** Definitions of everything else, sorted. */
  readonly objects: readonly string[];
}

/**
 * What a database holds, so that two can be compared: every table's rows, independent of their order, and the
 * definitions of columns, constraints, indexes, triggers, views, functions, types, sequences and comments.
 */
export function digest(url: string, schema = 'public'): Promise<DatabaseDigest> {
  return withClient(url, async (client) => {
    await client.query(
      `SET timezone = 'UTC'; SET extra_float_digits = 1; SET datestyle = 'ISO'; SET bytea_output = 'hex'; SET row_security = off;
       SET lc_monetary = 'C'; SET search_path = "${schema}"`,
    );
    const names = await client.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = $1 AND (c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated) ORDER BY 1`,
      [schema],
    );
    const tables: Record<string, string> = {};
    for (const { name } of names.rows) {
      const quoted = `"${schema}"."${name.replace(/"/g, '""')}"`;
      // Columns by name: a child of an altered parent may have them in another order.
      const columns = await client.query<{ column: string }>(
        `SELECT a.attname AS column FROM pg_attribute a WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1`,
        [quoted],
      );
      const parts = columns.rows.map(
        ({ column }) => `coalesce(md5(t."${column.replace(/"/g, '""')}"::text), '-')`,
      );
      const text = parts.length === 0 ? "''" : chunked(parts).join(' || ');
      const found = await client.query<{ n: string; h: string }>(
        `SELECT count(*)::text AS n, md5(coalesce(string_agg(h, '' ORDER BY h COLLATE "C"), '')) AS h FROM (SELECT md5(${text}) AS h FROM ONLY ${quoted} t) s`,
      );
      tables[name] = `${found.rows[0]?.n ?? '?'} ${found.rows[0]?.h ?? '?'}`;
    }
    const objects = await client.query<{ line: string }>(OBJECTS, [schema]);
    const [beside] = (
      await client.query<{ any: boolean | null }>(ANY_RARE, [`"${schema.replace(/"/g, '""')}"`])
    ).rows;
    const rare = beside?.any === false ? [] : (await client.query<{ line: string }>(RARE, [schema])).rows;
    return { tables, objects: [...objects.rows, ...rare].map((row) => row.line) };
  });
}

/** A function takes at most 100 arguments and `||` nests: 1,600 columns want grouping. */
function chunked(parts: string[]): string[] {
  const groups: string[] = [];
  for (let at = 0; at < parts.length; at += 50) groups.push(`md5(${parts.slice(at, at + 50).join(' || ')})`);
  return groups;
}

const linesOf = (parts: string): string => `
WITH s AS (SELECT oid FROM pg_namespace WHERE nspname = $1),
rel AS (SELECT c.* FROM pg_class c WHERE c.relnamespace = (SELECT oid FROM s) AND c.relkind IN ('r','p','v','m','S'))
SELECT line FROM (
  ${parts}
) lines(line) ORDER BY line COLLATE "C"`;

const OBJECTS =
  linesOf(`SELECT 'relation ' || relname || ' ' || relkind::text || relpersistence::text || ' ' || pg_get_userbyid(relowner) || ' '
      || coalesce(reloptions::text, '') || relrowsecurity || relforcerowsecurity || relreplident::text
      || coalesce((SELECT string_agg(x::text, ',' ORDER BY x::text) FROM aclexplode(coalesce(relacl, acldefault('r', relowner))) x WHERE relkind <> 'S'), '') FROM rel
  UNION ALL SELECT 'column ' || c.relname || '.' || a.attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull || attidentity::text || attgenerated::text || attstorage::text || attislocal
      || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '') || coalesce(a.attacl::text, '') FROM pg_attribute a JOIN rel c ON c.oid = a.attrelid AND c.relkind <> 'S' LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attnum > 0 AND NOT a.attisdropped
  UNION ALL SELECT 'constraint ' || c.relname || '.' || k.conname || ' ' || pg_get_constraintdef(k.oid) || k.convalidated FROM pg_constraint k JOIN rel c ON c.oid = k.conrelid
  UNION ALL SELECT 'index ' || pg_get_indexdef(i.indexrelid) || i.indisclustered || i.indisreplident || i.indisvalid FROM pg_index i JOIN rel c ON c.oid = i.indrelid
  UNION ALL SELECT 'trigger ' || pg_get_triggerdef(t.oid) || t.tgenabled::text FROM pg_trigger t JOIN rel c ON c.oid = t.tgrelid WHERE NOT tgisinternal
  UNION ALL SELECT 'rule ' || pg_get_ruledef(r.oid) FROM pg_rewrite r JOIN rel c ON c.oid = r.ev_class
  UNION ALL SELECT 'policy ' || c.relname || p.polname || coalesce(pg_get_expr(p.polqual, p.polrelid), '') || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') FROM pg_policy p JOIN rel c ON c.oid = p.polrelid
  UNION ALL SELECT 'parent ' || h.inhrelid::regclass || ' ' || h.inhparent::regclass || ' ' || h.inhseqno || coalesce(pg_get_expr(c.relpartbound, c.oid), '') FROM pg_inherits h JOIN rel c ON c.oid = h.inhrelid
  UNION ALL SELECT 'function ' || CASE p.prokind WHEN 'a' THEN p.oid::regprocedure::text ELSE pg_get_functiondef(p.oid) END FROM pg_proc p WHERE pronamespace = (SELECT oid FROM s)
  UNION ALL SELECT 'enum ' || t.typname || ' ' || string_agg(quote_literal(e.enumlabel), ',' ORDER BY e.enumsortorder) FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid WHERE t.typnamespace = (SELECT oid FROM s) GROUP BY t.typname
  UNION ALL SELECT 'type ' || t.typname || t.typtype::text FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
      WHERE t.typnamespace = (SELECT oid FROM s) AND t.typtype IN ('d','r','c','m') AND c.relkind IS DISTINCT FROM 'S'
  UNION ALL SELECT 'sequence ' || sequencename || ' ' || data_type || ' ' || start_value || increment_by || min_value || max_value || cache_size || cycle || ' ' || coalesce(last_value::text, 'new') FROM pg_sequences WHERE schemaname = $1
  UNION ALL SELECT 'comment ' || pg_describe_object(d.classoid, d.objoid, d.objsubid) || ' ' || d.description FROM pg_description d JOIN rel c ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid`);

/** What few schemas have, and takes the server as long as all the rest. */
const RARE =
  linesOf(`SELECT concat_ws(' ', 'operator', o.oid::regoperator, o.oprcode::regproc, nullif(o.oprcom, 0)::regoperator, nullif(o.oprnegate, 0)::regoperator, o.oprrest::regproc, o.oprjoin::regproc, o.oprcanmerge, o.oprcanhash,
      pg_get_userbyid(o.oprowner), (SELECT d.description FROM pg_description d WHERE d.classoid = 'pg_operator'::regclass AND d.objoid = o.oid)) FROM pg_operator o WHERE o.oprnamespace = (SELECT oid FROM s)
  UNION ALL SELECT concat_ws(' ', 'operator class', o.opcname, a.amname, f.opfname, o.opcdefault, o.opcintype::regtype, nullif(o.opckeytype, 0)::regtype, pg_get_userbyid(o.opcowner)) FROM pg_opclass o JOIN pg_am a ON a.oid = o.opcmethod JOIN pg_opfamily f ON f.oid = o.opcfamily WHERE o.opcnamespace = (SELECT oid FROM s)
  UNION ALL SELECT concat_ws(' ', 'operator family', f.opfname, a.amname, pg_get_userbyid(f.opfowner)) FROM pg_opfamily f JOIN pg_am a ON a.oid = f.opfmethod WHERE f.opfnamespace = (SELECT oid FROM s)
  UNION ALL SELECT 'member ' || pg_describe_object('pg_amop'::regclass, m.oid, 0) || coalesce((SELECT pg_describe_object(d.refclassid, d.refobjid, 0) FROM pg_depend d WHERE d.classid = 'pg_amop'::regclass AND d.objid = m.oid AND d.refclassid = 'pg_opclass'::regclass), '') FROM pg_amop m JOIN pg_opfamily f ON f.oid = m.amopfamily WHERE f.opfnamespace = (SELECT oid FROM s)
  UNION ALL SELECT 'member ' || pg_describe_object('pg_amproc'::regclass, m.oid, 0) || coalesce((SELECT pg_describe_object(d.refclassid, d.refobjid, 0) FROM pg_depend d WHERE d.classid = 'pg_amproc'::regclass AND d.objid = m.oid AND d.refclassid = 'pg_opclass'::regclass), '') FROM pg_amproc m JOIN pg_opfamily f ON f.oid = m.amprocfamily WHERE f.opfnamespace = (SELECT oid FROM s)
  UNION ALL SELECT 'collation of ' || c.relname || '.' || a.attname || ' ' || l.collname FROM pg_attribute a JOIN rel c ON c.oid = a.attrelid JOIN pg_collation l ON l.oid = a.attcollation AND l.collnamespace = (SELECT oid FROM s)
  UNION ALL SELECT 'collation ' || (to_jsonb(c) - '{oid,collnamespace,collowner,collversion}'::text[])::text || pg_get_userbyid(c.collowner) FROM pg_collation c WHERE c.collnamespace = (SELECT oid FROM s)
  UNION ALL SELECT concat_ws(' ', 'text search dictionary', d.dictname, (SELECT tmplname FROM pg_ts_template WHERE oid = d.dicttemplate), d.dictinitoption, pg_get_userbyid(d.dictowner), obj_description(d.oid, 'pg_ts_dict')) FROM pg_ts_dict d WHERE d.dictnamespace = (SELECT oid FROM s)
  UNION ALL SELECT concat_ws(' ', 'text search configuration', c.cfgname, (SELECT prsname FROM pg_ts_parser WHERE oid = c.cfgparser), pg_get_userbyid(c.cfgowner), obj_description(c.oid, 'pg_ts_config'),
      (SELECT string_agg(m.maptokentype || ' ' || d.dictname, ', ' ORDER BY m.maptokentype, m.mapseqno) FROM pg_ts_config_map m JOIN pg_ts_dict d ON d.oid = m.mapdict WHERE m.mapcfg = c.oid)) FROM pg_ts_config c WHERE c.cfgnamespace = (SELECT oid FROM s)
  UNION ALL SELECT 'statistics ' || pg_get_statisticsobjdef(x.oid) FROM pg_statistic_ext x WHERE x.stxnamespace = (SELECT oid FROM s)`);

const ANY_RARE = `SELECT ${[
  ['pg_operator', 'oprnamespace'],
  ['pg_opclass', 'opcnamespace'],
  ['pg_opfamily', 'opfnamespace'],
  ['pg_collation', 'collnamespace'],
  ['pg_ts_dict', 'dictnamespace'],
  ['pg_ts_config', 'cfgnamespace'],
  ['pg_statistic_ext', 'stxnamespace'],
]
  .map(([catalog, column]) => `EXISTS (SELECT 1 FROM ${catalog} WHERE ${column} = to_regnamespace($1)::oid)`)
  .join(' OR ')} AS any`;
