import type { SchemaObject } from '../../../schema/structure';
import { rows, run, type Client } from '../connection/connection';
import { isLost } from '../connection/failure';
import { createObject, dropObject } from '../ddl/ddl';
import { partOf } from '../sql/names';
import { literal } from '../sql/quote';
import { objectOf } from '../structure/neutral';
import type { Flavor } from '../structure/structure';

/** In the mode of SQL and the time zone that something was made in: its text means something else in others. */
export async function asMade(
  client: Client,
  { sqlMode, timeZone }: { readonly sqlMode: string; readonly timeZone?: string },
  work: () => Promise<unknown>,
): Promise<void> {
  const [before] = await rows<{ mode: string; zone: string }>(
    client,
    'SELECT @@sql_mode AS mode, @@time_zone AS zone',
  );
  const [mode, zone] = [before?.mode ?? '', before?.zone ?? '+00:00'];
  const set = (mode: string, zone: string) =>
    run(client, `SET SESSION sql_mode = ${literal(mode)}, SESSION time_zone = ${literal(zone)}`);
  try {
    await set(modeOn(client.server.flavor, sqlMode), timeZone ?? zone);
    await work();
  } finally {
    await set(mode, zone);
  }
}

export async function makeObject(
  client: Client,
  object: SchemaObject,
  name = object.name,
  how?: { readonly resting: boolean },
): Promise<void> {
  const { kind, native } = objectOf(object);
  const resting = client.eventsRest || how?.resting === true;
  await asMade(client, native, () => run(client, createObject(object, name, { resting })));
  // What would never run again the server makes not at all, and says so in a note.
  if (kind === 'event' && !(await isEventThere(client, name)))
    throw new Error('the server has not made it: its last moment has passed');
}

const isEventThere = async (client: Client, name: string): Promise<boolean> =>
  (
    await rows(client, 'SELECT 1 FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ? AND EVENT_NAME = ?', [
      client.database,
      name,
    ])
  ).length > 0;

/** MySQL 8 refuses one that MariaDB sets by itself, and that says nothing of how a text is read (documented; not run here). */
const modeOn = (flavor: Flavor, sqlMode: string): string =>
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
  const ours = await rows<{ kind: string; name: string }>(
    client,
    `SELECT LOWER(ROUTINE_TYPE) AS kind, ROUTINE_NAME AS name FROM information_schema.ROUTINES
     WHERE ROUTINE_SCHEMA = ? AND ROUTINE_NAME LIKE '\\_ark\\_%'
     UNION ALL SELECT 'event', EVENT_NAME FROM information_schema.EVENTS
     WHERE EVENT_SCHEMA = ? AND EVENT_NAME LIKE '\\_ark\\_%'`,
    [client.database, client.database],
  );
  for (const { kind, name } of ours) {
    const part = partOf(name);
    if (part?.part === 'staged' && isDead(part.job)) await dropTrial(client, { kind }, name);
  }
}
