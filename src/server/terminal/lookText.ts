import type { ArchivedCollection, LookCell, LookColumn, LookPage, RowHistory } from '../api/api';
import { formatBytes } from '../bytes';
import { table } from './table';
import { localTime } from './time';
import { widthOf } from './width';
import { count } from './count';

/** What stands where nobody is to see a value. */
const HIDDEN = '••••';
/** Characters of a value in a table. */
const SHOWN = 40;

const WHY: Readonly<Record<NonNullable<LookColumn['masked']>, string>> = {
  hidden: 'the app hides it',
  password: 'a password or encrypted',
  plugin: 'NocoBase keeps secrets there',
  name: 'its name says so',
  unread: 'what the app says of it cannot be read',
};

/** A page of rows; lines wider than `width` become a block for each row. */
export function lookText(page: LookPage, width: number): string[] {
  const head = page.columns.map(({ name, title }) => (title === undefined || title === name ? name : title));
  const lines = table(
    ['#', ...head],
    page.rows.map(({ row, cells }) => [String(row), ...cells.map(cellText)]),
    { right: [0, ...page.columns.flatMap(({ type }, at) => (NUMBERS.has(type) ? [at + 1] : []))] },
  );
  const title = page.title === undefined || page.title === page.collection ? '' : ` (${page.title})`;
  return [
    `${page.collection}${title}: ${count(page.total)} rows in the backup`,
    ...(page.rows.length === 0
      ? []
      : Math.max(...lines.map(widthOf)) <= width
        ? lines
        : page.rows.flatMap(({ row, cells }) => [`row ${row}`, ...block(page.columns, cells)])),
    ...notes(page),
  ];
}

const NUMBERS: ReadonlySet<string> = new Set(['int16', 'int32', 'int64', 'decimal', 'float32', 'float64']);

function block(columns: readonly LookColumn[], cells: readonly LookCell[]): string[] {
  const names = columns.map(({ name, title }) =>
    title === undefined || title === name ? name : `${title} (${name})`,
  );
  const most = Math.max(...names.map(widthOf));
  return names.flatMap((name, at) => {
    const cell = cells[at];
    if (!cell || (cell.value === null && !cell.masked)) return [];
    return [`  ${name}${' '.repeat(most - widthOf(name))}  ${cellText(cell)}`];
  });
}

export function cellText({ value, called, bytes, masked }: LookCell): string {
  if (masked) return HIDDEN;
  if (value === null) return '';
  const text = called === undefined ? value : `${called} (${value})`;
  const short = Array.from(text.slice(0, SHOWN * 4))
    .slice(0, SHOWN)
    .join('');
  if (bytes !== undefined) return `${short}… (${formatBytes(bytes)})`;
  return short.length < text.length ? `${short}… (${count(text.length)} characters)` : text;
}

function notes({
  columns,
  rows,
  kind,
  next,
  read,
  total,
  parts,
  uncalled,
  fetched,
  chunks,
}: LookPage): string[] {
  const masked = columns.flatMap(({ name, masked: why }) => (why ? [`${name} (${WHY[why]})`] : []));
  return [
    ...(kind === 'table' ? [] : ['It has no rows of its own in a backup.']),
    ...(parts.length > 0 ? [`! Its rows in ${parts.join(', ')} are shown by those names.`] : []),
    ...(masked.length > 0 ? [`Not shown: ${masked.join(', ')}.`] : []),
    ...uncalled.map((name) => `! ${name} is too large to be read only for the names of its rows.`),
    `${count(rows.length)} rows shown, of ${count(read)} that were read in ${count(chunks.read)} chunks; ${formatBytes(fetched)} of the archive were fetched.`,
    ...(next === undefined ? [] : [`More: --offset ${next} (${count(total - next)} rows are left).`]),
  ];
}

/** What is in an archive, for whoever asks for none of it. */
export const insideText = (collections: readonly ArchivedCollection[]): string[] =>
  table(
    ['collection', 'title', 'group', '', 'rows'],
    collections.map(({ name, title, group, kind, rows }) => [
      name,
      title ?? '',
      group,
      kind === 'table' ? '' : kind,
      kind !== 'table' ? '' : rows === undefined ? 'structure only' : count(rows),
    ]),
    { right: [4] },
  );

const field = (value: string): string =>
  /[",\r\n]/.test(value) || value === '' ? `"${value.replaceAll('"', '""')}"` : value;

/** CSV with a line of names: values as they are kept, NULL as nothing, what is masked as dots. */
export const csvHead = ({ columns }: Pick<LookPage, 'columns'>): string =>
  `${columns.map(({ name }) => field(name)).join(',')}\n`;
export const csvRows = ({ rows }: Pick<LookPage, 'rows'>): string =>
  rows
    .map(
      ({ cells }) =>
        `${cells.map(({ value, masked }) => (masked ? HIDDEN : value === null ? '' : field(value))).join(',')}\n`,
    )
    .join('');
/** Values that are not whole. */
export const csvCuts = ({ columns, rows }: Pick<LookPage, 'columns' | 'rows'>): string[] =>
  rows.flatMap(({ row, cells }) =>
    cells.flatMap(({ bytes }, at) =>
      bytes === undefined
        ? []
        : [`! row ${row}: ${columns[at]?.name ?? ''} is cut, it has ${formatBytes(bytes)}.`],
    ),
  );

const STATES: Readonly<Record<RowHistory['lives'][number]['moments'][number]['state'], string>> = {
  first: 'there, in the oldest backup that could tell',
  appeared: 'appeared',
  same: 'the same',
  changed: 'changed',
  vanished: 'gone',
  absent: 'not there',
  'not held': 'not in this backup: it does not have the collection',
};

export function historyText({
  collection,
  key,
  columns,
  lives,
  unread,
  failed,
  older,
  fetched,
}: RowHistory): string[] {
  const titles = new Map(columns.map(({ name, title }) => [name, title ?? name]));
  const side = (cell: LookCell | undefined) =>
    cell === undefined ? '(no such column)' : cell.value === null ? '(nothing)' : cellText(cell);
  const masked = columns.flatMap(({ name, masked: why }) => (why ? [`${name} (${WHY[why]})`] : []));
  return [
    `${collection} ${key}`,
    ...lives.flatMap(({ instance, moments }) => [
      ...(lives.length > 1 ? [`In backups of ${instance === '' ? 'an unknown instance' : instance}:`] : []),
      ...table(
        ['made', 'backup', 'storage', 'record', 'column', 'from', 'to'],
        moments.map(({ createdAt, backup, storage, state, changes, unreadBetween }) => [
          localTime(createdAt),
          backup,
          storage,
          unreadBetween === undefined
            ? STATES[state]
            : `${STATES[state]}, or before: ${unreadBetween} in between could not be read`,
          changes.map(({ column }) => titles.get(column) ?? column),
          changes.map(({ from }) => side(from)),
          changes.map(({ to }) => side(to)),
        ]),
      ),
    ]),
    ...unread.map(
      ({ backup, storage, error }) =>
        `! ${backup} in ${storage} could not be read: ${error.message} [${error.code}]`,
    ),
    ...failed.map(({ storage, message, code }) => `! ${storage}: ${message} [${code}]`),
    ...(masked.length > 0 ? [`Not shown, nor whether it changed: ${masked.join(', ')}.`] : []),
    ...(older === undefined
      ? []
      : [`! ${count(older.backups)} older backups were not looked at: --limit takes more.`]),
    `${formatBytes(fetched)} of the archives were fetched.`,
  ];
}
