import type { Blemish } from '../../../schema/blemish';
import { isNotValid } from '../structure/knownBlemishes';
import type { Constraint, Index, Relation } from '../structure/structure';
import { quote } from '../sql/quote';
import { comment, named, options } from './ddl';
import { sql, statement, type Statement } from '../sql/sql';
import { SQLSTATE } from '../sql/sqlstate';

/** A constraint or an index by itself, and what to do where the rows do not hold it. */
export interface Part {
  readonly kind: Blemish['kind'];
  readonly name: string;
  readonly statements: readonly Statement[];
  /** SQLSTATEs that say that rows do not hold it. */
  readonly codes: readonly string[];
  readonly instead: readonly Statement[];
  readonly count?: Statement | undefined;
  /** It is NOT VALID as it was. */
  readonly before?: boolean;
}

const commentOf = (name: string, constraint: Constraint): Statement[] =>
  comment('CONSTRAINT', `${quote(constraint.name)} ON ${name}`, constraint.comment);

const countOf = (rows: string): Statement => sql`SELECT pg_catalog.count(*) AS n FROM ${rows}`;

const NOT_UNIQUE = [SQLSTATE.uniqueViolation, SQLSTATE.exclusionViolation];

/** Primary, unique and exclusion constraints and indexes, once the rows are in. */
export function createKeys(
  relation: Relation,
  schema: string,
  wanted: (name: string) => boolean = () => true,
): Part[] {
  const name = named(schema, relation.name);
  const parts: Part[] = [];
  const details = new Map(relation.indexes.map((index) => [index.name, index]));
  for (const constraint of relation.constraints) {
    const { kind } = constraint;
    if (!(kind === 'primary' || kind === 'unique' || kind === 'exclusion') || !wanted(constraint.name))
      continue;
    const index = details.get(constraint.name);
    const columns = /^(?:PRIMARY KEY|UNIQUE)(?: NULLS NOT DISTINCT)? \((.*?)\)/.exec(
      constraint.definition,
    )?.[1];
    parts.push({
      kind,
      name: constraint.name,
      statements: [
        sql`ALTER TABLE ONLY ${name} ADD CONSTRAINT ${quote(constraint.name)} ${constraint.definition};`,
        ...(index ? createIndex(name, index, schema) : []),
        ...commentOf(name, constraint),
      ],
      codes: NOT_UNIQUE,
      instead: [],
      ...(columns !== undefined && {
        count: sql`SELECT coalesce(pg_catalog.sum(n OPERATOR(pg_catalog.-) 1), 0) AS n FROM (SELECT pg_catalog.count(*) AS n FROM ONLY ${name} GROUP BY ${columns}) keys`,
      }),
    });
  }
  for (const index of relation.indexes) {
    if (index.definition === undefined || !wanted(index.name)) continue;
    parts.push({
      kind: 'index',
      name: index.name,
      statements: createIndex(name, index, schema),
      codes: NOT_UNIQUE,
      instead: [],
    });
  }
  return parts;
}

/** Checks, once the rows are in: they may read other rows, or the clock. */
export function createChecks(
  relation: Relation,
  schema: string,
  wanted: (name: string) => boolean = () => true,
): Part[] {
  const name = named(schema, relation.name);
  return relation.constraints
    .filter(({ kind }) => kind === 'check' || kind === 'not-null')
    .filter((constraint) => wanted(constraint.name))
    .map((constraint): Part => {
      const add = `ALTER TABLE ${name} ADD CONSTRAINT ${quote(constraint.name)} ${constraint.definition}`;
      // Only one that is not valid stands for itself, and only servers that know such have it.
      if (constraint.kind === 'not-null')
        return {
          kind: 'not-null',
          name: constraint.name,
          statements: [sql`${add};`, ...commentOf(name, constraint)],
          codes: [SQLSTATE.syntaxError],
          instead: [],
          before: true,
          count: countOf(
            `${name} WHERE ${/^NOT NULL (.*?)(?: NO INHERIT)? NOT VALID$/s.exec(constraint.definition)?.[1] ?? ''} IS NULL`,
          ),
        };
      const condition = /^CHECK \((.*)\)/s.exec(constraint.definition)?.[1];
      return {
        kind: 'check',
        name: constraint.name,
        statements: [sql`${add};`, ...commentOf(name, constraint)],
        codes: [SQLSTATE.checkViolation],
        instead: [sql`${add} NOT VALID;`, ...commentOf(name, constraint)],
        before: isNotValid(constraint),
        ...(condition !== undefined && { count: countOf(`${name} WHERE NOT (${condition})`) }),
      };
    });
}

function createIndex(table: string, index: Index, schema: string): Statement[] {
  const name = named(schema, index.name);
  return [
    ...(index.definition !== undefined ? [statement(index.definition)] : []),
    ...(index.options ? [sql`ALTER INDEX ${name} SET (${options(index.options).join(', ')});`] : []),
    ...(index.statistics ?? []).map(
      ([position, target]) => sql`ALTER INDEX ${name} ALTER COLUMN ${position} SET STATISTICS ${target};`,
    ),
    ...(index.clustered ? [sql`ALTER TABLE ${table} CLUSTER ON ${quote(index.name)};`] : []),
    ...(index.replicaIdentity
      ? [sql`ALTER TABLE ONLY ${table} REPLICA IDENTITY USING INDEX ${quote(index.name)};`]
      : []),
    ...comment('INDEX', name, index.comment),
  ];
}

/** Joins the index of a partition to that of its parent; needs both. */
export const attachIndex = ({ name, parent = '' }: Index, schema: string): Statement =>
  sql`ALTER INDEX ${named(schema, parent)} ATTACH PARTITION ${named(schema, name)};`;

export function createForeignKey(relation: Relation, key: Constraint, schema?: string, version = 0): Part {
  const table = named(schema, relation.name);
  const only = relation.kind === 'partitioned' ? '' : 'ONLY ';
  const add = `ALTER TABLE ${only}${table} ADD CONSTRAINT ${quote(key.name)} ${key.definition}`;
  const said = comment('CONSTRAINT', `${quote(key.name)} ON ${table}`, key.comment);
  const { columns = [], referencedColumns = [], references } = key;
  const keys = (of: readonly string[]) => of.map((column, i) => `${quote(column)} AS k${i}`).join(', ');
  const present = columns.map((column) => `${quote(column)} IS NOT NULL`).join(' AND ');
  const all = columns.map((_, i) => `k${i}`).join(', ');
  return {
    kind: 'foreign',
    name: key.name,
    statements: [sql`${add};`, ...said],
    // Also where the key that it points at was left out.
    codes: [SQLSTATE.foreignKeyViolation, SQLSTATE.invalidForeignKey],
    instead: relation.kind === 'partitioned' && version < 180000 ? [] : [sql`${add} NOT VALID;`, ...said],
    before: isNotValid(key),
    // Keys are grouped: that needs no operator, which would have to be looked up by a name. A period is more than equal.
    ...(references !== undefined &&
      columns.length > 0 &&
      !/\bPERIOD\b/.test(key.definition) && {
        count: sql`SELECT coalesce(pg_catalog.sum(n), 0) AS n FROM (
          SELECT pg_catalog.count(*) FILTER (WHERE child) AS n, pg_catalog.bool_and(child) AS alone FROM (
            SELECT ${keys(columns)}, true AS child FROM ${table} WHERE ${present}
            UNION ALL SELECT ${keys(referencedColumns)}, false FROM ${named(schema, references)}) keys
          GROUP BY ${all}) one WHERE alone`,
      }),
  };
}
