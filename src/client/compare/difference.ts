import type { Comparison, LookCell } from '../api/api';
import { visible } from '../notices/codeText';
import type { I18n } from '../parts/i18n';
import { listText } from '../parts/listText';
import type { ComparedRow } from '../takeBack/ComparedRows';

export type Difference = Comparison['collections'][number];

/** What a comparison is asked for: what a `swap` would do, what differs from `now`, or from an `other` backup. */
export type Words = 'swap' | 'now' | 'other';

/** The sides' own counts, in reading order. */
export const KINDS = ['onlyHere', 'changed', 'onlyThere'] as const;
type Kind = (typeof KINDS)[number];

/** Row by row; otherwise its numbers are none. */
export const isCompared = ({ by }: Difference): boolean => by === 'key' || by === 'rows';

/** Of rows without a key in common nobody can say which has changed. */
export const countOf = (difference: Difference, kind: Kind | 'equal'): number | undefined =>
  (isCompared(difference) && !(kind === 'changed' && difference.by === 'rows')) ||
  (difference.by === 'there' && kind === 'onlyThere')
    ? difference[kind]
    : undefined;

export const isDifferent = (difference: Difference): boolean =>
  !isCompared(difference) ||
  KINDS.some((kind) => difference[kind] > 0) ||
  difference.columnsHere.length + difference.columnsThere.length > 0;

/** What would be lost comes first, then what would change, what was not compared, what would come, and what is equal. */
const concern = (difference: Difference): number => {
  if (difference.onlyHere > 0) return 4;
  if (difference.changed > 0) return 3;
  if (!isCompared(difference)) return 2;
  return isDifferent(difference) ? 1 : 0;
};

export const byConcern = (collections: readonly Difference[]): Difference[] =>
  [...collections].sort(
    (a, b) =>
      concern(b) - concern(a) ||
      b.onlyHere - a.onlyHere ||
      b.changed - a.changed ||
      b.onlyThere - a.onlyThere ||
      a.name.localeCompare(b.name),
  );

/** Why its rows are not matched one by one. */
export const whyNot = ({ t }: Pick<I18n, 't'>, { by }: Difference): string | undefined =>
  by === 'key' ? undefined : t(`difference.by.${by}`);

/** What of a collection could not be compared, and why. */
export function notesOf(i18n: Pick<I18n, 't'>, difference: Difference, words: Words): string[] {
  const { t } = i18n;
  const { columnsHere, columnsThere } = difference;
  const side = words === 'other' ? 'other' : 'now';
  return [
    ...[whyNot(i18n, difference) ?? []].flat(),
    ...(columnsHere.length > 0
      ? [t(`difference.columnsHere.${side}`, { columns: listText(t, columnsHere.map(visible)) })]
      : []),
    ...(columnsThere.length > 0
      ? [t('difference.columnsThere', { columns: listText(t, columnsThere.map(visible)) })]
      : []),
  ];
}

const DOES = { onlyHere: 'delete', changed: 'overwrite', onlyThere: 'insert' } as const;
/** As much of a row without a key as tells it from others. */
const [MOST_COLUMNS, MOST_LETTERS] = [3, 40];

/** Rows as they are shown side by side. */
export const exampleRows = ({ t }: Pick<I18n, 't'>, difference: Difference, words: Words): ComparedRow[] =>
  difference.examples.map(({ kind, key, changes }, at) => {
    const { name, title, by, shownBy } = difference;
    const side = kind === 'onlyHere' ? 'from' : 'to';
    return {
      id: String(at),
      collection: name,
      ...(title !== undefined && { title }),
      key: key.slice(0, MOST_COLUMNS).map(short).join(', '),
      does: DOES[kind],
      happens: t(`difference.${words}.${kind}`),
      cells:
        kind === 'changed'
          ? changes.map(({ column, here, there }) => ({ column, from: here, to: there }))
          : by === 'rows'
            ? shownBy.flatMap((column, place) => {
                const cell = key[place];
                return cell ? [{ column, [side]: cell }] : [];
              })
            : [],
    };
  });

function short({ value, masked }: LookCell): string {
  if (masked) return '••••';
  const text = value ?? '–';
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text;
}
