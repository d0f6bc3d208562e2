import type { ArchivedCollection } from './api';

/** Views have no rows of their own, and those of a partitioned table are in its partitions: 0 would be untrue. */
export const hasRows = (kind: ArchivedCollection['kind'] | undefined): boolean =>
  kind === undefined || kind === 'table';
