import type { Node } from 'libpg-query';
import type { Default } from '../../../schema/structure';
import { expressionStatement } from '../code/code';
import { as, statementIn, words, type Parser } from '../sql/parser';
import type { Column, Relation } from '../structure/structure';

/** Functions of the server itself that tell the moment. */
const MOMENTS = new Set(['now', 'transaction_timestamp', 'statement_timestamp', 'clock_timestamp']);
const MOMENT_WORDS = new Set([
  'SVFOP_CURRENT_DATE',
  'SVFOP_CURRENT_TIME',
  'SVFOP_CURRENT_TIMESTAMP',
  'SVFOP_CURRENT_TIMESTAMP_N',
  'SVFOP_LOCALTIME',
  'SVFOP_LOCALTIMESTAMP',
  'SVFOP_LOCALTIMESTAMP_N',
]);

/** What a default means to every database. Without a parser only counters are understood. */
export function defaultOf(
  column: Column,
  { sequences }: Pick<Relation, 'sequences'>,
  parse?: Parser,
): Default | undefined {
  if (column.identity) return { kind: 'next' };
  if (column.default === undefined || column.generated) return undefined;
  const counts = sequences.some((sequence) => sequence.column === column.name && !sequence.apart);
  if (!parse) return { kind: counts ? 'next' : 'expression' };
  const statement = as(statementIn(parse, expressionStatement(column.default)), 'SelectStmt');
  const value = as(statement?.targetList?.[0], 'ResTarget')?.val;
  return meaning(value, counts) ?? { kind: 'expression' };
}

function meaning(value: Node | undefined, counts: boolean): Default | undefined {
  const cast = as(value, 'TypeCast');
  if (cast) return meaning(cast.arg, counts);
  const constant = as(value, 'A_Const');
  if (constant) return constantOf(constant);
  const negated = as(value, 'A_Expr');
  if (negated?.kind === 'AEXPR_OP' && !negated.lexpr && words(negated.name).join() === '-') {
    const positive = meaning(negated.rexpr, counts);
    return positive?.kind === 'value' ? { kind: 'value', value: `-${positive.value}` } : undefined;
  }
  const call = as(value, 'FuncCall');
  if (call) {
    const name = words(call.funcname).at(-1) ?? '';
    if (name === 'nextval' && counts) return { kind: 'next' };
    return MOMENTS.has(name) && !call.args ? { kind: 'now' } : undefined;
  }
  const word = as(value, 'SQLValueFunction');
  return word && MOMENT_WORDS.has(String(word.op)) ? { kind: 'now' } : undefined;
}

function constantOf(constant: {
  readonly isnull?: boolean | undefined;
  readonly ival?: { readonly ival?: number | undefined } | undefined;
  readonly fval?: { readonly fval?: string | undefined } | undefined;
  readonly boolval?: { readonly boolval?: boolean | undefined } | undefined;
  readonly sval?: { readonly sval?: string | undefined } | undefined;
}): Default | undefined {
  const { isnull, ival, fval, boolval, sval } = constant;
  // Nothing is what there is without a default too.
  if (isnull) return undefined;
  if (ival) return { kind: 'value', value: String(ival.ival ?? 0) };
  if (fval) return { kind: 'value', value: fval.fval ?? '' };
  if (boolval) return { kind: 'value', value: boolval.boolval ? 't' : 'f' };
  if (sval) return { kind: 'value', value: sval.sval ?? '' };
  return undefined;
}
