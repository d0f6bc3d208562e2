import type { Client } from 'pg';
import type {
  Attachment,
  Column,
  Constraint,
  Index,
  Privilege,
  Relation,
  Schema,
  SchemaObject,
  Sequence,
} from '../structure/structure';
import { objectKey, relationKey } from '../../../schema/structure';
import * as catalog from './catalog';
import { readPairs } from './catalogOperators';
import { readRecords } from './catalogRecords';
import { quote } from '../sql/quote';
import { rows } from '../connection/connection';
import { declared, neutralType } from './types';
import { orderByNeed } from '../../../schema/order';
import { describeSequences } from './sequences';

/** What is known of a relation beside its structure. */
export interface RelationFacts {
  readonly oid: number;
  /** The planner's estimate; -1 if it has none yet. A table without a page has no rows. */
  readonly estimate: number;
  /** Bytes on disk with indexes. */
  readonly bytes: number;
}

export interface Description extends Schema {
  readonly oid: number;
  readonly facts: ReadonlyMap<string, RelationFacts>;
  /** Tables whose rows live on another server. */
  readonly foreign: readonly string[];
  readonly typed: readonly string[];
  /** Publications that name tables of the schema. */
  readonly publications: readonly catalog.PublicationRow[];
  /** oids by key, of objects and relations. */
  readonly oids: ReadonlyMap<string, number>;
}

const CONSTRAINT_KINDS = {
  p: 'primary',
  u: 'unique',
  c: 'check',
  x: 'exclusion',
  f: 'foreign',
  n: 'not-null',
} as const;

