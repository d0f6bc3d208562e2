import type { Client } from 'pg';
import { refused } from '../../../../errors/errors';
import { quote } from '../sql/quote';
import { rows } from '../connection/connection';
import { OURS, UNDO_COMMENT } from '../sql/names';

/** Numbers from here on are of what people have made; what comes with the server hangs on none of that. */
export const FIRST_OF_PEOPLE = 16_384;

const IN_SCHEMAS = {
  pg_class: 'relnamespace',
  pg_constraint: 'connamespace',
  pg_proc: 'pronamespace',
  pg_type: 'typnamespace',
  pg_statistic_ext: 'stxnamespace',
  pg_collation: 'collnamespace',
  pg_conversion: 'connamespace',
  pg_operator: 'oprnamespace',
  pg_opclass: 'opcnamespace',
  pg_opfamily: 'opfnamespace',
  pg_ts_config: 'cfgnamespace',
  pg_ts_dict: 'dictnamespace',
  pg_ts_parser: 'prsnamespace',
  pg_ts_template: 'tmplnamespace',
} as const;
/** What has no schema of its own but that of another row. */
const OF_OTHERS = {
  pg_cast: ['castsource', 'pg_type', 'typnamespace'],
  pg_attrdef: ['adrelid', 'pg_class', 'relnamespace'],
  pg_rewrite: ['ev_class', 'pg_class', 'relnamespace'],
  pg_trigger: ['tgrelid', 'pg_class', 'relnamespace'],
  pg_policy: ['polrelid', 'pg_class', 'relnamespace'],
  pg_amop: ['amopfamily', 'pg_opfamily', 'opfnamespace'],
  pg_amproc: ['amprocfamily', 'pg_opfamily', 'opfnamespace'],
} as const;

/** As SQL: the catalogs of PARTS. */
export const PART_CATALOGS = [...Object.keys(IN_SCHEMAS), ...Object.keys(OF_OTHERS)]
  .map((catalog) => `'${catalog}'::regclass::oid`)
  .join(', ');

/** All of people's that may depend on something, with the schema that it is in. */
export const PARTS = [
  ...Object.entries(IN_SCHEMAS).map(
    ([catalog, schema]) =>
      `SELECT '${catalog}'::regclass::oid AS class, x.oid, x.${schema} AS schema FROM ${catalog} x WHERE x.oid >= ${FIRST_OF_PEOPLE}`,
  ),
  ...Object.entries(OF_OTHERS).map(
    ([catalog, [column, other, schema]]) =>
      `SELECT '${catalog}'::regclass::oid, x.oid, y.${schema} FROM ${catalog} x JOIN ${other} y ON y.oid = x.${column} WHERE x.oid >= ${FIRST_OF_PEOPLE}`,
  ),
].join('\n       UNION ALL ');

/** The last look before the commit: nothing that stays may still be tied to what went aside. */
export async function refuseTies(client: Client, undo: string): Promise<void> {
  const ties = await tiesTo(client, undo, 'others');
  if (ties.length === 0) return;
  throw refused('ties-aside', { ties: ties.slice(0, 10) });
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
  return ties.map((tie) => tie.what);
}
