import type { Client } from 'pg';
import { objectKey, relationKey } from '../../../schema/structure';
import { WHOLES } from './catalog';
import { literal } from '../sql/quote';
import { rows } from '../connection/connection';
import { describeSchema, type Description } from './describe';
import { catalogOf } from './elsewhere';
import { OURS, PREPARED_COMMENT, STAGE_COMMENT, UNDO_COMMENT } from '../sql/names';
import { FIRST_OF_PEOPLE, PART_CATALOGS, PARTS } from './ties';

/**
 * Something of another schema that hangs on the app's: found by what the catalog says depends on what, not by names.
 * `other` is all that Ark cannot make anew.
 */
export interface Outsider {
  readonly key: string;
  /** For people, as the server calls it. */
  readonly what: string;
  readonly kind: OutsiderKind;
  readonly oid: number;
  readonly schema: string;
  /** That it is, or that it is on. */
  readonly relation: string | null;
  readonly name: string | null;
  /** A whole statement, of what no description has. */
  readonly definition: string | null;
  readonly owner: string | null;
  readonly comment: string | null;
  /** We may change it. */
  readonly ours: boolean;
  /** Something of the app's own is on top of it. */
  readonly used: boolean;
  /** Changes with it. */
  readonly mark: string;
  readonly needs: readonly OutsiderNeed[];
}

export type OutsiderKind =
  'view' | 'materialized' | 'foreign' | 'check' | 'default' | Attached | 'routine' | 'statistics' | 'other';
type Attached = 'policy' | 'rule' | 'trigger';

export interface OutsiderNeed {
  /** Of the app's schema, or of another outsider. */
  readonly key: string;
  readonly column: string | null;
  /** A type stands in what it is, and not only in its text. */
  readonly typed: boolean;
}

export interface Outside {
  readonly all: readonly Outsider[];
  /** By schema, as the catalog has them now; its texts are to be run with that schema in the path. */
  readonly described: ReadonlyMap<string, Description>;
}

type OutsiderRow = Omit<Outsider, 'key' | 'needs'> & { readonly class: number };
interface EdgeRow {
  readonly class: number;
  readonly oid: number;
  /** Of the app's schema: what kind of thing, or null for another outsider. */
  readonly catalog: string | null;
  readonly to: string;
  readonly column: string | null;
  readonly typed: boolean;
}

export async function readOutside(client: Client, schema: string, live: Description): Promise<Outside> {
  const all = await readOutsiders(client, schema, live);
  const described = new Map<string, Description>();
  for (const place of new Set(all.filter((each) => each.kind !== 'other').map((each) => each.schema)))
    described.set(place, await describeSchema(client, place, { withSequences: false }));
  return { all, described };
}

type Mark = Pick<Outsider, 'key' | 'mark'>;

const ask = <T>(client: Client, schema: string, select: string): Promise<T[]> =>
  rows<T>(
    client,
    select.replaceAll('$1', `(SELECT s.oid FROM pg_namespace s WHERE s.nspname = ${literal(schema)})`),
  );

/** Most databases have nothing but the app, and to know that takes the server a fraction of the whole question. */
async function askOutsiders(client: Client, schema: string): Promise<OutsiderRow[]> {
  const [beside] = await ask<{ any: boolean }>(client, schema, ANY_OUTSIDE);
  return beside?.any === false ? [] : ask<OutsiderRow>(client, schema, `${FOUND} ${OUTSIDERS}`);
}

/** By these it shows whether anything has changed. */
export async function readMarks(client: Client, schema: string): Promise<Mark[]> {
  const outsiders = await askOutsiders(client, schema);
  return outsiders.map(({ class: catalog, oid, mark }) => ({ key: `${catalog} ${oid}`, mark }));
}

async function readOutsiders(client: Client, schema: string, live: Description): Promise<Outsider[]> {
  const outsiders = await askOutsiders(client, schema);
  if (outsiders.length === 0) return [];
  const keys = new Map<string, string>();
  for (const { name } of live.relations)
    keys.set(`relation ${live.oids.get(relationKey(name))}`, relationKey(name));
  for (const object of live.objects) {
    keys.set(`${catalogOf(object)} ${live.oids.get(objectKey(object))}`, objectKey(object));
  }
  const needs = new Map<string, OutsiderNeed[]>();
  for (const { class: catalog, oid, catalog: kind, to, column, typed } of await ask<EdgeRow>(
    client,
    schema,
    `${FOUND} ${EDGES}`,
  )) {
    const from = `${catalog} ${oid}`;
    const key = kind === null ? to : keys.get(`${kind} ${to}`);
    if (key !== undefined && key !== from)
      needs.set(from, [...(needs.get(from) ?? []), { key, column, typed }]);
  }
  return outsiders.map(({ class: catalog, ...outsider }) => {
    const key = `${catalog} ${outsider.oid}`;
    return { ...outsider, key, needs: needs.get(key) ?? [] };
  });
}

