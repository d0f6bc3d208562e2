import { isView } from '../../structure';
import type { Attachment, Column, Index, Privilege, Relation, SchemaObject, Sequence } from '../../structure';
import { literal, quote } from './connection';

/**
 * Structure → SQL, in the steps in which a table is best built: bare before the rows, keys and indexes after
 * them. Names carry no schema: the session's search path decides where things are made.
 */

/** What the target server can take. */
export interface Target {
  readonly version: number;
  readonly roles: ReadonlySet<string>;
  /** Roles that our user may hand objects to. */
  readonly owners: ReadonlySet<string>;
  readonly user: string;
}

const list = (items: (string | false | undefined)[]): string => items.filter(Boolean).join(' ');

const options = (items: readonly string[], prefix = ''): string[] =>
  items.map((item) => {
    const at = item.indexOf('=');
    return `${prefix}${item.slice(0, at)}=${literal(item.slice(at + 1))}`;
  });

const sequenceOptions = (sequence: Sequence): string =>
  `START WITH ${sequence.start} INCREMENT BY ${sequence.increment} MINVALUE ${sequence.min} MAXVALUE ${sequence.max} ` +
  `CACHE ${sequence.cache} ${sequence.cycle ? 'CYCLE' : 'NO CYCLE'}`;

const setValue = (sequence: Sequence): string =>
  `SELECT pg_catalog.setval(${literal(quote(sequence.name))}, ${sequence.last}, ${sequence.called});`;

export function createSequence(sequence: Sequence): string[] {
  return [
    `CREATE ${sequence.unlogged ? 'UNLOGGED ' : ''}SEQUENCE ${quote(sequence.name)} AS ${sequence.type} ${sequenceOptions(sequence)};`,
    setValue(sequence),
    ...comment('SEQUENCE', quote(sequence.name), sequence.comment),
  ];
}

function comment(kind: string, target: string, text: string | undefined): string[] {
  return text === undefined ? [] : [`COMMENT ON ${kind} ${target} IS ${literal(text)};`];
}

export function createObject(object: SchemaObject): string[] {
  if (object.sequence) return createSequence(object.sequence);
  const words = {
    enum: 'TYPE',
    composite: 'TYPE',
    range: 'TYPE',
    domain: 'DOMAIN',
    sequence: 'SEQUENCE',
  } as const;
  const word = object.kind in words ? words[object.kind as keyof typeof words] : object.kind.toUpperCase();
  return [`${object.definition};`, ...comment(word, object.identity, object.comment)];
}

/** Parents by name: what a child inherits need not be said again. */
export type Family = ReadonlyMap<string, Relation>;

