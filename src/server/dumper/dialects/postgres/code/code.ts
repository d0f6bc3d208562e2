import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import type { Node } from 'libpg-query';
import type { CodeItem } from '../../../schema/code';
import { byKind, type CodeKind } from '../../../schema/codeKind';
import { isView, objectKey, relationKey } from '../../../schema/structure';
import type { Relation, Schema, SchemaObject } from '../structure/structure';
import { aboutRoutine, callsCode, usesClass, type Known } from './calls';
import { createAttachment } from '../ddl/ddl';
import { parser, statementIn, type Parser } from '../sql/parser';
import { wholeText } from '../structure/records';

type Structure = { readonly [K in 'relations' | 'objects']: readonly Schema[K][number][] };

/** Something of a structure that could run, whether it does more than compute or not. */
export interface Candidate extends Omit<CodeItem, 'state'> {
  /** The key of the relation or object that it is a part of. */
  readonly of: string;
  /** Who it is of, where that decides what it may do. */
  readonly owner?: string;
  /** A whole statement with it, for the parser; absent: it is code whatever it says. */
  readonly statement?: string;
  /** What that statement is, and nothing else. */
  readonly is?: StatementKind;
  readonly columns: ReadonlySet<string>;
  /** Columns whose type has an operator class of the archive's, which indexes on them run. */
  readonly classed: ReadonlySet<string>;
  /** It cannot be without an operator class of the archive's. */
  readonly needsClass?: boolean;
}

type StatementKind =
  | 'SelectStmt'
  | 'AlterTableStmt'
  | 'IndexStmt'
  | 'CreateStatsStmt'
  | 'CreateStmt'
  | 'CreateDomainStmt'
  | 'CreateRangeStmt'
  | 'CreateEnumStmt'
  | 'CompositeTypeStmt';

const TYPES = {
  enum: 'CreateEnumStmt',
  composite: 'CompositeTypeStmt',
  domain: 'CreateDomainStmt',
  range: 'CreateRangeStmt',
} as const;

export const codeKey = ({
  kind,
  collection = '',
  name,
}: Pick<CodeItem, 'kind' | 'collection' | 'name'>): string => JSON.stringify([kind, collection, name]);

export const expressionStatement = (text: string): string => `SELECT (${text})`;
export const constraintStatement = (text: string): string => `ALTER TABLE t ADD CONSTRAINT c ${text}`;

function candidatesOfRelation(relation: Relation, types: ReadonlySet<string>): Candidate[] {
  const collection = relation.name;
  const columns = new Set(relation.columns.map((column) => column.name));
  const classed = new Set(
    relation.columns.filter((column) => types.has(column.native)).map((column) => column.name),
  );
  const of = relationKey(collection);
  const candidates: Candidate[] = [];
  const add = (kind: CodeKind, name: string, text: string, statement?: string, is?: StatementKind) => {
    candidates.push({
      of,
      kind,
      collection,
      name,
      text,
      columns,
      classed,
      ...(statement !== undefined && { statement }),
      ...(is && { is }),
    });
  };
  if (isView(relation)) {
    const options = relation.options.length > 0 ? `WITH (${relation.options.join(', ')}) AS\n` : '';
    candidates.push({
      of,
      kind: relation.kind === 'view' ? 'view' : 'materialized',
      collection,
      name: collection,
      text: `${options}${relation.query ?? ''}`,
      owner: relation.owner,
      columns,
      // It may sort by any of its columns.
      classed,
      ...(classed.size > 0 && { needsClass: true }),
    });
  }
  for (const column of relation.columns) {
    if (column.default === undefined) continue;
    const kind = column.generated ? 'generated' : 'default';
    add(kind, column.name, column.default, expressionStatement(column.default), 'SelectStmt');
  }
  for (const { name, definition } of relation.constraints)
    add('constraint', name, definition, constraintStatement(definition), 'AlterTableStmt');
  for (const { name, definition } of relation.indexes)
    if (definition !== undefined) add('index', name, definition, definition, 'IndexStmt');
  for (const attachment of relation.attachments) {
    const made = createAttachment(collection, { ...attachment, comment: undefined }).map(({ text }) => text);
    if (attachment.kind === 'statistics')
      add(attachment.kind, attachment.name, made.join('\n'), attachment.definition, 'CreateStatsStmt');
    else add(attachment.kind, attachment.name, made.join('\n'));
  }
  const { partitionKey, partitionBound } = relation;
  if (partitionKey !== undefined)
    add('partition', 'key', partitionKey, `CREATE TABLE t () PARTITION BY ${partitionKey}`, 'CreateStmt');
  if (partitionBound !== undefined)
    add(
      'partition',
      'bound',
      partitionBound,
      `CREATE TABLE t PARTITION OF p ${partitionBound}`,
      'CreateStmt',
    );
  return candidates;
}

