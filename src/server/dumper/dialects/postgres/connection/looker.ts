import type { Client } from 'pg';
import type { DatabaseId } from '../../../databaseId';
import { connect, readingViews, setUp, type PostgresSettings } from './connection';
import { databaseError } from './failure';
import { readId } from './identity';
import { lookAgain } from './locks';
import { leaveSpare, takeSpare } from './spare';

/** What was read of a database that a session of ours is still in: nobody can drop it and make another of its name. */
const known = new WeakMap<PostgresSettings, { readonly session: Session; readonly id: DatabaseId }>();

interface Session {
  ended: boolean;
}
const sessions = new WeakMap<Client, Session>();

export async function knownId(
  settings: PostgresSettings,
  look: <T>(work: (client: Client) => Promise<T>) => Promise<T>,
): Promise<DatabaseId> {
  const before = known.get(settings);
  if (before && !before.session.ended) return before.id;
  return look(async (client) => {
    const id = await readId(client, settings.schema);
    known.set(settings, { session: sessionOf(client), id });
    return id;
  });
}

/** Of several settings that share a connection one listens for all. */
function sessionOf(client: Client): Session {
  const before = sessions.get(client);
  if (before) return before;
  const session = { ended: false };
  sessions.set(client, session);
  client.once('end', () => (session.ended = true));
  return session;
}

/** A connection of one's own: one that was looked through just now, if there is one. Whoever has done with it leaves it. */
export async function connectAgain(settings: PostgresSettings, purpose: string): Promise<Client> {
  const before = takeSpare(settings.connection);
  if (!before) return connect(settings, purpose, 'look');
  // The server may have ended it meanwhile.
  const ready = await setUp(before, settings, purpose).then(
    () => true,
    () => false,
  );
  if (ready) return before;
  await before.end().catch(() => undefined);
  return connect(settings, purpose, 'look');
}

/** What was seen is seen, whatever becomes of the connection. */
export const leave = (settings: PostgresSettings, client: Client): Promise<void> =>
  leaveSpare(settings.connection, client);

/** A connection that runs what an archive says, and so may read views: a materialized view over one is filled here. */
export async function connectWorker(settings: PostgresSettings, job: string): Promise<Client> {
  const client = await connectAgain(settings, `job ${job}`);
  await client.query(readingViews('', false));
  return client;
}

/** Looks at a database that leave nothing behind. */
export function looker(settings: PostgresSettings): <T>(work: (client: Client) => Promise<T>) => Promise<T> {
  return (work) =>
    lookAgain(async () => {
      const client = await connectAgain(settings, 'look');
      try {
        const seen = await work(client);
        await leave(settings, client);
        return seen;
      } catch (error) {
        await client.end().catch(() => undefined);
        throw databaseError(error, 'looking at the database');
      }
    });
}
