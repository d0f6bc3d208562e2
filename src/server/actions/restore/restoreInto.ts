import type { Archive } from '../../dumper/archive/archive';
import type { Selection } from '../../dumper/app/groups';
import { previewAside, restoreAside, type AsideResult } from '../../dumper/restore/aside';
import { leftOutText } from '../../dumper/schema/code';
import type { Host } from '../../host';
import { runJob, type Job, type Watch } from '../../jobs/jobs';
import { cleanAfter, startClean } from '../clean';
import { refuseSuddenlyPlain } from '../trust/suddenlyPlain';
import { makerOf } from '../trust/maker';
import type { BackupPreview } from './previewBackup';

export interface IntoRequest extends Watch {
  readonly selection: Selection;
  readonly into: string;
  readonly allowChanges?: boolean | undefined;
  readonly allowPlain?: boolean | undefined;
}

/** As of any restore; nothing that is there is lost by it and nothing that runs comes, so a yes is enough. */
export async function previewInto(
  host: Host,
  archive: Archive,
  selection: Selection,
  into: string,
): Promise<BackupPreview> {
  const preview = await previewAside(host.database, archive, selection, { app: host.app }, into);
  return {
    ...preview,
    maker: await makerOf(host, archive),
    files: [],
    asksForCode: false,
    asksForName: false,
  };
}

/** Tables of a backup into a schema or database of their own, as a job. */
export async function restoreInto(
  host: Host,
  archive: Archive,
  name: string,
  request: IntoRequest,
): Promise<{ job: Job; result: AsideResult }> {
  await refuseSuddenlyPlain(host, archive, name, request.allowPlain);
  await startClean(host);
  return cleanAfter(
    host,
    runJob(
      host.jobs,
      { ...request, kind: 'restore', subject: name, by: host.user, database: host.database },
      async ({ id, onProgress, signal, note }) => {
        const result = await restoreAside(host.database, archive, {
          job: id,
          selection: request.selection,
          target: { app: host.app },
          into: request.into,
          workers: host.workers,
          allowChanges: request.allowChanges,
          signal,
          onProgress,
        });
        note(`into ${result.into}; the app knows nothing of it, and "${result.drop}" takes it away again`);
        for (const warning of result.warnings) note(`! ${warning}`);
        for (const item of result.leftOut) note(leftOutText(item));
        return result;
      },
    ),
  );
}
