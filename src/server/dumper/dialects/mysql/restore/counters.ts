import type { SharedCounters } from '../../../dialect';
import { storedColumns } from '../../../schema/structure';
import { run, type Client } from '../connection/connection';
import type { SwapPlan } from '../plan/plan';
import { list, quote } from '../sql/quote';

/**
 * One table has the counters of all collections. Before it changes places, those of collections that do not are taken
 * over from the one that is there: as they are now, under a number of their own.
 */
export async function keepCounters(
  client: Client,
  counters: SharedCounters | undefined,
  plan: Pick<SwapPlan, 'tables' | 'aside'>,
  waiting: ReadonlyMap<string, string>,
): Promise<void> {
  if (!counters) return;
  const { table, column, collectionOf } = counters;
  const now = plan.aside.find(({ name, kind }) => name === table && kind === 'table');
  const coming = plan.tables.find(({ name }) => name === table);
  const staged = waiting.get(table);
  if (!now || !coming || staged === undefined) return;
  const key = coming.counters[0]?.column;
  const here = new Set(now.columns.map(({ name }) => name));
  const columns = storedColumns(coming)
    .map(({ name }) => name)
    .filter((name) => name !== key && here.has(name));
  if (!columns.includes(column)) return;
  const changed = [...plan.tables, ...plan.aside].flatMap(({ name }) => collectionOf.get(name) ?? []);
  const stays = `(${quote(column)} IS NULL OR ${quote(column)} NOT IN (?))`;
  await run(client, `DELETE FROM ${quote(staged)} WHERE ${stays}`, [changed]);
  await run(
    client,
    `INSERT INTO ${quote(staged)} (${list(columns)}) SELECT ${list(columns)} FROM ${quote(table)} WHERE ${stays}`,
    [changed],
  );
}
