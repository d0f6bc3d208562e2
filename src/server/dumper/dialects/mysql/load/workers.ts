import { throwIfCancelled } from '../../../../errors/errors';
import { checkWorkers } from '../../../rows/workers';
import { connect, cut, end, rows, type Client, type MysqlSettings } from '../connection/connection';
import { tryLock } from '../connection/locks';
import { workerLock } from '../sql/names';
import { setTimeout as sleep } from 'node:timers/promises';

/** Connections that work side by side for a job. A signal cuts them, and none of their statements outlives it. */
export async function withWorkers<T>(
  settings: MysqlSettings,
  control: Client,
  { workers, signal }: { readonly workers: number; readonly signal?: AbortSignal | undefined },
  work: (clients: readonly Client[]) => Promise<T>,
): Promise<T> {
  const clients: Client[] = [];
  const stop = () => clients.forEach(cut);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    for (let i = 0; i < checkWorkers(workers); i += 1) {
      const client = await connect(settings, { sendsRows: true });
      clients.push(client);
      // Whoever cleans up after this process waits for what its connections were still doing.
      await tryLock(client, workerLock(client.database, i));
    }
    throwIfCancelled(signal);
    return await work(clients);
  } catch (error) {
    stop();
    await endSessions(control, clients).catch(() => undefined);
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await Promise.all(clients.map(end));
  }
}

/** Of ARK_WORKERS. */
const MOST_WORKERS = 64;

/** For whoever has the lock of jobs: waits until no connection of a job whose process is dead does anything any more. */
export async function endDeadWorkers(client: Client): Promise<void> {
  const names = Array.from({ length: MOST_WORKERS }, (_, at) => workerLock(client.database, at));
  const sql = `SELECT ${names.map((_, at) => `IS_USED_LOCK(?) AS \`${at}\``).join(', ')}`;
  for (let tries = 0; tries < 100; tries += 1) {
    const [row] = await rows<Record<string, string | null>>(client, sql, names);
    const left = Object.values(row ?? {}).flatMap((id) => id ?? []);
    if (left.length === 0) return;
    for (const id of left) await rows(client, `KILL ${Number(id)}`).catch(() => undefined);
    await sleep(50);
  }
}

/** A statement that was on its way when its connection was cut still runs: it must have ended before we clean up. */
async function endSessions(control: Client, clients: readonly Client[]): Promise<void> {
  const ids = clients.flatMap(({ connection }) => [connection.threadId]);
  if (ids.length === 0) return;
  for (let tries = 0; tries < 100; tries += 1) {
    const left = await rows<{ id: string }>(
      control,
      'SELECT ID AS id FROM information_schema.PROCESSLIST WHERE ID IN (?)',
      [ids],
    );
    if (left.length === 0) return;
    for (const { id } of left) await rows(control, `KILL ${Number(id)}`).catch(() => undefined);
    await sleep(50);
  }
}
