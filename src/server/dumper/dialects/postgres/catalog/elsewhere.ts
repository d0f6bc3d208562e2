import type { Client } from 'pg';
import type { Elsewhere, ElsewhereKind, Part } from '../../../schema/missing';
import { objectKey, relationKey } from '../../../schema/structure';
import type { SchemaObject } from '../structure/structure';
import { ask, WHOLES, type Place } from './catalog';
import { rows } from '../connection/connection';
import type { Description } from './describe';
import { UNCARRIED } from './notIncluded';
import { movableKind } from '../structure/movable';
import { FIRST_OF_PEOPLE, PART_CATALOGS, PARTS } from './ties';

interface Catalog {
  readonly catalog: string;
  /** A column, or what stands for one: in the same words whatever the server's version. */
  readonly name: string | ((row: string) => string);
  readonly schema?: string;
  /** There may be several of a name. */
  readonly several?: true;
}

/** All that something of a schema can need, by what the server keeps of it; roles and extensions are found otherwise. */
export const CATALOGS: Readonly<Record<Exclude<ElsewhereKind, 'extension' | 'role'>, Catalog>> = {
  relation: { catalog: 'pg_class', name: 'relname', schema: 'relnamespace' },
  routine: { catalog: 'pg_proc', name: 'proname', schema: 'pronamespace', several: true },
  type: { catalog: 'pg_type', name: 'typname', schema: 'typnamespace' },
  collation: { catalog: 'pg_collation', name: 'collname', schema: 'collnamespace' },
  operator: { catalog: 'pg_operator', name: 'oprname', schema: 'oprnamespace', several: true },
  operatorClass: { catalog: 'pg_opclass', name: 'opcname', schema: 'opcnamespace', several: true },
  operatorFamily: { catalog: 'pg_opfamily', name: 'opfname', schema: 'opfnamespace', several: true },
  textConfiguration: { catalog: 'pg_ts_config', name: 'cfgname', schema: 'cfgnamespace' },
  textDictionary: { catalog: 'pg_ts_dict', name: 'dictname', schema: 'dictnamespace' },
  textParser: { catalog: 'pg_ts_parser', name: 'prsname', schema: 'prsnamespace' },
  textTemplate: { catalog: 'pg_ts_template', name: 'tmplname', schema: 'tmplnamespace' },
  accessMethod: { catalog: 'pg_am', name: 'amname' },
  tablespace: { catalog: 'pg_tablespace', name: 'spcname' },
  language: { catalog: 'pg_language', name: 'lanname' },
  cast: {
    catalog: 'pg_cast',
    name: (row) =>
      `(SELECT format('%s AS %s', a.typname, b.typname) FROM pg_catalog.pg_type a, pg_catalog.pg_type b WHERE a.oid = ${row}.castsource AND b.oid = ${row}.casttarget)`,
  },
  transform: {
    catalog: 'pg_transform',
    name: (row) =>
      `(SELECT format('%s in %s', t.typname, l.lanname) FROM pg_catalog.pg_type t, pg_catalog.pg_language l WHERE t.oid = ${row}.trftype AND l.oid = ${row}.trflang)`,
  },
};
const ENTRIES = Object.entries(CATALOGS) as [keyof typeof CATALOGS, Catalog][];

const isClass = (column: string, name: string): string => `${column} = 'pg_catalog.${name}'::regclass`;
/** The columns of one of these catalogs, by its oid; nothing for the others. */
const byCatalog = (of: (catalog: Catalog) => string): string =>
  `CASE ${ENTRIES.map(([, catalog]) => `WHEN ${isClass('n.class', catalog.catalog)} THEN ${of(catalog)}`).join(' ')} END`;
const KIND = `CASE ${ENTRIES.map(([kind, catalog]) => `WHEN ${isClass('n.class', catalog.catalog)} THEN '${kind}'`).join(' ')} END`;
const nameIn = (row: string, { name }: Catalog): string =>
  typeof name === 'string' ? `${row}.${name}` : name(row);
const NAME = byCatalog(
  (catalog) =>
    `(SELECT ${nameIn('y', catalog)}::text FROM pg_catalog.${catalog.catalog} y WHERE y.oid = n.oid)`,
);
const SEVERAL = byCatalog(({ several }) => (several ? 'true' : 'false'));

