import type { Target } from './target';
import { isView } from '../../../schema/structure';
import type { Attachment, Column, Privilege, Relation, SchemaObject, Sequence } from '../structure/structure';
import { literal, quote } from '../sql/quote';
import { createRecord } from '../structure/records';
import { sql, statement, type Statement } from '../sql/sql';
import { movableKind, type MovableKind } from '../structure/movable';

/**
 * Structure → SQL, in the steps in which a table is best built: bare before the rows, keys and indexes after
 * them. What is made and altered is named with its schema; the texts of a structure name nothing but what they are
 * on, and the session's search path decides where that is.
 */

/** A name in a schema, or where the search path begins. */
export const named = (schema: string | undefined, name: string): string =>
  schema === undefined ? quote(name) : `${quote(schema)}.${quote(name)}`;
/** An identity as the server prints it, in a schema. */
export const identified = (schema: string | undefined, identity: string): string =>
  schema === undefined ? identity : `${quote(schema)}.${identity}`;

const list = (items: (string | false | undefined)[]): string => items.filter(Boolean).join(' ');

export const options = (items: readonly string[], prefix = ''): string[] =>
  items.map((item) => {
    const at = item.indexOf('=');
    return `${prefix}${item.slice(0, at)}=${literal(item.slice(at + 1))}`;
  });

const sequenceOptions = (sequence: Sequence): string =>
  `START WITH ${sequence.start} INCREMENT BY ${sequence.increment} MINVALUE ${sequence.min} MAXVALUE ${sequence.max} ` +
  `CACHE ${sequence.cache} ${sequence.cycle ? 'CYCLE' : 'NO CYCLE'}`;

const setValue = (sequence: Sequence, schema: string): Statement =>
  sql`SELECT pg_catalog.setval(${literal(named(schema, sequence.name))}, ${sequence.last}, ${sequence.called});`;

function createSequence(sequence: Sequence, schema: string): Statement[] {
  const name = named(schema, sequence.name);
  return [
    sql`CREATE ${sequence.unlogged ? 'UNLOGGED ' : ''}SEQUENCE ${name} AS ${sequence.type} ${sequenceOptions(sequence)};`,
    setValue(sequence, schema),
    ...comment('SEQUENCE', name, sequence.comment),
  ];
}

export function comment(kind: string, target: string, text: string | undefined): Statement[] {
  return text === undefined ? [] : [sql`COMMENT ON ${kind} ${target} IS ${literal(text)};`];
}

export function createObject(
  object: SchemaObject,
  schema: string,
  made: ReadonlySet<string> = new Set(),
): Statement[] {
  if (object.sequence) return createSequence(object.sequence, schema);
  const record = createRecord(object, { schema, made });
  if (record.length > 0)
    return [...record, ...comment(movableKind(object), identified(schema, object.identity), object.comment)];
  const word = { enum: 'TYPE', composite: 'TYPE', range: 'TYPE', domain: 'DOMAIN' } as const;
  const kind = object.kind in word ? word[object.kind as keyof typeof word] : 'ROUTINE';
  return [
    statement(object.definition),
    ...comment(kind, identified(schema, object.identity), object.comment),
  ];
}

/** Parents by name: what a child inherits need not be said again. */
export type Family = ReadonlyMap<string, Relation>;

/** The table without keys, indexes and triggers; a view as a whole. */
export function createRelation(
  relation: Relation,
  family: Family,
  version: number,
  schema: string,
): Statement[] {
  const name = named(schema, relation.name);
  if (isView(relation)) return createView(relation, schema);

  const isPartition = relation.partitionBound !== undefined;
  const joins = !isPartition && joinsParents(relation, family);
  const inherits = !isPartition && !joins && relation.parents.length > 0;
  const identities = new Map<string, Sequence>();
  const serials: Sequence[] = [];
  for (const sequence of relation.sequences) {
    const column = relation.columns.find((column) => column.name === sequence.column);
    if (column?.identity && !sequence.apart) identities.set(column.name, sequence);
    else serials.push(sequence);
  }

  const own = relation.columns.filter((column) => column.local || !inherits);
  const lines = [
    ...own.map((column) =>
      columnLine(withOwnDefault(column, relation, family), identities.get(column.name), schema),
    ),
    // A constraint of its own on an inherited column; PostgreSQL keeps those since version 18.
    ...relation.columns
      .filter((column) => version >= 180000 && inherits && !column.local && column.notNullName !== undefined)
      .map((column) => `CONSTRAINT ${quote(column.notNullName ?? '')} NOT NULL ${quote(column.name)}`),
  ];
  const storage = [...options(relation.options), ...options(relation.toastOptions, 'toast.')];
  const statements = serials.flatMap((sequence) => createSequence(sequence, schema));
  statements.push(
    statement(
      list([
        `CREATE ${relation.unlogged ? 'UNLOGGED ' : ''}TABLE ${name} (${lines.join(', ')})`,
        inherits && `INHERITS (${relation.parents.map((parent) => named(schema, parent)).join(', ')})`,
        relation.partitionKey !== undefined && `PARTITION BY ${relation.partitionKey}`,
        relation.accessMethod !== undefined && `USING ${quote(relation.accessMethod)}`,
        storage.length > 0 && `WITH (${storage.join(', ')})`,
      ]),
    ),
  );
  for (const sequence of serials) {
    statements.push(
      sql`ALTER SEQUENCE ${named(schema, sequence.name)} OWNED BY ${name}.${quote(sequence.column ?? '')};`,
    );
  }
  for (const sequence of identities.values()) {
    // It is logged as its table is, if nobody has said otherwise.
    const otherwise = (sequence.unlogged ?? false) !== (relation.unlogged ?? false);
    statements.push(
      ...(otherwise && version >= 150000
        ? [
            sql`ALTER SEQUENCE ${named(schema, sequence.name)} SET ${sequence.unlogged ? 'UNLOGGED' : 'LOGGED'};`,
          ]
        : []),
      setValue(sequence, schema),
      ...comment('SEQUENCE', named(schema, sequence.name), sequence.comment),
    );
  }
  for (const column of relation.columns) statements.push(...columnDetails(relation, column, schema));
  if (inherits) statements.push(...inheritedDetails(relation, family, schema));
  if (joins) {
    for (const parent of relation.parents) {
      statements.push(sql`ALTER TABLE ONLY ${name} INHERIT ${named(schema, parent)};`);
    }
  }
  if (isPartition) {
    const parent = named(schema, relation.parents[0] ?? '');
    statements.push(
      sql`ALTER TABLE ONLY ${parent} ATTACH PARTITION ${name} ${relation.partitionBound ?? ''};`,
    );
  }
  return statements;
}

