import type { Blemish } from '../../../schema/blemish';
import { run, type Client } from '../connection/connection';
import { databaseError, isDenied, isErrno, isLost, saidBy } from '../connection/failure';
import { createView } from '../ddl/ddl';
import type { SwapPlan } from '../plan/plan';
import { ERRNO } from '../sql/errno';
import { quote } from '../sql/quote';
import { renamed } from '../sql/tokens';
import { nativeOf } from '../structure/neutral';
import type { Relation } from '../../../schema/structure';
import { makeTrigger } from '../swap/repair';

/**
 * Views and triggers can be made only once the tables have changed places, and from there is no way back. So each is
 * made before over what is staged, and dropped again. Resolves with those that lack something here; rejects where this
 * account may not make them.
 */
export async function tryOut(
  client: Client,
  { tables, views }: Pick<SwapPlan, 'tables' | 'views'>,
  nameOf: (table: string) => string,
  spare: (at: number) => string,
): Promise<Blemish[]> {
  const unmade: Blemish[] = [];
  const told = (error: unknown, kind: 'view' | 'trigger', collection: string, name: string): void => {
    // What is only in use now is not left out for that.
    const isLocked = isErrno(error, ERRNO.lockWaitTimeout, ERRNO.deadlock);
    if (isLost(error) || isDenied(error) || isLocked) throw databaseError(error);
    // A column that is called like a table may have been taken for one.
    if (isErrno(error, ERRNO.badField)) return;
    unmade.push({ kind, collection, name, outcome: 'left out', because: saidBy(error) });
  };
  const trial = spare(0);
  for (const table of tables) {
    for (const trigger of nativeOf(table).triggers) {
      try {
        await makeTrigger(client, nameOf(table.name), { ...trigger, name: trial });
        await run(client, `DROP TRIGGER ${quote(trial)}`);
      } catch (error) {
        told(error, 'trigger', table.name, trigger.name);
      }
    }
  }
  const now = new Map(tables.map(({ name }) => [name, nameOf(name)]));
  const made: string[] = [];
  try {
    for (const view of views) {
      const name = spare(made.length);
      try {
        await run(client, createView(renamedView(view, name, now)));
        made.push(name);
        now.set(view.name, name);
      } catch (error) {
        told(error, 'view', view.name, view.name);
      }
    }
  } finally {
    for (const name of made.reverse()) await run(client, `DROP VIEW IF EXISTS ${quote(name)}`);
  }
  return unmade;
}

function renamedView(relation: Relation, name: string, names: ReadonlyMap<string, string>): Relation {
  const native = nativeOf(relation);
  const { view } = native;
  if (!view) throw new Error(`${relation.name} is no view`);
  const query = renamed(view.query, names);
  return { ...relation, name, native: { mysql: { ...native, view: { ...view, query } } } };
}

/** The same plan without what cannot be made. */
export function without<P extends Pick<SwapPlan, 'tables' | 'views'>>(
  plan: P,
  unmade: readonly Blemish[],
): P {
  const is = (kind: Blemish['kind'], collection: string, name: string): boolean =>
    unmade.some((each) => each.kind === kind && each.collection === collection && each.name === name);
  return {
    ...plan,
    views: plan.views.filter(({ name }) => !is('view', name, name)),
    tables: plan.tables.map((table) => {
      const native = nativeOf(table);
      const triggers = native.triggers.filter(({ name }) => !is('trigger', table.name, name));
      return triggers.length === native.triggers.length
        ? table
        : { ...table, native: { mysql: { ...native, triggers } } };
    }),
  };
}