function candidateOfObject(object: SchemaObject): Candidate | undefined {
  const { kind, identity: name, owner } = object;
  const text = wholeText(object);
  const [columns, classed] = [new Set<string>(), new Set<string>()];
  const of = objectKey(object);
  switch (kind) {
    case 'function':
    case 'procedure':
    case 'aggregate':
      return { of, kind, name, text, owner, columns, classed };
    case 'operator':
      return { of, kind, name, text, owner, columns, classed };
    case 'operator family':
      return { of, kind: 'operatorFamily', name, text, owner, columns, classed };
    case 'operator class':
      return { of, kind: 'operatorClass', name, text, owner, columns, classed };
    case 'sequence':
    case 'collation':
    case 'text search dictionary':
    case 'text search configuration':
      return undefined;
    default:
      return { of, kind: 'type', name, text, owner, columns, classed, statement: text, is: TYPES[kind] };
  }
}

/** The names that mean something in a structure. */
export function knownIn({ relations, objects }: Structure): Omit<Known, 'columns'> {
  const namesOf = (kind: SchemaObject['kind']) =>
    new Set(objects.filter((object) => object.kind === kind).map((object) => object.name));
  const routines = objects.filter((object) => ['function', 'procedure', 'aggregate'].includes(object.kind));
  return {
    routines: new Set(routines.map((routine) => routine.name)),
    operators: namesOf('operator'),
    classes: namesOf('operator class'),
    sequences: new Set([
      ...relations.flatMap((relation) => relation.sequences.map((sequence) => sequence.name)),
      ...objects.filter((object) => object.kind === 'sequence').map((object) => object.name),
    ]),
  };
}

/** No expression that people write is as long; to parse it would keep everybody else waiting. */
const LONG = 256 * 1024;
const TURN_MS = 30;

/** Those of the candidates that are code: what calls nothing but the server's own harmless functions is not. */
async function onlyCode(
  candidates: Iterable<Candidate>,
  known: Omit<Known, 'columns'>,
): Promise<Candidate[]> {
  const parse = await parser();
  const gathered: Candidate[] = [];
  let since = performance.now();
  for (const candidate of candidates) {
    if (performance.now() - since > TURN_MS) {
      await setImmediate();
      since = performance.now();
    }
    if (candidate.statement === undefined) gathered.push({ ...candidate, ...routine(parse, candidate) });
    else {
      const code = isCode(parse, candidate, { ...known, columns: candidate.columns });
      if (code) gathered.push(code === 'needs a class' ? { ...candidate, needsClass: true } : candidate);
    }
  }
  return gathered;
}

function isCode(
  parse: Parser,
  { statement = '', is, classed }: Candidate,
  known: Known,
): boolean | 'needs a class' {
  if (statement.length > LONG) return true;
  const tree = statementIn(parse, statement);
  // What is not understood, or is another statement than it has to be, is not trusted to be harmless.
  if (!tree || is === undefined || !Object.hasOwn(tree, is)) return true;
  if (is === 'SelectStmt' && !isExpression(tree)) return true;
  if (is === 'AlterTableStmt' && !isOneChange(tree)) return true;
  if (is !== 'SelectStmt' && usesClass(tree, known, classed)) return 'needs a class';
  return callsCode(tree, known);
}

/** `SELECT (…)` and nothing after the bracket that was opened for the expression. */
function isExpression(tree: Node): boolean {
  const select = (tree as { SelectStmt: Record<string, unknown> }).SelectStmt;
  const { targetList } = select;
  const others = Object.keys(select).filter((key) => !['targetList', 'limitOption', 'op'].includes(key));
  return Array.isArray(targetList) && targetList.length === 1 && others.length === 0;
}

/** `ADD CONSTRAINT …` and no other change after a comma. */
const isOneChange = (tree: Node): boolean =>
  (tree as { AlterTableStmt: { cmds?: readonly unknown[] } }).AlterTableStmt.cmds?.length === 1;

function routine(parse: Parser, { kind, text }: Candidate): Pick<CodeItem, 'language' | 'definer'> {
  if (kind !== 'function' && kind !== 'procedure') return {};
  const tree = text.length > LONG ? undefined : statementIn(parse, text);
  if (tree) return aboutRoutine(tree);
  return /security\s+definer/i.test(text) ? { definer: true } : {};
}

/** Types that have a default operator class of the archive's, and their arrays. */
const classedTypes = (objects: Structure['objects']): ReadonlySet<string> =>
  new Set(objects.flatMap(({ operatorClass: made }) => (made?.default ? [made.type, `${made.type}[]`] : [])));

const candidatesOf = ({ relations, objects }: Structure): Candidate[] => [
  ...objects.map(candidateOfObject).filter((candidate) => candidate !== undefined),
  ...relations.flatMap((relation) => candidatesOfRelation(relation, classedTypes(objects))),
];

/** Sorted by their kinds. `whole`: where names are known from, if that is more. */
export const findCandidates = async (structure: Structure, whole = structure): Promise<Candidate[]> =>
  byKind(await onlyCode(candidatesOf(structure), knownIn(whole)));

export const toItem = ({ kind, collection, name, text, language, definer }: Candidate): CodeItem => ({
  kind,
  ...(collection !== undefined && { collection }),
  name,
  text,
  ...(language !== undefined && { language }),
  ...(definer && { definer }),
});

/** All code of a structure. */
export const findCode = async (structure: Structure): Promise<CodeItem[]> =>
  (await findCandidates(structure)).map(toItem);

/** Whatever could run, to compare with. */
export const byKey = (structure: Structure): Map<string, Candidate> =>
  new Map(candidatesOf(structure).map((candidate) => [codeKey(candidate), candidate]));
