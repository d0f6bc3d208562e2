import type { Comparison } from '../api/api';
import { cellText } from './lookText';
import { table } from './table';
import { count } from './count';

type Difference = Comparison['collections'][number];

/** What the two sides are called in a line. */
export interface SideNames {
  readonly here: string;
  readonly there: string;
}

const isEqual = ({ by, onlyHere, changed, onlyThere, columnsHere, columnsThere }: Difference): boolean =>
  (by === 'key' || by === 'rows') &&
  onlyHere + changed + onlyThere + columnsHere.length + columnsThere.length === 0;

/** The collections that differ, each column with the number of its changes, examples, and what was not compared. */
export function comparisonText(comparison: Comparison, names: SideNames): string[] {
  const { collections, beyond, withoutRows, untold } = comparison;
  const differing = collections.filter((difference) => !isEqual(difference));
  const equal = collections.length - differing.length;
  return [
    ...(differing.length === 0
      ? []
      : table(
          ['collection', `only ${names.here}`, 'changed', `only ${names.there}`, 'equal', 'changed columns'],
          differing.map((difference) => [
            difference.name,
            count(difference.onlyHere),
            difference.by === 'key' ? count(difference.changed) : '',
            count(difference.onlyThere),
            count(difference.equal),
            difference.columns.map(({ name, rows }) => `${name} (${count(rows)})`),
          ]),
          { right: [1, 2, 3, 4] },
        )),
    ...differing.flatMap((difference) => notesOf(difference, names)),
    ...differing.flatMap((difference) => examplesOf(difference, names)),
    ...(equal === 0 ? [] : [`${count(equal)} ${equal === 1 ? 'collection is' : 'collections are'} equal.`]),
    ...(withoutRows.length === 0
      ? []
      : [`Without rows of their own, and not compared: ${withoutRows.join(', ')}.`]),
    ...(beyond.length === 0 ? [] : [`Not compared, as they are only ${names.here}: ${beyond.join(', ')}.`]),
    ...(untold
      ? ['! No examples: one side does not say which of its fields are hidden (the collection "fields").']
      : []),
  ];
}

function notesOf({ name, by, columnsHere, columnsThere }: Difference, { here, there }: SideNames): string[] {
  return [
    ...(by === 'there' ? [`! ${name} is only ${there}.`] : []),
    ...(by === 'kind' ? [`! ${name} is no table ${here}, and was not compared.`] : []),
    ...(by === 'structure'
      ? [`! ${name} was backed up with its structure alone: its rows were not compared.`]
      : []),
    ...(by === 'rows'
      ? [
          `! ${name} has no primary key that is the same on both sides: a row that has changed counts as one that is only ${here} and one that is only ${there}.`,
        ]
      : []),
    ...(columnsHere.length > 0
      ? [`! ${name}: not compared, as only ${here}: ${columnsHere.join(', ')}.`]
      : []),
    ...(columnsThere.length > 0
      ? [`! ${name}: not compared, as only ${there}: ${columnsThere.join(', ')}.`]
      : []),
  ];
}

function examplesOf({ name, shownBy, examples }: Difference, { here, there }: SideNames): string[] {
  if (examples.length === 0) return [];
  const kinds = { onlyHere: `only ${here}`, changed: 'changed', onlyThere: `only ${there}` };
  const shown = (cell: Difference['examples'][number]['key'][number]): string =>
    cell.value === null && !cell.masked ? '(nothing)' : cell.value === '' ? '(empty)' : cellText(cell);
  return [
    `${name}:`,
    ...table(
      ['', ...shownBy, 'column', here, there],
      examples.map(({ kind, key, changes }) => [
        kinds[kind],
        ...key.map(shown),
        changes.map(({ column }) => column),
        changes.map((change) => shown(change.here)),
        changes.map((change) => shown(change.there)),
      ]),
    ),
  ];
}
