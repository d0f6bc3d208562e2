import { notIncluded, type Why } from '../../../schema/notIncluded';
import type { Client } from 'pg';
import type { DatabaseFacts } from '../../../dialect';
import { rows } from '../connection/connection';
import type { Description } from './describe';
import { FIRST_OF_PEOPLE } from './ties';

/** Codes without fields. */
type Plain = Exclude<Why['code'], 'not-chosen' | 'other-schema' | 'settings' | 'tablespace'>;

/** A kind of thing that Ark does not carry, and which of them concern a schema. */
interface Kind {
  readonly what: string;
  readonly catalog: string;
  /** What it is called, as its own SQL does. */
  readonly name: string;
  readonly why: Plain;
  /** Of the schema `$2`; without it those of the database. */
  readonly where?: string;
  readonly since?: number;
}

/** Casts and transforms are of no schema; those of its types or by its functions are its own. */
const ofSchema = (...oids: readonly (readonly [oid: string, catalog: 'type' | 'proc'])[]): string =>
  oids
    .map(
      ([oid, catalog]) =>
        `EXISTS (SELECT 1 FROM pg_${catalog} o WHERE o.oid = ${oid} AND o.${catalog === 'type' ? 'typ' : 'pro'}namespace = $2)`,
    )
    .join(' OR ');

const KINDS: readonly Kind[] = [
  {
    what: 'operator',
    catalog: 'pg_operator',
    name: `format('%s(%s)', x.oprname, concat_ws(', ', nullif(x.oprleft, 0)::regtype, nullif(x.oprright, 0)::regtype))`,
    where: 'x.oprnamespace = $2 AND x.oprcode = 0',
    why: 'operator-unmade',
  },
  {
    what: 'operator class',
    catalog: 'pg_opclass',
    name: `format('%s USING %s', x.opcname, (SELECT amname FROM pg_am WHERE pg_am.oid = x.opcmethod))`,
    where:
      'x.opcnamespace = $2 AND NOT EXISTS (SELECT 1 FROM pg_opfamily f WHERE f.oid = x.opcfamily AND f.opfnamespace = $2)',
    why: 'family-elsewhere',
  },
  {
    what: 'conversion',
    catalog: 'pg_conversion',
    name: 'x.conname',
    where: 'x.connamespace = $2',
    why: 'conversion',
  },
  {
    what: 'cast',
    catalog: 'pg_cast',
    name: `format('%s AS %s', x.castsource::regtype, x.casttarget::regtype)`,
    // A range type has one to its multirange type by itself.
    where: `(${ofSchema(['x.castsource', 'type'], ['x.casttarget', 'type'], ['x.castfunc', 'proc'])})
      AND NOT EXISTS (SELECT 1 FROM pg_depend i WHERE i.classid = 'pg_cast'::regclass AND i.objid = x.oid AND i.deptype = 'i')`,
    why: 'cast',
  },
  {
    what: 'transform',
    catalog: 'pg_transform',
    name: `format('%s in %s', x.trftype::regtype, (SELECT lanname FROM pg_language l WHERE l.oid = x.trflang))`,
    where: ofSchema(['x.trftype', 'type'], ['x.trffromsql', 'proc'], ['x.trftosql', 'proc']),
    why: 'transform',
  },
  {
    what: 'text search parser',
    catalog: 'pg_ts_parser',
    name: 'x.prsname',
    where: 'x.prsnamespace = $2',
    why: 'search-in-c',
  },
  {
    what: 'text search template',
    catalog: 'pg_ts_template',
    name: 'x.tmplname',
    where: 'x.tmplnamespace = $2',
    why: 'search-in-c',
  },
  {
    what: 'base type',
    catalog: 'pg_type',
    name: 'x.typname',
    where: `x.typnamespace = $2 AND x.typtype = 'b' AND x.typelem = 0`,
    why: 'type-in-c',
  },
  {
    what: 'statistics',
    catalog: 'pg_statistic_ext',
    name: 'x.stxname',
    where:
      'x.stxnamespace = $2 AND NOT EXISTS (SELECT 1 FROM pg_class c WHERE c.oid = x.stxrelid AND c.relnamespace = $2)',
    why: 'table-elsewhere',
  },
  {
    what: 'language',
    catalog: 'pg_language',
    name: 'x.lanname',
    where: 'x.lanispl',
    why: 'language',
  },
  {
    what: 'access method',
    catalog: 'pg_am',
    name: 'x.amname',
    why: 'access-method',
  },
  {
    what: 'foreign-data wrapper',
    catalog: 'pg_foreign_data_wrapper',
    name: 'x.fdwname',
    why: 'foreign-wrapper',
  },
  {
    what: 'foreign server',
    catalog: 'pg_foreign_server',
    name: 'x.srvname',
    why: 'foreign-server',
  },
  {
    what: 'publication',
    catalog: 'pg_publication',
    name: 'x.pubname',
    why: 'publication',
  },
  {
    what: 'event trigger',
    catalog: 'pg_event_trigger',
    name: 'x.evtname',
    why: 'event-trigger',
  },
];

