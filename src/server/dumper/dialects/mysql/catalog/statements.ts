import { rows, type Client } from '../connection/connection';
import { isLost } from '../connection/failure';
import { quote } from '../sql/quote';
import { tokens, withoutDatabase } from '../sql/tokens';

type Kind = 'view' | 'trigger' | 'function' | 'procedure' | 'event';

const COLUMNS: Readonly<Record<Kind, string>> = {
  view: 'Create View',
  trigger: 'SQL Original Statement',
  function: 'Create Function',
  procedure: 'Create Procedure',
  event: 'Create Event',
};

/**
 * What such a thing does, as it was written, without the name of its database. The catalog's own column of it
 * (`rendered`) has question marks for what three bytes of UTF-8 cannot say, and lacks the character sets before texts.
 * Undefined where that is all that can be had, and says that it may not be all.
 */
export async function readBody(
  client: Client,
  kind: Kind,
  name: string,
  rendered: string,
): Promise<string | undefined> {
  const own = (text: string): string => withoutDatabase(text, client.database);
  const [row] = await rows<Record<string, string | null>>(
    client,
    `SHOW CREATE ${kind.toUpperCase()} ${quote(name)}`,
  ).catch((error: unknown) => {
    if (isLost(error)) throw error;
    return [];
  });
  const statement = row?.[COLUMNS[kind]];
  if (statement === undefined || statement === null)
    return /^[^?\u{80}-\u{10FFFF}]*$/u.test(rendered) ? own(rendered) : undefined;
  const body = own(bodyIn(kind, statement) ?? '');
  // What is no UTF-8 has been replaced on its way here.
  return skeleton(body) === skeleton(own(rendered)) && !body.includes('\uFFFD') ? body : undefined;
}

/** Where a statement as the server writes it comes to what the thing does; undefined if it has what is not carried. */
export function bodyIn(kind: Kind, statement: string): string | undefined {
  const all = tokens(statement);
  const textFrom = (at: number): string =>
    all
      .slice(at)
      .map(({ text }) => text)
      .join('');
  const rest = (from: number): string => {
    // The catalog leaves out what is said before it begins.
    const begins = all.findIndex(
      ({ kind: what, text }, at) =>
        at >= from && what !== 'space' && !(what === 'comment' && !/^\/\*M?!/.test(text)),
    );
    return begins < 0 ? '' : textFrom(begins);
  };
  const words = all.flatMap(({ kind: what, text }, at) =>
    what === 'space' || what === 'comment' ? [] : [{ word: what === 'word' ? text.toLowerCase() : '', at }],
  );
  const after = (...sought: readonly string[]): number | undefined => {
    const at = words.findIndex((_, from) => sought.every((word, i) => words[from + i]?.word === word));
    return at < 0 ? undefined : (words[at + sought.length - 1]?.at ?? 0) + 1;
  };
  if (kind === 'view') {
    const from = after('as');
    return from === undefined
      ? undefined
      : rest(from).replace(/\s+WITH (?:CASCADED|LOCAL) CHECK OPTION\s*$/i, '');
  }
  if (kind === 'trigger') {
    const from = after('for', 'each', 'row');
    if (from === undefined) return undefined;
    return rest(from).replace(/^(?:FOLLOWS|PRECEDES)\s+(?:`(?:[^`]|``)+`|[^\s`]+)\s+/i, '');
  }
  if (kind === 'event') {
    const from = after('do');
    return from === undefined ? undefined : rest(from);
  }
  // Its parameters, what it returns until the end of that line, and a line for each of its characteristics.
  let depth = 0;
  const closed = all.findIndex(({ kind: what, text }) => {
    if (what === 'mark' && text === '(') depth += 1;
    if (what === 'mark' && text === ')') depth -= 1;
    return what === 'mark' && text === ')' && depth === 0;
  });
  const ended = all.findIndex(
    ({ kind: what, text }, at) => at > closed && what === 'space' && text.includes('\n'),
  );
  if (closed < 0 || ended < 0) return undefined;
  // No catalog has what a parameter is where nothing is given.
  if (all.slice(0, closed).some(({ kind: what, text }) => what === 'word' && /^default$/i.test(text)))
    return undefined;
  const lines = textFrom(ended).replace(/^[^\n]*\n/, '');
  return lines.replace(
    /^(?: {4}(?:(?:NOT )?DETERMINISTIC|NO SQL|CONTAINS SQL|READS SQL DATA|MODIFIES SQL DATA|LANGUAGE SQL|SQL SECURITY \w+|COMMENT '[^\n]*')\n)*/,
    '',
  );
}

/** Its letters and digits without what a rendering lacks. */
const skeleton = (text: string): string =>
  text.replace(/_[a-z0-9]+(?=\s*[xbn]?'|\s*0x)/gi, '').replace(/[^A-Za-z0-9]/g, '');