/** Describes a schema as the client's transaction sees it; an absent schema is an empty one. */
export async function describeSchema(
  client: Client,
  schemaName: string,
  /** Sequences can only be described by whoever may read them. */
  { withSequences = true } = {},
): Promise<Description> {
  const version = Number(
    (await rows<{ v: string }>(client, "SELECT current_setting('server_version_num') AS v"))[0]?.v,
  );
  const [namespace] = await rows<{ oid: number }>(client, 'SELECT oid FROM pg_namespace WHERE nspname = $1', [
    schemaName,
  ]);
  const schema: catalog.Place = { oid: namespace?.oid ?? 0, name: schemaName };

  const relationRows = await catalog.readRelations(client, schema);
  const columns = groupBy(await catalog.readColumns(client, schema, version), (row) => row.relation);
  const parents = groupBy(await catalog.readParents(client, schema), (row) => row.child);
  const constraints = groupBy(await catalog.readConstraints(client, schema), (row) => row.relation);
  const indexes = groupBy(await catalog.readIndexes(client, schema), (row) => row.relation);
  const attachments = groupBy(await catalog.readAttachments(client, schema, version), (row) => row.relation);
  const inherited = groupBy(
    await catalog.readInheritedTriggers(client, schema, version),
    (row) => row.relation,
  );
  const sequences = withSequences
    ? await describeSequences(client, schema)
    : { owned: new Map<number, never[]>(), free: [] };
  const objectRows = [
    ...(await catalog.readTypes(client, schema, version)),
    ...(await catalog.readRoutines(client, schema)),
  ];
  const privileges = groupBy(
    await catalog.readPrivileges(client, schema),
    (row) => `${row.catalog} ${row.oid}`,
  );
  const partComments = groupBy(
    await catalog.readPartComments(client, schema),
    (row) => `${row.catalog} ${row.oid}`,
  );
  const dependencies = await catalog.readDependencies(client, schema);

  const privilegesOf = (kind: catalog.PrivilegeRow['catalog'], oid: number): Privilege[] | undefined =>
    privileges.get(`${kind} ${oid}`)?.map(({ grantee, privilege, grantable, column }) => ({
      grantee,
      privilege,
      grantable,
      ...(column !== null && { column }),
    }));

  const relations: Relation[] = [];
  const facts = new Map<string, RelationFacts>();
  const keys = new Map<string, string>();
  const oids = new Map<string, number>();
  const names = new Map(relationRows.map((row) => [row.oid, row.name]));
  for (const row of relationRows) {
    if (row.kind === 'f') continue;
    const key = relationKey(row.name);
    keys.set(`relation ${row.oid}`, key);
    oids.set(key, row.oid);
    facts.set(row.name, { oid: row.oid, estimate: row.estimate, bytes: Number(row.bytes) });
    const owned = sequences.owned.get(row.oid) ?? [];
    for (const sequence of owned) keys.set(`relation ${sequence.oid}`, key);
    const own = constraints.get(row.oid) ?? [];
    const relation = toRelation(
      row,
      columns.get(row.oid) ?? [],
      (parents.get(row.oid) ?? []).filter((parent) => parent.sameSchema).map((parent) => parent.parentName),
      own,
      indexes.get(row.oid) ?? [],
      attachments.get(row.oid) ?? [],
      inherited.get(row.oid) ?? [],
      owned.map(({ oid, sequence }) => withPrivileges(sequence, privilegesOf('relation', oid))),
      privilegesOf('relation', row.oid),
    );
    relations.push({ ...relation, ...commentsOf(partComments.get(`relation ${row.oid}`), relation) });
  }

  const objects: SchemaObject[] = [];
  for (const row of objectRows) {
    const routine = ['function', 'procedure', 'aggregate'].includes(row.kind);
    const granted = privilegesOf(routine ? 'routine' : 'type', row.oid);
    const object: SchemaObject = {
      kind: row.kind,
      name: row.name,
      identity: row.identity,
      owner: row.owner,
      definition: withoutSchema(row.definition, schemaName, row.name),
      ...(row.notValid && { notValid: row.notValid }),
      ...(granted && { privileges: granted }),
      ...(row.comment !== null && { comment: row.comment }),
      ...(!routine && commentsOf(partComments.get(`type ${row.oid}`))),
    };
    objects.push(object);
    keys.set(`${routine ? 'routine' : 'type'} ${row.oid}`, objectKey(object));
    oids.set(objectKey(object), row.oid);
  }
  for (const { oid, sequence, owner } of sequences.free) {
    const granted = privilegesOf('relation', oid);
    const object: SchemaObject = {
      kind: 'sequence',
      name: sequence.name,
      identity: quote(sequence.name),
      owner,
      definition: '',
      sequence,
      ...(granted && { privileges: granted }),
      ...(sequence.comment !== undefined && { comment: sequence.comment }),
    };
    objects.push(object);
    keys.set(`relation ${oid}`, objectKey(object));
    oids.set(objectKey(object), oid);
  }

  const records = await readRecords(client, schema, version);
  for (const { catalog: of, oid, object } of records) {
    objects.push(object);
    keys.set(`${of} ${oid}`, objectKey(object));
    oids.set(objectKey(object), oid);
  }

  const needs = new Map<string, string[]>();
  const laterNeeds = new Map<string, string[]>();
  const add = (into: Map<string, string[]>, from: string | undefined, to: string | undefined) => {
    if (from === undefined || to === undefined || from === to) return;
    const list = into.get(from) ?? [];
    if (!list.includes(to)) into.set(from, [...list, to]);
  };
  for (const edge of dependencies) {
    add(
      edge.phase === 'create' ? needs : laterNeeds,
      keys.get(`${edge.fromCatalog} ${edge.from}`),
      keys.get(`${edge.toCatalog} ${edge.to}`),
    );
  }
  for (const [child, list] of parents) {
    for (const parent of list)
      add(needs, keys.get(`relation ${child}`), keys.get(`relation ${parent.parent}`));
  }
  const operators = records.some(({ catalog: of }) => of === 'operator');
  for (const { from, to } of operators ? await readPairs(client, schema) : [])
    add(laterNeeds, keys.get(`operator ${from}`), keys.get(`operator ${to}`));
  addCallsByName(objectRows, (row, callee) => {
    add(laterNeeds, keys.get(`routine ${row.oid}`), keys.get(`routine ${callee.oid}`));
  });

  return {
    oid: schema.oid,
    relations,
    objects,
    order: orderByNeed(
      [...objects.map(objectKey), ...relations.map((relation) => relationKey(relation.name))],
      needs,
    ),
    needs,
    laterNeeds,
    facts,
    oids,
    publications: await catalog.readPublications(client, schema, version),
    foreign: relationRows.filter((row) => row.kind === 'f').map((row) => row.name),
    typed: relationRows.filter((row) => row.typed).map((row) => names.get(row.oid) ?? ''),
  };
}

