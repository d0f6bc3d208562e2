import type { Client } from 'pg';
import type { PartComment } from '../structure/structure';
import type { ReferenceAction } from '../../../schema/types';
import { printed } from '../connection/connection';

/**
 * What PostgreSQL's catalog says about one schema: one query a catalog, never one a table, so that a thousand
 * tables cost no more round trips than one. Objects that belong to an extension are the extension's business.
 * The texts are printed as the app would write them (see printed()).
 */
export interface Place {
  readonly oid: number;
  readonly name: string;
}

/** `$1` is the schema's oid: a cursor is declared without parameters. */
export const ask = <T>(client: Client, { oid, name }: Place, sql: string): Promise<T[]> =>
  printed(client, name, sql.replaceAll('$1', `${oid}::oid`));

/** As obj_description() and col_description() have it; those are written in SQL, and look names up when they run. */
export const commentOf = (catalog: string, oid: string, column = '0') =>
  `(SELECT x.description FROM pg_description x WHERE x.classoid = '${catalog}'::regclass AND x.objoid = ${oid} AND x.objsubid = ${column})`;

export const NOT_OF_EXTENSION = (catalog: string, oid: string) =>
  `NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.classid = '${catalog}'::regclass AND e.objid = ${oid} AND e.deptype = 'e')`;

const TABLES = `SELECT c.oid FROM pg_class c WHERE c.relnamespace = $1 AND c.relkind IN ('r','p','v','m')`;

export interface RelationRow {
  oid: number;
  name: string;
  kind: 'r' | 'p' | 'v' | 'm' | 'f';
  persistence: 'p' | 'u';
  owner: string;
  rowSecurity: boolean;
  forced: boolean;
  replicaIdentity: string;
  populated: boolean;
  options: string[] | null;
  toastOptions: string[] | null;
  bound: string | null;
  partitionKey: string | null;
  query: string | null;
  accessMethod: string | null;
  typed: boolean;
  estimate: number;
  bytes: string;
  comment: string | null;
}

export const readRelations = (client: Client, schema: Place): Promise<RelationRow[]> =>
  ask(
    client,
    schema,
    `SELECT c.oid, c.relname AS name, c.relkind AS kind, c.relpersistence AS persistence,
       pg_get_userbyid(c.relowner) AS owner, c.relrowsecurity AS "rowSecurity", c.relforcerowsecurity AS forced,
       c.relreplident AS "replicaIdentity", c.relispopulated AS populated, c.reloptions AS options,
       t.reloptions AS "toastOptions", pg_get_expr(c.relpartbound, c.oid) AS bound,
       CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END AS "partitionKey",
       CASE WHEN c.relkind IN ('v','m') THEN pg_get_viewdef(c.oid) END AS query,
       (SELECT a.amname FROM pg_am a WHERE a.oid = c.relam) AS "accessMethod", c.reloftype <> 0 AS typed,
       CASE WHEN c.relkind IN ('r','m') AND pg_catalog.pg_relation_size(c.oid, 'main') = 0 THEN 0
         WHEN c.relpages = 0 AND c.reltuples = 0 THEN -1 ELSE c.reltuples END::float8 AS estimate,
       pg_total_relation_size(c.oid)::text AS bytes,
       ${commentOf('pg_class', 'c.oid')} AS comment
     FROM pg_class c LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
     WHERE c.relnamespace = $1 AND c.relkind IN ('r','p','v','m','f') AND c.relpersistence <> 't'
       AND ${NOT_OF_EXTENSION('pg_class', 'c.oid')}
     ORDER BY c.relname COLLATE "C"`,
  );

export interface ColumnRow {
  relation: number;
  number: number;
  name: string;
  native: string;
  category: string;
  base: string;
  /** -1 where none was declared. */
  modifier: number;
  elementBase: string | null;
  elementCategory: string | null;
  notNull: boolean;
  default: string | null;
  generated: '' | 's' | 'v';
  identity: '' | 'a' | 'd';
  collation: string | null;
  storage: string | null;
  compression: string | null;
  statistics: number | null;
  options: string[] | null;
  local: boolean;
  comment: string | null;
}