/** Whether an expression, as the server keeps it, goes through a cast: nothing else is kept of that. */
const CASTS = `(CASE k.castmethod
    WHEN 'f' THEN t.tree ~ format(':funcid %s :funcresulttype \\d+ :funcretset \\w+ :funcvariadic \\w+ :funcformat [12] ', k.castfunc)
    WHEN 'i' THEN t.tree ~ format(':resulttype %s :resultcollid \\d+ :coerceformat [12] ', k.casttarget)
    ELSE t.tree ~ format(':resulttype %s :resulttypmod \\S+ :resultcollid \\d+ :relabelformat [12] ', k.casttarget) END
  AND t.tree ~ format('type %s ', k.castsource))`;

/** Expressions of the schema's parts. */
const TREES = `
    SELECT 'pg_catalog.pg_rewrite'::regclass::oid AS class, r.oid, r.ev_action::text AS tree
      FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class AND c.relnamespace = $1
    UNION ALL SELECT 'pg_catalog.pg_attrdef'::regclass, d.oid, d.adbin::text
      FROM pg_catalog.pg_attrdef d JOIN pg_catalog.pg_class c ON c.oid = d.adrelid AND c.relnamespace = $1
    UNION ALL SELECT 'pg_catalog.pg_constraint'::regclass, oid, conbin::text FROM pg_catalog.pg_constraint WHERE connamespace = $1
    UNION ALL SELECT 'pg_catalog.pg_class'::regclass, i.indexrelid, concat(i.indexprs::text, i.indpred::text)
      FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid AND c.relnamespace = $1
    UNION ALL SELECT 'pg_catalog.pg_policy'::regclass, p.oid, concat(p.polqual::text, p.polwithcheck::text)
      FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid AND c.relnamespace = $1
    UNION ALL SELECT 'pg_catalog.pg_trigger'::regclass, g.oid, g.tgqual::text
      FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_class c ON c.oid = g.tgrelid AND c.relnamespace = $1`;

interface NeedRow {
  kind: ElsewhereKind | null;
  schema: string;
  name: string;
  identity: string | null;
  own: boolean;
  /** What needs it: a part of a relation, or an object by its catalog and oid. */
  catalog: string;
  whole: number;
  collection: string | null;
  part: Part['kind'] | null;
  partName: string | null;
}

/**
 * Every part of the schema, what of others it needs, and which extension that belongs to. Arrays, row types, indexes and
 * constraints count as what they are of; the constructors and types that come by themselves are nobody's need.
 */