/** Those of parts that have no place of their own in the description. */
function commentsOf(
  rows: readonly catalog.PartCommentRow[] = [],
  { constraints, attachments }: Pick<Relation, 'constraints' | 'attachments'> = {
    constraints: [],
    attachments: [],
  },
): Pick<Relation, 'partComments'> {
  const known = new Set([
    ...constraints.map(({ name }) => `constraint ${name}`),
    ...attachments.map(({ kind, name }) => `${kind} ${name}`),
  ]);
  const comments = rows
    .filter(({ kind, name }) => !known.has(`${kind} ${name}`))
    .map(({ kind, name, comment }) => ({ kind, name, comment }));
  return comments.length > 0 ? { partComments: comments } : {};
}

function withPrivileges(sequence: Sequence, privileges: Privilege[] | undefined): Sequence {
  return { ...sequence, ...(privileges && { privileges }) };
}

function toRelation(
  row: catalog.RelationRow,
  columnRows: catalog.ColumnRow[],
  parents: string[],
  constraintRows: catalog.ConstraintRow[],
  indexRows: catalog.IndexRow[],
  attachmentRows: catalog.AttachmentRow[],
  inheritedRows: catalog.InheritedTriggerRow[],
  sequences: Relation['sequences'],
  privileges: Privilege[] | undefined,
): Relation {
  const ofConstraint = new Set(constraintRows.filter((k) => k.kind !== 'f').map((k) => k.index));
  const notNulls = new Map(constraintRows.filter((k) => k.kind === 'n').map((k) => [k.column, k]));
  const invalid = indexRows.filter((index) => !index.valid).map((index) => index.name);
  // PostgreSQL says "nothing" for views, where nobody can set it.
  const hasStorage = row.kind === 'r' || row.kind === 'p';
  const kinds = { r: 'table', p: 'partitioned', v: 'view', m: 'materialized', f: 'table' } as const;
  return {
    name: row.name,
    kind: kinds[row.kind],
    owner: row.owner,
    ...(row.persistence === 'u' && { unlogged: true }),
    ...(row.accessMethod !== null && row.accessMethod !== 'heap' && { accessMethod: row.accessMethod }),
    columns: columnRows.map((column) => toColumn(column, row, notNulls.get(column.name))),
    parents,
    ...(row.partitionKey !== null && { partitionKey: row.partitionKey }),
    ...(row.bound !== null && { partitionBound: row.bound }),
    ...(row.query !== null && { query: row.query.replace(/;\s*$/, '') }),
    ...(row.kind === 'm' && { populated: row.populated }),
    constraints: constraintRows
      .filter((k) => k.local || ['p', 'u', 'x'].includes(k.kind) || row.bound !== null)
      .filter((k) => k.kind !== 'n' || !k.validated)
      .map(toConstraint),
    indexes: indexRows
      .filter((index) => index.valid)
      .map((index) => toIndex(index, ofConstraint.has(index.oid))),
    ...(invalid.length > 0 && { invalidIndexes: invalid }),
    attachments: attachmentRows.map(toAttachment),
    ...(inheritedRows.length > 0 && {
      inheritedTriggers: inheritedRows.map(({ name, enabled }) => ({ name, enabled })),
    }),
    sequences,
    ...(row.rowSecurity && { rowSecurity: row.forced ? ('forced' as const) : ('on' as const) }),
    ...(hasStorage && row.replicaIdentity === 'f' && { replicaIdentity: 'full' as const }),
    ...(hasStorage && row.replicaIdentity === 'n' && { replicaIdentity: 'nothing' as const }),
    options: row.options ?? [],
    toastOptions: row.toastOptions ?? [],
    ...(privileges && { privileges }),
    ...(row.comment !== null && { comment: row.comment }),
  };
}

