import { refused } from '../../errors/errors';

/** A value for each column of a primary key: one alone, with commas between, as `column=value`, or as a JSON list. */
export function keyValues(collection: string, columns: readonly string[], key: string): string[] {
  const values = columns.length === 1 && !isNamed(columns, key) ? [key] : partsOf(columns, key);
  if (values.length === columns.length) return values;
  throw refused('look-key-parts', { collection, columns: [...columns] });
}

const isNamed = (columns: readonly string[], key: string): boolean =>
  columns.some((column) => key.startsWith(`${column}=`));

function partsOf(columns: readonly string[], key: string): string[] {
  if (key.startsWith('[')) {
    try {
      const list: unknown = JSON.parse(key);
      return Array.isArray(list) ? list.map(String) : [];
    } catch {
      return [];
    }
  }
  const parts = columns.length === 1 ? [key] : key.split(',');
  if (!isNamed(columns, parts[0] ?? '')) return parts;
  const named = new Map(
    parts.map((part) => {
      const at = part.indexOf('=');
      return [part.slice(0, at), part.slice(at + 1)] as const;
    }),
  );
  return columns.flatMap((column) => named.get(column) ?? []);
}
