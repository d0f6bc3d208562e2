import { formatBytes } from '../../bytes';
import type { Archive } from '../../dumper/archive/archive';
import { blemishText, type Blemish } from '../../dumper/schema/blemish';
import { leftOutText, type LeftOut } from '../../dumper/schema/code';
import { totals } from '../../dumper/archive/manifest';
import { missingText, type Missing } from '../../dumper/schema/missing';
import { unprovenOf, type Proof, type Unproven } from '../../dumper/restore/proof';
import { rehearse, type Beside } from '../../dumper/restore/rehearse';
import type { Host } from '../../host';
import { runJob, type Job, type Watch } from '../../jobs/jobs';
import { cleanAfter, startClean } from '../clean';
import { codeConsent, type CodeChoice } from '../trust/consent';
import { refuseSuddenlyPlain } from '../trust/suddenlyPlain';
import { warningText, type Warning } from '../../dumper/app/warning';

export interface RehearseResult {
  readonly collections: number;
  readonly rows: number;
  /** Bytes that were needed for a while, guessed. */
  readonly needed: number;
  /** Of a rehearsal without code: what was not proven. */
  readonly leftOut: readonly LeftOut[];
  /** What the rows do not hold. */
  readonly blemishes: readonly Blemish[];
  /** Where it was restored into. */
  readonly proof: Proof;
  /** Why it was not a fresh database. */
  readonly beside?: Beside;
  /** What that has not shown. */
  readonly unproven: readonly Unproven[];
  /** What the backup needs and an empty database lacks. */
  readonly missing: readonly Missing[];
  /** What a restore would want leave for. */
  readonly breaks: readonly Warning[];
}

/** What a backup bears of its rehearsal. */
export type Shown = Pick<RehearseResult, 'proof' | 'unproven'>;

/** Proves as a job that an archive can be restored here, without touching what lives here. */
export async function rehearseBackup(
  host: Host,
  archive: Archive,
  name: string,
  request: Watch &
    CodeChoice & {
      readonly allowPlain?: boolean | undefined;
      readonly remember?: ((shown: Shown) => Promise<void>) | undefined;
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
        const { proof, beside, said, left, blemishes, breaks, missing } = await rehearse(
          host.database,
          archive,
          {
            job: id,
            target: { app: host.app, appKeyFingerprint: host.appKeyFingerprint },
            lockTimeoutMs: host.lockTimeoutMs,
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
          },
        );
        context.note(proofText(proof, beside, said));
        if (left !== undefined)
          context.note(
            `! the database of the rehearsal could not be dropped, the next job tries again: ${left}`,
          );
        for (const warning of breaks) context.note(`! ${warningText(warning)}`);
        for (const item of missing.filter(({ outcome }) => outcome !== 'unused'))
          context.note(`! ${missingText(item)}`);
        for (const blemish of blemishes) context.note(`! ${blemishText(blemish)}`);
        for (const item of leftOut) context.note(leftOutText(item));
        const unproven = unprovenOf(archive.manifest, proof, missing);
        context.note(unprovenText(unproven));
        // Proven is only what was built: all of it.
        if (leftOut.length === 0 && breaks.length === 0) await request.remember?.({ proof, unproven });
        const { collections, rows } = totals(archive.manifest.collections);
        return {
          collections,
          rows,
          needed,
          leftOut,
          blemishes,
          proof,
          ...(beside && { beside }),
          unproven,
          missing,
          breaks,
        };
      },
    ),
  );
}

const UNPROVEN: Record<Unproven, string> = {
  files: 'uploaded files: there are none in this backup',
  key: "the app's AES key: it goes into encrypted backups with files only, and encrypted fields cannot be read without it",
  exchange: 'the exchange with the live tables: it was built apart from them',
  empty: 'an empty database: what else this one has, such as extensions and other schemas, was at hand',
  elsewhere: 'what needs other schemas: it does not come into an empty database',
  rows: 'the rows of some collections, of which the backup has the structure alone',
};

export const unprovenText = (unproven: readonly Unproven[]): string =>
  `not proven: ${unproven.map((reason) => UNPROVEN[reason]).join('; ')}`;

const BESIDE: Record<Beside, string> = {
  rights: 'the account may not make databases (CREATEDB)',
  refused: 'the server let none be made',
  part: 'the backup is a part, which comes beside the rest',
  format: 'it is of another program',
};

export function proofText(proof: Proof, beside?: Beside, said?: string): string {
  if (proof === 'database') return 'restored into a fresh database of this server';
  const why = beside ? `, as ${BESIDE[beside]}` : '';
  return `restored into a schema beside the app${why}${said === undefined ? '' : `: ${said}`}`;
}
