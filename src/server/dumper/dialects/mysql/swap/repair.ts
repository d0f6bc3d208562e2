import type { Blemish } from '../../../schema/blemish';
import type { SchemaObject } from '../../../schema/structure';
import { rows, run, type Client } from '../connection/connection';
import { isLost, saidBy } from '../connection/failure';
import { addForeignKey, createTrigger, createView, dropForeignKey, dropObject } from '../ddl/ddl';
import { literal, quote } from '../sql/quote';
import { readObjects } from '../catalog/objects';
import { isSame, nameOf } from '../plan/planObjects';
import { objectOf } from '../structure/neutral';
import type { TriggerNative } from '../structure/structure';
import { markObjectsMade, markRepaired, type Journal } from './journal';
import { makeObject, modeOn } from './objects';

/**
 * What a swap leaves to be made: keys, routines, events, triggers and views, whose names were taken until then, or which would have tied
 * what was not in place yet to what is. Each step looks first, so that whoever comes after a killed process goes on
 * where it was. There is no way back from here: what cannot be made is told, keeps nobody from going on, and
 * is tried again by whoever comes next.
 */
export async function repair(
  client: Client,
  { job, aside, asideObjects, after }: Journal,
  { objectsMade }: { readonly objectsMade: boolean },
): Promise<Blemish[]> {
  const unmade: Blemish[] = [];
  const attempt = async (
    kind: Blemish['kind'],
    collection: string,
    name: string,
    make: () => Promise<unknown>,
  ): Promise<void> => {
    try {
      await make();
    } catch (error) {
      if (isLost(error)) throw error;
      unmade.push({ kind, collection, name, outcome: 'left out', because: saidBy(error) });
    }
  };

  const has = await makeLook(client);
  // With them it would copy each table; that they hold was seen before the swap.
  await run(client, 'SET SESSION foreign_key_checks = 0');
  try {
    for (const { kept, relation } of aside) {
      for (const key of relation.foreignKeys)
        if (has.key(kept, key.name)) await run(client, dropForeignKey(kept, key.name));
      for (const trigger of relation.native.mysql.triggers)
        if (has.trigger(kept, trigger.name)) await run(client, `DROP TRIGGER ${quote(trigger.name)}`);
    }
    for (const { table, key } of after.repointed) {
      if (has.keyTo(table, key.name, key.references)) continue;
      await attempt('foreign', table, key.name, async () => {
        if (has.key(table, key.name)) await run(client, dropForeignKey(table, key.name));
        await run(client, addForeignKey(table, key, client.server.flavor));
      });
    }
    for (const { table, key } of after.keys)
      if (!has.key(table, key.name))
        await attempt('foreign', table, key.name, () =>
          run(client, addForeignKey(table, key, client.server.flavor)),
        );
    const before = new Map(asideObjects.map((object) => [nameOf(object), object]));
    const isEvent = ({ kind }: { readonly kind: string }): boolean => kind === 'event';
    const routines = after.objects.filter((object) => !isEvent(object));
    if (!objectsMade) await makeObjects(client, { objects: routines, gone: after.gone, before }, attempt);
    for (const { table, trigger } of after.triggers) {
      if (!has.trigger(table, trigger.name))
        await attempt('trigger', table, trigger.name, () => makeTrigger(client, table, trigger));
    }
    for (const view of after.views)
      if (!has.view(view.name))
        await attempt('view', view.name, view.name, () => run(client, createView(view)));
    // Once all is there that they may use.
    if (!objectsMade) {
      await makeObjects(client, { objects: after.objects.filter(isEvent), gone: [], before }, attempt);
      await markObjectsMade(client, job);
    }
  } finally {
    await run(client, 'SET SESSION foreign_key_checks = 1').catch(() => undefined);
  }
  if (unmade.length === 0) await markRepaired(client, job);
  return unmade;
}

