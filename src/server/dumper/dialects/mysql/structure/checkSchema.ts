import { Unfit } from '../../../schema/unfit';
import type { CheckedSchema, Relation, Schema } from '../../../schema/structure';
import { ReferenceAction } from '../../../schema/types';
import { judge, tokens } from '../sql/tokens';
import { columnsOf, nativeOf } from './neutral';
import type { NativeDefault } from './structure';

const WORD = /^[A-Za-z0-9_]{1,64}$/;
const NUMBER = /^(?:-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|b'[01]+')$/i;
const MODES = /^[A-Z0-9_,]*$/;

/** Every text of it is what it says that it is; no other schema is ever made. Throws Unfit with the place. */
export function checkSchema(schema: Schema): CheckedSchema {
  if (schema.objects.length > 0) throw new Unfit(schema.objects[0]?.name ?? '', 'MySQL has no such object');
  const names = new Set<string>();
  for (const relation of schema.relations) {
    checkName(relation.name, 'a table');
    if (names.has(relation.name)) throw new Unfit(relation.name, 'it is there twice');
    names.add(relation.name);
    checkRelation(relation);
  }
  return schema as CheckedSchema;
}

function checkName(name: string, where: string): void {
  if (!/^[^\0]{0,63}[^\0 /]$/u.test(name)) throw new Unfit(where, `${JSON.stringify(name)} cannot be a name`);
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
