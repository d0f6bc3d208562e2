/** What a stranger said, fit to stand in a message: one line, no control characters or marks of direction, and short. */
export function cleaned(text: string, most = 160): string {
  return text
    .slice(0, most * 8)
    .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, most);
}