/**
 * Routines and events have no place of their own to wait in: the one that is here goes just before, if it is the one that
 * was here at the swap. What somebody has made since is his.
 */
async function makeObjects(
  client: Client,
  {
    objects,
    gone,
    before: then,
  }: Pick<Journal['after'], 'objects' | 'gone'> & { readonly before: ReadonlyMap<string, SchemaObject> },
  attempt: (kind: Blemish['kind'], of: string, name: string, make: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  if (objects.length + gone.length === 0) return;
  const here = new Map((await readObjects(client)).objects.map((object) => [nameOf(object), object]));
  for (const object of objects) {
    const before = here.get(nameOf(object));
    if (isSame(object, before) || (before && !isSame(before, then.get(nameOf(object))))) continue;
    await attempt(objectOf(object).kind, object.name, object.name, async () => {
      if (before) await run(client, dropObject(before, before.name));
      try {
        await makeObject(client, object);
      } catch (error) {
        if (before && !isLost(error)) await makeObject(client, before).catch(() => undefined);
        throw error;
      }
    });
  }
  for (const each of gone) {
    const before = here.get(nameOf(each));
    if (before && isSame(before, then.get(nameOf(each))))
      await attempt(objectOf(before).kind, before.name, before.name, () =>
        run(client, dropObject(before, before.name)),
      );
  }
}

/** All that there was to be made. */
export const unmadeOf = ({ after }: Journal, because: string): Blemish[] => [
  ...[...after.repointed, ...after.keys].map(({ table, key }) => ({
    ...{ kind: 'foreign' as const, collection: table, name: key.name },
    ...{ outcome: 'left out' as const, because },
  })),
  ...after.triggers.map(({ table, trigger }) => ({
    ...{ kind: 'trigger' as const, collection: table, name: trigger.name },
    ...{ outcome: 'left out' as const, because },
  })),
  ...after.views.map(({ name }) => ({
    ...{ kind: 'view' as const, collection: name, name },
    ...{ outcome: 'left out' as const, because },
  })),
  ...after.objects.map((object) => ({
    ...{ kind: objectOf(object).kind, collection: object.name, name: object.name },
    ...{ outcome: 'left out' as const, because },
  })),
];

/** In the mode that it was made in: its text means something else in another. */
export async function makeTrigger(client: Client, table: string, trigger: TriggerNative): Promise<void> {
  const [before] = await rows<{ mode: string }>(client, 'SELECT @@sql_mode AS mode');
  await run(client, `SET SESSION sql_mode = ${literal(modeOn(client.server.flavor, trigger.sqlMode))}`);
  try {
    await run(client, createTrigger(table, trigger));
  } finally {
    await run(client, `SET SESSION sql_mode = ${literal(before?.mode ?? '')}`);
  }
}

async function makeLook(client: Client) {
  const keys = await rows<{ table: string; name: string; references: string }>(
    client,
    `SELECT TABLE_NAME AS \`table\`, CONSTRAINT_NAME AS name, REFERENCED_TABLE_NAME AS \`references\`
     FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = ?`,
    [client.database],
  );
  const triggers = await rows<{ table: string; name: string }>(
    client,
    'SELECT EVENT_OBJECT_TABLE AS `table`, TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ?',
    [client.database],
  );
  const views = new Set(
    (
      await rows<{ name: string }>(
        client,
        'SELECT TABLE_NAME AS name FROM information_schema.VIEWS WHERE TABLE_SCHEMA = ?',
        [client.database],
      )
    ).map(({ name }) => name),
  );
  return {
    key: (table: string, name: string) => keys.some((key) => key.table === table && key.name === name),
    keyTo: (table: string, name: string, references: string) =>
      keys.some((key) => key.table === table && key.name === name && key.references === references),
    view: (name: string) => views.has(name),
    trigger: (table: string, name: string) =>
      triggers.some((trigger) => trigger.table === table && trigger.name === name),
  };
}
