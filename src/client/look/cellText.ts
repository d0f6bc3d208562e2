import type { LookCell, LookColumn } from '../api/api';
import type { I18n } from '../parts/i18n';

export type Shown =
  | { readonly kind: 'masked' | 'null' | 'empty' }
  | {
      readonly kind: 'value';
      readonly text: string;
      /** What the archive has, where it reads otherwise. */ readonly raw?: string;
    };

/** A value as people read it: what the app calls it, moments in their own zone. */
export function shownCell(
  { format }: Pick<I18n, 'format'>,
  { type }: Pick<LookColumn, 'type'>,
  cell: LookCell,
): Shown {
  const { value, called } = cell;
  if (cell.masked) return { kind: 'masked' };
  if (value === null) return { kind: 'null' };
  if (called !== undefined && called !== '') return { kind: 'value', text: called, raw: value };
  if (value === '') return { kind: 'empty' };
  if (type === 'timestamptz' && /^\d{4}-.*Z$/.test(value) && !Number.isNaN(Date.parse(value)))
    return { kind: 'value', text: format.dateTime(value), raw: value };
  return { kind: 'value', text: value };
}

/** The primary key as the API takes it, of several columns a JSON list; undefined where there is none, or nobody may see it. */
export function keyOf(columns: readonly LookColumn[], cells: readonly LookCell[]): string | undefined {
  const keys = columns.flatMap(({ key }, at) => (key ? [cells[at]] : []));
  const values = keys.flatMap((cell) =>
    cell && cell.bytes === undefined && cell.value !== null ? [cell.value] : [],
  );
  if (keys.length === 0 || values.length < keys.length) return undefined;
  if (values.length > 1) return JSON.stringify(values);
  // One that begins as `column=value` does would be read as that.
  const [name, value] = [columns.find(({ key }) => key)?.name ?? '', values[0] ?? ''];
  return value.startsWith(`${name}=`) ? `${name}=${value}` : value;
}

export const titleOf = ({ title, name }: Pick<LookColumn, 'title' | 'name'>): string => title ?? name;

/** By whom and when is seldom what somebody looks for. */
const LAST = new Set(['createdAt', 'updatedAt', 'createdBy', 'updatedBy', 'sort']);

/** The key comes first, and what the app keeps for itself last; with their places in a row. */
export function inOrder(
  columns: readonly LookColumn[],
): { readonly column: LookColumn; readonly at: number }[] {
  const rank = ({ key, name, interface: shown = name }: LookColumn): number =>
    key ? 0 : LAST.has(shown) || LAST.has(name) ? 2 : 1;
  return columns.map((column, at) => ({ column, at })).sort((a, b) => rank(a.column) - rank(b.column));
}