const classOf = (name: string): string => `'${name}'::regclass::oid`;

/** What Ark's own schemas hold is another matter (see tiesTo). */
const IN_OTHER_SCHEMA = `h.schema IS DISTINCT FROM $1 AND h.schema IS DISTINCT FROM 'pg_toast'::regnamespace::oid
  AND NOT EXISTS (SELECT 1 FROM pg_namespace n WHERE n.oid = h.schema AND n.nspname LIKE 'ark\\_%'
    AND split_part(obj_description(n.oid, 'pg_namespace'), chr(10), 1) IN ('${UNDO_COMMENT}', '${STAGE_COMMENT}', '${PREPARED_COMMENT}') AND ${OURS('n.nspowner')})`;
const OF_NO_INTEREST = ['pg_publication_rel', 'pg_extension', 'pg_init_privs'].map(classOf).join(', ');
const IS_OUTSIDE = `${IN_OTHER_SCHEMA} AND e.class NOT IN (${OF_NO_INTEREST})`;

/** Whether there is anything at all that an outsider could be: of another schema, of none, or changed by people. */
const ANY_OUTSIDE = `
  SELECT EXISTS (SELECT 1 FROM (${PARTS}) h WHERE ${IN_OTHER_SCHEMA})
    OR EXISTS (SELECT 1 FROM pg_depend d WHERE d.deptype IN ('n','a','i') AND d.refobjid >= ${FIRST_OF_PEOPLE}
      AND (d.objid < ${FIRST_OF_PEOPLE} OR d.classid NOT IN (${PART_CATALOGS}, ${OF_NO_INTEREST}))) AS any`;

const FOUND = `
  WITH RECURSIVE part AS (${WHOLES}),
  home AS (${PARTS}),
  mine AS (
    SELECT p.class, p.part, p.catalog, coalesce(q.refobjid, p.whole) AS whole
    FROM part p
      LEFT JOIN pg_depend q ON p.catalog = 'relation' AND q.classid = ${classOf('pg_class')} AND q.objid = p.whole AND q.deptype IN ('a','i')
        AND q.refclassid = ${classOf('pg_class')} AND q.refobjsubid > 0
        AND EXISTS (SELECT 1 FROM pg_class s WHERE s.oid = p.whole AND s.relkind = 'S')
  ),
  inner_part AS (
    SELECT ${classOf('pg_rewrite')} AS class, oid, ${classOf('pg_class')} AS wclass, ev_class AS whole FROM pg_rewrite WHERE rulename = '_RETURN' AND oid >= ${FIRST_OF_PEOPLE}
    UNION ALL SELECT ${classOf('pg_class')}, indexrelid, ${classOf('pg_class')}, indrelid FROM pg_index WHERE indexrelid >= ${FIRST_OF_PEOPLE}
    UNION ALL SELECT ${classOf('pg_trigger')}, oid, ${classOf('pg_constraint')}, tgconstraint FROM pg_trigger WHERE tgisinternal AND tgconstraint <> 0
    UNION ALL SELECT ${classOf('pg_type')}, t.oid, CASE WHEN k.oid IS NULL THEN ${classOf('pg_type')} ELSE ${classOf('pg_class')} END, coalesce(k.oid, e.oid)
      FROM pg_type t LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
        LEFT JOIN pg_class k ON k.oid = coalesce(nullif(t.typrelid, 0), e.typrelid) AND k.relkind <> 'c'
      WHERE coalesce(k.oid, e.oid) IS NOT NULL AND t.oid >= ${FIRST_OF_PEOPLE}
  ),
  edge AS (
    SELECT coalesce(f.wclass, d.classid) AS class, coalesce(f.whole, d.objid) AS oid,
      coalesce(t.wclass, d.refclassid) AS wclass, coalesce(t.whole, d.refobjid) AS whole,
      d.refclassid, d.refobjid, d.refobjsubid, d.refclassid = ${classOf('pg_type')} AS typed
    FROM pg_depend d LEFT JOIN inner_part f ON f.class = d.classid AND f.oid = d.objid
      LEFT JOIN inner_part t ON t.class = d.refclassid AND t.oid = d.refobjid
    WHERE d.deptype IN ('n','a','i') AND (d.objid >= ${FIRST_OF_PEOPLE} OR d.refobjid >= ${FIRST_OF_PEOPLE})
  ),
  outsider AS (
    SELECT e.class, e.oid FROM edge e JOIN mine m ON m.class = e.refclassid AND m.part = e.refobjid
      LEFT JOIN home h ON h.class = e.class AND h.oid = e.oid WHERE ${IS_OUTSIDE}
    UNION
    SELECT e.class, e.oid FROM outsider o JOIN edge e ON e.wclass = o.class AND e.whole = o.oid
      LEFT JOIN home h ON h.class = e.class AND h.oid = e.oid WHERE ${IS_OUTSIDE}
  )`;

