import { formatBytes } from '../bytes';
import type { Archive } from '../dumper/archive';
import { blemishText, type Blemish } from '../dumper/blemish';
import { leftOutText, type LeftOut } from '../dumper/code';
import { totals } from '../dumper/manifest';
import { rehearse, UNPROVEN, unprovenOf, type Unproven } from '../dumper/rehearse';
import type { Host } from '../host';
import { runJob, type Job, type Watch } from '../jobs/jobs';
import { cleanAfter, startClean } from './clean';
import { codeConsent, type CodeChoice } from './consent';
import { refuseSuddenlyPlain } from './suddenlyPlain';

export interface RehearseResult {
  readonly collections: number;
  readonly rows: number;
  /** Bytes that were needed for a while, guessed. */
  readonly needed: number;
  /** Of a rehearsal without code: what was not proven. */
  readonly leftOut: readonly LeftOut[];
  /** What the rows do not hold. */
  readonly blemishes: readonly Blemish[];
  /** What no rehearsal of this archive can show. */
  readonly unproven: readonly Unproven[];
}

/** Proves as a job that an archive can be restored here, without touching what lives here. */
export async function rehearseBackup(
  host: Host,
  archive: Archive,
  name: string,
  request: Watch &
    CodeChoice & {
      readonly allowPlain?: boolean | undefined;
      readonly remember?: (() => Promise<void>) | undefined;
    },
): Promise<{ job: Job; result: RehearseResult }> {
  await refuseSuddenlyPlain(host, archive, name, request.allowPlain);
  const consent = await codeConsent(host, archive, request, { selection: { all: true }, rehearsal: true });
  await startClean(host);
  return cleanAfter(
    host,
    runJob(
      host.jobs,
      { ...request, kind: 'rehearse', subject: name, by: host.user, database: host.database },
      async (context) => {
        const { id, onProgress, signal } = context;
        let needed = 0;
        let leftOut: readonly LeftOut[] = [];
        const { blemishes } = await rehearse(host.database, archive, {
          job: id,
          ...consent,
          onLeftOut: (left) => (leftOut = left),
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
        for (const one of blemishes) context.note(`! ${blemishText(one)}`);
        for (const one of leftOut) context.note(leftOutText(one));
        const unproven = unprovenOf(archive.manifest);
        context.note(unprovenText(unproven));
        // Proven is only what was built: all of it.
        if (leftOut.length === 0) await request.remember?.();
        const { collections, rows } = totals(archive.manifest.collections);
        return { collections, rows, needed, leftOut, blemishes, unproven };
      },
    ),
  );
}

export const unprovenText = (unproven: readonly Unproven[]): string =>
  `not proven: ${unproven.map((one) => UNPROVEN[one]).join('; ')}`;