/**
 * A child that has all columns as its own, and a generated one that its parent generates too: older servers take it
 * only as it was made, by ALTER TABLE … INHERIT.
 */
const joinsParents = ({ columns, parents }: Relation, family: Family): boolean =>
  columns.every((column) => column.local) &&
  columns.some(({ name, generated }) =>
    parents.some((parent) =>
      family.get(parent)?.columns.some((column) => column.name === name && generated && column.generated),
    ),
  );

function createView(relation: Relation, schema: string): Statement[] {
  const name = named(schema, relation.name);
  const materialized = relation.kind === 'materialized';
  const storage = [...options(relation.options), ...options(relation.toastOptions, 'toast.')];
  return [
    statement(
      list([
        `CREATE ${materialized ? 'MATERIALIZED VIEW' : 'VIEW'} ${name}`,
        // The names are said again because a table's column may since have been renamed under the view.
        // Of a view from an old archive only the query is known.
        relation.columns.length > 0 && `(${relation.columns.map((column) => quote(column.name)).join(', ')})`,
        relation.accessMethod !== undefined && `USING ${quote(relation.accessMethod)}`,
        storage.length > 0 && `WITH (${storage.join(', ')})`,
        `AS ${relation.query ?? ''}`,
        materialized && 'WITH NO DATA',
      ]),
    ),
    ...relation.columns
      .filter((column) => column.default !== undefined)
      .map(
        (column) =>
          sql`ALTER TABLE ${name} ALTER COLUMN ${quote(column.name)} SET DEFAULT (${column.default ?? ''});`,
      ),
    ...relation.columns.flatMap((column) => columnDetails(relation, column, schema)),
  ];
}

