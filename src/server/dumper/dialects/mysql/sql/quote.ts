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