/** The table without keys, indexes and triggers; a view as a whole. */
export function createRelation(relation: Relation, family: Family, version: number): string[] {
  const name = quote(relation.name);
  if (isView(relation)) return createView(relation);

  const isPartition = relation.partitionBound !== undefined;
  const inherits = !isPartition && relation.parents.length > 0;
  const identities = new Map<string, Sequence>();
  const serials: Sequence[] = [];
  for (const sequence of relation.sequences) {
    const column = relation.columns.find((one) => one.name === sequence.column);
    if (column?.identity) identities.set(column.name, sequence);
    else serials.push(sequence);
  }

  const own = relation.columns.filter((column) => column.local || !inherits);
  const checks = relation.constraints.filter((one) => one.kind === 'check' && one.validated);
  const lines = [
    ...own.map((column) => columnLine(withOwnDefault(column, relation, family), identities.get(column.name))),
    // A constraint of its own on an inherited column; PostgreSQL keeps those since version 18.
    ...relation.columns
      .filter((column) => version >= 180000 && inherits && !column.local && column.notNullName !== undefined)
      .map((column) => `CONSTRAINT ${quote(column.notNullName ?? '')} NOT NULL ${quote(column.name)}`),
    ...checks.map((check) => `CONSTRAINT ${quote(check.name)} ${check.definition}`),
  ];
  const storage = [...options(relation.options), ...options(relation.toastOptions, 'toast.')];
  const statements = serials.flatMap((sequence) => createSequence(sequence));
  statements.push(
    list([
      `CREATE ${relation.unlogged ? 'UNLOGGED ' : ''}TABLE ${name} (${lines.join(', ')})`,
      inherits && `INHERITS (${relation.parents.map(quote).join(', ')})`,
      relation.partitionKey !== undefined && `PARTITION BY ${relation.partitionKey}`,
      relation.accessMethod !== undefined && `USING ${quote(relation.accessMethod)}`,
      storage.length > 0 && `WITH (${storage.join(', ')})`,
    ]) + ';',
  );
  for (const sequence of serials) {
    statements.push(
      `ALTER SEQUENCE ${quote(sequence.name)} OWNED BY ${name}.${quote(sequence.column ?? '')};`,
    );
  }
  for (const sequence of identities.values()) {
    statements.push(setValue(sequence), ...comment('SEQUENCE', quote(sequence.name), sequence.comment));
  }
  for (const column of relation.columns) statements.push(...columnDetails(relation, column));
  if (inherits) statements.push(...inheritedDetails(relation, family));
  if (isPartition) {
    const parent = quote(relation.parents[0] ?? '');
    statements.push(`ALTER TABLE ONLY ${parent} ATTACH PARTITION ${name} ${relation.partitionBound ?? ''};`);
  }
  return statements;
}

function createView(relation: Relation): string[] {
  const name = quote(relation.name);
  const materialized = relation.kind === 'materialized';
  const storage = [...options(relation.options), ...options(relation.toastOptions, 'toast.')];
  return [
    list([
      `CREATE ${materialized ? 'MATERIALIZED VIEW' : 'VIEW'} ${name}`,
      // The names are said again because a table's column may since have been renamed under the view.
      // Of a view from an old archive only the query is known.
      relation.columns.length > 0 && `(${relation.columns.map((column) => quote(column.name)).join(', ')})`,
      relation.accessMethod !== undefined && `USING ${quote(relation.accessMethod)}`,
      storage.length > 0 && `WITH (${storage.join(', ')})`,
      `AS ${relation.query ?? ''}`,
      materialized && 'WITH NO DATA',
    ]) + ';',
    ...relation.columns
      .filter((column) => column.default !== undefined)
      .map(
        (column) =>
          `ALTER TABLE ${name} ALTER COLUMN ${quote(column.name)} SET DEFAULT ${column.default ?? ''};`,
      ),
    ...relation.columns.flatMap((column) => columnDetails(relation, column)),
  ];
}

function columnLine(column: Column, identity: Sequence | undefined): string {
  const notNull = column.notNull && !column.notNullInherited;
  return list([
    quote(column.name),
    column.native,
    column.collation !== undefined && `COLLATE ${column.collation}`,
    column.generated !== undefined &&
      `GENERATED ALWAYS AS (${column.default ?? ''}) ${column.generated === 'stored' ? 'STORED' : 'VIRTUAL'}`,
    !column.generated && column.default !== undefined && `DEFAULT ${column.default}`,
    identity &&
      `GENERATED ${column.identity === 'always' ? 'ALWAYS' : 'BY DEFAULT'} AS IDENTITY (SEQUENCE NAME ${quote(identity.name)} ${sequenceOptions(identity)})`,
    notNull && column.notNullName !== undefined && `CONSTRAINT ${quote(column.notNullName)}`,
    notNull && 'NOT NULL',
    notNull && column.notNullInherit === false && 'NO INHERIT',
  ]);
}

/** Says DEFAULT NULL where parents have a default and the child has none, so that it does not inherit theirs. */
function withOwnDefault(column: Column, relation: Relation, family: Family): Column {
  if (column.default !== undefined || column.generated || relation.partitionBound !== undefined)
    return column;
  const above = relation.parents.map((parent) =>
    family.get(parent)?.columns.find((one) => one.name === column.name),
  );
  return above.some((one) => one?.default !== undefined) ? { ...column, default: 'NULL' } : column;
}

