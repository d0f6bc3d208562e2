import { Unfit } from '../../../schema/unfit';
import type { CheckedSchema, Relation, Schema, SchemaObject } from '../../../schema/structure';
import { ReferenceAction } from '../../../schema/types';
import { isOurs } from '../sql/names';
import { judge, tokens } from '../sql/tokens';
import { parseColumnType } from './columnType';
import { columnsOf, nameOf, nativeOf, objectOf } from './neutral';
import { ObjectNative, type NativeDefault } from './structure';

const WORD = /^[A-Za-z0-9_]{1,64}$/;
const NUMBER = /^(?:-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|b'[01]+')$/i;
const MODES = /^[A-Z0-9_,]*$/;

/** Every text of it is what it says that it is; no other schema is ever made. Throws Unfit with the place. */
export function checkSchema(schema: Schema): CheckedSchema {
  const keys = new Set<string>();
  for (const object of schema.objects) {
    checkObject(object);
    const key = nameOf(object);
    if (keys.has(key)) throw new Unfit(object.name, 'it is there twice');
    keys.add(key);
  }
  const names = new Set<string>();
  for (const relation of schema.relations) {
    checkName(relation.name, 'a table');
    // What Ark keeps in a database is known by its name, and believed.
    if (isOurs(relation.name)) throw new Unfit(relation.name, "its name is one of Ark's own");
    if (names.has(relation.name)) throw new Unfit(relation.name, 'it is there twice');
    names.add(relation.name);
    checkRelation(relation);
  }
  return schema as CheckedSchema;
}

function checkName(name: string, where: string): void {
  if (!/^[^\0]{0,63}[^\0 /]$/u.test(name)) throw new Unfit(where, `${JSON.stringify(name)} cannot be a name`);
}

const ZONE = /^(?:SYSTEM|[+-]\d{2}:\d{2}|[A-Za-z0-9_+/-]{1,64})$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)?$/;
const CHARACTERISTICS: ReadonlySet<string> = new Set(
  'sql comment language not deterministic contains no reads modifies'.split(' '),
);
const AMOUNT = /^-?\d{1,12}(?:[ :.-]\d{1,12}){0,5}$/;

/** The same of one function, procedure or event. */
export function checkObject(object: SchemaObject): void {
  const where = `${object.kind} ${JSON.stringify(object.name)}`;
  const fail = (part: string, why: string): never => {
    throw new Unfit(`${part} of ${where}`, why);
  };
  if (!ObjectNative.safeParse(object.native.mysql).success) fail('a part', 'it is none that there is');
  const { kind, native } = objectOf(object);
  checkName(object.name, where);
  if (isOurs(object.name)) fail('the name', "it is one of Ark's own");
  if (object.identity !== object.name) fail('the identity', 'it is not its name');
  if (!MODES.test(native.sqlMode)) fail('the modes', 'they are none');
  if (native.body.trim() === '') fail('the body', 'it does nothing');
  if (kind === 'event') {
    const { schedule, timeZone } = native;
    const moments = schedule.kind === 'once' ? [schedule.at] : [schedule.starts, schedule.ends];
    if (!moments.every((at) => at === undefined || MOMENT.test(at))) fail('the schedule', 'it has no moment');
    if (schedule.kind === 'every' && !AMOUNT.test(schedule.value)) fail('the schedule', 'it is no number');
    if (!ZONE.test(timeZone)) fail('the time zone', 'it is none');
    return;
  }
  // What stands before its body would be overruled by the same at the body's beginning.
  const first = tokens(native.body).find(({ kind: what }) => what !== 'space');
  if (first?.kind === 'comment' || (first && CHARACTERISTICS.has(first.text.toLowerCase())))
    fail('the body', 'it begins with what is no statement');
  if ((kind === 'function') !== (native.returns !== undefined)) fail('what it returns', 'a function does so');
  const names = new Set<string>();
  for (const { name, mode } of native.parameters) {
    checkName(name, `a parameter of ${where}`);
    if (names.has(name.toLowerCase())) fail(`parameter ${name}`, 'it is there twice');
    names.add(name.toLowerCase());
    if (kind === 'function' && mode !== undefined) fail(`parameter ${name}`, 'functions have no such mode');
  }
  for (const value of [...native.parameters, ...(native.returns ? [native.returns] : [])]) {
    if (!parseColumnType(value.columnType)) fail('a value', 'its type is none that Ark knows');
    for (const text of [value.charset, value.collation])
      if (text !== undefined && !WORD.test(text))
        fail('a value', `${JSON.stringify(text)} is no name that the server has`);
  }
}

