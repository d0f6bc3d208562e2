import type { Collation } from './collation';
import type {
  ClassFunction,
  ClassOperator,
  Named,
  Operator,
  OperatorClass,
  OperatorFamily,
} from './operator';
import { objectKey, relationKey } from '../../../schema/structure';
import {
  RECORDS,
  type Attachment,
  type CheckedSchema,
  type Column,
  type Constraint,
  type Index,
  type InheritedTrigger,
  type PartComment,
  type Privilege,
  type Relation,
  type Schema,
  type SchemaObject,
  type Sequence,
} from './structure';
import type { TextConfiguration, TextDictionary } from './textSearch';
import { due, inTurns, type Steps } from '../../../../turns';
import { grammarOf, type Grammar } from './grammar';
import { NotUnderstood, parser } from '../sql/parser';
import { identityOf } from './records';
import { Unfit } from '../../../schema/unfit';

/**
 * A rule for every field there is: one that is added to structure.ts without a rule here does not compile. So no
 * text of an archive reaches a server unlooked at.
 */
type Rule<T, C> = (value: T, of: C) => void | Steps<void>;
type Rules<T, C> = { readonly [K in keyof Required<T>]: Rule<NonNullable<T[K]>, C> };

function* apply<T extends object, C>(rules: Rules<T, C>, value: T, of: C): Steps<void> {
  for (const key in rules) {
    const field = value[key as keyof T & string];
    if (field === undefined || field === null) continue;
    try {
      const more = rules[key as keyof T & string](field, of);
      if (more) yield* more;
    } catch (error) {
      throw placed(key, error);
    }
  }
}

function* within(place: string, work: () => void | Steps<void>): Steps<void> {
  try {
    const more = work();
    if (more) yield* more;
  } catch (error) {
    throw placed(place, error);
  }
}

/** Puts the place before what a rule says. */
function placed(place: string, error: unknown): unknown {
  if (error instanceof Unfit) return new Unfit(`${place}.${error.where}`, error.why, { cause: error });
  return error instanceof NotUnderstood ? new Unfit(place, error.message, { cause: error }) : error;
}

const fail = (why: string): never => {
  throw new NotUnderstood(why);
};

const each = <T, C>(rule: Rule<T, C>): Rule<readonly T[], C> =>
  function* (list, of) {
    for (const [at, item] of list.entries()) {
      try {
        const more = rule(item, of);
        if (more) yield* more;
      } catch (error) {
        throw placed(String(at), error);
      }
      if (due()) yield;
    }
  };

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
const privileges = each<Privilege, unknown>((privilege) => apply(PRIVILEGE, privilege, undefined));

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
  apart: any,
  privileges,
};

const PART_COMMENT: Rules<PartComment, unknown> = { kind: any, name, comment: text };
const partComments = each<PartComment, unknown>((comment) => apply(PART_COMMENT, comment, undefined));

const INHERITED_TRIGGER: Rules<InheritedTrigger, unknown> = { name, enabled: any };

const columnRules = (grammar: Grammar): Rules<Column, Relation> => ({
  name,
  type: any,
  element: any,
  length: any,
  precision: any,
  scale: any,
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
  onDelete: any,
  onUpdate: any,
  comment: text,
});

