import type { Client } from 'pg';
import type { DatabaseId } from '../../../databaseId';
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
const idle = new Map<string, Client[]>();
/** A job and its snapshot have no more than that. */
const MOST_IDLE = 4;

const keyOf = ({ connection }: PostgresSettings): string => JSON.stringify(connection);

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

/** A connection of one's own: one that was looked through just now, if there is one. Whoever has done with it leaves it. */
export async function connectAgain(settings: PostgresSettings, purpose: string): Promise<Client> {
  const before = idle.get(keyOf(settings))?.at(-1);
  if (!before) return connect(settings, purpose, 'look');
  forget(settings, before);
  holding(before).ref();
  // The server may have ended it meanwhile.
  if (await succeeds(() => setUp(before, settings, purpose))) return before;
  await before.end().catch(() => undefined);
  return connect(settings, purpose, 'look');
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
  const others = idle.get(keyOf(settings)) ?? [];
  if (!emptied || others.length >= MOST_IDLE) return client.end().catch(() => undefined);
  idle.set(keyOf(settings), [...others, client]);
  holding(client).unref();
  setTimeout(() => {
    if (forget(settings, client)) client.end().catch(() => undefined);
  }, IDLE_MS).unref();
}

/** Whether it was idle. */
function forget(settings: PostgresSettings, client: Client): boolean {
  const key = keyOf(settings);
  const all = idle.get(key) ?? [];
  const others = all.filter((other) => other !== client);
  if (others.length > 0) idle.set(key, others);
  else idle.delete(key);
  return others.length < all.length;
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