function columnLine(column: Column, identity: Sequence | undefined, schema: string): string {
  const notNull = column.notNull && !column.notNullInherited;
  return list([
    quote(column.name),
    column.native,
    column.collation !== undefined && `COLLATE ${column.collation}`,
    column.generated !== undefined &&
      `GENERATED ALWAYS AS (${column.default ?? ''}) ${column.generated === 'stored' ? 'STORED' : 'VIRTUAL'}`,
    !column.generated && column.default !== undefined && `DEFAULT (${column.default})`,
    identity &&
      `GENERATED ${column.identity === 'always' ? 'ALWAYS' : 'BY DEFAULT'} AS IDENTITY (SEQUENCE NAME ${named(schema, identity.name)} ${sequenceOptions(identity)})`,
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
    family.get(parent)?.columns.find((inherited) => inherited.name === column.name),
  );
  return above.some((column) => column?.default !== undefined) ? { ...column, default: 'NULL' } : column;
}

function columnDetails(relation: Relation, column: Column, schema: string): Statement[] {
  const name = named(schema, relation.name);
  const alter = `ALTER TABLE ONLY ${name} ALTER COLUMN ${quote(column.name)}`;
  const view = relation.kind === 'view';
  return [
    ...(column.storage !== undefined && !view ? [sql`${alter} SET STORAGE ${column.storage};`] : []),
    ...(column.compression !== undefined && !view
      ? [sql`${alter} SET COMPRESSION ${column.compression};`]
      : []),
    ...(column.statistics !== undefined && !view ? [sql`${alter} SET STATISTICS ${column.statistics};`] : []),
    ...(column.options !== undefined ? [sql`${alter} SET (${options(column.options).join(', ')});`] : []),
    ...comment('COLUMN', `${name}.${quote(column.name)}`, column.comment),
  ];
}

/** Where a child differs from its parents in what it inherited. */
function inheritedDetails(relation: Relation, family: Family, schema: string): Statement[] {
  const statements: Statement[] = [];
  for (const column of relation.columns.filter((column) => !column.local)) {
    const above = relation.parents
      .map((parent) => family.get(parent)?.columns.find((inherited) => inherited.name === column.name))
      .find((column) => column !== undefined);
    const alter = `ALTER TABLE ONLY ${named(schema, relation.name)} ALTER COLUMN ${quote(column.name)}`;
    if (!column.generated && column.default !== above?.default) {
      statements.push(
        column.default === undefined
          ? sql`${alter} DROP DEFAULT;`
          : sql`${alter} SET DEFAULT (${column.default});`,
      );
    }
    if (column.notNull && !above?.notNull) statements.push(sql`${alter} SET NOT NULL;`);
  }
  return statements;
}

export const dropView = (relation: Relation): Statement =>
  sql`DROP ${relation.kind === 'materialized' ? 'MATERIALIZED VIEW' : 'VIEW'} ${quote(relation.name)};`;

/** Triggers, rules, policies, row security, comments: the last touches. */
export function finishRelation(relation: Relation, schema: string): Statement[] {
  const name = named(schema, relation.name);
  const table =
    relation.kind === 'view' ? 'VIEW' : relation.kind === 'materialized' ? 'MATERIALIZED VIEW' : 'TABLE';
  return [
    ...relation.attachments.flatMap((attachment) => createAttachment(relation.name, attachment, schema)),
    ...(relation.rowSecurity ? [sql`ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY;`] : []),
    ...(relation.rowSecurity === 'forced' ? [sql`ALTER TABLE ONLY ${name} FORCE ROW LEVEL SECURITY;`] : []),
    ...(relation.replicaIdentity
      ? [sql`ALTER TABLE ONLY ${name} REPLICA IDENTITY ${relation.replicaIdentity.toUpperCase()};`]
      : []),
    ...comment(table, name, relation.comment),
  ];
}

const ABLE = { O: 'ENABLE', D: 'DISABLE', R: 'ENABLE REPLICA', A: 'ENABLE ALWAYS' };

/** Once its parent's triggers are there, which are its own too. */
export const setInheritedTriggers = (relation: Relation, schema: string): Statement[] =>
  (relation.inheritedTriggers ?? []).map(
    ({ name, enabled }) =>
      sql`ALTER TABLE ONLY ${named(schema, relation.name)} ${ABLE[enabled]} TRIGGER ${quote(name)};`,
  );

export function createAttachment(table: string, attachment: Attachment, schema?: string): Statement[] {
  const name = quote(attachment.name);
  const statistics = named(schema, attachment.name);
  const target = attachment.kind === 'statistics' ? statistics : `${name} ON ${named(schema, table)}`;
  const able = attachment.enabled === undefined || attachment.enabled === 'O' ? '' : ABLE[attachment.enabled];
  return [
    statement(attachment.definition),
    ...(able
      ? [sql`ALTER TABLE ${named(schema, table)} ${able} ${attachment.kind.toUpperCase()} ${name};`]
      : []),
    ...(attachment.statistics !== undefined
      ? [sql`ALTER STATISTICS ${statistics} SET STATISTICS ${attachment.statistics};`]
      : []),
    ...comment(attachment.kind.toUpperCase(), target, attachment.comment),
  ];
}

/** `kind`: the word in ALTER … OWNER TO and GRANT … ON. */
export function grant(
  kind: MovableKind,
  identity: string,
  owner: string,
  privileges: readonly Privilege[] | undefined,
  target: Target,
): Statement[] {
  const statements: Statement[] = [];
  const holder = target.owners.has(owner) ? owner : target.user;
  if (privileges) {
    // Grants on single columns come on top of the table's own, which may be the default.
    if (privileges.some((privilege) => privilege.column === undefined)) {
      statements.push(sql`REVOKE ALL ON ${kind} ${identity} FROM PUBLIC, ${quote(target.user)};`);
    }
    for (const privilege of privileges) {
      const known = privilege.grantee === 'PUBLIC' || target.roles.has(privilege.grantee);
      if (!known || (privilege.privilege === 'MAINTAIN' && target.version < 170000)) continue;
      const who =
        privilege.grantee === 'PUBLIC'
          ? 'PUBLIC'
          : quote(privilege.grantee === owner ? target.user : privilege.grantee);
      const column = privilege.column === undefined ? '' : ` (${quote(privilege.column)})`;
      statements.push(
        sql`GRANT ${privilege.privilege}${column} ON ${kind} ${identity} TO ${who}${privilege.grantable ? ' WITH GRANT OPTION' : ''};`,
      );
    }
  }
  // Last, while we still own it: a change of owner takes the owner's own privileges along.
  if (holder !== target.user) statements.push(sql`ALTER ${kind} ${identity} OWNER TO ${quote(holder)};`);
  return statements;
}
