import { throwIfCancelled } from '../../../../errors/errors';
import { checkWorkers } from '../../../rows/workers';
import { connect, cut, end, rows, type Client, type MysqlSettings } from '../connection/connection';
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
    for (let i = 0; i < checkWorkers(workers); i += 1) clients.push(await connect(settings));
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
