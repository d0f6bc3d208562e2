import type { Thing } from '../app/warning';
import type { Conversions } from './converting';
import type { Relation } from '../schema/structure';

/** Tables as another kind of database has them. */
export interface Adopted {
  readonly relations: readonly Relation[];
  /** What has no counterpart, and the rows come without. */
  readonly left: readonly Thing[];
  /** Tables whose rows cannot come, and the columns that are why. */
  readonly unfit: readonly { readonly collection: string; readonly column?: string }[];
  /** What values become on their way. */
  readonly conversions: Conversions;
}
