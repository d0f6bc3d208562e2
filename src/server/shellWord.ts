/** What does something instead of being shown, in a terminal or on paper. */
const ACTING = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** A text as one word of bash, whatever it holds. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  if (!ACTING.test(text)) return `'${text.replace(/'/g, `'\\''`)}'`;
  return `$'${Array.from(text)
    .map((character) => {
      if (character === "'" || character === '\\') return `\\${character}`;
      return ACTING.test(character)
        ? Array.from(Buffer.from(character), (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
        : character;
    })
    .join('')}'`;
}
