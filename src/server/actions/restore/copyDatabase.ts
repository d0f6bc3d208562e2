import { openChosen } from '../../dumper/backup/choose';
import { NOT_READ, toManifest } from '../../dumper/backup/dump';
import { leftOutText, type CodeItem } from '../../dumper/schema/code';
import type { Warning } from '../../dumper/app/warning';
import { copy, readingFrom } from '../../dumper/restore/copy';
import type { Snapshot } from '../../dumper/dialect';
import type { Selection } from '../../dumper/app/groups';
import { newJobId } from '../../dumper/job';
import type { Manifest } from '../../dumper/archive/manifest';
import { across } from '../../dumper/across/across';
import { valueChanges } from '../../dumper/across/converting';
import { planOf } from '../../dumper/restore/plan';
import type { RestoreResult } from '../../dumper/restore/restore';
import { refused } from '../../errors/errors';
import type { Host } from '../../host';
import { runJob, type Job } from '../../jobs/jobs';
import { cleanAfter, startClean } from '../clean';
import { refuseBoth } from '../trust/consent';
import { swapAndReload } from './reload';
import { missingBeside } from '../../dumper/restore/structures';
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
        const { snapshot, manifest } = await openSource(from, to, request.selection, id, signal);
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

export interface CopyPreview {
  /** What it would bring. */
  readonly code: readonly CodeItem[];
  /** Into another kind of database: what does not come, or not as it is. */
  readonly warnings: readonly Warning[];
}

/**
 * What a copy would bring, as the source is at this moment; the copy looks again when it has its own. Into another kind
 * of database all rows are read. Throws VALUE_UNFIT where something has no place there and nothing can be made of it.
 */
export async function previewCopy(
  from: Host,
  to: Host,
  selection: Selection,
  signal?: AbortSignal,
): Promise<CopyPreview> {
  const { snapshot, manifest, warnings } = await openSource(from, to, selection, newJobId(), signal);
  try {
    const source = readingFrom(snapshot, manifest);
    const crossed = await across(manifest, source, to.database);
    const { collections } = crossed.manifest;
    const changes = await valueChanges(
      source,
      crossed.conversions ?? new Map(),
      new Set(collections.map(({ name }) => name)),
      signal,
    );
    changes.refuseUnfit();
    return {
      code: await to.database.code(await planOf(crossed.manifest, collections, selection)),
      warnings: [...crossed.warnings, ...warnings, ...changes.warnings],
    };
  } finally {
    await snapshot.close();
  }
}

async function openSource(
  from: Host,
  to: Host,
  selection: Selection,
  job: string,
  signal: AbortSignal | undefined,
): Promise<{ snapshot: Snapshot; manifest: Manifest; warnings: readonly Warning[] }> {
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
  try {
    const chosen = new Set(manifest.collections.map(({ name }) => name));
    return { snapshot, ...(await missingBeside({ manifest, chosen }, selection, to.database)) };
  } catch (error) {
    await snapshot.close();
    throw error;
  }
}

/** A staging server that was made from the disk of the real one has its ids, and is another all the same. */
async function isSame({ database: from }: Host, { database: to }: Host): Promise<boolean> {
  if ((await from.id()) !== (await to.id())) return false;
  return (await from.startedAt()) === (await to.startedAt());
}
