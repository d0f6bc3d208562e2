import type { Client } from 'pg';
import type { DatabaseId } from '../../../databaseId';
import { literal } from '../sql/quote';
import { connect, setUp, type PostgresSettings } from './connection';
import { databaseError } from './failure';
import { readId } from './identity';
import { lookAgain } from './locks';

/** How long a connection stays that nobody looks through: a job asks several things, shortly after each other. */
export const IDLE_MS = 500;

/**
 * To a server a new session costs more than most questions, so what one look has used serves what follows at once. In
 * between it holds nothing: no transaction, no lock, no setting, not the process; and it is gone before anybody who waits
 * for the last session of a database gives up (that is five seconds).
 */
const idle = new WeakMap<PostgresSettings, { readonly client: Client; readonly timer: NodeJS.Timeout }>();

/** What was read of a database that a session of ours is still in: nobody can drop it and make another of its name. */
const known = new WeakMap<PostgresSettings, { readonly client: Client; readonly id: DatabaseId }>();

export async function knownId(
  settings: PostgresSettings,
  look: <T>(work: (client: Client) => Promise<T>) => Promise<T>,
): Promise<DatabaseId> {
  const before = known.get(settings);
  if (before) return before.id;
  return look(async (client) => {
    const id = await readId(client, settings.schema);
    known.set(settings, { client, id });
    client.once('end', () => {
      if (known.get(settings)?.client === client) known.delete(settings);
    });
    return id;
  });
}

/** A connection of one's own: the one that was looked through just now, if there is one. */
export async function connectAgain(settings: PostgresSettings, purpose: string): Promise<Client> {
  const before = idle.get(settings);
  idle.delete(settings);
  if (!before) return connect(settings, purpose);
  clearTimeout(before.timer);
  holding(before.client).ref();
  // The server may have ended it meanwhile.
  const lives = await succeeds(async () => {
    await setUp(before.client, settings);
    await before.client.query(`SET application_name = ${literal(`ark ${purpose}`)}`);
  });
  if (lives) return before.client;
  await before.client.end().catch(() => undefined);
  return connect(settings, purpose);
}

/**
 * For whoever comes next; what was seen is seen, whatever becomes of the connection. One that is in the midst of a
 * statement is ended.
 */
export async function leave(settings: PostgresSettings, client: Client): Promise<void> {
  const emptied = await succeeds(async () => {
    if (!holding(client).readyForQuery) throw new Error('busy');
    if (client.getTransactionStatus() !== 'I') await client.query('ROLLBACK');
    await client.query('DISCARD ALL');
  });
  if (!emptied || idle.has(settings)) return client.end().catch(() => undefined);
  holding(client).unref();
  const timer = setTimeout(() => {
    idle.delete(settings);
    client.end().catch(() => undefined);
  }, IDLE_MS).unref();
  idle.set(settings, { client, timer });
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

const succeeds = (work: () => Promise<void>): Promise<boolean> =>
  work().then(
    () => true,
    () => false,
  );

/** Whether the process waits for the connection, and whether it waits for an answer; pg has these, and its types do not. */
const holding = (client: Client) =>
  client as unknown as { ref(): void; unref(): void; readonly readyForQuery: boolean };
