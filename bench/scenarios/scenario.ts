import type { Stage } from './stage';
import type { Tally } from './hand';

/**
 * What an earlier walk of Ark's page counted, by hand, in November 2026, at another load of the machine: constants, which
 * no run changes.
 */
export interface Before {
  /** Clicks and fields; undefined: nobody counted them, or there was nothing to click. */
  readonly did?: string;
  readonly time?: string;
  readonly verdict?: string;
}

/** A line of the table. */
export interface Part {
  readonly what: string;
  /** What the user does, in a sentence. */
  readonly does: string;
  readonly before: Before;
}

/** How a part went. It is only there if it was checked that what was to happen has happened. */
export interface Played extends Tally {
  /** What the page said, and what was looked at beside it. */
  readonly says: string;
  /** Other times that somebody waits, by what for. */
  readonly waits?: Readonly<Record<string, number>>;
}

export interface Scenario {
  readonly number: number;
  readonly parts: readonly Part[];
  /** One for each part, in their order. Rejects if one of them did not do what it says. */
  play(stage: Stage): Promise<readonly Played[]>;
}

/** No figure without it. */
export function check(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}
