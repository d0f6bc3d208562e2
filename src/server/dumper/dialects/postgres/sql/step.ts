import type { Blemish } from '../../../schema/blemish';
import type { Statement } from './sql';

/** A few statements that belong together; a failure names them. */
export interface Step {
  readonly what: string;
  readonly statements: readonly Statement[];
  /** For a constraint or an index: what to do where the rows do not hold it. */
  readonly unless?: Unless;
}

export interface Unless {
  /** SQLSTATEs that say so. */
  readonly codes: readonly string[];
  /** Made instead; without any it is left out. */
  readonly instead: readonly Statement[];
  /** Without one it is named by others. */
  readonly blemish?: Omit<Blemish, 'outcome' | 'rows' | 'because'>;
  /** What it is without it; `left out` where nothing is said. */
  readonly otherwise?: Blemish['outcome'];
  /** How many rows do not hold it. */
  readonly count?: Statement | undefined;
}

/** Parts of domains, as CREATE DOMAIN says them, by the domain's key. */
export type DomainParts = ReadonlyMap<string, readonly string[]>;