const NEEDS = `
  WITH own AS (
    ${WHOLES}
    UNION ALL SELECT 'pg_catalog.pg_constraint'::regclass, k.oid, 'relation', k.conrelid, 'later' FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.connamespace = $1
    UNION ALL SELECT 'pg_catalog.pg_statistic_ext'::regclass, s.oid, 'relation', s.stxrelid, 'later' FROM pg_catalog.pg_statistic_ext s
      JOIN pg_catalog.pg_class c ON c.oid = s.stxrelid AND c.relnamespace = $1
  ), home AS (${PARTS}),
  member AS (
    SELECT d.classid, d.objid, e.extname FROM pg_catalog.pg_extension e
      JOIN pg_catalog.pg_depend d ON ${isClass('d.refclassid', 'pg_extension')} AND d.refobjid = e.oid AND d.deptype = 'e'
  ), uncarried AS (${UNCARRIED}),
  need AS MATERIALIZED (
    SELECT DISTINCT d.classid, d.objid, d.objsubid, o.catalog, o.whole, r.class, r.oid, m.extname, n.nspname AS place,
      m.extname IS NULL AND v.oid IS NOT NULL AS own
    FROM own o JOIN pg_catalog.pg_depend d ON d.classid = o.class AND d.objid = o.part AND d.deptype IN ('n', 'a')
      LEFT JOIN pg_catalog.pg_type t ON ${isClass('d.refclassid', 'pg_type')} AND t.oid = d.refobjid
      LEFT JOIN pg_catalog.pg_type e ON t.typcategory = 'A' AND e.oid = t.typelem
      LEFT JOIN pg_catalog.pg_depend u ON t.typtype = 'm' AND ${isClass('u.classid', 'pg_type')} AND u.objid = t.oid AND u.deptype = 'i'
      LEFT JOIN pg_catalog.pg_class w ON w.oid = coalesce(e.typrelid, t.typrelid) AND w.relkind <> 'c'
      LEFT JOIN pg_catalog.pg_index i ON ${isClass('d.refclassid', 'pg_class')} AND i.indexrelid = d.refobjid
      LEFT JOIN pg_catalog.pg_constraint k ON ${isClass('d.refclassid', 'pg_constraint')} AND k.oid = d.refobjid
      CROSS JOIN LATERAL (SELECT coalesce(w.oid, i.indrelid, k.conrelid) AS relation) l
      CROSS JOIN LATERAL (SELECT CASE WHEN l.relation IS NULL THEN d.refclassid ELSE 'pg_catalog.pg_class'::regclass::oid END AS class,
        coalesce(l.relation, e.oid, u.refobjid, d.refobjid) AS oid) r
      LEFT JOIN member m ON m.classid = r.class AND m.objid = r.oid
      LEFT JOIN home h ON h.class = r.class AND h.oid = r.oid
      LEFT JOIN pg_catalog.pg_namespace n ON n.oid = h.schema
      LEFT JOIN uncarried v ON v.class = r.class AND v.oid = r.oid
    WHERE CASE WHEN m.extname IS NOT NULL THEN m.extname <> 'plpgsql'
      ELSE v.oid IS NOT NULL OR h.schema IS DISTINCT FROM $1 AND coalesce(n.nspname, '') !~ '^(pg_|information_schema$)' AND r.oid >= ${FIRST_OF_PEOPLE} END
    UNION
    SELECT t.class, t.oid, 0, o.catalog, o.whole, v.class, v.oid, NULL::name, NULL::name, true
    FROM uncarried v JOIN pg_catalog.pg_cast k ON ${isClass('v.class', 'pg_cast')} AND k.oid = v.oid
      JOIN (${TREES}) t ON ${CASTS} JOIN own o ON o.class = t.class AND o.part = t.oid
  )
  SELECT DISTINCT CASE WHEN n.extname IS NOT NULL THEN 'extension' ELSE ${KIND} END AS kind,
    CASE WHEN n.extname IS NULL THEN coalesce(n.place, '') ELSE '' END AS schema, coalesce(n.extname::text, ${NAME}) AS name,
    CASE WHEN n.extname IS NULL AND ${SEVERAL} AND position(quote_ident((SELECT nspname FROM pg_catalog.pg_namespace WHERE oid = $1)) || '.' IN i.identity) = 0
      THEN i.identity END AS identity,
    n.own, n.catalog, n.whole, c.relname AS collection,
    CASE WHEN k.oid IS NOT NULL THEN 'constraint' WHEN x.oid IS NOT NULL THEN 'index'
      WHEN f.oid IS NOT NULL OR a.attgenerated <> '' THEN CASE coalesce(fa.attgenerated, a.attgenerated) WHEN '' THEN 'default' ELSE 'generated' END
      WHEN r.rulename <> '_RETURN' THEN 'rule' WHEN g.oid IS NOT NULL THEN 'trigger' WHEN p.oid IS NOT NULL THEN 'policy'
      WHEN s.oid IS NOT NULL THEN 'statistics' WHEN ${isClass('n.class', 'pg_am')} THEN 'table'
      -- What a view shows may be text as well; what it computes is the rule's.
      WHEN a.attname IS NOT NULL THEN CASE WHEN c.relkind IN ('r', 'p') THEN 'column' END
      WHEN c.relkind = 'v' THEN 'view' WHEN c.relkind = 'm' THEN 'materialized'
      WHEN c.relkind = 'p' AND n.class NOT IN ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_type'::regclass) THEN 'partition' END AS part,
    coalesce(k.conname, x.relname, fa.attname, a.attname, nullif(r.rulename, '_RETURN'), g.tgname, p.polname, s.stxname,
      CASE WHEN c.relkind = 'p' AND NOT ${isClass('n.class', 'pg_am')} THEN 'key' END, c.relname)::text AS "partName"
  FROM need n
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(n.class, n.oid, 0) i
    LEFT JOIN pg_catalog.pg_class c ON n.catalog = 'relation' AND c.oid = n.whole
    LEFT JOIN pg_catalog.pg_class x ON ${isClass('n.classid', 'pg_class')} AND x.oid = n.objid AND x.relkind IN ('i', 'I')
    LEFT JOIN pg_catalog.pg_attribute a ON ${isClass('n.classid', 'pg_class')} AND a.attrelid = n.objid AND a.attnum = n.objsubid AND n.objsubid > 0
    LEFT JOIN pg_catalog.pg_attrdef f ON ${isClass('n.classid', 'pg_attrdef')} AND f.oid = n.objid
    LEFT JOIN pg_catalog.pg_attribute fa ON fa.attrelid = f.adrelid AND fa.attnum = f.adnum
    LEFT JOIN pg_catalog.pg_constraint k ON n.catalog = 'relation' AND k.oid = CASE WHEN ${isClass('n.classid', 'pg_constraint')} THEN n.objid
      WHEN x.oid IS NOT NULL THEN (SELECT y.oid FROM pg_catalog.pg_constraint y WHERE y.conindid = x.oid AND y.contype IN ('p', 'u', 'x')) END
    LEFT JOIN pg_catalog.pg_rewrite r ON ${isClass('n.classid', 'pg_rewrite')} AND r.oid = n.objid
    LEFT JOIN pg_catalog.pg_trigger g ON ${isClass('n.classid', 'pg_trigger')} AND g.oid = n.objid
    LEFT JOIN pg_catalog.pg_policy p ON ${isClass('n.classid', 'pg_policy')} AND p.oid = n.objid
    LEFT JOIN pg_catalog.pg_statistic_ext s ON ${isClass('n.classid', 'pg_statistic_ext')} AND s.oid = n.objid
  UNION
  SELECT 'role', '', r.rolname::text, NULL, false, 'relation', p.polrelid, c.relname, 'policy', p.polname::text
  FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid AND c.relnamespace = $1
    JOIN pg_catalog.pg_roles r ON r.oid = ANY(p.polroles)
  UNION
  SELECT 'tablespace', '', s.spcname::text, NULL, false, 'relation', c.oid, c.relname, 'table', c.relname::text
  FROM pg_catalog.pg_class x JOIN pg_catalog.pg_tablespace s ON s.oid = x.reltablespace
    LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = x.oid
    JOIN pg_catalog.pg_class c ON c.oid = coalesce(i.indrelid, x.oid) AND c.relnamespace = $1`;

