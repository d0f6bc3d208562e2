import type { Cell } from './cells';
import type { RecordSeen } from './record';

/** A value of now and before; undefined: the collection had no such column. */
export interface ValueChange {
  readonly column: string;
  readonly from: Cell | null | undefined;
  readonly to: Cell | null | undefined;
}

/**
 * What is different in a record. A column that one of the two backups masks says nothing: whether it changed is not for
 * anybody to see either.
 */
export function changesOf(before: RecordSeen, after: RecordSeen): ValueChange[] {
  const masked = new Set(
    [...before.columns, ...after.columns].flatMap(({ name, mask }) => (mask ? [name] : [])),
  );
  const columns = new Set([...(before.values?.keys() ?? []), ...(after.values?.keys() ?? [])]);
  return [...columns].flatMap((column) => {
    if (masked.has(column)) return [];
    const [from, to] = [before.values?.get(column), after.values?.get(column)];
    return same(from, to) ? [] : [{ column, from, to }];
  });
}

/** A value that is cut is known by its digest. */
const same = (a: Cell | null | undefined, b: Cell | null | undefined): boolean =>
  a && b ? a.bytes === b.bytes && a.cut === b.cut && a.text === b.text : a === b;
