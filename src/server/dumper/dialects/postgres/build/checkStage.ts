import type { Client } from 'pg';
import { refused } from '../../../../errors/errors';
import type { Blemish } from '../../../schema/blemish';
import { objectKey, relationKey } from '../../../schema/structure';
import type { Relation } from '../structure/structure';
import { literal } from '../sql/quote';
import { rows } from '../connection/connection';
import { movableKind } from '../structure/movable';
import { type SwapPlan } from '../plan/swapPlan';
import { waitsKey, waitsPart } from '../plan/waits';

type Planned = Pick<SwapPlan, 'relations' | 'carried' | 'objects' | 'remade' | 'waits'>;

/**
 * The last word on what was built is the catalog's: in the staging schema there is what the plan says, nothing more
 * and nothing less, and the transactions that built it have touched nothing outside. Throws CHECK_FAILED.
 */
export async function checkStage(
  client: Client,
  schema: string,
  plan: Planned,
  blemishes: readonly Blemish[],
  transactions: ReadonlySet<string>,
): Promise<void> {
  const counts = counted((await rows<{ what: string }>(client, FOUND, [schema])).map((row) => row.what));
  const planned = counted(expected(plan, blemishes));
  const differing = [...new Set([...counts.keys(), ...planned.keys()])].filter(
    (what) => counts.get(what) !== planned.get(what),
  );
  if (differing.length > 0) {
    const isExtra = (what: string) => (counts.get(what) ?? 0) > (planned.get(what) ?? 0);
    throw refused('built-otherwise', {
      missing: differing.filter((what) => !isExtra(what)),
      extra: differing.filter(isExtra),
    });
  }
  await checkStrays(client, [schema], byTransactions(transactions));
}

/** What these transactions have written lies in these schemas. Throws CHECK_FAILED. */
export async function checkStrays(
  client: Client,
  schemas: readonly string[],
  written: Written,
): Promise<void> {
  const [may] = await rows<{ roles: boolean }>(
    client,
    `SELECT has_table_privilege('pg_authid', 'SELECT') AS roles`,
  );
  const strays = await rows<{ what: string }>(client, strayed(may?.roles ?? false, written), [schemas]);
  if (strays.length > 0) throw refused('built-outside', { things: strays.map((stray) => stray.what) });
}

function counted(list: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of list) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

/** Names as the server keeps them: of 63 bytes, cut between two letters. */
function kept(name: string): string {
  let short = name;
  while (Buffer.byteLength(short) > 63) short = short.replace(/.$/su, '');
  return short;
}

function expected(
  { relations, carried, objects, remade, waits }: Planned,
  blemishes: readonly Blemish[],
): string[] {
  const staged = new Set(relations.map((relation) => relation.name));
  const left = new Set(
    blemishes
      .filter((blemish) => blemish.outcome === 'left out')
      .map((blemish) => JSON.stringify([blemish.collection, blemish.name])),
  );
  const ofRelation = (relation: Relation): string[] => {
    const { name, kind } = relation;
    if (waits.keys.has(relationKey(name))) return kind === 'table' ? [`table ${kept(name)}`] : [];
    const here = (named: { readonly name: string }) =>
      !waitsPart(waits, relation, named.name) && !left.has(JSON.stringify([name, named.name]));
    const part = (of: string, part: string) => `${of} ${kept(part)} of ${kept(name)}`;
    const constraints = relation.constraints.filter(
      (constraint) =>
        constraint.kind !== 'not-null' &&
        here(constraint) &&
        (constraint.kind !== 'foreign' ||
          (staged.has(constraint.references ?? '') && !waitsKey(waits, relation, constraint.references))),
    );
    const indexes = new Set([
      ...relation.indexes.filter(here).map((index) => index.name),
      ...constraints
        .filter((constraint) => !['check', 'foreign'].includes(constraint.kind))
        .map((constraint) => constraint.name),
    ]);
    return [
      `${kind} ${kept(name)}`,
      ...constraints.map((constraint) => part(`${constraint.kind} constraint`, constraint.name)),
      ...(waits.fills.has(name) ? [] : [...indexes]).map((index) => part('index', index)),
      ...(waits.finishing.has(name) ? [] : relation.attachments).map((attachment) =>
        part(attachment.kind, attachment.name),
      ),
      ...relation.sequences.map((sequence) => `sequence ${kept(sequence.name)}`),
    ];
  };
  return [
    ...[...relations, ...carried].flatMap(ofRelation),
    ...[...objects, ...remade]
      .filter((object) => !waits.keys.has(objectKey(object)))
      .map((object) =>
        movableKind(object) === 'ROUTINE'
          ? `routine ${kept(object.name)}`
          : `${object.kind} ${kept(object.name)}`,
      ),
  ];
}