function toColumn(
  row: catalog.ColumnRow,
  table: catalog.RelationRow,
  notNull: catalog.ConstraintRow | undefined,
): Column {
  // One that is not valid comes after the rows, which need not hold it.
  const valid = notNull?.validated === false ? undefined : notNull;
  return {
    name: row.name,
    type: neutralType(row.base, row.category),
    ...(row.elementCategory !== null && { element: neutralType(row.elementBase ?? '', row.elementCategory) }),
    ...declared(row.base, row.modifier),
    native: row.native,
    notNull: row.notNull && notNull === valid,
    ...(valid && valid.name !== `${table.name}_${row.name}_not_null` && { notNullName: valid.name }),
    ...(valid?.noInherit && { notNullInherit: false }),
    ...(valid && !valid.local && table.bound === null && { notNullInherited: true }),
    ...(valid?.local && !row.local && table.bound === null && { notNullName: valid.name }),
    ...(row.default !== null && { default: row.default }),
    ...(row.generated !== '' && {
      generated: row.generated === 's' ? ('stored' as const) : ('virtual' as const),
    }),
    ...(row.identity !== '' && {
      identity: row.identity === 'a' ? ('always' as const) : ('default' as const),
    }),
    ...(row.collation !== null && { collation: row.collation }),
    ...(row.storage !== null && { storage: row.storage }),
    ...(row.compression !== null && { compression: row.compression }),
    ...(row.statistics !== null && { statistics: row.statistics }),
    ...(row.options !== null && { options: row.options }),
    ...(row.comment !== null && { comment: row.comment }),
    local: row.local,
  };
}

function toConstraint(row: catalog.ConstraintRow): Constraint {
  return {
    name: row.name,
    kind: CONSTRAINT_KINDS[row.kind],
    definition: row.definition,
    validated: row.validated,
    ...(row.references !== null && { references: row.references }),
    ...(row.columns !== null && { columns: row.columns }),
    ...(row.referencedColumns !== null && { referencedColumns: row.referencedColumns }),
    ...(row.onDelete !== null && { onDelete: row.onDelete }),
    ...(row.onUpdate !== null && { onUpdate: row.onUpdate }),
    ...(row.comment !== null && { comment: row.comment }),
  };
}

function toIndex(row: catalog.IndexRow, ofConstraint: boolean): Index {
  return {
    name: row.name,
    ...(!ofConstraint && { definition: row.definition, unique: row.unique }),
    ...(!ofConstraint && row.columns !== null && { columns: row.columns }),
    ...(row.parent !== null && { parent: row.parent }),
    ...(ofConstraint && row.options !== null && { options: row.options }),
    ...(row.clustered && { clustered: true }),
    ...(row.replicaIdentity && { replicaIdentity: true }),
    ...(row.statistics !== null && { statistics: row.statistics }),
    ...(row.comment !== null && { comment: row.comment }),
  };
}

function toAttachment(row: catalog.AttachmentRow): Attachment {
  return {
    kind: row.kind,
    name: row.name,
    definition: row.definition,
    ...(row.enabled !== null && row.enabled !== 'O' && { enabled: row.enabled }),
    ...(row.statistics !== null && { statistics: row.statistics }),
    ...(row.comment !== null && { comment: row.comment }),
  };
}

/** pg_get_functiondef always names the schema; we want the bare name, to build it in another one. */
function withoutSchema(definition: string, schema: string, name: string): string {
  for (const s of [schema, quote(schema)]) {
    for (const n of [name, quote(name)]) {
      for (const word of ['FUNCTION', 'PROCEDURE']) {
        const start = `CREATE OR REPLACE ${word} ${s}.${n}(`;
        if (definition.startsWith(start)) {
          return `CREATE OR REPLACE ${word} ${quote(name)}(${definition.slice(start.length)}`;
        }
      }
    }
  }
  return definition;
}

/** The catalog does not say which routines a text body calls; a name that stands in it is taken as a call. */
function addCallsByName(
  objects: catalog.ObjectRow[],
  note: (row: catalog.ObjectRow, callee: catalog.ObjectRow) => void,
): void {
  const routines = objects.filter((row) => row.source !== null || row.kind === 'aggregate');
  const byName = groupBy(routines, (row) => row.name);
  for (const row of routines) {
    const words = new Set(row.source?.match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? []);
    for (const word of words) {
      for (const callee of byName.get(word) ?? []) if (callee !== row) note(row, callee);
    }
  }
}

function groupBy<T, K>(list: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of list) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
