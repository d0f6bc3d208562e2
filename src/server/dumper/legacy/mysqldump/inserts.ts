import { damaged } from '../../../errors/errors';
import { meant, quotedAt, wordsOf } from './strings';

/** Bytes, as the dump has them in hexadecimal. */
export interface Hex {
  readonly hex: string;
}
export type Value = string | Hex | null;

const HEAD = /^INSERT (?:IGNORE )?INTO `((?:[^`]|``)+)`\s*(?:\(((?:`(?:[^`]|``)+`|,|\s)*)\)\s*)?VALUES\s*/;

/** The table of an INSERT, its columns where they are named, and where its rows begin; undefined: it is no INSERT. */
export function insertHead(text: string): { table: string; columns?: string[]; at: number } | undefined {
  const match = HEAD.exec(text);
  if (!match) return undefined;
  const [whole, table = '', list] = match;
  const columns = list
    ?.match(/`(?:[^`]|``)+`/g)
    ?.map((name) => wordsOf(name.slice(1, -1).replaceAll('``', '`')));
  return { table: wordsOf(table.replaceAll('``', '`')), at: whole.length, ...(columns && { columns }) };
}

const PLAIN =
  /\s*(?:(NULL)|0x([0-9A-Fa-f]*)|(-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?:_binary )?(?='))\s*/y;

/** The rows of an INSERT from a place on, with so many values each. Throws ARCHIVE_DAMAGED for anything else. */
export function* insertRows(
  text: string,
  from: number,
  count: number,
  table: string,
  doubled: boolean,
): Generator<Value[]> {
  let at = from;
  // At its end there is something that is no quote.
  const whole = `${text} `;
  const fail = (): never => {
    throw damaged('dump-rows', { collection: table });
  };
  const sign = (expected: string): boolean => {
    while (/\s/.test(whole[at] ?? '')) at += 1;
    if (whole[at] !== expected) return false;
    at += 1;
    return true;
  };
  for (;;) {
    if (!sign('(')) fail();
    const row: Value[] = [];
    do {
      const plain = new RegExp(PLAIN);
      plain.lastIndex = at;
      const match = plain.exec(whole);
      if (!match) return fail();
      at = plain.lastIndex;
      const [, none, hex, number] = match;
      if (none !== undefined) row.push(null);
      else if (hex !== undefined) row.push({ hex });
      else if (number !== undefined) row.push(number);
      else {
        const { end, raw } = quotedAt(whole, at, doubled);
        if (end < 0 || raw === '\0') fail();
        row.push(wordsOf(meant(raw)));
        at = end;
      }
    } while (sign(','));
    if (!sign(')')) fail();
    if (row.length !== count)
      throw damaged('row-values', { collection: table, values: row.length, columns: count });
    yield row;
    if (sign(',')) continue;
    if (whole.slice(at).trim() !== '') fail();
    return;
  }
}
