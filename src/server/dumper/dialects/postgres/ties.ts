import type { Client } from 'pg';
import { BackupError } from '../../../errors';
import { quote, rows } from './connection';
import { OURS, UNDO_COMMENT } from './names';

/** Everything that may depend on something, with the schema that it is in. */
export const PARTS = `
       SELECT 'pg_class'::regclass::oid AS class, oid, relnamespace AS schema FROM pg_class
       UNION ALL SELECT 'pg_cast'::regclass, k.oid, t.typnamespace FROM pg_cast k JOIN pg_type t ON t.oid = k.castsource
       UNION ALL SELECT 'pg_attrdef'::regclass, d.oid, c.relnamespace FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid
       UNION ALL SELECT 'pg_constraint'::regclass, oid, connamespace FROM pg_constraint
       UNION ALL SELECT 'pg_rewrite'::regclass, r.oid, c.relnamespace FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
       UNION ALL SELECT 'pg_trigger'::regclass, t.oid, c.relnamespace FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
       UNION ALL SELECT 'pg_policy'::regclass, p.oid, c.relnamespace FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
       UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace FROM pg_proc
       UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace FROM pg_type
       UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, stxnamespace FROM pg_statistic_ext
       UNION ALL SELECT 'pg_collation'::regclass, oid, collnamespace FROM pg_collation
       UNION ALL SELECT 'pg_conversion'::regclass, oid, connamespace FROM pg_conversion
       UNION ALL SELECT 'pg_operator'::regclass, oid, oprnamespace FROM pg_operator
       UNION ALL SELECT 'pg_opclass'::regclass, oid, opcnamespace FROM pg_opclass
       UNION ALL SELECT 'pg_opfamily'::regclass, oid, opfnamespace FROM pg_opfamily
       UNION ALL SELECT 'pg_amop'::regclass, a.oid, f.opfnamespace FROM pg_amop a JOIN pg_opfamily f ON f.oid = a.amopfamily
       UNION ALL SELECT 'pg_amproc'::regclass, a.oid, f.opfnamespace FROM pg_amproc a JOIN pg_opfamily f ON f.oid = a.amprocfamily
       UNION ALL SELECT 'pg_ts_config'::regclass, oid, cfgnamespace FROM pg_ts_config
       UNION ALL SELECT 'pg_ts_dict'::regclass, oid, dictnamespace FROM pg_ts_dict
       UNION ALL SELECT 'pg_ts_parser'::regclass, oid, prsnamespace FROM pg_ts_parser
       UNION ALL SELECT 'pg_ts_template'::regclass, oid, tmplnamespace FROM pg_ts_template`;

/** The last look before the commit: nothing that stays may still be tied to what went aside. */
export async function refuseTies(client: Client, undo: string): Promise<void> {
  const ties = await tiesTo(client, undo, 'others');
  if (ties.length === 0) return;
  throw new BackupError(
    'DEPENDENT_WOULD_BREAK',
    `These would stay tied to the tables that go aside: ${ties.slice(0, 10).join('; ')}. Nothing was changed. Drop them first and make them anew afterwards, or allow it explicitly.`,
  );
}

/**
 * What depends on a schema's things from outside of it; dropping the schema would take these along. What another undo
 * of ours holds may be tied to it: that one is then kept for as long as the other, and is not counted with `others`.
 */
export async function tiesTo(
  client: Client,
  schema: string,
  counted: 'all' | 'others' = 'all',
): Promise<string[]> {
  const ties = await rows<{ what: string }>(
    client,
    `WITH part AS (
       ${PARTS}
     ), gone AS (
       SELECT class, oid FROM part WHERE schema = $1::regnamespace AND class = ANY(ARRAY['pg_class', 'pg_type', 'pg_proc',
         'pg_collation', 'pg_operator', 'pg_opclass', 'pg_opfamily', 'pg_ts_config', 'pg_ts_dict']::regclass[]::oid[])
     )
     SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid) AS what
     FROM pg_depend d JOIN gone g ON g.class = d.refclassid AND g.oid = d.refobjid
       LEFT JOIN part p ON p.class = d.classid AND p.oid = d.objid
     WHERE p.schema IS DISTINCT FROM $1::regnamespace::oid AND p.schema IS DISTINCT FROM 'pg_toast'::regnamespace::oid
       AND NOT ($2 AND EXISTS (SELECT 1 FROM pg_namespace n WHERE n.oid = p.schema AND n.nspname LIKE 'ark\\_undo\\_%'
         AND obj_description(n.oid, 'pg_namespace') = $3 AND ${OURS('n.nspowner')}))
     ORDER BY 1`,
    [quote(schema), counted === 'others', UNDO_COMMENT],
  );
  return ties.map((one) => one.what);
}
