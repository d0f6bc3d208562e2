import type { SharedCounters } from '../../../dialect';
import { storedColumns, type Relation } from '../../../schema/structure';
import { run, type Client } from '../connection/connection';
import type { SwapPlan } from '../plan/plan';
import { list, quote } from '../sql/quote';

type Plan = Pick<SwapPlan, 'tables' | 'aside'>;

/** One table has the counters of all collections; undefined: it does not change places, or not as one. */
function sharedTable(
  counters: SharedCounters | undefined,
  plan: Plan,
): { readonly coming: Relation; readonly columns: readonly string[] } | undefined {
  const now = plan.aside.find(({ name, kind }) => name === counters?.table && kind === 'table');
  const coming = plan.tables.find(({ name }) => name === counters?.table);
  if (!counters || !now || !coming) return undefined;
  const key = coming.counters[0]?.column;
  const here = new Set(now.columns.map(({ name }) => name));
  const columns = storedColumns(coming)
    .map(({ name }) => name)
    .filter((name) => name !== key && here.has(name));
  return columns.includes(counters.column) ? { coming, columns } : undefined;
}

/**
 * Takes the counters of collections that do not change places over into the table that comes, as they are in the one that
 * is there, under numbers of their own. It may be asked again: the last time counts.
 */
export async function keepCounters(
  client: Client,
  counters: SharedCounters | undefined,
  plan: Plan,
  waiting: ReadonlyMap<string, string>,
): Promise<void> {
  const shared = sharedTable(counters, plan);
  const into = waiting.get(shared?.coming.name ?? '');
  if (!counters || !shared || into === undefined) return;
  const { table, column, collectionOf } = counters;
  const columns = list(shared.columns);
  const changed = [...plan.tables, ...plan.aside].flatMap(({ name }) => collectionOf.get(name) ?? []);
  const stays = `(${quote(column)} IS NULL OR ${quote(column)} NOT IN (?))`;
  await run(client, `DELETE FROM ${quote(into)} WHERE ${stays}`, [changed]);
  await run(
    client,
    `INSERT INTO ${quote(into)} (${columns}) SELECT ${columns} FROM ${quote(table)} WHERE ${stays}`,
    [changed],
  );
}

/**
 * A copy of what waits, for counters to be taken over into: until the commit point what is kept stays as it is, whatever
 * becomes of the swap. Returns the name of what is copied; undefined: nothing has to be.
 */
export async function copyCounters(
  client: Client,
  counters: SharedCounters | undefined,
  plan: Plan,
  waiting: ReadonlyMap<string, string>,
  copy: string,
): Promise<{ readonly table: string; readonly kept: string } | undefined> {
  const shared = sharedTable(counters, plan);
  const kept = waiting.get(shared?.coming.name ?? '');
  if (!shared || kept === undefined) return undefined;
  const columns = list(storedColumns(shared.coming).map(({ name }) => name));
  const next = shared.coming.counters[0]?.next;
  await run(client, `CREATE TABLE ${quote(copy)} LIKE ${quote(kept)}`);
  await run(client, `INSERT INTO ${quote(copy)} (${columns}) SELECT ${columns} FROM ${quote(kept)}`);
  if (next !== undefined) await run(client, `ALTER TABLE ${quote(copy)} AUTO_INCREMENT = ${BigInt(next)}`);
  return { table: shared.coming.name, kept };
}
