import type { Blemish } from '../../../schema/blemish';
import { run, type Client } from '../connection/connection';
import { databaseError, isDenied, isErrno, isLost, saidBy } from '../connection/failure';
import { createView } from '../ddl/ddl';
import type { SwapPlan } from '../plan/plan';
import { ERRNO } from '../sql/errno';
import { quote } from '../sql/quote';
import { renamed } from '../sql/tokens';
import { nameOf as nameOfObject, nativeOf, objectOf } from '../structure/neutral';
import type { Relation, SchemaObject } from '../../../schema/structure';
import { dropTrial, makeObject } from '../swap/objects';
import { makeTrigger } from '../swap/repair';

/**
 * Routines, events, views and triggers can be made only once the tables have changed places, and from there is no way
 * back. So each is made before under another name, over what is staged, and dropped again; an event does not run
 * meanwhile. Resolves with those that lack something here; rejects where this account may not make them.
 */
export async function tryOut(
  client: Client,
  { tables, views, objects }: Pick<SwapPlan, 'tables' | 'views' | 'objects'>,
  nameOf: (table: string) => string,
  spare: (at: number) => string,
): Promise<Blemish[]> {
  const unmade: Blemish[] = [];
  const told = (error: unknown, kind: Blemish['kind'], collection: string, name: string): void => {
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
  const tried: (readonly [SchemaObject, string])[] = [];
  try {
    for (const [at, object] of objects.make.entries()) {
      const { kind } = objectOf(object);
      try {
        await makeObject(client, object, spare(at), { resting: true });
        tried.push([object, spare(at)]);
      } catch (error) {
        told(error, kind, object.name, object.name);
      }
    }
    const functions = new Map(
      tried.flatMap(([{ kind, name }, trial]) => (kind === 'function' ? [[name.toLowerCase(), trial]] : [])),
    );
    for (const view of views) {
      const name = spare(made.length);
      try {
        await run(client, createView(renamedView(view, name, now, functions)));
        made.push(name);
        now.set(view.name, name);
      } catch (error) {
        told(error, 'view', view.name, view.name);
      }
    }
  } finally {
    for (const name of made.reverse()) await run(client, `DROP VIEW IF EXISTS ${quote(name)}`);
    for (const [object, name] of tried) await dropTrial(client, object, name);
  }
  return unmade;
}

function renamedView(
  relation: Relation,
  name: string,
  ...names: [tables: ReadonlyMap<string, string>, functions: ReadonlyMap<string, string>]
): Relation {
  const native = nativeOf(relation);
  const { view } = native;
  if (!view) throw new Error(`${relation.name} is no view`);
  const query = renamed(view.query, ...names);
  return { ...relation, name, native: { mysql: { ...native, view: { ...view, query } } } };
}

/** The same plan without what cannot be made. */
export function without<P extends Pick<SwapPlan, 'tables' | 'views' | 'objects'>>(
  plan: P,
  unmade: readonly Blemish[],
): P {
  const is = (kind: Blemish['kind'], collection: string, name: string): boolean =>
    unmade.some((each) => each.kind === kind && each.collection === collection && each.name === name);
  const out = new Set(unmade.map(nameOfObject));
  const isOut = (object: SchemaObject): boolean => out.has(nameOfObject(object));
  return {
    ...plan,
    // What cannot be made takes nothing's place.
    objects: {
      make: plan.objects.make.filter((object) => !isOut(object)),
      aside: plan.objects.aside.filter((object) => !isOut(object)),
    },
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
