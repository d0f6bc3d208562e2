import type { DomainParts } from '../sql/step';
import type { Target } from '../ddl/target';
import type { Description } from '../catalog/describe';
import type { Incoming, SwapPlan } from '../plan/swapPlan';

/** Where things are made: in staging, or, what had to wait, in the app's schema itself. */
export interface Building {
  readonly plan: SwapPlan;
  readonly incoming: Incoming;
  readonly live: Description;
  readonly schema: string;
  readonly target: Target;
  /** What domains are made without, by their keys, because rows do not hold it: it is added once they are in. */
  readonly loose?: DomainParts | undefined;
}