/** Whether there is anything at all that the schema could need: most databases have nothing but the app. */
const ANY_ELSEWHERE = `
  SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql')
    OR EXISTS (SELECT 1 FROM (${PARTS}) h LEFT JOIN pg_catalog.pg_namespace n ON n.oid = h.schema
      WHERE h.schema IS DISTINCT FROM $1 AND coalesce(n.nspname, '') !~ '^(pg_|information_schema$)')
    OR EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.deptype IN ('n', 'a') AND d.refobjid >= ${FIRST_OF_PEOPLE}
      AND d.refclassid NOT IN (${PART_CATALOGS}, 'pg_catalog.pg_namespace'::regclass))
    OR EXISTS (SELECT 1 FROM (${UNCARRIED}) v)
    OR EXISTS (SELECT 1 FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid AND c.relnamespace = $1)
    OR EXISTS (SELECT 1 FROM pg_catalog.pg_class x WHERE x.relnamespace = $1 AND x.reltablespace <> 0) AS any`;

/** What the schema needs of the database beside itself. */
export async function readElsewhere(
  client: Client,
  schema: Place,
  { relations, objects, oids }: Description,
): Promise<Elsewhere[]> {
  const [beside] = await ask<{ any: boolean }>(client, schema, ANY_ELSEWHERE);
  if (beside?.any === false) return [];
  const names = new Set(relations.map((relation) => relation.name));
  const parts = new Map(
    objects.flatMap((object) => {
      const kind = partKindOf(object);
      const key = `${catalogOf(object)} ${oids.get(objectKey(object))}`;
      return kind === undefined ? [] : [[key, { kind, name: object.identity }] as const];
    }),
  );
  const needs = new Map<string, Elsewhere & { neededBy: Part[] }>();
  for (const row of await ask<NeedRow>(client, schema, `${NEEDS} ORDER BY 1, 2, 3, 4, 8, 9, 10, 7`)) {
    const { kind, schema: place, name, identity, collection, part, partName } = row;
    const needing: Part | undefined =
      row.catalog === 'relation'
        ? collection !== null && part !== null && partName !== null && names.has(collection)
          ? { kind: part, collection, name: partName }
          : undefined
        : parts.get(`${row.catalog} ${row.whole}`);
    if (kind === null || !needing) continue;
    const key = JSON.stringify([kind, place, name, identity]);
    const before = needs.get(key) ?? {
      kind,
      schema: place,
      name,
      ...(identity !== null && { identity }),
      ...(row.own && { own: true as const }),
      neededBy: [],
    };
    before.neededBy.push(needing);
    needs.set(key, before);
  }
  return [...needs.values()];
}