/** `base` and `category` are those of the type under a domain. */
export const readColumns = (client: Client, schema: Place, version: number): Promise<ColumnRow[]> =>
  ask(
    client,
    schema,
    `SELECT a.attrelid AS relation, a.attnum AS number, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS native,
       t.typcategory AS category, CASE WHEN b.typnamespace = 'pg_catalog'::regnamespace THEN b.typname ELSE '' END AS base,
       CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END AS modifier,
       CASE WHEN e.typnamespace = 'pg_catalog'::regnamespace THEN e.typname ELSE '' END AS "elementBase", e.typcategory AS "elementCategory",
       a.attnotnull AS "notNull", pg_get_expr(d.adbin, d.adrelid) AS default, a.attgenerated AS generated,
       a.attidentity AS identity,
       (SELECT CASE WHEN c.collnamespace IN ('pg_catalog'::regnamespace, $1) THEN quote_ident(c.collname)
               ELSE c.collnamespace::regnamespace || '.' || quote_ident(c.collname) END
          FROM pg_collation c WHERE c.oid = a.attcollation AND a.attcollation <> t.typcollation) AS collation,
       CASE WHEN a.attstorage <> t.typstorage
         THEN CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END AS storage,
       ${version >= 140000 ? `CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END` : 'NULL'} AS compression,
       nullif(a.attstattarget, -1) AS statistics, 
       -- Only what people can set: servers keep marks of their own there too (15.20 does, on views).
       (SELECT array_agg(o) FROM unnest(a.attoptions) o WHERE o LIKE 'n\\_distinct%') AS options, a.attislocal AS local,
       ${commentOf('pg_class', 'a.attrelid', 'a.attnum')} AS comment
     FROM pg_attribute a
       JOIN pg_type t ON t.oid = a.atttypid
       JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
       LEFT JOIN pg_type e ON e.oid = b.typelem AND b.typcategory = 'A'
       LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE a.attrelid IN (${TABLES}) AND a.attnum > 0 AND NOT a.attisdropped
     ORDER BY a.attrelid, a.attnum`,
  );

export interface ParentRow {
  child: number;
  parent: number;
  parentName: string;
  sameSchema: boolean;
}

export const readParents = (client: Client, schema: Place): Promise<ParentRow[]> =>
  ask(
    client,
    schema,
    `SELECT i.inhrelid AS child, i.inhparent AS parent, p.relname AS "parentName", p.relnamespace = $1 AS "sameSchema"
     FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
     WHERE c.relnamespace = $1 AND c.relkind IN ('r','p') ORDER BY i.inhrelid, i.inhseqno`,
  );

export interface ConstraintRow {
  oid: number;
  relation: number;
  index: number;
  name: string;
  kind: 'p' | 'u' | 'c' | 'x' | 'f' | 'n';
  definition: string;
  validated: boolean;
  local: boolean;
  references: string | null;
  column: string | null;
  columns: string[] | null;
  referencedColumns: string[] | null;
  onDelete: ReferenceAction | null;
  onUpdate: ReferenceAction | null;
  noInherit: boolean;
  comment: string | null;
}

const action = (column: string): string =>
  `CASE WHEN k.contype = 'f' THEN CASE ${column} WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict'
     WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' WHEN 'd' THEN 'set default' END END`;

/** Constraints that a partition has from its parent come with the parent and are left out. */
export const readConstraints = (client: Client, schema: Place): Promise<ConstraintRow[]> =>
  ask(
    client,
    schema,
    `SELECT k.oid, k.conrelid AS relation, k.conindid AS index, k.conname AS name, k.contype AS kind,
       pg_get_constraintdef(k.oid, true) AS definition, k.convalidated AS validated, k.conislocal AS local,
       CASE WHEN k.contype = 'f' AND f.relnamespace = $1 THEN f.relname END AS references,
       CASE k.contype WHEN 'n' THEN (SELECT attname FROM pg_attribute WHERE attrelid = k.conrelid AND attnum = k.conkey[1]) END AS column,
       CASE WHEN k.contype IN ('f','p','u') THEN ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(n, i)
         JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY u.i) END AS columns,
       CASE k.contype WHEN 'f' THEN ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(n, i)
         JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY u.i) END AS "referencedColumns",
       ${action('k.confdeltype')} AS "onDelete", ${action('k.confupdtype')} AS "onUpdate",
       k.connoinherit AS "noInherit", ${commentOf('pg_constraint', 'k.oid')} AS comment
     FROM pg_constraint k LEFT JOIN pg_class f ON f.oid = k.confrelid
     WHERE k.conrelid IN (${TABLES}) AND k.contype IN ('p','u','c','x','f','n')
       AND (k.conparentid = 0 OR k.contype IN ('p','u','x'))
     ORDER BY k.conrelid, k.conname COLLATE "C"`,
  );

