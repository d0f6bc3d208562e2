import type { Node } from 'libpg-query';
import { literal, quote } from '../../dialects/postgres/sql/quote';
import { as, words } from '../../dialects/postgres/sql/parser';
import { columnType } from './types';

/** Functions of the server itself that NocoBase's fields ask for. */
const CALLS = new Set([
  'now',
  'gen_random_uuid',
  'transaction_timestamp',
  'statement_timestamp',
  'clock_timestamp',
]);
const WORDS: Readonly<Record<string, string>> = {
  SVFOP_CURRENT_DATE: 'CURRENT_DATE',
  SVFOP_CURRENT_TIME: 'CURRENT_TIME',
  SVFOP_CURRENT_TIMESTAMP: 'CURRENT_TIMESTAMP',
  SVFOP_LOCALTIME: 'LOCALTIME',
  SVFOP_LOCALTIMESTAMP: 'LOCALTIMESTAMP',
};

/**
 * A default, made anew from what the parser has found in a text: a constant, with or without a type, or one of a few
 * functions without arguments. Undefined for anything else.
 */
export function plainDefault(
  node: Node | undefined,
  schema: string,
  enums: ReadonlyMap<string, string>,
): string | undefined {
  const cast = as(node, 'TypeCast');
  if (cast) {
    const value = plainDefault(cast.arg, schema, enums);
    const type = columnType(cast.typeName, schema, enums);
    return value !== undefined && type ? `${value}::${type.native}` : undefined;
  }
  const constant = as(node, 'A_Const');
  if (constant) {
    const { isnull, ival, fval, boolval, sval } = constant;
    if (isnull) return 'NULL';
    if (ival) return signed(String(ival.ival ?? 0));
    if (fval) return /^-?[\d.]+(e[+-]?\d+)?$/i.test(fval.fval ?? '') ? signed(fval.fval ?? '') : undefined;
    if (boolval) return boolval.boolval ? 'true' : 'false';
    return sval && literal(sval.sval ?? '');
  }
  const call = as(node, 'FuncCall');
  if (call) {
    const [first = '', second] = words(call.funcname);
    const name = second ?? first;
    const own = second === undefined || first === 'pg_catalog';
    return own && !call.args && CALLS.has(name) ? `${name}()` : undefined;
  }
  const word = as(node, 'SQLValueFunction');
  return word && WORDS[String(word.op)];
}

/** A minus binds weaker than a cast behind it. */
const signed = (number: string): string => (number.startsWith('-') ? `(${number})` : number);

/** The sequence that a default takes its numbers from, of this schema. */
export function countedBy(node: Node | undefined, schema: string): string | undefined {
  const call = as(node, 'FuncCall');
  const [argument, ...more] = call?.args ?? [];
  if (words(call?.funcname).at(-1) !== 'nextval' || more.length > 0) return undefined;
  return sequenceIn(as(argument, 'TypeCast')?.arg ?? argument, schema);
}

/** The name in a text such as `'"public"."t_id_seq"'`. */
export function sequenceIn(node: Node | undefined, schema: string): string | undefined {
  const text = as(node, 'A_Const')?.sval?.sval ?? '';
  const match = /^(?:("(?:[^"]|"")+"|[a-z_][a-z0-9_]*)\.)?("(?:[^"]|"")+"|[a-z_][a-z0-9_]*)$/.exec(text);
  const [, first, last = ''] = match ?? [];
  return match && (first === undefined || unquoted(first) === schema) ? unquoted(last) : undefined;
}

const unquoted = (name: string): string =>
  name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;

export const nextOf = (sequence: string): string => `nextval(${literal(quote(sequence))}::regclass)`;