function checkRelation(relation: Relation): void {
  const where = `collection ${JSON.stringify(relation.name)}`;
  const fail = (part: string, why: string): never => {
    throw new Unfit(`${part} of ${where}`, why);
  };
  const native = nativeOf(relation);
  const word = (text: string | undefined, part: string): void => {
    if (text !== undefined && !WORD.test(text))
      fail(part, `${JSON.stringify(text)} is no name that the server has`);
  };
  const expression = (text: string, part: string): void => {
    if (judge(text) === 'broken') fail(part, 'it is no expression');
  };
  if (relation.parents.length > 0) fail('a parent', 'MySQL has no such thing');
  word(native.engine, 'the engine');
  word(native.collation, 'the collation');
  word(native.rowFormat, 'the row format');
  if (relation.kind === 'view') {
    if (!native.view) fail('the query', 'there is none');
    else {
      word(native.view.security, 'the query');
      word(native.view.checkOption, 'the query');
      checkStatement(native.view.query, () => fail('the query', 'it is no single statement'));
    }
  } else if (relation.kind !== 'table') fail('its kind', `MySQL has no ${relation.kind}`);
  const columns = new Set<string>();
  for (const { name, core, native: column } of columnsOf(relation)) {
    checkName(name, `a column of ${where}`);
    columns.add(name);
    word(column.charset, `column ${name}`);
    word(column.collation, `column ${name}`);
    if (column.generation !== undefined) expression(column.generation, `column ${name}`);
    if ((column.generation === undefined) !== (core.generated === undefined))
      fail(`column ${name}`, 'it is generated in one part and not in the other');
    if (column.default) checkDefault(column.default, () => fail(`column ${name}`, 'its default is none'));
  }
  if (relation.kind === 'table' && columns.size === 0) fail('its columns', 'there are none');
  const known = (names: readonly string[], part: string): void => {
    const stranger = names.find((name) => !columns.has(name));
    if (stranger !== undefined) fail(part, `there is no column ${JSON.stringify(stranger)}`);
  };
  for (const index of native.indexes) {
    const part = `index ${index.name}`;
    checkName(index.name, part);
    if (index.parts.length === 0) fail(part, 'it is over nothing');
    word(index.using, part);
    for (const { column, expression: text } of index.parts) {
      if ((column === undefined) === (text === undefined)) fail(part, 'it is over nothing');
      if (column !== undefined) known([column], part);
      if (text !== undefined) expression(text, part);
    }
  }
  for (const { name, clause } of native.checks) {
    checkName(name, `a check of ${where}`);
    expression(clause, `check ${name}`);
  }
  for (const key of relation.foreignKeys) {
    checkName(key.name, `a key of ${where}`);
    checkName(key.references, `a key of ${where}`);
    known(key.columns, `key ${key.name}`);
    if (![key.onDelete, key.onUpdate].every((action) => ReferenceAction.safeParse(action).success))
      fail(`key ${key.name}`, 'its actions are none');
    if (key.columns.length !== key.referencedColumns.length || key.columns.length === 0)
      fail(`key ${key.name}`, 'its columns do not match');
  }
  for (const counter of relation.counters) {
    known([counter.column], 'its counter');
    if (!/^\d{1,20}$/.test(counter.next)) fail('its counter', 'it is no number');
  }
  for (const trigger of native.triggers) {
    checkName(trigger.name, `a trigger of ${where}`);
    word(trigger.timing, `trigger ${trigger.name}`);
    word(trigger.event, `trigger ${trigger.name}`);
    if (!MODES.test(trigger.sqlMode)) fail(`trigger ${trigger.name}`, 'its modes are none');
    if (trigger.body.trim() === '') fail(`trigger ${trigger.name}`, 'it does nothing');
  }
}

function checkDefault(value: NativeDefault, fail: () => never): void {
  if (value.kind === 'number' && !NUMBER.test(value.value)) fail();
  if (value.kind === 'expression' && judge(value.text) === 'broken') fail();
  if (value.kind === 'now' && (value.digits < 0 || value.digits > 6)) fail();
}

/** A query: it may call what it will (that is code, and told of as such), but it is one statement and hides nothing. */
function checkStatement(sql: string, fail: () => never): void {
  const all = tokens(sql);
  if (judge(sql) === 'broken') fail();
  const first = all.find(({ kind }) => kind !== 'space')?.text.toLowerCase();
  if (first !== 'select' && first !== 'with' && first !== '(') fail();
}
