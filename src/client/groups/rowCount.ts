import type { ArchivedCollection, LiveCollection } from '../api/api';
import type { I18n } from '../parts/i18n';

/** Views have no rows of their own, and those of a partitioned table are in its partitions: 0 would be untrue. */
export const hasRows = (kind: ArchivedCollection['kind'] | undefined): boolean =>
  kind === undefined || kind === 'table';

/** It is made of what others hold. */
export const isView = (kind: ArchivedCollection['kind'] | undefined): boolean =>
  kind === 'view' || kind === 'materialized';

/** The server's guesses together; what it has never counted is not none. */
export interface GuessedRows {
  readonly rows: number;
  readonly unknown: boolean;
}

export const guessRows = (live: readonly LiveCollection[]): GuessedRows => ({
  rows: live.reduce((sum, collection) => sum + (hasRows(collection.kind) ? (collection.rows ?? 0) : 0), 0),
  unknown: live.some(
    (collection) => hasRows(collection.kind) && collection.rows === undefined && collection.bytes > 0,
  ),
});

export const guessedRowsText = ({ t, n }: I18n, { rows, unknown }: GuessedRows): string =>
  !unknown ? n('count.aboutRows', rows) : rows === 0 ? t('count.rowsUnknown') : n('count.moreRows', rows);

/** The same of what was counted, if not all of it. */
export const guessedOrCounted = (i18n: I18n, rows: number, unknown: boolean): string =>
  unknown ? guessedRowsText(i18n, { rows, unknown }) : i18n.n('count.rows', rows);