const indexRules = (grammar: Grammar): Rules<Index, { index: Index; relation: Relation }> => ({
  name,
  definition: (value, { index, relation }) => grammar.index(value, index.name, relation.name),
  unique: any,
  columns: each(name),
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

const relationRules = (
  grammar: Grammar,
  column = columnRules(grammar),
  constraint = constraintRules(grammar),
  index = indexRules(grammar),
  attachment = attachmentRules(grammar),
): Rules<Relation, Relation> => ({
  name,
  kind: any,
  owner: text,
  unlogged: any,
  accessMethod: name,
  columns: each((of, relation) => apply(column, of, relation)),
  parents: each(name),
  partitionKey: (value) => grammar.partitionKey(value),
  partitionBound: (value) => grammar.partitionBound(value),
  query: (value) => grammar.query(value),
  populated: any,
  constraints: each((of) => apply(constraint, of, of)),
  indexes: each((of, relation) => apply(index, of, { index: of, relation })),
  invalidIndexes: each(name),
  attachments: each((of, relation) => apply(attachment, of, { attachment: of, relation })),
  inheritedTriggers: each((trigger) => apply(INHERITED_TRIGGER, trigger, undefined)),
  sequences: each((sequence) => apply(SEQUENCE, sequence, undefined)),
  rowSecurity: any,
  replicaIdentity: any,
  options: each(option),
  toastOptions: each(option),
  privileges,
  comment: text,
  partComments,
});

/** It stands in quotes; these are the letters that names of locales have. */
const locale = (value: string): void => {
  if (!/^[\p{L}\p{N} _@.=;:,()+-]{0,128}$/u.test(value)) fail('it is no locale');
};

const COLLATION: Rules<Collation, unknown> = {
  provider: any,
  locale,
  collate: locale,
  ctype: locale,
  deterministic: any,
  rules: text,
};

const symbol = (value: string): void => {
  if (!/^[-+*/<>=~!@#%^&|`?]{1,63}$/.test(value) || /--|\/\*/.test(value)) fail('it is no operator');
};
const NAMED: Rules<Named, unknown> = { schema: name, name };
const SYMBOL: Rules<Named, unknown> = { schema: name, name: symbol };
const reference = (named: Named) => apply(NAMED, named, undefined);
const operatorNamed = (named: Named) => apply(SYMBOL, named, undefined);

const typeRule = (grammar: Grammar) => (value: string) => {
  grammar.type(value);
};

const operatorRules = (grammar: Grammar): Rules<Operator, unknown> => ({
  left: typeRule(grammar),
  right: typeRule(grammar),
  function: reference,
  commutator: operatorNamed,
  negator: operatorNamed,
  restrict: reference,
  join: reference,
  hashes: any,
  merges: any,
});

const memberRules = (grammar: Grammar): Pick<Rules<OperatorFamily, unknown>, 'operators' | 'functions'> => {
  const type = typeRule(grammar);
  const operator: Rules<ClassOperator, unknown> = {
    number: small,
    name: operatorNamed,
    left: type,
    right: type,
    orderBy: reference,
  };
  const routine: Rules<ClassFunction, unknown> = {
    number: small,
    name: reference,
    arguments: each(type),
    left: type,
    right: type,
  };
  return {
    operators: each((operatorObject) => apply(operator, operatorObject, undefined)),
    functions: each((functionObject) => apply(routine, functionObject, undefined)),
  };
};

const familyRules = (grammar: Grammar): Rules<OperatorFamily, unknown> => ({
  method: name,
  ...memberRules(grammar),
});

const classRules = (grammar: Grammar): Rules<OperatorClass, unknown> => ({
  method: name,
  family: name,
  default: any,
  type: typeRule(grammar),
  storage: typeRule(grammar),
  ...memberRules(grammar),
});

type DictionaryOption = TextDictionary['options'][number];
const OPTION: Rules<DictionaryOption, DictionaryOption> = {
  name,
  value: (value, { number }) => {
    text(value);
    if (number && !/^-?\d{1,18}(\.\d{1,18})?$/.test(value)) fail('it is no number');
  },
  number: any,
};
const DICTIONARY: Rules<TextDictionary, unknown> = {
  template: reference,
  options: each((option) => apply(OPTION, option, option)),
};

const MAPPING: Rules<TextConfiguration['mappings'][number], unknown> = {
  token: name,
  dictionaries: (list, of) => {
    if (list.length === 0) fail('it asks none');
    return each(reference)(list, of);
  },
};
const CONFIGURATION: Rules<TextConfiguration, unknown> = {
  parser: reference,
  mappings: each((mapping) => apply(MAPPING, mapping, undefined)),
};

const objectRules = (grammar: Grammar): Rules<SchemaObject, SchemaObject> => ({
  kind: any,
  name,
  identity: (value, object) => {
    text(value);
    if (object.kind in RECORDS && object.kind !== 'sequence' && value !== identityOf(object))
      fail('it is not the name');
  },
  definition: (_, object) => grammar.object(object),
  owner: text,
  sequence: (sequence) => apply(SEQUENCE, sequence, undefined),
  collation: (collation) => apply(COLLATION, collation, undefined),
  operator: (operator, object) => {
    symbol(object.name);
    return apply(operatorRules(grammar), operator, undefined);
  },
  operatorFamily: (family) => apply(familyRules(grammar), family, undefined),
  operatorClass: (operatorClass) => apply(classRules(grammar), operatorClass, undefined),
  textDictionary: (dictionary) => apply(DICTIONARY, dictionary, undefined),
  textConfiguration: (configuration) => apply(CONFIGURATION, configuration, undefined),
  notValid: each((constraint, object) => {
    name(constraint.name);
    if (object.kind !== 'domain') fail('it is on no domain');
    if (!constraint.definition.endsWith(' NOT VALID')) fail('it does not say NOT VALID');
    grammar.constraint({ ...constraint, kind: 'check' });
  }),
  privileges,
  comment: text,
  partComments,
});

function* twice(what: string, names: Iterable<string>): Steps<void> {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) fail(`${what} ${name} is in it twice`);
    seen.add(name);
    if (due()) yield;
  }
}

/** Parts of a relation that belong together. */
function* checkParts(relation: Relation): Steps<void> {
  const { columns, constraints, attachments, sequences } = relation;
  const view = relation.kind === 'view' || relation.kind === 'materialized';
  const names = new Set(columns.map((column) => column.name));
  yield* twice(
    'column',
    columns.map((column) => column.name),
  );
  yield* twice(
    'constraint',
    constraints.map((constraint) => constraint.name),
  );
  yield* twice(
    'attachment',
    attachments.map((attachment) => `${attachment.kind} ${attachment.name}`),
  );
  if (view !== (relation.query !== undefined)) fail(view ? 'it has no query' : 'a table has no query');
  if (relation.partitionBound !== undefined && relation.parents.length !== 1)
    fail('a partition has one parent');
  if (relation.partitionKey !== undefined && relation.kind !== 'partitioned')
    fail('only what is partitioned has a key');
  const counted = new Set<string>();
  for (const sequence of sequences) {
    if (sequence.column === undefined || !names.has(sequence.column))
      fail(`the sequence ${sequence.name} has no column`);
    else if (!sequence.apart) counted.add(sequence.column);
    if (due()) yield;
  }
  for (const column of columns) {
    if (column.generated && column.default === undefined)
      fail(`the column ${column.name} is generated from nothing`);
    if (column.identity && !counted.has(column.name)) fail(`the column ${column.name} has no sequence`);
    if (due()) yield;
  }
  const makers = new Set(
    constraints.filter((constraint) => MAKES_INDEX.has(constraint.kind)).map((constraint) => constraint.name),
  );
  for (const index of relation.indexes) {
    if ((index.definition === undefined) !== makers.has(index.name))
      fail(`the index ${index.name} is ${index.definition === undefined ? 'made by nothing' : 'made twice'}`);
    if (due()) yield;
  }
}

const MAKES_INDEX: ReadonlySet<Constraint['kind']> = new Set(['primary', 'unique', 'exclusion'] as const);

/** What names what: each once, in an order that has all, and nothing else. */
function* checkWhole(schema: Schema): Steps<void> {
  const keys = [
    ...schema.relations.map((relation) => relationKey(relation.name)),
    ...schema.objects.map((object) => objectKey(object)),
  ];
  const known = new Set(keys);
  yield* twice('', keys);
  yield* within('order', function* () {
    yield* twice('', schema.order);
    for (const key of schema.order) {
      if (!known.has(key)) fail(`${key} is not in it`);
      if (due()) yield;
    }
    if (schema.order.length !== keys.length) fail('it does not have everything');
  });
  for (const edges of ['needs', 'laterNeeds'] as const) {
    yield* within(edges, function* () {
      for (const [key, needs] of schema[edges]) {
        if (!known.has(key)) fail(`${key} is not in it`);
        for (const need of needs) {
          text(need);
          if (due()) yield;
        }
      }
    });
  }
  yield* twice('the name', sharedNames(schema));
  for (const object of schema.objects) {
    for (const [kind, field] of Object.entries(RECORDS)) {
      if ((object.kind === kind) !== (object[field] !== undefined))
        throw new Unfit(objectKey(object), `it is no ${kind} or has no record of one`);
    }
    if ((object.sequence?.name ?? object.name) !== object.name)
      throw new Unfit(objectKey(object), 'it is no sequence of that name');
    if (due()) yield;
  }
}

/** Tables, indexes and sequences have their names from one store. */
function* sharedNames({ relations, objects }: Schema): Generator<string, void, void> {
  for (const { name, indexes, sequences } of relations) {
    yield name;
    for (const index of indexes) yield index.name;
    for (const sequence of sequences) yield sequence.name;
  }
  for (const object of objects) if (object.sequence) yield object.name;
}

/** Found good before, and nobody changes them: a command looks at the same archive several times. */
const good = new WeakSet<Relation>();

function* checking(schema: Schema, grammar: Grammar): Steps<CheckedSchema> {
  const [relation, object] = [relationRules(grammar), objectRules(grammar)];
  for (const built of schema.relations) {
    if (good.has(built)) continue;
    yield* within(`collection ${JSON.stringify(built.name)}`, function* () {
      yield* apply(relation, built, built);
      yield* within('structure', () => checkParts(built));
    });
    good.add(built);
    if (due()) yield;
  }
  for (const made of schema.objects) {
    yield* within(objectKey(made), () => apply(object, made, made));
    if (due()) yield;
  }
  yield* within('structure', () => checkWhole(schema));
  return schema as CheckedSchema;
}

/** Everything of a structure by its rules. Throws Unfit. */
export const checkSchema = async (schema: Schema): Promise<CheckedSchema> =>
  inTurns(checking(schema, grammarOf(await parser())));

/** A single object, as a journal has it. Throws Unfit. */
export async function checkObject(object: SchemaObject): Promise<SchemaObject> {
  const grammar = grammarOf(await parser());
  await inTurns(within(objectKey(object), () => apply(objectRules(grammar), object, object)));
  return object;
}
