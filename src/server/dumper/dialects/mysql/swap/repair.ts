import type { Blemish } from '../../../schema/blemish';
import type { SchemaObject } from '../../../schema/structure';
import { rows, run, type Client } from '../connection/connection';
import { isLost, saidBy } from '../connection/failure';
import { addForeignKey, createTrigger, createView, dropForeignKey, dropObject } from '../ddl/ddl';
import { quote } from '../sql/quote';
import { readObjects } from '../catalog/objects';
import { goneOf, isSame } from '../plan/planObjects';
import { nameOf, objectOf } from '../structure/neutral';
import type { TriggerNative } from '../structure/structure';
import { markObjectsMade, markRepaired, type Journal } from './journal';
import { asMade, makeObject } from './objects';

type Attempt = (
  kind: Blemish['kind'],
  collection: string,
  name: string,
  make: () => Promise<unknown>,
) => Promise<void>;

/**
 * What a swap leaves to be made: keys, routines, events, triggers and views, whose names were taken until then, or which would have tied
 * what was not in place yet to what is. Each step looks first, so that whoever comes after a killed process goes on
 * where it was. There is no way back from here: what cannot be made is told, keeps nobody from going on, and
 * is tried again by whoever comes next.
 */
export async function repair(
  client: Client,
  entry: Journal,
  { objectsMade }: { readonly objectsMade: boolean },
): Promise<Blemish[]> {
  const { job, aside, asideObjects, after } = entry;
  const unmade: Blemish[] = [];
  const attempt: Attempt = async (kind, collection, name, make) => {
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
    const isEvent = ({ kind }: SchemaObject): boolean => kind === 'event';
    const untouched = objectsMade || after.objects.length + asideObjects.length === 0;
    const objects = untouched ? undefined : await objectMaker(client, entry, attempt);
    for (const object of after.objects.filter((each) => !isEvent(each))) await objects?.make(object);
    for (const object of goneOf(after.objects, asideObjects)) await objects?.remove(object);
    for (const { table, trigger } of after.triggers) {
      if (!has.trigger(table, trigger.name))
        await attempt('trigger', table, trigger.name, () => makeTrigger(client, table, trigger));
    }
    for (const view of after.views)
      if (!has.view(view.name))
        await attempt('view', view.name, view.name, () => run(client, createView(view)));
    // Once all is there that they may use.
    for (const object of after.objects.filter(isEvent)) await objects?.make(object);
    if (objects) await markObjectsMade(client, job);
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
async function objectMaker(client: Client, { asideObjects }: Journal, attempt: Attempt) {
  const then = new Map(asideObjects.map((object) => [nameOf(object), object]));
  const here = new Map((await readObjects(client)).objects.map((object) => [nameOf(object), object]));
  const isAsThen = (object: SchemaObject): boolean => isSame(object, then.get(nameOf(object)));
  const drop = (object: SchemaObject) => run(client, dropObject(object, object.name));
  return {
    async make(object: SchemaObject): Promise<void> {
      const before = here.get(nameOf(object));
      if (isSame(object, before) || (before && !isAsThen(before))) return;
      await attempt(objectOf(object).kind, object.name, object.name, async () => {
        if (before) await drop(before);
        try {
          await makeObject(client, object);
        } catch (error) {
          if (before && !isLost(error)) await makeObject(client, before).catch(() => undefined);
          throw error;
        }
      });
    },
    async remove(object: SchemaObject): Promise<void> {
      const before = here.get(nameOf(object));
      if (before && isAsThen(before))
        await attempt(objectOf(before).kind, before.name, before.name, () => drop(before));
    },
  };
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

export const makeTrigger = (client: Client, table: string, trigger: TriggerNative): Promise<void> =>
  asMade(client, trigger, () => run(client, createTrigger(table, trigger)));

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