export interface IndexRow {
  oid: number;
  relation: number;
  name: string;
  definition: string;
  /** Of a partitioned table also where partitions lack theirs. */
  valid: boolean;
  unique: boolean;
  columns: string[] | null;
  parent: string | null;
  options: string[] | null;
  clustered: boolean;
  replicaIdentity: boolean;
  statistics: [number, number][] | null;
  comment: string | null;
}

/** One that CREATE INDEX CONCURRENTLY left half made enforces nothing; that of a partitioned table may lack partitions. */
const VALID_INDEX = `(i.indisvalid OR EXISTS (SELECT 1 FROM pg_class p WHERE p.oid = i.indrelid AND p.relkind = 'p'))`;

export const readIndexes = (client: Client, schema: Place): Promise<IndexRow[]> =>
  ask(
    client,
    schema,
    `SELECT i.indexrelid AS oid, i.indrelid AS relation, c.relname AS name, pg_get_indexdef(i.indexrelid, 0, true) AS definition,
       ${VALID_INDEX} AS valid, i.indisunique AS unique,
       CASE WHEN i.indpred IS NULL AND i.indexprs IS NULL THEN ARRAY(SELECT a.attname::text
         FROM unnest(i.indkey) WITH ORDINALITY u(n, k) JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.n
         WHERE u.k <= i.indnkeyatts ORDER BY u.k) END AS columns,
       (SELECT p.relname FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent WHERE h.inhrelid = i.indexrelid) AS parent,
       c.reloptions AS options, i.indisclustered AS clustered, i.indisreplident AS "replicaIdentity",
       (SELECT json_agg(json_build_array(a.attnum, a.attstattarget) ORDER BY a.attnum) FROM pg_attribute a
         WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0) AS statistics,
       ${commentOf('pg_class', 'i.indexrelid')} AS comment
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE i.indrelid IN (${TABLES}) AND i.indislive ORDER BY i.indrelid, c.relname COLLATE "C"`,
  );

export interface AttachmentRow {
  oid: number;
  relation: number;
  kind: 'trigger' | 'rule' | 'policy' | 'statistics';
  name: string;
  definition: string;
  enabled: 'O' | 'D' | 'R' | 'A' | null;
  statistics: number | null;
  comment: string | null;
}

export const readAttachments = (client: Client, schema: Place, version: number): Promise<AttachmentRow[]> =>
  ask(
    client,
    schema,
    `SELECT g.oid, g.tgrelid AS relation, 'trigger' AS kind, g.tgname AS name, pg_get_triggerdef(g.oid, true) AS definition,
       g.tgenabled AS enabled, NULL::int AS statistics, ${commentOf('pg_trigger', 'g.oid')} AS comment
     FROM pg_trigger g WHERE g.tgrelid IN (${TABLES}) AND NOT g.tgisinternal ${version >= 130000 ? 'AND g.tgparentid = 0' : ''}
     UNION ALL
     SELECT r.oid, r.ev_class, 'rule', r.rulename, pg_get_ruledef(r.oid, true), r.ev_enabled, NULL, ${commentOf('pg_rewrite', 'r.oid')}
     FROM pg_rewrite r WHERE r.ev_class IN (${TABLES}) AND r.rulename <> '_RETURN'
     UNION ALL
     SELECT p.oid, p.polrelid, 'policy', p.polname,
       format('CREATE POLICY %I ON %I AS %s FOR %s TO %s%s%s', p.polname, c.relname,
         CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
         CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
         (SELECT string_agg(CASE u.r WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(u.r)) END, ', ') FROM unnest(p.polroles) u(r)),
         ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
         ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'),
       NULL, NULL, ${commentOf('pg_policy', 'p.oid')}
     FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE p.polrelid IN (${TABLES})
     UNION ALL
     SELECT s.oid, s.stxrelid, 'statistics', s.stxname,
       replace(pg_get_statisticsobjdef(s.oid), 'CREATE STATISTICS ' || quote_ident(n.nspname) || '.', 'CREATE STATISTICS '),
       NULL, ${version >= 130000 ? 'nullif(s.stxstattarget, -1)' : 'NULL'}, ${commentOf('pg_statistic_ext', 's.oid')}
     FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
     WHERE s.stxrelid IN (${TABLES}) AND s.stxnamespace = $1
     ORDER BY 2, 3, 4`,
  );

