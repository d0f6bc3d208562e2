import type { SchemaObject } from '../../../schema/structure';
import { rows, run, type Client } from '../connection/connection';
import { isLost } from '../connection/failure';
import { createObject, dropObject } from '../ddl/ddl';
import { partOf } from '../sql/names';
import { literal } from '../sql/quote';
import { objectOf } from '../structure/neutral';
import type { Flavor } from '../structure/structure';

/** In the mode and the time zone that it was made in: its text means something else in others. */
export async function makeObject(
  client: Client,
  object: SchemaObject,
  name = object.name,
  how?: { readonly resting: boolean },
): Promise<void> {
  const { kind, native } = objectOf(object);
  const [before] = await rows<{ mode: string; zone: string }>(
    client,
    'SELECT @@sql_mode AS mode, @@time_zone AS zone',
  );
  const set = (mode: string, zone: string) =>
    run(client, `SET SESSION sql_mode = ${literal(mode)}, SESSION time_zone = ${literal(zone)}`);
  try {
    const mode = modeOn(client.server.flavor, native.sqlMode);
    await set(mode, kind === 'event' ? native.timeZone : (before?.zone ?? '+00:00'));
    await run(client, createObject(object, name, { resting: client.eventsRest || how?.resting === true }));
  } finally {
    await set(before?.mode ?? '', before?.zone ?? '+00:00');
  }
  // What would never run again the server makes not at all, and says so in a note.
  if (kind === 'event' && !(await namesOf(client, 'event')).includes(name))
    throw new Error('the server has not made it: its last moment has passed');
}

/** MySQL 8 refuses one that MariaDB sets by itself, and that says nothing of how a text is read (documented; not run here). */
export const modeOn = (flavor: Flavor, sqlMode: string): string =>
  flavor === 'mariadb'
    ? sqlMode
    : sqlMode
        .split(',')
        .filter((mode) => mode !== 'NO_AUTO_CREATE_USER')
        .join(',');

/** One that cannot be dropped is in nobody's way: it bears a name of Ark's, and whoever comes next tries again. */
export async function dropTrial(client: Client, of: Pick<SchemaObject, 'kind'>, name: string): Promise<void> {
  await run(client, dropObject(of, name)).catch((error: unknown) => {
    if (isLost(error)) throw error;
  });
}

/** Whose trial was cut short: they bear names of Ark's. */
export async function dropTrials(client: Client, isDead: (job: string) => boolean): Promise<void> {
  for (const kind of ['function', 'procedure', 'event'] as const)
    for (const name of await namesOf(client, kind)) {
      const part = partOf(name);
      if (part?.part === 'staged' && isDead(part.job)) await dropTrial(client, { kind }, name);
    }
}

async function namesOf(client: Client, kind: 'function' | 'procedure' | 'event'): Promise<string[]> {
  const all =
    kind === 'event'
      ? await rows<{ name: string }>(
          client,
          'SELECT EVENT_NAME AS name FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ?',
          [client.database],
        )
      : await rows<{ name: string }>(
          client,
          'SELECT ROUTINE_NAME AS name FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ? AND ROUTINE_TYPE = ?',
          [client.database, kind],
        );
  return all.map(({ name }) => name);
}
