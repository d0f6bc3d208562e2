import { openChosen } from '../dumper/choose';
import { NOT_READ, toManifest } from '../dumper/dump';
import { leftOutText } from '../dumper/code';
import { copy } from '../dumper/copy';
import type { RestoreResult } from '../dumper/restore';
import { BackupError } from '../errors';
import type { Host } from '../host';
import { runJob, type Job } from '../jobs/jobs';
import { cleanAfter, startClean } from './clean';
import { restoreSettings, type RestoreRequest } from './restoreBackup';

/** Backup of one database and restore into another in one go, without a file in between. */
export async function copyDatabase(
  from: Host,
  to: Host,
  request: RestoreRequest,
): Promise<{ job: Job; result: RestoreResult }> {
  if (await isSame(from, to)) {
    throw new BackupError(
      'USAGE',
      `${from.database.label} is ${to.database.label}, and cannot be copied into itself. Name two databases.`,
    );
  }
  await startClean(to);
  return cleanAfter(
    to,
    runJob(
      to.jobs,
      { ...request, kind: 'copy', subject: from.database.label, by: to.user, database: to.database },
      async ({ id, onProgress, signal, note }) => {
        const { snapshot, chosen } = await openChosen(from.database, request.selection, {
          readers: from.workers,
          app: from.app,
          job: id,
          signal,
        });
        try {
          const manifest = toManifest(snapshot, chosen, () => NOT_READ, new Date(), {
            job: id,
            selection: request.selection,
            app: from.app,
            instance: from.instance,
            version: from.version,
            readers: from.workers,
          });
          const settings = {
            ...restoreSettings(to, id, from.database.label, request),
            // Whoever names both databases has chosen whom to trust (docs/security.md).
            allowCode: true,
            withoutCode: request.noCode ?? false,
            signal,
            onProgress,
          };
          const result = await copy(snapshot, manifest, to.database, settings);
          for (const one of result.leftOut) note(leftOutText(one));
          return result;
        } finally {
          await snapshot.close();
        }
      },
    ),
  );
}

/** A staging server that was made from the disk of the real one has its ids, and is another all the same. */
async function isSame({ database: from }: Host, { database: to }: Host): Promise<boolean> {
  if ((await from.id()) !== (await to.id())) return false;
  return (await from.startedAt()) === (await to.startedAt());
}