/** Without what comes by itself: row and array types, multiranges, constructors, what a child has from its parent. */
const FOUND = `
  WITH s AS (SELECT oid FROM pg_namespace WHERE nspname = $1),
    r AS (SELECT oid, relname, relkind, relispartition FROM pg_class WHERE relnamespace = (SELECT oid FROM s))
  SELECT CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized'
      WHEN 'S' THEN 'sequence' ELSE format('relation of kind %s', relkind) END || ' ' || relname::text AS what
    FROM r WHERE relkind NOT IN ('i', 'I', 'c')
  UNION ALL SELECT format('index %s of %s', c.relname, t.relname)
    FROM r c JOIN pg_index i ON i.indexrelid = c.oid JOIN pg_class t ON t.oid = i.indrelid
  UNION ALL SELECT format('%s constraint %s of %s', CASE k.contype WHEN 'p' THEN 'primary' WHEN 'u' THEN 'unique' WHEN 'c' THEN 'check'
      WHEN 'x' THEN 'exclusion' WHEN 'f' THEN 'foreign' END, k.conname, r.relname)
    FROM pg_constraint k JOIN r ON r.oid = k.conrelid
    WHERE k.contype IN ('p','u','c','x','f') AND (k.contype <> 'c' OR k.conislocal OR r.relispartition) AND (k.contype <> 'f' OR k.conparentid = 0)
  UNION ALL SELECT format('trigger %s of %s', g.tgname, r.relname) FROM pg_trigger g JOIN r ON r.oid = g.tgrelid
    WHERE NOT g.tgisinternal AND NOT EXISTS (SELECT 1 FROM pg_depend d
      WHERE d.classid = 'pg_trigger'::regclass AND d.objid = g.oid AND d.refclassid = 'pg_trigger'::regclass)
  UNION ALL SELECT format('rule %s of %s', w.rulename, r.relname) FROM pg_rewrite w JOIN r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN'
  UNION ALL SELECT format('policy %s of %s', p.polname, r.relname) FROM pg_policy p JOIN r ON r.oid = p.polrelid
  UNION ALL SELECT format('statistics %s of %s', x.stxname, c.relname) FROM pg_statistic_ext x JOIN pg_class c ON c.oid = x.stxrelid
    WHERE x.stxnamespace = (SELECT oid FROM s)
  UNION ALL SELECT CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'c' THEN 'composite' WHEN 'r' THEN 'range' ELSE 'type' END || ' ' || t.typname::text
    FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE t.typnamespace = (SELECT oid FROM s) AND t.typtype <> 'm' AND (t.typtype <> 'c' OR c.relkind = 'c') AND NOT (t.typtype = 'b' AND t.typelem <> 0)
  UNION ALL SELECT format('routine %s', p.proname) FROM pg_proc p WHERE p.pronamespace = (SELECT oid FROM s)
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')
  UNION ALL SELECT format('operator %s', oprname) FROM pg_operator WHERE oprnamespace = (SELECT oid FROM s)
  UNION ALL SELECT format('collation %s', collname) FROM pg_collation WHERE collnamespace = (SELECT oid FROM s)
  UNION ALL SELECT format('operator class %s', opcname) FROM pg_opclass WHERE opcnamespace = (SELECT oid FROM s)
  UNION ALL SELECT format('operator family %s', opfname) FROM pg_opfamily WHERE opfnamespace = (SELECT oid FROM s)
  UNION ALL SELECT format('conversion %s', conname) FROM pg_conversion WHERE connamespace = (SELECT oid FROM s)
  UNION ALL SELECT format('text search configuration %s', cfgname) FROM pg_ts_config WHERE cfgnamespace = (SELECT oid FROM s)
  UNION ALL SELECT format('text search dictionary %s', dictname) FROM pg_ts_dict WHERE dictnamespace = (SELECT oid FROM s)`;

/** Whether a row of the catalog, by its xmin, was written by the steps that are looked at: an expression. */
type Written = (xmin: string) => string;

/** A row has the number of the transaction that wrote it last, and ours are known. */
const byTransactions =
  (transactions: ReadonlySet<string>): Written =>
  (xmin) =>
    `${xmin}::text = ANY(${literal(`{${[...transactions].join(',')}}`)}::text[])`;

/**
 * What the transaction under way has written within its savepoints, which have numbers of their own, higher than its:
 * nobody else's rows can be seen before their transaction has ended.
 */