/** Not what comes with the server or belongs to an extension. */
const listing = ({ what, catalog, name, why, where = 'true' }: Kind): string =>
  `SELECT '${what}' AS what, ${name}::text AS name, json_build_object('code', '${why}') AS why FROM ${catalog} x
   WHERE x.oid >= ${FIRST_OF_PEOPLE} AND (${where})
     AND NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.classid = '${catalog}'::regclass AND e.objid = x.oid AND e.deptype = 'e')`;

/** Things of a schema, `$1`, that something of it may need and that no backup has: of the kinds above, and foreign tables. */
export const UNCARRIED = [
  ...KINDS.filter((kind) => kind.where !== undefined).map(
    ({ catalog, where = 'true' }) =>
      `SELECT '${catalog}'::regclass::oid AS class, x.oid FROM ${catalog} x
       WHERE x.oid >= ${FIRST_OF_PEOPLE} AND (${where.replaceAll('$2', '$1')})`,
  ),
  `SELECT 'pg_class'::regclass, x.oid FROM pg_class x WHERE x.relkind = 'f' AND x.relnamespace = $1`,
].join('\nUNION ALL ');

/** What is no row of one catalog. */
const OTHERS: readonly string[] = [
  `SELECT 'schema' AS what, n.nspname::text AS name,
     json_build_object('code', 'other-schema', 'schema', n.nspname, 'tables', count(*)) AS why
   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r','p') AND n.nspname <> $1 AND n.nspname !~ '^(pg_|information_schema$|ark_(stage|undo)_)'
     AND NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
   GROUP BY n.nspname`,
  `SELECT 'large objects', count(*)::text, json_build_object('code', 'large-objects') FROM pg_largeobject_metadata HAVING count(*) > 0`,
  `SELECT 'security labels', count(*)::text, json_build_object('code', 'security-labels') FROM pg_seclabel HAVING count(*) > 0`,
  // The view: the catalog under it has passwords, and only a superuser may look.
  `SELECT 'user mapping', format('%s for %s', u.srvname, CASE u.umuser WHEN 0 THEN 'PUBLIC' ELSE u.usename END),
     json_build_object('code', 'user-mapping') FROM pg_user_mappings u`,
  `SELECT 'subscription', s.subname::text, json_build_object('code', 'subscription') FROM pg_subscription s
   WHERE s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  `SELECT 'settings', CASE s.setrole WHEN 0 THEN 'of the database' ELSE format('of the role %s', pg_get_userbyid(s.setrole)) END,
     json_build_object('code', 'settings', 'settings', ARRAY(SELECT split_part(c, '=', 1) FROM unnest(s.setconfig) c))
   FROM pg_db_role_setting s WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  `SELECT 'comment', n.nspname::text, json_build_object('code', 'schema-comment') FROM pg_namespace n
   WHERE n.oid = $2 AND EXISTS (SELECT 1 FROM pg_description d WHERE d.classoid = 'pg_namespace'::regclass AND d.objoid = n.oid
     AND d.description <> 'standard public schema')`,
  `SELECT 'schema privileges', n.nspname::text, json_build_object('code', 'schema-privileges') FROM pg_namespace n
   WHERE n.oid = $2 AND n.nspacl IS DISTINCT FROM (SELECT p.initprivs FROM pg_init_privs p
     WHERE p.classoid = 'pg_namespace'::regclass AND p.objoid = n.oid AND p.objsubid = 0)`,
  `SELECT 'tablespace', s.spcname::text, json_build_object('code', 'tablespace', 'parts', count(*))
   FROM pg_class c JOIN pg_tablespace s ON s.oid = c.reltablespace LEFT JOIN pg_index i ON i.indexrelid = c.oid
     LEFT JOIN pg_class t ON t.oid = i.indrelid
   WHERE coalesce(t.relnamespace, c.relnamespace) = $2 AND c.relkind IN ('r', 'p', 'm', 'i', 'I') GROUP BY s.spcname`,
  `SELECT 'default privileges', a.defaclrole::regrole::text,
     json_build_object('code', 'default-privileges', 'on', CASE a.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences'
       WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' ELSE 'schemas' END)
   FROM pg_default_acl a WHERE a.defaclnamespace IN (0, $2)`,
];

/** What Ark does not carry, so that nobody learns of it at the restore. */
export async function readNotIncluded(
  client: Client,
  schema: string,
  description: Description,
): Promise<DatabaseFacts['notIncluded']> {
  const left = await rows<{ what: string; name: string; why: Why }>(
    client,
    `${[...OTHERS, ...KINDS.map(listing)].join('\nUNION ALL ')}\nORDER BY 1, 2`,
    [schema, description.oid],
  );
  return [
    ...left.map(({ what, name, why }) => notIncluded(what, name, why)),
    ...description.foreign.map((name) => notIncluded('foreign table', name, { code: 'foreign-table' })),
    ...description.typed.map((name) => notIncluded('typed table', name, { code: 'typed-table' })),
  ];
}
