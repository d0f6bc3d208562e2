import type { DomainParts } from '../sql/step';
import type { Movable } from '../structure/movable';
import type { Blemish } from '../../../schema/blemish';
import type { Attachment, CheckedSchema, Relation, SchemaObject } from '../structure/structure';
import type { Target } from '../ddl/target';
import type { Step } from '../sql/step';
import type { Live } from '../catalog/live';
import type { Outsider } from '../catalog/outsiders';
import type { Parser } from '../sql/parser';
import type { Statement } from '../sql/sql';
import type { Warning } from '../../../app/warning';

/**
 * What a swap does, decided before anything is done, from two descriptions alone: the incoming side (an archive,
 * or the tables an undo brings back) and the live schema. PostgreSQL ties views, foreign keys and defaults to a
 * table's identity, not to its name, so whoever points at a table that goes must be pointed at the one that comes.
 */
export interface SwapPlan {
  /** Made in staging and moved in. In an order in which they can be made. */
  readonly relations: readonly Relation[];
  /** Live views that were not selected but read from tables that go: made anew on the new tables. */
  readonly carried: readonly Relation[];
  readonly objects: readonly SchemaObject[];
  /** Live routines on top of what goes: made anew on top of what comes, and the present ones go aside with it. */
  readonly remade: readonly SchemaObject[];
  /** Routines whose live text is replaced in place, so that everybody who calls them keeps calling them. */
  readonly redefined: readonly { readonly now: SchemaObject; readonly before: SchemaObject }[];
  /** Live tables and objects that are moved aside, by kind of ALTER statement and identity. */
  readonly outgoing: readonly Movable[];
  /**
   * Live views that go, each after those it reads. They have no rows to keep, and kept aside they would tie down
   * tables that stay; so they are dropped, and an undo makes them anew from these descriptions.
   */
  readonly dropped: readonly DroppedView[];
  /** Live things that are dropped before the move and made again, with the same text, after it. */
  readonly rebound: readonly Rebound[];
  /** Foreign keys between what moves and what stays. */
  readonly leaving: readonly MovingKey[];
  readonly arriving: readonly MovingKey[];
  /** What other schemas have on top of what goes. */
  readonly outside: OutsidePlan;
  /** Policies and rules that tables lose which go, for a view that goes with them; an undo gives them back. */
  readonly detached: readonly Attached[];
  readonly attached: readonly Attached[];
  /** Materialized views that come without their rows. */
  readonly emptied: readonly Blemish[];
  /** What is not made in staging but in the swap. */
  readonly waits: Waits;
  readonly warnings: readonly Warning[];
}

export interface OutsidePlan {
  /** Lets go of the app's things, before anything of the app moves. */
  readonly release: readonly Statement[];
  /** Drops what is a part of the app's tables too: foreign keys to them, and their statistics. */
  readonly cut: readonly Statement[];
  /** Makes it anew, once everything has its place. */
  readonly remake: readonly Step[];
  /** The app's materialized views that read what is made anew: they are filled after it. */
  readonly fills: ReadonlySet<string>;
  /** What there was when this was decided. */
  readonly seen: readonly Outsider[];
}

export const NO_OUTSIDE_PLAN: OutsidePlan = { release: [], cut: [], remake: [], fills: new Set(), seen: [] };

export interface Rebound {
  readonly what: string;
  /** The live table it is on. */
  readonly table: string;
  /** It hangs on a view that is dropped, and so goes before it. */
  readonly overViews?: boolean;
  readonly drop: Statement;
  readonly create: readonly Statement[];
}

export interface Attached {
  readonly table: string;
  readonly attachment: Attachment;
}

export interface MovingKey {
  readonly table: string;
  readonly name: string;
  readonly create: readonly Statement[];
  /** The table of the same schema that it points at, and that stays. */
  readonly references?: string | undefined;
}

export interface DroppedView {
  readonly oid: number | undefined;
  readonly relation: Relation;
  readonly needs: readonly string[];
}

/** All that the archive or the undo holds, selected or not, and all of it looked at. */
export type Incoming = CheckedSchema;

export interface PlanOptions {
  readonly selected: ReadonlySet<string>;
  /** The whole schema is restored: routines that differ are replaced, all objects come in. */
  readonly all: boolean;
  readonly target: Target;
  readonly parse: Parser;
  /** Collations that this server cannot have, by key, with what it says. */
  readonly refused?: ReadonlyMap<string, string>;
  /**
   * An undo: the objects that come are the very ones that went, so they come even if the live ones read the
   * same, and what the restore brought goes even where nothing takes its place. Keys of relations and objects.
   */
  readonly takeBack?: ReadonlySet<string>;
}

/** Both sides of a swap, as the steps of planning share them. */
export interface Sides {
  readonly incoming: Incoming;
  readonly live: Live;
  readonly liveByName: ReadonlyMap<string, Relation>;
  /** What comes, in an order in which it can be made, and its names. */
  readonly relations: readonly Relation[];
  readonly coming: ReadonlySet<string>;
  /** Names of live relations that go, and keys of everything live that goes; types join it while planning. */
  readonly going: ReadonlySet<string>;
  readonly goingKeys: Set<string>;
  /** Keys of who needs a key, in the live schema. */
  readonly dependents: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The names of what goes, whether or not something takes its place. */
export const goesBy = (plan: SwapPlan): string[] => [
  ...plan.outgoing.flatMap((movable) => (movable.kind === 'TABLE' ? [movable.name] : [])),
  ...plan.dropped.map((droppedView) => droppedView.relation.name),
];

/**
 * What is made in the swap itself, when everything stands under its final name. In staging the app's own routines
 * cannot be trusted with names: one that says `public.orders`, or sets its search path, looks at what is live until
 * the swap, or at nothing. So whatever would run such a routine waits: generated columns (the whole table, whose rows
 * are loaded aside), checks, indexes, and the rows of materialized views.
 */
export interface Waits {
  /** Keys of relations and objects that are made in the swap. */
  readonly keys: ReadonlySet<string>;
  /** Names of constraints and indexes, by the relation that is staged without them. */
  readonly parts: ReadonlyMap<string, ReadonlySet<string>>;
  /** Checks that a domain is staged without, as CREATE DOMAIN says them, by the domain's key. */
  readonly domains: DomainParts;
  /** Materialized views that are staged empty and filled in the swap. */
  readonly fills: ReadonlySet<string>;
  /** Relations whose triggers, rules and policies need what waits. */
  readonly finishing: ReadonlySet<string>;
}
