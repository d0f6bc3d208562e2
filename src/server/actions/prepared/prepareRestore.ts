import type { Archive } from '../../dumper/archive/archive';
import { prepare, type PrepareResult } from '../../dumper/restore/prepare';
import { leftOutText } from '../../dumper/schema/code';
import { MINUTE } from '../../durations';
import type { Host } from '../../host';
import { runJob, type Job, type Watch } from '../../jobs/jobs';
import { cleanAfter, startClean } from '../clean';
import type { RestoreRequest } from '../restore/restoreBackup';
import { codeConsent } from '../trust/consent';
import { refuseSuddenlyPlain } from '../trust/suddenlyPlain';
import { sealedEntry } from './entry';

export type PrepareRequest = Omit<RestoreRequest, keyof Watch | 'acceptLost'> & Watch;

export interface Prepared extends PrepareResult {
  readonly expiresAt: string;
}

/** The long half of a restore, as a job: all of it is staged and checked, and waits until somebody swaps it in. */
export async function prepareRestore(
  host: Host,
  archive: Archive,
  place: { readonly backup: string; readonly storage?: string | undefined },
  request: PrepareRequest,
): Promise<{ job: Job; result: Prepared }> {
  const { backup, storage } = place;
  await refuseSuddenlyPlain(host, archive, backup, request.allowPlain);
  const consent = await codeConsent(host, archive, request, request);
  await startClean(host);
  return cleanAfter(
    host,
    runJob(
      host.jobs,
      { ...request, kind: 'prepare', subject: backup, by: host.user, database: host.database },
      async ({ id, onProgress, signal, note }) => {
        const { selection, allowBreaks, allowChanges = false, files = true } = request;
        const expiresAt = new Date(Date.now() + host.preparedMinutes * MINUTE);
        const result = await prepare(host.database, archive, {
          job: id,
          selection,
          target: {
            app: host.app,
            appKeyFingerprint: host.appKeyFingerprint,
            files: await host.files(),
          },
          workers: host.workers,
          allowBreaks,
          allowChanges,
          ...consent,
          expiresAt,
          record: (collections) =>
            sealedEntry(host, {
              version: 1,
              job: id,
              at: new Date().toISOString(),
              ...(host.user !== undefined && { by: host.user }),
              backup,
              ...(storage !== undefined && { storage }),
              manifestSha256: archive.manifestSha256,
              selection: {
                ...selection,
                groups: selection.groups && [...selection.groups],
                collections: selection.collections && [...selection.collections],
                exclude: selection.exclude && [...selection.exclude],
                noRows: selection.noRows && [...selection.noRows],
              },
              allowBreaks,
              allowChanges,
              allowCode: consent.allowCode,
              noCode: consent.withoutCode,
              files,
              collections: [...collections],
            }),
          signal,
          onProgress,
        });
        note(`waits for its swap until ${expiresAt.toISOString()}`);
        for (const warning of result.warnings) note(`! ${warning}`);
        for (const item of result.leftOut) note(leftOutText(item));
        return { ...result, expiresAt: expiresAt.toISOString() };
      },
    ),
  );
}
