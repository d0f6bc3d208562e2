import type { RowChange } from '../dialect';

/** A statement for one row. */
export interface RowStep {
  readonly change: RowChange;
  readonly does: 'insert' | 'update' | 'delete';
  readonly values: ReadonlyMap<string, string | null>;
}

/**
 * Rows come in their order, then what of them had to wait, then what changes, and rows go last, let loose before where
 * that has to be.
 */
export function stepsOf(changes: readonly RowChange[]): RowStep[] {
  const none = new Map<string, string | null>();
  const split = ({ set, later }: RowChange, wants: boolean) =>
    new Map([...(set ?? none)].filter(([column]) => later.has(column) === wants));
  const coming = changes.filter(({ before, set }) => !before && set);
  const staying = changes.filter(({ before, set }) => before && set);
  const going = changes.filter(({ set }) => !set);
  return [
    ...coming.map((change) => ({ change, does: 'insert' as const, values: split(change, false) })),
    ...coming
      .filter(({ later }) => later.size > 0)
      .map((change) => ({ change, does: 'update' as const, values: split(change, true) })),
    ...staying.map((change) => ({ change, does: 'update' as const, values: change.set ?? none })),
    ...going
      .filter(({ later }) => later.size > 0)
      .map((change) => ({
        change,
        does: 'update' as const,
        values: new Map([...change.later].map((column) => [column, null])),
      })),
    ...going.map((change) => ({ change, does: 'delete' as const, values: none })),
  ];
}
