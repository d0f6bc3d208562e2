import type { Client, ClientConfig } from 'pg';

/** How long a connection stays that nobody looks through: a job asks several things, shortly after each other. */
export const IDLE_MS = 500;
/** A job and its snapshot have no more than that. */
const MOST = 4;
/** A server that is gone says no goodbye: nobody waits longer for one. */
const GOODBYE_MS = 1000;

/**
 * To a server a new session costs more than most questions, so what one look has used serves what follows at once. In
 * between it holds nothing: no transaction, no lock, no setting, not the process; and it is gone before anybody who waits
 * for the last session of a database gives up (that is five seconds). Where a new session is wanted, here or in another
 * database of the server, it ends first: an account that may have so many connections never has one too many for it.
 */
let spare: readonly { readonly connection: ClientConfig; readonly client: Client }[] = [];

/** One of this very database and account, if there is one; nobody else has it from then on. */
export function takeSpare(connection: ClientConfig): Client | undefined {
  const wanted = JSON.stringify(connection);
  const last = spare.findLast((session) => JSON.stringify(session.connection) === wanted);
  if (!last) return undefined;
  remove(last.client);
  holding(last.client).ref();
  return last.client;
}

/** For whoever comes next. One that is in the midst of a statement is ended. */
export async function leaveSpare(connection: ClientConfig, client: Client): Promise<void> {
  if (!(await emptied(client)) || spare.length >= MOST) return end(client);
  spare = [...spare, { connection, client }];
  holding(client).unref();
  setTimeout(() => {
    if (remove(client)) void end(client);
  }, IDLE_MS).unref();
}

/** Ends all of a server. */
export async function endSpare(server: { readonly host: string; readonly port: number }): Promise<void> {
  const there = spare.filter(({ client }) => client.host === server.host && client.port === server.port);
  const wereSpare = there.filter(({ client }) => remove(client));
  await Promise.all(
    wereSpare.map(async ({ client }) => {
      holding(client).ref();
      const timer = setTimeout(() => holding(client).connection.stream.destroy(), GOODBYE_MS);
      await end(client);
      clearTimeout(timer);
    }),
  );
}

/** Whether it was there. */
function remove(client: Client): boolean {
  const before = spare.length;
  spare = spare.filter((session) => session.client !== client);
  return spare.length < before;
}

async function emptied(client: Client): Promise<boolean> {
  if (!holding(client).readyForQuery) return false;
  try {
    if (client.getTransactionStatus() !== 'I') await client.query('ROLLBACK');
    await client.query('DISCARD ALL');
    return true;
  } catch {
    return false;
  }
}

const end = (client: Client): Promise<void> => client.end().catch(() => undefined);

/** Whether the process waits for the connection, and whether it waits for an answer; pg has these, and its types do not. */
const holding = (client: Client) =>
  client as unknown as {
    ref(): void;
    unref(): void;
    readonly readyForQuery: boolean;
    readonly connection: { readonly stream: { destroy(): void } };
  };
