import Table from 'cli-table3';
import { table, type Cell } from '../../src/server/terminal/table';

/** Names in any script, several lines, nothing at all: columns stand below each other. */
const CELLS: readonly Cell[] = [
  'plain',
  '',
  ['two', 'lines'],
  '表の名前',
  '한글',
  'ｶﾅ',
  'é',
  'e\u0301',
  'Ａ',
  '👩‍👩‍👧‍👦 family',
  '✔',
  '１２',
];

it.each([true, false])('every table is as wide as its widest cells (compact: %s)', (compact) => {
  const rows = CELLS.flatMap((cell) => CELLS.map((other): Cell[] => [cell, other, '7']));
  for (const some of [rows, rows.slice(0, 1), []]) {
    const known = new Table({
      head: ['name', '大きさ', 'n'],
      style: { head: [], border: [], compact },
      colAligns: ['left', 'left', 'right'],
    });
    known.push(...some.map((row) => row.map((cell) => (typeof cell === 'string' ? cell : cell.join('\n')))));
    expect(table(['name', '大きさ', 'n'], some, { right: [2], compact })).toEqual(
      known.toString().split('\n'),
    );
  }
});
