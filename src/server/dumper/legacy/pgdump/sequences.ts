import type { Node } from 'libpg-query';
import { as, words } from '../../dialects/postgres/sql/parser';
import type { Sequence } from '../../dialects/postgres/structure/structure';

const TYPES: Readonly<
  Record<string, Pick<Sequence, 'type'> & { readonly max: string; readonly min: string }>
> = {
  int2: { type: 'smallint', min: '-32768', max: '32767' },
  int4: { type: 'integer', min: '-2147483648', max: '2147483647' },
  int8: { type: 'bigint', min: '-9223372036854775808', max: '9223372036854775807' },
};

/** A sequence by the options that stand behind CREATE SEQUENCE or ADD GENERATED; undefined: one is not understood. */
export function sequenceOf(name: string, options: readonly Node[] | undefined): Sequence | undefined {
  const said = new Map<string, Node | undefined>();
  for (const option of options ?? []) {
    const { defname = '', arg } = as(option, 'DefElem') ?? {};
    said.set(defname, arg);
  }
  const kind = TYPES[said.has('as') ? (words(as(said.get('as'), 'TypeName')?.names).at(-1) ?? '') : 'int8'];
  const increment = numberOf(said.get('increment')) ?? '1';
  if (!kind) return undefined;
  const up = !increment.startsWith('-');
  const min = numberOf(said.get('minvalue')) ?? (up ? '1' : kind.min);
  const max = numberOf(said.get('maxvalue')) ?? (up ? kind.max : '-1');
  const start = numberOf(said.get('start')) ?? (up ? min : max);
  return {
    name,
    type: kind.type,
    start,
    increment,
    min,
    max,
    cache: numberOf(said.get('cache')) ?? '1',
    cycle: as(said.get('cycle'), 'Boolean')?.boolval ?? false,
    last: start,
    called: false,
  };
}

/** What does not fit 32 bits the parser calls a float. */
export function numberOf(node: Node | undefined): string | undefined {
  const integer = as(node, 'Integer') ?? as(node, 'A_Const')?.ival;
  if (integer) return String(integer.ival ?? 0);
  const text = (as(node, 'Float') ?? as(node, 'A_Const')?.fval)?.fval;
  return text !== undefined && /^-?\d{1,19}$/.test(text) ? text : undefined;
}
