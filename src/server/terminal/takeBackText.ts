import type { TakeBackShown } from '../actions/takeBack/previewTakeBack';
import type { LookCell, TakeBackItem, TakeBackUndoPreview } from '../api/api';
import { formatBytes } from '../bytes';
import { warningText } from '../dumper/app/warning';
import { cellText } from './lookText';
import { table } from './table';
import { localTime } from './time';
import { count } from './count';

const rowsText = (n: number): string => `${count(n)} ${n === 1 ? 'row' : 'rows'}`;

const WHY: Readonly<Record<TakeBackShown['rows'][number]['why'], string>> = {
  asked: '',
  parent: 'is needed',
  child: 'points there',
};
const DOES: Readonly<Record<TakeBackUndoPreview['rows'][number]['does'], string>> = {
  insert: 'comes',
  overwrite: 'is overwritten',
  delete: 'goes',
  same: 'is as it was',
};
const FILES: Readonly<Record<TakeBackShown['files'][number]['state'], string>> = {
  comes: 'comes back',
  there: 'is there as it was',
  unsure: 'is there; the backup does not have it to compare',
  other: 'stays: another file is there under its name now, and the row is about that one then',
  absent: 'is not there, and not in the backup',
  elsewhere: 'is kept where Ark brings nothing',
};

const side = (cell: LookCell | undefined): string =>
  cell === undefined ? '' : cell.value === null && !cell.masked ? '(nothing)' : cellText(cell);

/** Side by side what is there now and what comes. */
export function takeBackText(preview: TakeBackShown): string[] {
  const shown = preview.rows.filter(({ does }) => does !== 'same');
  const rows = shown.map(({ collection, key, why, does, cells, cut }) => [
    collection,
    key,
    WHY[why],
    DOES[does],
    cells.map(({ column, title }) => title ?? column),
    does === 'insert' ? '' : cells.map(({ from }) => side(from)),
    cut ? '(not shown any more)' : cells.map(({ to }) => side(to)),
  ]);
  const head = ['collection', 'key', 'why', 'does', 'column', 'now', 'in the backup'];
  const { same } = preview.counts;
  return [
    ...(rows.length > 0 ? table(head, rows, { compact: false }) : []),
    ...(same > 0 ? [`${rowsText(same)} ${same === 1 ? 'is' : 'are'} there as in the backup.`] : []),
    ...preview.files.map(({ path, state, bytes }) => {
      const size = bytes === undefined ? '' : ` (${formatBytes(bytes)})`;
      return `${state === 'comes' || state === 'there' ? '' : '! '}The file ${path}${size} ${FILES[state]}.`;
    }),
    ...preview.children.map(childrenText),
    ...preview.uncounted.map(
      (name) =>
        `! ${name} is too large to be read only to count what points at these rows; --with-children ${name} reads it.`,
    ),
    ...preview.loose.map(
      ({ collection, key, columns, to, inBackup, author }) =>
        `! ${key} of ${collection} points by ${columns.join(', ')} at a row of ${to} that is not there${author ? ': it only says who has written it, and does not come along' : inBackup ? ' and does not come along' : ', and not in the backup'}.`,
    ),
    ...preview.left.map(
      ({ collection, columns }) =>
        `! ${collection} does not take these columns of the backup any more: ${columns.join(', ')}.`,
    ),
    ...preview.triggers.map(
      ({ kind, collection, name }) =>
        `The ${kind} ${name} of ${collection} may run, as for anybody who writes there.`,
    ),
    ...preview.restart.map((name) => `! The app reads ${name} only when it starts: restart it afterwards.`),
    ...preview.warnings.map((warning) => `! ${warningText(warning)}`),
    ...preview.refusals.map(({ message, code }) => `!! ${message} [${code}]`),
  ];
}

function childrenText({
  collection,
  missing,
  apart,
  more,
  come,
  cannot,
}: TakeBackShown['children'][number]): string {
  const least = more ? 'at least ' : '';
  const gone = `${least}${rowsText(missing)} of ${collection} ${missing === 1 ? 'points' : 'point'} at these in the backup`;
  const others =
    apart > 0 ? ` ${least}${rowsText(apart)} of ${collection} that did point elsewhere now.` : '';
  if (cannot === 'no table') return `! ${gone}, and there is no such table any more.${others}`;
  if (cannot === 'no key')
    return `! ${gone}, and nobody can tell which are missing: the table has no primary key.${others}`;
  if (missing === 0) return `! ${others.trim()}`;
  return come
    ? `${gone} and come along.${others}`
    : `! ${gone}, and are missing: --with-children ${collection} brings them.${others}`;
}

/** What comes, for a question. */
export function takeBackSum({ rows, counts, files }: TakeBackShown): string {
  const comes = files.filter(({ state }) => state === 'comes').length;
  const tables = new Set(rows.flatMap(({ does, collection }) => (does === 'same' ? [] : [collection]))).size;
  return [
    `${rowsText(counts.insert + counts.overwrite)} of ${tables === 1 ? 'one collection' : `${tables} collections`}`,
    comes > 0 && `${comes} ${comes === 1 ? 'file' : 'files'}`,
  ]
    .filter(Boolean)
    .join(' and ');
}

export function takeBacksText(items: readonly TakeBackItem[]): string[] {
  if (items.length === 0) return [];
  return table(
    ['job', 'by', 'from', 'at', 'kept until', 'rows'],
    items.map(({ job, action, source, at, expiresAt, collections, readable }) => [
      job,
      action === 'undo' ? 'undo' : 'take-back',
      readable ? (source ?? '') : '(sealed with another key)',
      at === undefined ? '' : localTime(at),
      localTime(expiresAt),
      collections.map(({ name, rows }) => `${name} ${count(rows)}`),
    ]),
  );
}

export function undoRowsText({ rows, gone, pointing }: TakeBackUndoPreview): string[] {
  const shown = rows.filter(({ does }) => does !== 'same');
  const lines = shown.map(({ collection, key, does, changed, cells, cut }) => [
    collection,
    key,
    `${DOES[does]}${changed ? ', was changed since' : ''}`,
    does === 'delete' ? '' : cells.map(({ column }) => column),
    does === 'delete' ? '' : cells.map(({ from }) => side(from)),
    cut ? '(not shown any more)' : does === 'delete' ? '' : cells.map(({ to }) => side(to)),
  ]);
  return [
    ...(lines.length > 0
      ? table(['collection', 'key', 'does', 'column', 'now', 'then'], lines, { compact: false })
      : ['All rows are as they were before.']),
    ...gone.map((name) => `!! There is no table ${name} any more that takes rows of then.`),
    ...pointing.map(({ collection, at }) => `!! Rows of ${collection} that came since point at ${at}.`),
  ];
}
