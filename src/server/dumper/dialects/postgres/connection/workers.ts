import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { throwIfCancelled } from '../../../../errors/errors';
import { workersFor } from '../../../rows/workers';
import { cut, rows, type PostgresSettings } from './connection';
import { connectWorker } from './looker';

/** Connections that work side by side for a job, as many as its work is worth. A signal cuts them, and none of their statements outlives it. */
export async function withWorkers<T>(
  settings: PostgresSettings,
  control: Client,
  job: string,
  { workers, signal }: { readonly workers: number; readonly signal?: AbortSignal | undefined },
  load: { readonly tables: number; readonly bytes: number },
  work: (clients: readonly Client[]) => Promise<T>,
): Promise<T> {
  const clients: Client[] = [];
  const stop = () => clients.forEach(cut);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    for (let i = 0; i < workersFor(workers, load); i += 1) clients.push(await connectWorker(settings, job));
    // Whatever came after the signal was not cut by it.
    throwIfCancelled(signal);
    return await work(clients);
  } catch (error) {
    stop();
    await endSessions(control, clients).catch(() => undefined);
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }
}

/** A statement that was on its way when its connection was cut still runs: it must have ended before we clean up. */
async function endSessions(control: Client, clients: readonly Client[]): Promise<void> {
  const pids = clients.map((client) => (client as unknown as { processID: number | null }).processID);
  for (let tries = 0; tries < 100; tries += 1) {
    const left = await rows(
      control,
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ANY($1)',
      [pids.filter((pid) => pid !== null)],
    );
    if (left.length === 0) return;
    await sleep(50);
  }
}