function columnDetails(relation: Relation, column: Column): string[] {
  const alter = `ALTER TABLE ONLY ${quote(relation.name)} ALTER COLUMN ${quote(column.name)}`;
  const view = relation.kind === 'view';
  return [
    ...(column.storage !== undefined && !view ? [`${alter} SET STORAGE ${column.storage};`] : []),
    ...(column.compression !== undefined && !view ? [`${alter} SET COMPRESSION ${column.compression};`] : []),
    ...(column.statistics !== undefined && !view ? [`${alter} SET STATISTICS ${column.statistics};`] : []),
    ...(column.options !== undefined ? [`${alter} SET (${options(column.options).join(', ')});`] : []),
    ...comment('COLUMN', `${quote(relation.name)}.${quote(column.name)}`, column.comment),
  ];
}

/** Where a child differs from its parents in what it inherited. */
function inheritedDetails(relation: Relation, family: Family): string[] {
  const statements: string[] = [];
  for (const column of relation.columns.filter((one) => !one.local)) {
    const above = relation.parents
      .map((parent) => family.get(parent)?.columns.find((one) => one.name === column.name))
      .find((one) => one !== undefined);
    const alter = `ALTER TABLE ONLY ${quote(relation.name)} ALTER COLUMN ${quote(column.name)}`;
    if (!column.generated && column.default !== above?.default) {
      statements.push(
        column.default === undefined ? `${alter} DROP DEFAULT;` : `${alter} SET DEFAULT ${column.default};`,
      );
    }
    if (column.notNull && !above?.notNull) statements.push(`${alter} SET NOT NULL;`);
  }
  return statements;
}

/** Primary, unique and exclusion constraints and indexes, once the rows are in. */
export function createKeys(relation: Relation): string[] {
  const name = quote(relation.name);
  const statements: string[] = [];
  for (const one of relation.constraints) {
    if (!['primary', 'unique', 'exclusion'].includes(one.kind)) continue;
    statements.push(`ALTER TABLE ONLY ${name} ADD CONSTRAINT ${quote(one.name)} ${one.definition};`);
  }
  for (const index of relation.indexes) statements.push(...createIndex(name, index));
  for (const one of relation.constraints) {
    if (one.kind === 'check' && !one.validated) {
      statements.push(`ALTER TABLE ${name} ADD CONSTRAINT ${quote(one.name)} ${one.definition};`);
    }
    if (one.kind !== 'foreign') {
      statements.push(...comment('CONSTRAINT', `${quote(one.name)} ON ${name}`, one.comment));
    }
  }
  return statements;
}

function createIndex(table: string, index: Index): string[] {
  const name = quote(index.name);
  return [
    ...(index.definition !== undefined ? [`${index.definition};`] : []),
    ...(index.options ? [`ALTER INDEX ${name} SET (${options(index.options).join(', ')});`] : []),
    ...(index.statistics ?? []).map(
      ([position, target]) => `ALTER INDEX ${name} ALTER COLUMN ${position} SET STATISTICS ${target};`,
    ),
    ...(index.clustered ? [`ALTER TABLE ${table} CLUSTER ON ${name};`] : []),
    ...(index.replicaIdentity ? [`ALTER TABLE ONLY ${table} REPLICA IDENTITY USING INDEX ${name};`] : []),
    ...comment('INDEX', name, index.comment),
  ];
}

/** Joins the indexes of partitions to those of their parents; needs the indexes of both. */
export const attachIndexes = (relation: Relation): string[] =>
  relation.indexes
    .filter((index) => index.parent !== undefined)
    .map((index) => `ALTER INDEX ${quote(index.parent ?? '')} ATTACH PARTITION ${quote(index.name)};`);

