import type { Client } from 'pg';
import type { ClassFunction, ClassOperator, Named, Operator } from '../structure/operator';
import { ask, commentOf, NOT_OF_EXTENSION, type Place } from './catalog';

/** What the catalog says of operators, their families and classes. */
interface Row {
  oid: number;
  name: string;
  owner: string;
  comment: string | null;
}

/** A reference; the app's own have no schema. */
const namedOf = (catalog: string, prefix: string, oid: string): string =>
  `(SELECT json_strip_nulls(json_build_object('schema', CASE WHEN n.oid <> $1 THEN n.nspname END, 'name', y.${prefix}name))
    FROM pg_${catalog} y JOIN pg_namespace n ON n.oid = y.${prefix}namespace WHERE y.oid = ${oid})`;
const typeOf = (oid: string): string => `format_type(nullif(${oid}, 0), NULL)`;
/** In the same order whatever the database's own. */
const sorted = (oid: string): string => `${typeOf(oid)} COLLATE "C"`;
/** One that is only named by another has no function, and is none. */
const operatorOf = (oid: string): string => namedOf('operator', 'opr', `${oid} AND y.oprcode <> 0`);

export interface OperatorRow extends Row {
  left: string | null;
  right: string | null;
  function: Named;
  commutator: Named | null;
  negator: Named | null;
  restrict: Named | null;
  join: Named | null;
  hashes: boolean;
  merges: boolean;
}

export const readOperators = (client: Client, schema: Place): Promise<OperatorRow[]> =>
  ask(
    client,
    schema,
    `SELECT o.oid, o.oprname AS name, pg_get_userbyid(o.oprowner) AS owner, ${commentOf('pg_operator', 'o.oid')} AS comment,
       ${typeOf('o.oprleft')} AS left, ${typeOf('o.oprright')} AS right, ${namedOf('proc', 'pro', 'o.oprcode')} AS function,
       ${operatorOf('o.oprcom')} AS commutator, ${operatorOf('o.oprnegate')} AS negator,
       ${namedOf('proc', 'pro', 'o.oprrest')} AS restrict, ${namedOf('proc', 'pro', 'o.oprjoin')} AS join,
       o.oprcanhash AS hashes, o.oprcanmerge AS merges
     FROM pg_operator o WHERE o.oprnamespace = $1 AND o.oprcode <> 0 AND ${NOT_OF_EXTENSION('pg_operator', 'o.oid')}
     ORDER BY o.oprname COLLATE "C", ${sorted('o.oprleft')}, ${sorted('o.oprright')}`,
  );

/** The pairs that name each other, by oid: the catalog has no dependency between them. */
export const readPairs = (client: Client, schema: Place): Promise<{ from: number; to: number }[]> =>
  ask(
    client,
    schema,
    `SELECT o.oid AS from, u.other AS to FROM pg_operator o CROSS JOIN LATERAL unnest(ARRAY[o.oprcom, o.oprnegate]) u(other)
     WHERE o.oprnamespace = $1 AND u.other <> 0 AND u.other <> o.oid`,
  );

export interface FamilyRow extends Row {
  method: string;
}

export const readFamilies = (client: Client, schema: Place): Promise<FamilyRow[]> =>
  ask(
    client,
    schema,
    `SELECT o.oid, o.opfname AS name, pg_get_userbyid(o.opfowner) AS owner, ${commentOf('pg_opfamily', 'o.oid')} AS comment,
       (SELECT a.amname FROM pg_am a WHERE a.oid = o.opfmethod) AS method
     FROM pg_opfamily o WHERE o.opfnamespace = $1 AND ${NOT_OF_EXTENSION('pg_opfamily', 'o.oid')}
     ORDER BY o.opfname COLLATE "C", 5`,
  );

export interface ClassRow extends FamilyRow {
  family: string;
  default: boolean;
  type: string;
  storage: string | null;
}

/** One in a family of another schema would change that family, and stays out. */
export const readClasses = (client: Client, schema: Place): Promise<ClassRow[]> =>
  ask(
    client,
    schema,
    `SELECT o.oid, o.opcname AS name, pg_get_userbyid(o.opcowner) AS owner, ${commentOf('pg_opclass', 'o.oid')} AS comment,
       (SELECT a.amname FROM pg_am a WHERE a.oid = o.opcmethod) AS method, f.opfname AS family, o.opcdefault AS default,
       ${typeOf('o.opcintype')} AS type, ${typeOf('o.opckeytype')} AS storage
     FROM pg_opclass o JOIN pg_opfamily f ON f.oid = o.opcfamily AND f.opfnamespace = $1
     WHERE o.opcnamespace = $1 AND ${NOT_OF_EXTENSION('pg_opclass', 'o.oid')}
     ORDER BY o.opcname COLLATE "C", 5`,
  );

/** The class that a member belongs to; none for what was added to the family alone. */
const classOf = (catalog: string): string =>
  `(SELECT d.refobjid FROM pg_depend d WHERE d.classid = '${catalog}'::regclass AND d.objid = m.oid AND d.refclassid = 'pg_opclass'::regclass)`;

type Member<T> = T & { family: number; class: number | null };

export const readMembers = async (
  client: Client,
  schema: Place,
): Promise<{ operators: Member<ClassOperator>[]; functions: Member<ClassFunction>[] }> => ({
  operators: await ask(
    client,
    schema,
    `SELECT m.amopfamily AS family, ${classOf('pg_amop')} AS class, m.amopstrategy AS number, ${namedOf('operator', 'opr', 'm.amopopr')} AS name,
       ${typeOf('m.amoplefttype')} AS left, ${typeOf('m.amoprighttype')} AS right, ${namedOf('opfamily', 'opf', 'm.amopsortfamily')} AS "orderBy"
     FROM pg_amop m JOIN pg_opfamily f ON f.oid = m.amopfamily WHERE f.opfnamespace = $1
     ORDER BY m.amopfamily, m.amopstrategy, ${sorted('m.amoplefttype')}, ${sorted('m.amoprighttype')}`,
  ),
  functions: await ask(
    client,
    schema,
    `SELECT m.amprocfamily AS family, ${classOf('pg_amproc')} AS class, m.amprocnum AS number, ${namedOf('proc', 'pro', 'm.amproc')} AS name,
       (SELECT coalesce(json_agg(format_type(u.type, NULL) ORDER BY u.at), '[]') FROM pg_proc p, unnest(p.proargtypes) WITH ORDINALITY u(type, at) WHERE p.oid = m.amproc) AS arguments,
       ${typeOf('m.amproclefttype')} AS left, ${typeOf('m.amprocrighttype')} AS right
     FROM pg_amproc m JOIN pg_opfamily f ON f.oid = m.amprocfamily WHERE f.opfnamespace = $1
     ORDER BY m.amprocfamily, m.amprocnum, ${sorted('m.amproclefttype')}, ${sorted('m.amprocrighttype')}`,
  ),
});

export const operatorIn = (row: OperatorRow): Operator => ({
  function: row.function,
  ...(row.left !== null && { left: row.left }),
  ...(row.right !== null && { right: row.right }),
  ...(row.commutator && { commutator: row.commutator }),
  ...(row.negator && { negator: row.negator }),
  ...(row.restrict && { restrict: row.restrict }),
  ...(row.join && { join: row.join }),
  ...(row.hashes && { hashes: true }),
  ...(row.merges && { merges: true }),
});
