import {
  objectKey,
  relationKey,
  type Attachment,
  type CheckedSchema,
  type Column,
  type Constraint,
  type Index,
  type InheritedTrigger,
  type Privilege,
  type Relation,
  type Schema,
  type SchemaObject,
  type Sequence,
} from '../../structure';
import { grammarOf, type Grammar } from './grammar';
import { NotUnderstood, parser } from './parser';

/** Where a structure has a text that is not what it has to be, and why. */
export class Unfit extends Error {
  constructor(
    readonly where: string,
    readonly why: string,
    options?: { cause?: unknown },
  ) {
    super(`${where}: ${why}`, options);
  }
}

/**
 * A rule for every field there is: one that is added to structure.ts without a rule here does not compile. So no
 * text of an archive reaches a server unlooked at.
 */
type Rule<T, C> = (value: T, of: C) => void;
type Rules<T, C> = { readonly [K in keyof Required<T>]: Rule<NonNullable<T[K]>, C> };

function apply<T extends object, C>(rules: Rules<T, C>, value: T, of: C): void {
  for (const key of Object.keys(rules) as (keyof T & string)[]) {
    const field = value[key];
    if (field !== undefined && field !== null) within(key, () => rules[key](field, of));
  }
}

/** Puts the place before what a rule says. */
function within(place: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof Unfit) throw new Unfit(`${place}.${error.where}`, error.why, { cause: error });
    if (!(error instanceof NotUnderstood)) throw error;
    throw new Unfit(place, error.message, { cause: error });
  }
}

const fail = (why: string): never => {
  throw new NotUnderstood(why);
};

const each =
  <T, C>(rule: Rule<T, C>): Rule<readonly T[], C> =>
  (list, of) =>
    list.forEach((one, at) => within(String(at), () => rule(one, of)));

const any = (): void => undefined;
const text = (value: string): void => {
  if (value.includes('\0')) fail('it has a zero byte');
};
const name = (value: string): void => {
  text(value);
  if (value === '') fail('it is empty');
};
const whole = (value: string): void => {
  if (!/^-?\d{1,19}$/.test(value) || BigInt.asIntN(64, BigInt(value)) !== BigInt(value))
    fail('it is no whole number of 64 bits');
};
const small = (value: number): void => {
  if (!Number.isInteger(value) || Math.abs(value) > 32_767) fail('it is no small whole number');
};
const oneOf =
  (...words: readonly string[]) =>
  (value: string): void => {
    if (!words.includes(value)) fail(`it is none of ${words.join(', ')}`);
  };
/** `fillfactor=70`: the name goes into SQL as it is, the value in quotes. */
const option = (value: string): void => {
  text(value);
  if (!/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?=/.test(value)) fail('it is no setting');
};

const PRIVILEGE: Rules<Privilege, unknown> = {
  grantee: name,
  privilege: oneOf(
    ...['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN'],
    ...['USAGE', 'EXECUTE'],
  ),
  grantable: any,
  column: name,
};
const privileges = each<Privilege, unknown>((one) => apply(PRIVILEGE, one, undefined));

const SEQUENCE: Rules<Sequence, unknown> = {
  name,
  type: oneOf('smallint', 'integer', 'bigint'),
  start: whole,
  increment: whole,
  min: whole,
  max: whole,
  cache: whole,
  cycle: any,
  last: whole,
  called: any,
  unlogged: any,
  comment: text,
  column: name,
  privileges,
};

const INHERITED_TRIGGER: Rules<InheritedTrigger, unknown> = { name, enabled: any };

const columnRules = (grammar: Grammar): Rules<Column, Relation> => ({
  name,
  type: any,
  native: (value) => grammar.type(value),
  notNull: any,
  notNullName: name,
  notNullInherit: any,
  notNullInherited: any,
  default: (value) => grammar.expression(value),
  generated: any,
  identity: any,
  collation: (value) => grammar.collation(value),
  storage: oneOf('PLAIN', 'EXTERNAL', 'MAIN', 'EXTENDED'),
  compression: oneOf('pglz', 'lz4'),
  statistics: small,
  options: each(option),
  comment: text,
  local: any,
});

const constraintRules = (grammar: Grammar): Rules<Constraint, Constraint> => ({
  name,
  kind: any,
  definition: (_, constraint) => grammar.constraint(constraint),
  validated: any,
  references: name,
  columns: each(name),
  referencedColumns: each(name),
  comment: text,
});

const indexRules = (grammar: Grammar): Rules<Index, { index: Index; relation: Relation }> => ({
  name,
  definition: (value, { index, relation }) => grammar.index(value, index.name, relation.name),
  parent: name,
  options: each(option),
  clustered: any,
  replicaIdentity: any,
  statistics: each(([position, target]) => {
    small(position);
    small(target);
  }),
  comment: text,
});

const attachmentRules = (
  grammar: Grammar,
): Rules<Attachment, { attachment: Attachment; relation: Relation }> => ({
  kind: any,
  name,
  definition: (value, { attachment, relation }) =>
    grammar[attachment.kind](value, attachment.name, relation.name),
  enabled: any,
  statistics: small,
  comment: text,
});