export interface InheritedTriggerRow {
  relation: number;
  name: string;
  enabled: 'O' | 'D' | 'R' | 'A';
}

/** Before version 13 nothing says which trigger of the parent a partition's is. */
export const readInheritedTriggers = (
  client: Client,
  schema: Place,
  version: number,
): Promise<InheritedTriggerRow[]> =>
  version < 130000
    ? Promise.resolve([])
    : ask(
        client,
        schema,
        `SELECT g.tgrelid AS relation, g.tgname AS name, g.tgenabled AS enabled
         FROM pg_trigger g JOIN pg_trigger p ON p.oid = g.tgparentid
         WHERE g.tgrelid IN (${TABLES}) AND NOT g.tgisinternal AND g.tgenabled <> p.tgenabled
         ORDER BY 1, 2`,
      );

export interface PartCommentRow extends PartComment {
  catalog: 'relation' | 'type';
  oid: number;
}

/** Of all parts that have a name in their whole; some of them are described by themselves. */
export const readPartComments = (client: Client, schema: Place): Promise<PartCommentRow[]> =>
  ask(
    client,
    schema,
    `SELECT CASE k.conrelid WHEN 0 THEN 'type' ELSE 'relation' END AS catalog, CASE k.conrelid WHEN 0 THEN k.contypid ELSE k.conrelid END AS oid,
       'constraint' AS kind, k.conname AS name, d.description AS comment
     FROM pg_description d JOIN pg_constraint k ON k.oid = d.objoid
     WHERE d.classoid = 'pg_constraint'::regclass AND k.connamespace = $1
     UNION ALL
     SELECT 'relation', g.tgrelid, 'trigger', g.tgname, d.description
     FROM pg_description d JOIN pg_trigger g ON g.oid = d.objoid
     WHERE d.classoid = 'pg_trigger'::regclass AND g.tgrelid IN (${TABLES})
     UNION ALL
     SELECT 'type', c.reltype, 'column', a.attname, d.description
     FROM pg_description d JOIN pg_class c ON c.oid = d.objoid AND c.relkind = 'c'
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid
     WHERE d.classoid = 'pg_class'::regclass AND c.relnamespace = $1
     ORDER BY 1, 2, 3, 4`,
  );

export interface SequenceRow {
  oid: number;
  name: string;
  owner: string;
  persistence: string;
  type: string;
  start: string;
  increment: string;
  min: string;
  max: string;
  cache: string;
  cycle: boolean;
  comment: string | null;
  /** The table and column that own it; `i` when it is the column's identity. */
  relation: number | null;
  column: string | null;
  ownership: 'a' | 'i' | null;
  /** The column is an identity. */
  identity: boolean;
}

export const readSequences = (client: Client, schema: Place): Promise<SequenceRow[]> =>
  ask(
    client,
    schema,
    `SELECT c.oid, c.relname AS name, pg_get_userbyid(c.relowner) AS owner, c.relpersistence AS persistence,
       format_type(s.seqtypid, NULL) AS type, s.seqstart::text AS start, s.seqincrement::text AS increment,
       s.seqmin::text AS min, s.seqmax::text AS max, s.seqcache::text AS cache, s.seqcycle AS cycle,
       ${commentOf('pg_class', 'c.oid')} AS comment, d.refobjid AS relation, a.attname AS column, d.deptype AS ownership,
       coalesce(a.attidentity <> '', false) AS identity
     FROM pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid
       LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
         AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a','i') AND d.refobjsubid > 0
       LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
     WHERE c.relnamespace = $1 AND c.relkind = 'S' AND c.relpersistence <> 't' AND ${NOT_OF_EXTENSION('pg_class', 'c.oid')}
     ORDER BY c.relname COLLATE "C"`,
  );

export interface ObjectRow {
  oid: number;
  kind: 'enum' | 'domain' | 'composite' | 'range' | 'function' | 'procedure' | 'aggregate';
  name: string;
  identity: string;
  definition: string;
  owner: string;
  comment: string | null;
  /** Of a domain. */
  notValid?: { name: string; definition: string }[] | null;
  /** The language and text of a routine, to find routines that it calls by name. */
  source: string | null;
}

