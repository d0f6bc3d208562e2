/**
 * Texts in quotes, as mysqldump writes them: a backslash before a quote, a backslash, NUL and the end of a line. The Backup
 * manager then writes two quotes for each backslash and quote, also where the backslash was the second of two and the
 * quote ended the text (its EscapeQuoteTransform): MySQL reads a quote there instead of the backslash, and what was meant
 * can still be told, because mysqldump itself writes no two quotes.
 */
export interface Quoted {
  /** Behind the closing quote; -1: it has not come yet. */
  readonly end: number;
  /** What is between the quotes, with every backslash as MySQL has it. */
  readonly raw: string;
}

/** The text that begins with the quote at a place. `doubled`: it went through the Backup manager. */
export function quotedAt(text: string, from: number, doubled: boolean): Quoted {
  for (let at = text.indexOf("'", from + 1); at >= 0; at = text.indexOf("'", at + 1)) {
    let slashes = 0;
    while (at - slashes - 1 > from && text[at - slashes - 1] === '\\') slashes += 1;
    if (!doubled) {
      if (slashes % 2 === 0) return { end: at + 1, raw: text.slice(from + 1, at) };
      continue;
    }
    const next = text[at + 1];
    // Whether another one follows is not known yet.
    if (next === undefined) break;
    if (slashes % 2 === 1)
      return next === "'"
        ? { end: at + 2, raw: `${text.slice(from + 1, at)}\\` }
        : { end: at + 1, raw: '\0' };
    if (next !== "'") return { end: at + 1, raw: text.slice(from + 1, at) };
    at += 1;
  }
  return { end: -1, raw: '' };
}

const LETTERS: Readonly<Record<string, string>> = {
  '0': '\0',
  b: '\b',
  n: '\n',
  r: '\r',
  t: '\t',
  Z: '\x1a',
};

/** What a text means; each byte is a character of it still (latin1). */
export const meant = (raw: string): string =>
  /['\\]/.test(raw)
    ? raw.replace(/''|\\([^])/g, (whole, letter: string | undefined) =>
        letter === undefined ? whole.slice(1) : (LETTERS[letter] ?? letter),
      )
    : raw;

export const wordsOf = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');
