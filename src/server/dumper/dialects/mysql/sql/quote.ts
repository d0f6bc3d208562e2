/** Names and texts as they stand in a statement; sessions are set up so that a backslash escapes (connection.ts). */
export const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\x1a': '\\Z',
  '"': '\\"',
  "'": "\\'",
  '\\': '\\\\',
};
const ESCAPED = new RegExp(
  `[${Object.keys(ESCAPES)
    .map((byte) => `\\${byte}`)
    .join('')}]`,
  'g',
);
export const literal = (text: string): string =>
  `'${text.replace(ESCAPED, (byte) => ESCAPES[byte] ?? byte)}'`;

export const list = (names: readonly string[]): string => names.map(quote).join(', ');

const WORDS: Readonly<Record<string, string>> = { '0': '\0', b: '\b', t: '\t', n: '\n', r: '\r', Z: '\x1a' };

/** What stands between the quotes of a text as the server writes it. */
export const unquoted = (inside: string): string =>
  inside.replace(/''|\\([^])/g, (_, escaped?: string) =>
    escaped === undefined ? "'" : (WORDS[escaped] ?? escaped),
  );
/** Between its quotes, with such pairs in it and no quote by itself. */
export const QUOTED = "(?:[^'\\\\]|''|\\\\[^])*";