export const readTypes = (client: Client, schema: Place, version: number): Promise<ObjectRow[]> =>
  ask(
    client,
    schema,
    `SELECT t.oid, k.kind, t.typname AS name, quote_ident(t.typname) AS identity, pg_get_userbyid(t.typowner) AS owner,
       ${commentOf('pg_type', 't.oid')} AS comment, NULL AS source,
       (SELECT json_agg(json_build_object('name', k.conname, 'definition', pg_get_constraintdef(k.oid, true)) ORDER BY k.conname COLLATE "C")
          FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c' AND NOT k.convalidated) AS "notValid",
       CASE k.kind
         WHEN 'enum' THEN format('CREATE TYPE %I AS ENUM (%s)', t.typname,
           (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
         WHEN 'composite' THEN format('CREATE TYPE %I AS (%s)', t.typname,
           (SELECT string_agg(format('%I %s%s', a.attname, format_type(a.atttypid, a.atttypmod), ' COLLATE ' || ${collationName('a.attcollation', 'y.typcollation')}), ', ' ORDER BY a.attnum)
              FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
         WHEN 'domain' THEN format('CREATE DOMAIN %I AS %s%s%s%s%s', t.typname, format_type(t.typbasetype, t.typtypmod),
           (SELECT ' COLLATE ' || ${collationName('t.typcollation', 'b.typcollation')} FROM pg_type b WHERE b.oid = t.typbasetype),
           ' DEFAULT ' || coalesce(pg_get_expr(t.typdefaultbin, 0), quote_literal(t.typdefault)),
           coalesce((SELECT format(' CONSTRAINT %I NOT NULL', k.conname) FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'n'),
             CASE WHEN t.typnotnull THEN ' NOT NULL' END),
           (SELECT string_agg(format(' CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid, true)), '' ORDER BY k.conname COLLATE "C")
              FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c' AND k.convalidated))
         WHEN 'range' THEN (SELECT format('CREATE TYPE %I AS RANGE (subtype = %s%s%s%s%s%s)', t.typname, format_type(r.rngsubtype, NULL),
             ${
               version >= 140000
                 ? `(SELECT ', multirange_type_name = ' || quote_ident(y.typname) FROM pg_type y WHERE y.oid = r.rngmultitypid
                      AND y.typname <> CASE WHEN t.typname LIKE '%range%' THEN regexp_replace(t.typname, 'range', 'multirange') ELSE t.typname || '_multirange' END)`
                 : 'NULL'
             },
             ', subtype_opclass = ' || (SELECT CASE WHEN pg_opclass_is_visible(o.oid) THEN quote_ident(o.opcname)
                 ELSE o.opcnamespace::regnamespace || '.' || quote_ident(o.opcname) END
               FROM pg_opclass o WHERE o.oid = r.rngsubopc AND NOT o.opcdefault),
             ', collation = ' || ${collationName('r.rngcollation', 's.typcollation')},
             ', canonical = ' || ${routineName('r.rngcanonical')}, ', subtype_diff = ' || ${routineName('r.rngsubdiff')})
           FROM pg_range r JOIN pg_type s ON s.oid = r.rngsubtype WHERE r.rngtypid = t.oid)
       END AS definition
     FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
       CROSS JOIN LATERAL (SELECT CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'c' THEN 'composite' WHEN 'r' THEN 'range' END AS kind) k
     WHERE t.typnamespace = $1 AND t.typtype IN ('e','d','c','r') AND (t.typtype <> 'c' OR c.relkind = 'c')
       AND ${NOT_OF_EXTENSION('pg_type', 't.oid')}
     ORDER BY t.typname COLLATE "C"`,
  );

/** regproc adds the schema where there are several of the name, which would tie the text to that schema. Nothing for 0. */
function routineName(oid: string): string {
  return `(SELECT CASE WHEN f.pronamespace IN ('pg_catalog'::regnamespace, $1) THEN quote_ident(f.proname)
    ELSE f.pronamespace::regnamespace || '.' || quote_ident(f.proname) END FROM pg_proc f WHERE f.oid = ${oid}::oid)`;
}

