import type { Client } from 'pg';
import { connect, type PostgresSettings } from './connection';
import { databaseError } from './failure';
import { lookAgain } from './locks';

/** How long a connection stays that nobody looks through: a job asks several things, shortly after each other. */
const IDLE_MS = 500;

/**
 * Looks at a database that leave nothing behind. What one look has used serves the next that follows at once: to a
 * server a new session costs more than most questions. In between it holds nothing: no transaction, no lock, not the
 * process; and it is gone before anybody who waits for the last session of a database gives up (that is five seconds).
 */
export function looker(settings: PostgresSettings): <T>(work: (client: Client) => Promise<T>) => Promise<T> {
  let idle: { readonly client: Client; readonly timer: NodeJS.Timeout } | undefined;

  const take = async (): Promise<Client> => {
    const before = idle;
    idle = undefined;
    if (!before) return connect(settings, 'look');
    clearTimeout(before.timer);
    reffed(before.client).ref();
    // The server may have ended it meanwhile.
    const lives = await before.client.query('ROLLBACK').then(
      () => true,
      () => false,
    );
    if (lives) return before.client;
    await before.client.end().catch(() => undefined);
    return connect(settings, 'look');
  };

  const leave = async (client: Client): Promise<void> => {
    await client.query('ROLLBACK');
    if (idle) return client.end();
    reffed(client).unref();
    const timer = setTimeout(() => {
      idle = undefined;
      client.end().catch(() => undefined);
    }, IDLE_MS).unref();
    idle = { client, timer };
  };

  return (work) =>
    lookAgain(async () => {
      const client = await take();
      try {
        const seen = await work(client);
        await leave(client);
        return seen;
      } catch (error) {
        await client.end().catch(() => undefined);
        throw databaseError(error, 'looking at the database');
      }
    });
}

/** pg has them, and its types do not. */
const reffed = (client: Client) => client as unknown as { ref(): void; unref(): void };
