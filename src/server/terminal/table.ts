import { printable } from './print';
import { widthOf } from './width';

/** Text of one line, or of several, one below the other. */
export type Cell = string | readonly string[];

const linesOf = (cell: Cell): string[] =>
  typeof cell === 'string' ? [printable(cell)] : cell.map(printable);

/** The lines of a table; numbers in `right` are its columns of numbers. */
export function table(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  { right = [], compact = true }: { readonly right?: readonly number[]; readonly compact?: boolean } = {},
): string[] {
  const all = [head, ...rows].map((row) => head.map((_, i) => linesOf(row[i] ?? '')));
  const widths = head.map((_, i) =>
    all.reduce((most, row) => Math.max(most, ...(row[i] ?? []).map(widthOf)), 0),
  );
  const border = (left: string, between: string, end: string) =>
    `${left}${widths.map((width) => '─'.repeat(width + 2)).join(between)}${end}`;
  const shown = (cells: readonly (readonly string[])[]): string[] =>
    Array.from({ length: Math.max(1, ...cells.map((cell) => cell.length)) }, (_, at) => {
      const parts = cells.map((lines, i) => {
        const line = lines[at] ?? '';
        const space = ' '.repeat((widths[i] ?? 0) - widthOf(line));
        return right.includes(i) ? ` ${space}${line} ` : ` ${line}${space} `;
      });
      return `│${parts.join('│')}│`;
    });
  const [top = [], ...rest] = all;
  return [
    border('┌', '┬', '┐'),
    ...shown(top),
    ...rest.flatMap((row, i) => [...(i === 0 || !compact ? [border('├', '┼', '┤')] : []), ...shown(row)]),
    border('└', '┴', '┘'),
  ];
}
