import type { LookColumn } from './look';

/** A value as it is shown: what the archive has, with moments as ISO 8601 and truths in words. */
export function shownValue({ type }: Pick<LookColumn, 'type'>, text: string): string {
  switch (type) {
    case 'boolean':
      return text === 't' ? 'true' : text === 'f' ? 'false' : text;
    case 'timestamptz':
      return text.replace(/^(\d{4,}-\d\d-\d\d) ([\d:.]+)\+00$/, '$1T$2Z');
    case 'timestamp':
      return text.replace(/^(\d{4,}-\d\d-\d\d) ([\d:.]+)$/, '$1T$2');
    default:
      return text;
  }
}

/** What the app calls a value, where it is called otherwise: of a list each of it. */
export function calledBy({ choices }: Pick<LookColumn, 'choices'>, text: string): string | undefined {
  if (choices.size === 0) return undefined;
  const own = choices.get(text);
  if (own !== undefined) return own === text ? undefined : own;
  const values = listOf(text);
  if (!values?.some((value) => choices.has(value))) return undefined;
  const labels = values.map((value) => choices.get(value) ?? value);
  return labels.every((label, at) => label === values[at]) ? undefined : labels.join(', ');
}

/** Several choices are kept as JSON, or as an array of the database's. */
function listOf(text: string): string[] | undefined {
  if (text.startsWith('[')) {
    try {
      const list: unknown = JSON.parse(text);
      return Array.isArray(list) ? list.map(String) : undefined;
    } catch {
      return undefined;
    }
  }
  if (!/^\{[^{}]*\}$/.test(text)) return undefined;
  return text
    .slice(1, -1)
    .split(',')
    .map((value) => value.replace(/^"(.*)"$/, '$1'));
}