export const dropView = (relation: Relation): string =>
  `DROP ${relation.kind === 'materialized' ? 'MATERIALIZED VIEW' : 'VIEW'} ${quote(relation.name)};`;

export function createForeignKey(relation: Relation, name: string): string[] {
  const key = relation.constraints.find((one) => one.name === name);
  if (!key) return [];
  const only = relation.kind === 'partitioned' ? '' : 'ONLY ';
  return [
    `ALTER TABLE ${only}${quote(relation.name)} ADD CONSTRAINT ${quote(name)} ${key.definition};`,
    ...comment('CONSTRAINT', `${quote(name)} ON ${quote(relation.name)}`, key.comment),
  ];
}

/** Triggers, rules, policies, row security, comments: the last touches. */
export function finishRelation(relation: Relation): string[] {
  const name = quote(relation.name);
  const table =
    relation.kind === 'view' ? 'VIEW' : relation.kind === 'materialized' ? 'MATERIALIZED VIEW' : 'TABLE';
  return [
    ...relation.attachments.flatMap((one) => createAttachment(relation.name, one)),
    ...(relation.rowSecurity ? [`ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY;`] : []),
    ...(relation.rowSecurity === 'forced' ? [`ALTER TABLE ONLY ${name} FORCE ROW LEVEL SECURITY;`] : []),
    ...(relation.replicaIdentity
      ? [`ALTER TABLE ONLY ${name} REPLICA IDENTITY ${relation.replicaIdentity.toUpperCase()};`]
      : []),
    ...comment(table, name, relation.comment),
  ];
}

export function createAttachment(table: string, one: Attachment): string[] {
  const name = quote(one.name);
  const target = one.kind === 'statistics' ? name : `${name} ON ${quote(table)}`;
  const able = { O: '', D: 'DISABLE', R: 'ENABLE REPLICA', A: 'ENABLE ALWAYS' }[one.enabled ?? 'O'];
  return [
    `${one.definition.replace(/;\s*$/, '')};`,
    ...(able ? [`ALTER TABLE ${quote(table)} ${able} ${one.kind.toUpperCase()} ${name};`] : []),
    ...(one.statistics !== undefined ? [`ALTER STATISTICS ${name} SET STATISTICS ${one.statistics};`] : []),
    ...comment(one.kind.toUpperCase(), target, one.comment),
  ];
}

/** `kind`: the word in ALTER … OWNER TO and GRANT … ON. */
export function grant(
  kind: 'TABLE' | 'SEQUENCE' | 'ROUTINE' | 'TYPE',
  identity: string,
  owner: string,
  privileges: readonly Privilege[] | undefined,
  target: Target,
): string[] {
  const statements: string[] = [];
  const holder = target.owners.has(owner) ? owner : target.user;
  if (privileges) {
    // Grants on single columns come on top of the table's own, which may be the default.
    if (privileges.some((one) => one.column === undefined)) {
      statements.push(`REVOKE ALL ON ${kind} ${identity} FROM PUBLIC, ${quote(target.user)};`);
    }
    for (const one of privileges) {
      const known = one.grantee === 'PUBLIC' || target.roles.has(one.grantee);
      if (!known || (one.privilege === 'MAINTAIN' && target.version < 170000)) continue;
      const who =
        one.grantee === 'PUBLIC' ? 'PUBLIC' : quote(one.grantee === owner ? target.user : one.grantee);
      const column = one.column === undefined ? '' : ` (${quote(one.column)})`;
      statements.push(
        `GRANT ${one.privilege}${column} ON ${kind} ${identity} TO ${who}${one.grantable ? ' WITH GRANT OPTION' : ''};`,
      );
    }
  }
  // Last, while we still own it: a change of owner takes the owner's own privileges along.
  if (holder !== target.user) statements.push(`ALTER ${kind} ${identity} OWNER TO ${quote(holder)};`);
  return statements;
}
