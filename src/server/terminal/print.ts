/**
 * The one place that writes to the terminal. Names, titles and reasons come from archives, storages and servers, and
 * a terminal obeys what it is sent: an escape sequence among them could rewrite the lines above, even the preview
 * above a question. So what is printed is lines, and in a line every character that does something instead of
 * showing something is written as its code.
 */

/** One line, or several. */
export type Text = string | readonly string[];

/** Controls (C0, DEL, C1), what turns the direction of writing, line separators, halves of characters. */
const ACTING = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A line without anything that a terminal would obey: ESC is shown as `\u001b`, a line feed as `\u000a`. */
export const printable = (line: string): string => line.replace(ACTING, code);

const code = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** JSON on one line, the same once parsed; what JSON itself leaves as it is stands in it by its code too. */
export const jsonLine = (value: unknown): string => printable(JSON.stringify(value));

const lines = (text: Text): string =>
  (typeof text === 'string' ? [text] : text).map((line) => `${printable(line)}\n`).join('');

/** What was asked for: standard output. */
export const print = (text: Text): boolean => process.stdout.write(lines(text));
export const printJson = (value: unknown): boolean => process.stdout.write(`${jsonLine(value)}\n`);

/** What is said beside it: standard error. */
export const say = (text: Text): boolean => process.stderr.write(lines(text));

/** What another program is handed as it is; a terminal gets it as lines. */
export const hand = (text: string): boolean =>
  process.stdout.isTTY ? print(text.replace(/\n$/, '').split('\n')) : process.stdout.write(text);