export const BY_SAVEPOINTS: Written = (xmin) => {
  const number = `${xmin}::text::bigint`;
  const later = `(((${number} - (txid_current() & 4294967295) + 2147483648) & 4294967295) - 2147483648)`;
  return `CASE WHEN ${number} > 2 AND ${later} > 0 THEN txid_status(txid_current() + ${later}) = 'in progress' ELSE false END`;
};

function strayed(roles: boolean, written: Written): string {
  const inside = `(SELECT oid FROM pg_namespace WHERE nspname = ANY($1::text[] || '{pg_toast}'::text[]))`;
  const elsewhere = (catalog: string, what: string, schema: string, join = '') =>
    `SELECT ${what} AS what FROM ${catalog} x ${join} WHERE ${written('x.xmin')} AND ${schema} NOT IN ${inside}`;
  const ofRelation = 'JOIN pg_class c ON c.oid = x.';
  const anywhere = (catalog: string, what: string) =>
    `SELECT ${what} FROM ${catalog} x WHERE ${written('x.xmin')}`;
  return [
    `SELECT format('schema %s', nspname) AS what FROM pg_namespace x WHERE ${written('x.xmin')} AND nspname <> ALL($1)`,
    elsewhere('pg_class', `format('relation %s', x.oid::regclass)`, 'x.relnamespace'),
    elsewhere(
      'pg_attribute',
      `format('columns of %s', c.oid::regclass)`,
      'c.relnamespace',
      `${ofRelation}attrelid`,
    ),
    elsewhere('pg_trigger', `format('trigger %s', x.tgname)`, 'c.relnamespace', `${ofRelation}tgrelid`),
    elsewhere('pg_rewrite', `format('rule %s', x.rulename)`, 'c.relnamespace', `${ofRelation}ev_class`),
    elsewhere('pg_policy', `format('policy %s', x.polname)`, 'c.relnamespace', `${ofRelation}polrelid`),
    elsewhere('pg_proc', `format('routine %s', x.oid::regprocedure)`, 'x.pronamespace'),
    elsewhere('pg_type', `format('type %s', x.oid::regtype)`, 'x.typnamespace'),
    elsewhere('pg_constraint', `format('constraint %s', x.conname)`, 'x.connamespace'),
    elsewhere('pg_statistic_ext', `format('statistics %s', x.stxname)`, 'x.stxnamespace'),
    elsewhere('pg_operator', `format('operator %s', x.oprname)`, 'x.oprnamespace'),
    elsewhere('pg_opclass', `format('operator class %s', x.opcname)`, 'x.opcnamespace'),
    elsewhere('pg_opfamily', `format('operator family %s', x.opfname)`, 'x.opfnamespace'),
    elsewhere(
      'pg_amop',
      `format('operators of the family %s', f.opfname)`,
      'f.opfnamespace',
      'JOIN pg_opfamily f ON f.oid = x.amopfamily',
    ),
    elsewhere(
      'pg_amproc',
      `format('functions of the family %s', f.opfname)`,
      'f.opfnamespace',
      'JOIN pg_opfamily f ON f.oid = x.amprocfamily',
    ),
    elsewhere('pg_ts_dict', `format('text search dictionary %s', x.dictname)`, 'x.dictnamespace'),
    elsewhere('pg_ts_config', `format('text search configuration %s', x.cfgname)`, 'x.cfgnamespace'),
    elsewhere(
      'pg_ts_config_map',
      `format('text search configuration %s', f.cfgname)`,
      'f.cfgnamespace',
      'JOIN pg_ts_config f ON f.oid = x.mapcfg',
    ),
    elsewhere('pg_collation', `format('collation %s', x.collname)`, 'x.collnamespace'),
    anywhere('pg_extension', `format('extension %s', x.extname)`),
    anywhere('pg_database', `format('database %s', x.datname)`),
    anywhere('pg_tablespace', `format('tablespace %s', x.spcname)`),
    anywhere('pg_event_trigger', `format('event trigger %s', x.evtname)`),
    anywhere('pg_foreign_server', `format('foreign server %s', x.srvname)`),
    anywhere('pg_publication', `format('publication %s', x.pubname)`),
    anywhere('pg_language', `format('language %s', x.lanname)`),
    // A range type brings one to its multirange type.
    elsewhere('pg_cast', `'a cast'`, 't.typnamespace', 'JOIN pg_type t ON t.oid = x.castsource'),
    anywhere('pg_default_acl', `'default privileges'`),
    anywhere('pg_auth_members', `'the members of a role'`),
    anywhere('pg_db_role_setting', `'the settings of a role'`),
    ...(roles ? [anywhere('pg_authid', `format('role %s', x.rolname)`)] : []),
  ].join(' UNION ALL ');
}