const relationRules = (grammar: Grammar): Rules<Relation, Relation> => ({
  name,
  kind: any,
  owner: text,
  unlogged: any,
  accessMethod: name,
  columns: each((one, relation) => apply(columnRules(grammar), one, relation)),
  parents: each(name),
  partitionKey: (value) => grammar.partitionKey(value),
  partitionBound: (value) => grammar.partitionBound(value),
  query: (value) => grammar.query(value),
  populated: any,
  constraints: each((one) => apply(constraintRules(grammar), one, one)),
  indexes: each((index, relation) => apply(indexRules(grammar), index, { index, relation })),
  attachments: each((attachment, relation) =>
    apply(attachmentRules(grammar), attachment, { attachment, relation }),
  ),
  inheritedTriggers: each((one) => apply(INHERITED_TRIGGER, one, undefined)),
  sequences: each((one) => apply(SEQUENCE, one, undefined)),
  rowSecurity: any,
  replicaIdentity: any,
  options: each(option),
  toastOptions: each(option),
  privileges,
  comment: text,
});

const objectRules = (grammar: Grammar): Rules<SchemaObject, SchemaObject> => ({
  kind: any,
  name,
  identity: text,
  definition: (_, object) => grammar.object(object),
  owner: text,
  sequence: (one) => apply(SEQUENCE, one, undefined),
  privileges,
  comment: text,
});

const twice = (what: string, names: readonly string[]): void => {
  const seen = new Set<string>();
  for (const one of names) {
    if (seen.has(one)) fail(`${what} ${one} is in it twice`);
    seen.add(one);
  }
};

/** Parts of a relation that belong together. */
function checkParts(relation: Relation): void {
  const columns = new Set(relation.columns.map((one) => one.name));
  const view = relation.kind === 'view' || relation.kind === 'materialized';
  twice(
    'column',
    relation.columns.map((one) => one.name),
  );
  twice(
    'constraint',
    relation.constraints.map((one) => one.name),
  );
  twice(
    'attachment',
    relation.attachments.map((one) => `${one.kind} ${one.name}`),
  );
  if (view !== (relation.query !== undefined)) fail(view ? 'it has no query' : 'a table has no query');
  if (relation.partitionBound !== undefined && relation.parents.length !== 1)
    fail('a partition has one parent');
  if (relation.partitionKey !== undefined && relation.kind !== 'partitioned')
    fail('only what is partitioned has a key');
  for (const one of relation.sequences)
    if (one.column === undefined || !columns.has(one.column)) fail(`the sequence ${one.name} has no column`);
  for (const one of relation.columns) {
    if (one.generated && one.default === undefined) fail(`the column ${one.name} is generated from nothing`);
    if (one.identity && !relation.sequences.some((sequence) => sequence.column === one.name))
      fail(`the column ${one.name} has no sequence`);
  }
  const makers = new Set(
    relation.constraints
      .filter((one) => ['primary', 'unique', 'exclusion'].includes(one.kind))
      .map((one) => one.name),
  );
  for (const one of relation.indexes)
    if ((one.definition === undefined) !== makers.has(one.name))
      fail(`the index ${one.name} is ${one.definition === undefined ? 'made by nothing' : 'made twice'}`);
}

/** What names what: each once, in an order that has all, and nothing else. */
function checkWhole(schema: Schema): void {
  const keys = [
    ...schema.relations.map((one) => relationKey(one.name)),
    ...schema.objects.map((one) => objectKey(one)),
  ];
  const known = new Set(keys);
  twice('', keys);
  within('order', () => {
    twice('', schema.order);
    for (const key of schema.order) if (!known.has(key)) fail(`${key} is not in it`);
    if (schema.order.length !== keys.length) fail('it does not have everything');
  });
  for (const edges of ['needs', 'laterNeeds'] as const) {
    within(edges, () => {
      for (const [key, needs] of schema[edges]) {
        if (!known.has(key)) fail(`${key} is not in it`);
        needs.forEach(text);
      }
    });
  }
  const shared = [
    ...schema.relations.flatMap((one) => [
      one.name,
      ...one.indexes.map((index) => index.name),
      ...one.sequences.map((sequence) => sequence.name),
    ]),
    ...schema.objects.flatMap((one) => (one.sequence ? [one.name] : [])),
  ];
  twice('the name', shared);
  for (const object of schema.objects) {
    within(objectKey(object), () => {
      if (
        (object.kind === 'sequence') !== (object.sequence !== undefined) ||
        (object.sequence?.name ?? object.name) !== object.name
      )
        fail('it is no sequence of that name');
    });
  }
}

/** Everything of a structure by its rules. Throws Unfit. */
export async function checkSchema(schema: Schema): Promise<CheckedSchema> {
  const grammar = grammarOf(await parser());
  const [relation, object] = [relationRules(grammar), objectRules(grammar)];
  for (const one of schema.relations) {
    within(`collection ${JSON.stringify(one.name)}`, () => {
      apply(relation, one, one);
      within('structure', () => checkParts(one));
    });
  }
  for (const one of schema.objects) within(objectKey(one), () => apply(object, one, one));
  within('structure', () => checkWhole(schema));
  return schema as CheckedSchema;
}

/** A single object, as a journal has it. Throws Unfit. */
export async function checkObject(object: SchemaObject): Promise<SchemaObject> {
  const grammar = grammarOf(await parser());
  within(objectKey(object), () => apply(objectRules(grammar), object, object));
  return object;
}