const EDGES = `
  SELECT DISTINCT e.class, e.oid, m.catalog, m.whole::text AS to, a.attname AS column, e.typed
  FROM outsider o JOIN edge e ON e.class = o.class AND e.oid = o.oid
    JOIN mine m ON m.class = e.refclassid AND m.part = e.refobjid
    LEFT JOIN pg_attribute a ON e.refclassid = ${classOf('pg_class')} AND a.attrelid = e.refobjid AND a.attnum = e.refobjsubid AND a.attnum > 0
  UNION
  SELECT e.class, e.oid, NULL, o.class || ' ' || o.oid, NULL, e.typed
  FROM outsider o JOIN edge e ON e.wclass = o.class AND e.whole = o.oid
    JOIN outsider f ON f.class = e.class AND f.oid = e.oid`;

/** Constraints that a child has from its parent are the parent's. */
const OUTSIDERS = `
  SELECT o.class, o.oid, pg_describe_object(o.class, o.oid, 0) AS what,
    CASE WHEN c.relkind = 'v' THEN 'view' WHEN c.relkind = 'm' THEN 'materialized'
      WHEN k.contype = 'f' THEN 'foreign' WHEN k.contype = 'c' AND k.conrelid <> 0 THEN 'check'
      WHEN d.oid IS NOT NULL AND a.attgenerated = '' THEN 'default' WHEN r.oid IS NOT NULL THEN 'rule'
      WHEN g.oid IS NOT NULL THEN 'trigger' WHEN p.oid IS NOT NULL THEN 'policy' WHEN f.oid IS NOT NULL THEN 'routine'
      WHEN s.oid IS NOT NULL THEN 'statistics' ELSE 'other' END AS kind,
    coalesce(n.nspname, '') AS schema, rel.relname AS relation,
    coalesce(k.conname, r.rulename, g.tgname, p.polname, a.attname, s.stxname, f.proname) AS name,
    CASE WHEN s.oid IS NOT NULL THEN pg_get_statisticsobjdef(s.oid) END AS definition,
    pg_get_userbyid(s.stxowner) AS owner, CASE WHEN s.oid IS NOT NULL THEN obj_description(s.oid, 'pg_statistic_ext') END AS comment,
    coalesce(pg_has_role(coalesce(f.proowner, s.stxowner, rel.relowner), 'USAGE')
      AND (coalesce(c.oid, f.oid, s.oid) IS NULL OR has_schema_privilege(n.oid, 'CREATE')), false) AS ours,
    EXISTS (SELECT 1 FROM edge e JOIN home h ON h.class = e.class AND h.oid = e.oid
      WHERE e.wclass = o.class AND e.whole = o.oid AND h.schema = $1) AS used,
    coalesce(c.xmin, k.xmin, d.xmin, r.xmin, g.xmin, p.xmin, f.xmin, s.xmin)::text
      || coalesce((SELECT w.xmin::text FROM pg_rewrite w WHERE w.ev_class = c.oid AND w.rulename = '_RETURN'), '') AS mark
  FROM outsider o
    LEFT JOIN pg_class c ON o.class = ${classOf('pg_class')} AND c.oid = o.oid
    LEFT JOIN pg_constraint k ON o.class = ${classOf('pg_constraint')} AND k.oid = o.oid
    LEFT JOIN pg_attrdef d ON o.class = ${classOf('pg_attrdef')} AND d.oid = o.oid
    LEFT JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
    LEFT JOIN pg_rewrite r ON o.class = ${classOf('pg_rewrite')} AND r.oid = o.oid
    LEFT JOIN pg_trigger g ON o.class = ${classOf('pg_trigger')} AND g.oid = o.oid
    LEFT JOIN pg_policy p ON o.class = ${classOf('pg_policy')} AND p.oid = o.oid
    LEFT JOIN pg_proc f ON o.class = ${classOf('pg_proc')} AND f.oid = o.oid
    LEFT JOIN pg_statistic_ext s ON o.class = ${classOf('pg_statistic_ext')} AND s.oid = o.oid
    LEFT JOIN pg_class rel ON rel.oid = coalesce(c.oid, k.conrelid, d.adrelid, r.ev_class, g.tgrelid, p.polrelid)
    LEFT JOIN pg_namespace n ON n.oid = coalesce(rel.relnamespace, f.pronamespace, s.stxnamespace)
  WHERE NOT coalesce(g.tgisinternal, false) AND coalesce(k.conparentid, 0) = 0 AND coalesce(k.conislocal, true)
  ORDER BY what`;
