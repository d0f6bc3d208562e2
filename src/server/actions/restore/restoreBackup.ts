import type { Archive } from '../../dumper/archive/archive';
import type { Selection } from '../../dumper/app/groups';
import type { Losses } from '../../dumper/app/lost';
import { restore, type RestoreResult } from '../../dumper/restore/restore';
import type { Host } from '../../host';
import { runJob, type Job, type Watch } from '../../jobs/jobs';
import { leftOutText } from '../../dumper/schema/code';
import { cleanAfter, startClean } from '../clean';
import { codeConsent, type CodeChoice } from '../trust/consent';
import { swapAndReload } from './reload';
import { refuseSuddenlyPlain } from '../trust/suddenlyPlain';

export interface RestoreRequest extends Watch, CodeChoice {
  readonly selection: Selection;
  readonly allowBreaks: boolean;
  /** From another kind of database: values that have no place here become what comes closest. */
  readonly allowChanges?: boolean | undefined;
  /** The rows of each collection that were said to be lost at least; undefined: however many. */
  readonly acceptLost?: Losses | undefined;
  /** Though it is not encrypted as this instance's own are. */
  readonly allowPlain?: boolean | undefined;
  /** False: the app's uploaded files stay as they are. */
  readonly files?: boolean | undefined;
}

export async function restoreBackup(
  host: Host,
  archive: Archive,
  name: string,
  request: RestoreRequest,
): Promise<{ job: Job; result: RestoreResult }> {
  await refuseSuddenlyPlain(host, archive, name, request.allowPlain);
  const consent = await codeConsent(host, archive, request, request);
  await startClean(host);
  return cleanAfter(
    host,
    runJob(
      host.jobs,
      { ...request, kind: 'restore', subject: name, by: host.user, database: host.database },
      async ({ id, onProgress, signal, note }) => {
        const files = await host.files();
        const result = await swapAndReload(host, {
          job: id,
          swap: (around) =>
            restore(host.database, archive, {
              ...restoreSettings(host, id, name, request),
              ...consent,
              target: { app: host.app, appKeyFingerprint: host.appKeyFingerprint, files },
              ...(request.files !== false && !request.selection.collections && { files }),
              signal,
              onProgress,
              ...around,
            }),
          undoOf: (done) => done.undo,
          note,
        });
        for (const warning of result.warnings) note(`! ${warning}`);
        for (const item of result.leftOut) note(leftOutText(item));
        return result;
      },
    ),
  );
}

export const restoreSettings = (host: Host, job: string, source: string, request: RestoreRequest) => ({
  job,
  source,
  selection: request.selection,
  target: { app: host.app, appKeyFingerprint: host.appKeyFingerprint },
  workers: host.workers,
  keepUndoDays: host.keepUndoDays,
  lockTimeoutMs: host.lockTimeoutMs,
  allowBreaks: request.allowBreaks,
  allowChanges: request.allowChanges,
  acceptLost: request.acceptLost,
});
