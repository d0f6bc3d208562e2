import type * as api from '../../api/api';
import type { Host } from '../../host';
import { newJobId } from '../../dumper/job';
import { readEntry } from './entry';

/** What waits for its swap, newest first; what another instance has prepared is not `readable`, and can only be deleted. */
export async function listPrepared(host: Pick<Host, 'database' | 'seal'>): Promise<api.PreparedItem[]> {
  return (await host.database.prepared()).map((tables) => {
    const entry = readEntry(host, tables);
    return {
      job: tables.job,
      expiresAt: tables.expiresAt.toISOString(),
      bytes: tables.bytes,
      readable: entry !== undefined,
      ...(entry && {
        at: entry.at,
        backup: entry.backup,
        ...(entry.storage !== undefined && { storage: entry.storage }),
        ...(entry.by !== undefined && { by: entry.by }),
      }),
      collections: entry ? entry.collections.map(({ name, rows }) => ({ name, rows })) : [],
    };
  });
}

export async function dropPrepared(host: Host, job: string): Promise<void> {
  const lock = await host.database.lock(newJobId());
  try {
    await lock.dropPrepared(job);
  } finally {
    await lock.release();
  }
}
