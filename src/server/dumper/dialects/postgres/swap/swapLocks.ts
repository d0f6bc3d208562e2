import type { Client } from 'pg';
import { refused } from '../../../../errors/errors';
import { isView, relationKey } from '../../../schema/structure';
import type { Relation } from '../structure/structure';
import { rows } from '../connection/connection';
import type { SwapPlan } from '../plan/swapPlan';

/**
 * How many locks the swap holds at its end, at most. What moves is locked, with the sequences that move along, and
 * what is dropped with every part of it (__tests__/dumper/swapLocks.test.ts counts them in swaps of everything).
 */
export function locksOf(plan: SwapPlan, live: readonly Relation[]): number {
  const { waits } = plan;
  const moved = (relation: Relation): number => (isView(relation) ? 1 : 1 + relation.sequences.length);
  const parts = (relation: Relation): number => relation.indexes.length + relation.constraints.length;
  // Of what is made in the swap: its types, large values and their index, and each part with what it rests on.
  const made = (relation: Relation): number => 8 + moved(relation) + 6 * parts(relation);
  // A rule and two types go with a view, and an index with a materialized one.
  const dropped = (relation: Relation): number => 4 + relation.indexes.length + relation.attachments.length;
  const sum = <T>(list: readonly T[], of: (item: T) => number): number =>
    list.reduce((all, item) => all + of(item), 0);
  const here = new Map(live.map((relation) => [relation.name, relation]));
  const tables = plan.outgoing.flatMap((movable) =>
    movable.kind === 'TABLE' ? (here.get(movable.name) ?? []) : [],
  );
  const waiting = (relation: Relation): boolean =>
    waits.keys.has(relationKey(relation.name)) ||
    waits.parts.has(relation.name) ||
    waits.fills.has(relation.name);
  return (
    sum(tables, moved) +
    sum(plan.dropped, ({ relation }) => dropped(relation)) +
    sum([...plan.relations, ...plan.carried], (relation) =>
      waiting(relation) ? made(relation) : moved(relation),
    ) +
    plan.outgoing.length -
    tables.length +
    // A type has another of its arrays, a range several more, and each may have a lock where it is used.
    6 * (plan.objects.length + plan.remade.length + plan.redefined.length) +
    // A key that is dropped takes four triggers along.
    8 * (plan.leaving.length + plan.arriving.length) +
    6 * (plan.rebound.length + plan.detached.length + plan.attached.length) +
    8 * (plan.outside.release.length + plan.outside.cut.length + plan.outside.remake.length) +
    OF_ANY
  );
}

/** The catalogs, Ark's own schemas, journal and number. */
const OF_ANY = 64;

/**
 * The server has so many for all its sessions together, each of which may take more than its share. What others hold at
 * this moment is no reason to refuse: they are done by then, or the swap fails as a whole.
 */
const CAPACITY = `
  SELECT current_setting('max_locks_per_transaction')::int AS each,
    current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int
      + coalesce(current_setting('autovacuum_worker_slots', true), current_setting('autovacuum_max_workers'))::int + 1
      + current_setting('max_worker_processes')::int + current_setting('max_wal_senders')::int AS sessions`;

/** Before anything is done. Throws TOO_MANY_LOCKS with what the setting needs to be. */
export async function refuseTooManyLocks(
  client: Client,
  plan: SwapPlan,
  live: readonly Relation[],
): Promise<void> {
  const [server] = await rows<{ each: number; sessions: number }>(client, CAPACITY);
  if (!server) return;
  const { each, sessions } = server;
  const needed = locksOf(plan, live);
  if (needed <= each * sessions) return;
  throw refused('locks-needed', {
    tables: plan.relations.length,
    needed,
    available: each * sessions,
    each: `${each}`,
    enough: `${2 ** Math.ceil(Math.log2(needed / sessions))}`,
  });
}
