import { join } from 'node:path';
import type { Archive } from '../../dumper/archive/archive';
import { refuseMoreLost, type Losses } from '../../dumper/app/lost';
import { restorePrepared, type RestoreResult } from '../../dumper/restore/restore';
import type { ReportProgress } from '../../dumper/progress';
import { leftOutText } from '../../dumper/schema/code';
import type { Host } from '../../host';
import { runJob, type Job, type Watch } from '../../jobs/jobs';
import { cleanAfter, startClean } from '../clean';
import { swapAndReload } from '../restore/reload';
import { restoreSettings } from '../restore/restoreBackup';
import { refuseSuddenlyPlain } from '../trust/suddenlyPlain';
import { comparePrepared, refuseOther } from './comparePrepared';
import type { PreparedRestore } from './entry';

export interface SwapRequest extends Watch {
  /** The rows of each collection that were said to be lost, exactly; undefined: however many. */
  readonly acceptLost?: Losses | undefined;
  readonly allowPlain?: boolean | undefined;
  /** Where rows go that a comparison has no room for. */
  readonly dataFolder: string;
}

/**
 * The short half of a restore. What would be lost is compared once more, when all else is done and nobody waits yet;
 * more than was shown is refused, and what was prepared stays.
 */
export async function swapPrepared(
  host: Host,
  archive: Archive,
  prepared: PreparedRestore,
  request: SwapRequest,
): Promise<{ job: Job; result: RestoreResult }> {
  refuseOther(archive, prepared);
  await refuseSuddenlyPlain(host, archive, prepared.backup, request.allowPlain);
  const { selection, allowBreaks, allowChanges, allowCode, noCode } = prepared;
  const { acceptLost } = request;
  const again = async (signal: AbortSignal | undefined, report: ReportProgress): Promise<void> => {
    if (acceptLost === undefined) return;
    const folder = join(request.dataFolder, 'compare');
    const { lost } = await comparePrepared(host, archive, prepared, {
      examples: 0,
      folder,
      signal,
      onProgress: (progress) => report({ ...progress, stage: 'verify' }),
    });
    refuseMoreLost(
      acceptLost,
      Object.entries(lost).map(([name, lostAtLeast]) => ({ name, lostAtLeast })),
    );
  };
  await startClean(host);
  return cleanAfter(
    host,
    runJob(
      host.jobs,
      { ...request, kind: 'restore', subject: prepared.backup, by: host.user, database: host.database },
      async ({ id, onProgress, signal, note }) => {
        onProgress({ stage: 'verify', done: 0, total: 1, rows: 0, bytes: 0 });
        const files = await host.files();
        const result = await swapAndReload(host, {
          job: id,
          swap: ({ beforeSwap, replanned }) =>
            restorePrepared(host.database, archive, prepared.job, {
              ...restoreSettings(host, id, prepared.backup, { selection, allowBreaks, allowChanges }),
              acceptLost,
              allowCode,
              withoutCode: noCode,
              target: { app: host.app, appKeyFingerprint: host.appKeyFingerprint, files },
              ...(prepared.files && !selection.collections && { files }),
              signal,
              onProgress,
              async beforeSwap() {
                await again(signal, onProgress);
                await beforeSwap();
              },
              replanned,
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
