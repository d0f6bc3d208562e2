import { openChosen } from '../../dumper/backup/choose';
import { NOT_READ, toManifest } from '../../dumper/backup/dump';
import { leftOutText, type CodeItem } from '../../dumper/schema/code';
import { copy } from '../../dumper/restore/copy';
import type { Snapshot } from '../../dumper/dialect';
import type { Selection } from '../../dumper/app/groups';
import { newJobId } from '../../dumper/job';
import type { Manifest } from '../../dumper/archive/manifest';
import { across } from '../../dumper/across/across';
import { planOf } from '../../dumper/restore/plan';
import type { RestoreResult } from '../../dumper/restore/restore';
import { refused } from '../../errors/errors';
import type { Host } from '../../host';
import { runJob, type Job } from '../../jobs/jobs';
import { cleanAfter, startClean } from '../clean';
import { refuseBoth } from '../trust/consent';
import { swapAndReload } from './reload';
import { restoreSettings, type RestoreRequest } from './restoreBackup';

/** Backup of one database and restore into another in one go, without a file in between. */
export async function copyDatabase(
  from: Host,
  to: Host,
  request: RestoreRequest,
): Promise<{ job: Job; result: RestoreResult }> {
  refuseBoth(request);
  if (await isSame(from, to)) {
    throw refused('copy-into-itself', { from: from.database.label, to: to.database.label });
  }
  await startClean(to);
  return cleanAfter(
    to,
    runJob(
      to.jobs,
      { ...request, kind: 'copy', subject: from.database.label, by: to.user, database: to.database },
      async ({ id, onProgress, signal, note }) => {
        const { snapshot, manifest } = await openSource(from, request.selection, id, signal);
        try {
          const settings = {
            ...restoreSettings(to, id, from.database.label, request),
            allowCode: request.allowCode ?? false,
            withoutCode: request.noCode ?? false,
            signal,
            onProgress,
          };
          const result = await swapAndReload(to, {
            job: id,
            swap: (around) => copy(snapshot, manifest, to.database, { ...settings, ...around }),
            undoOf: (done) => done.undo,
            note,
          });
          for (const item of result.leftOut) note(leftOutText(item));
          return result;
        } finally {
          await snapshot.close();
        }
      },
    ),
  );
}

/** The code that a copy would bring, as the source is at this moment; the copy looks again when it has its own. */
export async function copyCode(
  from: Host,
  to: Host,
  selection: Selection,
  signal?: AbortSignal,
): Promise<readonly CodeItem[]> {
  const { snapshot, manifest } = await openSource(from, selection, newJobId(), signal);
  try {
    const crossed = await across(manifest, undefined, to.database);
    return await to.database.code(await planOf(crossed.manifest, crossed.manifest.collections, selection));
  } finally {
    await snapshot.close();
  }
}

async function openSource(
  from: Host,
  selection: Selection,
  job: string,
  signal: AbortSignal | undefined,
): Promise<{ snapshot: Snapshot; manifest: Manifest }> {
  const { app, workers: readers } = from;
  const { snapshot, chosen } = await openChosen(from.database, selection, { readers, app, job, signal });
  const manifest = toManifest(snapshot, chosen, () => NOT_READ, new Date(), {
    job,
    selection,
    app,
    instance: from.instance,
    version: from.version,
    readers,
  });
  return { snapshot, manifest };
}

/** A staging server that was made from the disk of the real one has its ids, and is another all the same. */
async function isSame({ database: from }: Host, { database: to }: Host): Promise<boolean> {
  if ((await from.id()) !== (await to.id())) return false;
  return (await from.startedAt()) === (await to.startedAt());
}