function collationName(oid: string, ofType: string): string {
  return `(SELECT CASE WHEN l.collnamespace IN ('pg_catalog'::regnamespace, $1) THEN quote_ident(l.collname)
    ELSE l.collnamespace::regnamespace || '.' || quote_ident(l.collname) END FROM pg_collation l WHERE l.oid = ${oid} AND ${oid} <> ${ofType})`;
}

/** What an aggregate's arguments are called and how they come is no part of ALTER ROUTINE, only their types. */
const ROUTINE_IDENTITY = `format('%I(%s)', p.proname, CASE WHEN p.prokind <> 'a' THEN pg_get_function_identity_arguments(p.oid)
  ELSE (SELECT string_agg(format_type(u.type, NULL), ', ' ORDER BY u.at) FROM unnest(p.proargtypes) WITH ORDINALITY u(type, at)) END)`;

/** Nothing where it is what it would be anyway. */
const modified = (column: string): string =>
  `CASE WHEN ${column} <> CASE a.aggkind WHEN 'n' THEN 'r'::"char" ELSE 'w'::"char" END
     THEN CASE ${column} WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END`;

export const readRoutines = (client: Client, schema: Place): Promise<ObjectRow[]> =>
  ask(
    client,
    schema,
    `SELECT p.oid, CASE p.prokind WHEN 'a' THEN 'aggregate' WHEN 'p' THEN 'procedure' ELSE 'function' END AS kind,
       p.proname AS name, ${ROUTINE_IDENTITY} AS identity,
       pg_get_userbyid(p.proowner) AS owner, ${commentOf('pg_proc', 'p.oid')} AS comment,
       CASE WHEN p.prokind <> 'a' THEN p.prosrc END AS source,
       CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) ELSE
         (SELECT concat(format('CREATE AGGREGATE %I(%s) (SFUNC = %s, STYPE = %s', p.proname,
               CASE WHEN a.aggkind = 'n' AND p.pronargs = 0 THEN '*' ELSE pg_get_function_arguments(p.oid) END,
               ${routineName('a.aggtransfn')}, format_type(a.aggtranstype, NULL)),
             ', SSPACE = ' || nullif(a.aggtransspace, 0),
             ', FINALFUNC = ' || ${routineName('a.aggfinalfn')}, CASE WHEN a.aggfinalextra THEN ', FINALFUNC_EXTRA' END,
             CASE WHEN a.aggfinalfn <> 0 THEN ', FINALFUNC_MODIFY = ' || ${modified('a.aggfinalmodify')} END,
             ', COMBINEFUNC = ' || ${routineName('a.aggcombinefn')}, ', SERIALFUNC = ' || ${routineName('a.aggserialfn')},
             ', DESERIALFUNC = ' || ${routineName('a.aggdeserialfn')}, ', INITCOND = ' || quote_literal(a.agginitval),
             ', MSFUNC = ' || ${routineName('a.aggmtransfn')}, ', MINVFUNC = ' || ${routineName('a.aggminvtransfn')},
             CASE WHEN a.aggmtranstype <> 0 THEN ', MSTYPE = ' || format_type(a.aggmtranstype, NULL) END,
             ', MSSPACE = ' || nullif(a.aggmtransspace, 0),
             ', MFINALFUNC = ' || ${routineName('a.aggmfinalfn')}, CASE WHEN a.aggmfinalextra THEN ', MFINALFUNC_EXTRA' END,
             CASE WHEN a.aggmfinalfn <> 0 THEN ', MFINALFUNC_MODIFY = ' || ${modified('a.aggmfinalmodify')} END,
             ', MINITCOND = ' || quote_literal(a.aggminitval),
             (SELECT format(', SORTOP = OPERATOR(%s%s)', CASE WHEN o.oprnamespace <> $1 THEN o.oprnamespace::regnamespace || '.' END, o.oprname)
                FROM pg_operator o WHERE o.oid = a.aggsortop),
             CASE p.proparallel WHEN 's' THEN ', PARALLEL = SAFE' WHEN 'r' THEN ', PARALLEL = RESTRICTED' END,
             CASE a.aggkind WHEN 'h' THEN ', HYPOTHETICAL' END, ')')
          FROM pg_aggregate a WHERE a.aggfnoid = p.oid) END AS definition
     FROM pg_proc p WHERE p.pronamespace = $1 AND ${NOT_OF_EXTENSION('pg_proc', 'p.oid')}
       -- The constructors of a range type come with the type.
       AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')
     ORDER BY p.proname COLLATE "C", pg_get_function_identity_arguments(p.oid) COLLATE "C"`,
  );