/** What an object is called among the parts of a backup. */
export function partKindOf(object: SchemaObject): Part['kind'] | undefined {
  switch (object.kind) {
    case 'function':
    case 'procedure':
    case 'aggregate':
    case 'operator':
      return object.kind;
    case 'operator family':
      return 'operatorFamily';
    case 'operator class':
      return 'operatorClass';
    case 'text search dictionary':
      return 'textDictionary';
    case 'text search configuration':
      return 'textConfiguration';
    case 'sequence':
    case 'collation':
      return undefined;
    default:
      return 'type';
  }
}

/** Which catalog an object is in, by the names of WHOLES. */
export const catalogOf = (object: SchemaObject): string => {
  const kind = movableKind(object);
  return kind === 'SEQUENCE' ? 'relation' : (kind.toLowerCase().split(' ').at(-1) ?? '');
};

/** The key of what a part is of. */
export function ownersOf(objects: readonly SchemaObject[]): (part: Part) => string | undefined {
  const keys = new Map(
    objects.map((object) => [`${partKindOf(object)} ${object.identity}`, objectKey(object)]),
  );
  return ({ kind, collection, name }) =>
    collection === undefined ? keys.get(`${kind} ${name}`) : relationKey(collection);
}

type Sought = Pick<Elsewhere, 'kind' | 'schema' | 'name' | 'identity'>;

/** Which of them are not here; an extension is another matter. */
export async function absentOf<T extends Sought>(client: Client, list: readonly T[]): Promise<T[]> {
  if (list.length === 0) return [];
  const exists = (kind: Catalog): string => {
    const { catalog, schema } = kind;
    return `EXISTS (SELECT 1 FROM pg_catalog.${catalog} x
      ${schema === undefined ? '' : `JOIN pg_catalog.pg_namespace n ON n.oid = x.${schema} AND n.nspname = w.schema`}
      WHERE ${nameIn('x', kind)} = w.name
        AND (w.identity IS NULL OR (pg_catalog.pg_identify_object('pg_catalog.${catalog}'::regclass, x.oid, 0)).identity = w.identity))`;
  };
  const absent = await rows<{ at: string }>(
    client,
    `SELECT (w.at - 1)::text AS at
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY w(kind, schema, name, identity, at)
     WHERE NOT CASE w.kind
       WHEN 'role' THEN EXISTS (SELECT 1 FROM pg_catalog.pg_roles r WHERE r.rolname = w.name)
       -- What an aggregate is made of reads like a type.
       WHEN 'type' THEN ${exists(CATALOGS.type)} OR w.identity IS NULL AND ${exists(CATALOGS.routine)}
       ${ENTRIES.map(([kind, catalog]) => `WHEN '${kind}' THEN ${exists(catalog)}`).join('\n       ')} END`,
    [
      list.map((item) => item.kind),
      list.map((item) => item.schema),
      list.map((item) => item.name),
      list.map((item) => item.identity ?? null),
    ],
  );
  const gone = new Set(absent.map(({ at }) => Number(at)));
  return list.filter((_, at) => gone.has(at));
}
