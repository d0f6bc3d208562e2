import Table from 'cli-table3';
import { printable } from './print';

/** Text of one line, or of several, one below the other. */
export type Cell = string | readonly string[];

const text = (cell: Cell): string =>
  typeof cell === 'string' ? printable(cell) : cell.map(printable).join('\n');

/** The lines of a table; numbers in `right` are its columns of numbers. */
export function table(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  { right = [], compact = true }: { readonly right?: readonly number[]; readonly compact?: boolean } = {},
): string[] {
  const made = new Table({
    head: [...head],
    style: { head: [], border: [], compact },
    colAligns: head.map((_, i) => (right.includes(i) ? 'right' : 'left')),
  });
  made.push(...rows.map((row) => row.map(text)));
  return made.toString().split('\n');
}