export interface PrivilegeRow {
  catalog: 'relation' | 'routine' | 'type';
  oid: number;
  column: string | null;
  grantee: string;
  privilege: string;
  grantable: boolean;
}

/** Only where somebody changed the default. A role that is gone keeps no privilege. */
export const readPrivileges = (client: Client, schema: Place): Promise<PrivilegeRow[]> =>
  ask(
    client,
    schema,
    `SELECT s.catalog, s.oid, s.column, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END AS grantee,
       x.privilege_type AS privilege, x.is_grantable AS grantable
     FROM (
       SELECT 'relation' AS catalog, c.oid, NULL AS column, c.relacl AS acl FROM pg_class c WHERE c.relnamespace = $1 AND c.relkind IN ('r','p','v','m','S')
       UNION ALL SELECT 'relation', a.attrelid, a.attname, a.attacl FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
         WHERE c.relnamespace = $1 AND c.relkind IN ('r','p','v','m') AND NOT a.attisdropped
       UNION ALL SELECT 'routine', p.oid, NULL, p.proacl FROM pg_proc p WHERE p.pronamespace = $1
       UNION ALL SELECT 'type', t.oid, NULL, t.typacl FROM pg_type t WHERE t.typnamespace = $1
     ) s CROSS JOIN LATERAL aclexplode(s.acl) x
     WHERE s.acl IS NOT NULL ORDER BY 1, 2, 3 NULLS FIRST, 4, 5`,
  );

export interface PublicationRow {
  publication: string;
  table: string;
  /** We may change it. */
  ours: boolean;
  columns: string[] | null;
  filter: string | null;
}

/** Tables that a publication names; not those that it has because it has all. */
export const readPublications = (client: Client, schema: Place, version: number): Promise<PublicationRow[]> =>
  ask(
    client,
    schema,
    `SELECT p.pubname AS publication, c.relname AS table, pg_has_role(p.pubowner, 'USAGE') AS ours,
       ${
         version >= 150000
           ? `(SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY(r.prattrs)) AS columns,
              pg_get_expr(r.prqual, r.prrelid) AS filter`
           : 'NULL AS columns, NULL AS filter'
       }
     FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid JOIN pg_class c ON c.oid = r.prrelid
     WHERE c.relnamespace = $1 ORDER BY 1, 2`,
  );

/** Of which catalog something is that is a whole and no part. */
export type Whole =
  | 'relation'
  | 'routine'
  | 'type'
  | 'collation'
  | 'operator'
  | 'family'
  | 'class'
  | 'dictionary'
  | 'configuration';

export interface DependencyRow {
  /** `create`: needed to make the object; `later`: needed by its triggers, policies, indexes or foreign keys. */
  phase: 'create' | 'later';
  fromCatalog: Whole;
  from: number;
  toCatalog: Whole;
  to: number;
}

/** Parts of relations of the schema `$1`, by the column of theirs that says of which. */
const ofRelations = (relation: string): string =>
  `JOIN pg_class c ON c.oid = ${relation} AND c.relnamespace = $1`;

