import { formatBytes } from '../bytes';
import type { Archive } from '../dumper/archive';
import { totals } from '../dumper/manifest';
import { rehearse } from '../dumper/rehearse';
import type { Host } from '../host';
import { runJob, type Job, type Watch } from '../jobs/jobs';
import { cleanAfter, startClean } from './clean';

export interface RehearseResult {
  readonly collections: number;
  readonly rows: number;
  /** Bytes that were needed for a while, guessed. */
  readonly needed: number;
}

/** Proves as a job that an archive can be restored here, without touching what lives here. */
export async function rehearseBackup(
  host: Host,
  archive: Archive,
  name: string,
  request: Watch & { readonly remember?: (() => Promise<void>) | undefined },
): Promise<{ job: Job; result: RehearseResult }> {
  await startClean(host);
  return cleanAfter(
    host,
    runJob(
      host.jobs,
      { ...request, kind: 'rehearse', subject: name, by: host.user, database: host.database.label },
      async (context) => {
        const { id, onProgress, signal } = context;
        let needed = 0;
        await rehearse(host.database, archive, {
          job: id,
          workers: host.workers,
          signal,
          onProgress,
          onSpace(space) {
            needed = space.needed;
            context.note(
              space.free === undefined
                ? `about ${formatBytes(needed)} are needed on the database's disk for a while; what is free there cannot be seen from here`
                : `about ${formatBytes(needed)} are needed for a while, ${formatBytes(space.free)} are free on the database's disk`,
            );
          },
        });
        await request.remember?.();
        const { collections, rows } = totals(archive.manifest.collections);
        return { collections, rows, needed };
      },
    ),
  );
}