/** What is a part of what in the schema `$1`; a foreign key is part of nothing. */
export const WHOLES = `
       SELECT 'pg_class'::regclass::oid AS class, c.oid AS part, 'relation' AS catalog, c.oid AS whole, 'create' AS phase
         FROM pg_class c WHERE c.relnamespace = $1 AND c.relkind IN ('r','p','v','m','S')
       UNION ALL SELECT 'pg_class'::regclass, i.indexrelid, 'relation', i.indrelid, 'later' FROM pg_index i ${ofRelations('i.indrelid')}
       UNION ALL SELECT 'pg_attrdef'::regclass, d.oid, 'relation', d.adrelid, 'create' FROM pg_attrdef d ${ofRelations('d.adrelid')}
       UNION ALL SELECT 'pg_constraint'::regclass, k.oid, CASE k.conrelid WHEN 0 THEN 'type' ELSE 'relation' END, CASE k.conrelid WHEN 0 THEN k.contypid ELSE k.conrelid END,
           CASE WHEN k.conrelid = 0 OR k.contype = 'c' THEN 'create' ELSE 'later' END
         FROM pg_constraint k WHERE k.connamespace = $1 AND k.contype <> 'f' AND (k.conrelid <> 0 OR k.contypid <> 0)
       UNION ALL SELECT 'pg_rewrite'::regclass, r.oid, 'relation', r.ev_class, CASE r.rulename WHEN '_RETURN' THEN 'create' ELSE 'later' END
         FROM pg_rewrite r ${ofRelations('r.ev_class')}
       UNION ALL SELECT 'pg_trigger'::regclass, g.oid, 'relation', g.tgrelid, 'later' FROM pg_trigger g ${ofRelations('g.tgrelid')} WHERE NOT g.tgisinternal
       UNION ALL SELECT 'pg_policy'::regclass, p.oid, 'relation', p.polrelid, 'later' FROM pg_policy p ${ofRelations('p.polrelid')}
       UNION ALL SELECT 'pg_collation'::regclass, c.oid, 'collation', c.oid, 'create' FROM pg_collation c WHERE c.collnamespace = $1
       UNION ALL SELECT 'pg_operator'::regclass, o.oid, 'operator', o.oid, 'create' FROM pg_operator o WHERE o.oprnamespace = $1
       UNION ALL SELECT 'pg_opfamily'::regclass, f.oid, 'family', f.oid, 'create' FROM pg_opfamily f WHERE f.opfnamespace = $1
       UNION ALL SELECT 'pg_opclass'::regclass, o.oid, 'class', o.oid, 'create' FROM pg_opclass o WHERE o.opcnamespace = $1
       UNION ALL SELECT 'pg_ts_dict'::regclass, d.oid, 'dictionary', d.oid, 'create' FROM pg_ts_dict d WHERE d.dictnamespace = $1
       UNION ALL SELECT 'pg_ts_config'::regclass, c.oid, 'configuration', c.oid, 'create' FROM pg_ts_config c WHERE c.cfgnamespace = $1
       UNION ALL SELECT m.catalog, m.oid, CASE WHEN c.refobjid IS NULL THEN 'family' ELSE 'class' END, coalesce(c.refobjid, m.family), 'create'
         FROM (SELECT 'pg_amop'::regclass::oid AS catalog, oid, amopfamily AS family FROM pg_amop
           UNION ALL SELECT 'pg_amproc'::regclass, oid, amprocfamily FROM pg_amproc) m
         JOIN pg_opfamily f ON f.oid = m.family AND f.opfnamespace = $1
         LEFT JOIN pg_depend c ON c.classid = m.catalog AND c.objid = m.oid AND c.refclassid = 'pg_opclass'::regclass
       UNION ALL SELECT 'pg_proc'::regclass, p.oid, 'routine', p.oid, 'create' FROM pg_proc p WHERE p.pronamespace = $1
       UNION ALL SELECT 'pg_type'::regclass, t.oid,
           CASE WHEN coalesce(e.typrelid, t.typrelid) <> 0 AND k.relkind <> 'c' THEN 'relation' ELSE 'type' END,
           CASE WHEN coalesce(e.typrelid, t.typrelid) <> 0 AND k.relkind <> 'c' THEN k.oid ELSE coalesce(e.oid, t.oid) END, 'create'
         FROM pg_type t LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
           LEFT JOIN pg_class k ON k.oid = coalesce(e.typrelid, t.typrelid) WHERE t.typnamespace = $1
       UNION ALL SELECT 'pg_class'::regclass, c.oid, 'type', c.reltype, 'create' FROM pg_class c WHERE c.relnamespace = $1 AND c.relkind = 'c'`;

/** Who needs whom, with parts (defaults, constraints, rules, indexes, row types) counted as their whole. */
export const readDependencies = (client: Client, schema: Place): Promise<DependencyRow[]> =>
  ask(
    client,
    schema,
    `WITH part AS (
       ${WHOLES}
     )
     SELECT DISTINCT f.phase, f.catalog AS "fromCatalog", f.whole AS from, t.catalog AS "toCatalog", t.whole AS to
     FROM pg_depend d JOIN part f ON f.class = d.classid AND f.part = d.objid
       JOIN part t ON t.class = d.refclassid AND t.part = d.refobjid
     WHERE d.deptype IN ('n','a','i') AND (f.catalog, f.whole) <> (t.catalog, t.whole)`,
  );
