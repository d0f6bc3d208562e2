import { blemishesOf, hangingOf } from '../../dumper/archive/contents';
import { basename, dirname } from 'node:path';
import { blemishText } from '../../dumper/schema/blemish';
import type { Recipients } from '../../dumper/container/cipher';
import { hangingText } from '../../dumper/schema/missing';
import { dump, type DumpResult } from '../../dumper/backup/dump';
import type { Compared, ComparedOutcome } from '../../dumper/backup/compareStored';
import { keyFingerprint, type AppFiles } from '../../dumper/files/folders';
import type { Selection } from '../../dumper/app/groups';
import { summaryOf } from '../../dumper/archive/summary';
import { holdsOf } from '../../dumper/backup/holds';
import { totals, type Manifest } from '../../dumper/archive/manifest';
import { asBackupError, refused } from '../../errors/errors';
import { newSalt } from '../../fingerprint';
import type { Host } from '../../host';
import { runJob, type Job, type JobContext, type Watch } from '../../jobs/jobs';
import { checkKey, withEnding } from '../../storage/key';
import { localStorage } from '../../storage/local/local';
import { archiveName } from '../archiveName';
import { cleanAfter, startClean } from '../clean';
import { instanceId } from '../trust/instance';
import { instanceSigner } from '../trust/instanceKey';
import { rememberMade } from '../trust/madeBook';
import { soon } from '../soon';
import { untilAnswering, waitingText } from './untilAnswering';
import { markBackup } from './marks';
import { completeTargets, targets } from './targets';

export interface CreateBackup extends Watch {
  readonly selection: Selection;
  /** A name in a storage, or a file. */
  readonly to:
    | {
        /** Without any, the default one. */
        readonly storages?: readonly string[] | undefined;
        readonly storage?: string | undefined;
        readonly name?: string | undefined;
      }
    | { readonly file: string };
  readonly encryptFor?: Recipients | undefined;
  /** The schedule it is made for. */
  readonly schedule?: string | undefined;
  /** When that makes the next one. */
  readonly next?: string | undefined;
  /** The app's uploaded files too. */
  readonly files?: boolean | undefined;
  /** A line that the list shows with it. */
  readonly note?: string | undefined;
}

/** Makes one backup as a job. */
export async function createBackup(
  host: Host,
  request: CreateBackup,
): Promise<{ job: Job; result: DumpResult }> {
  const { to } = request;
  const storages =
    'file' in to
      ? [localStorage(dirname(to.file))]
      : await targets(host, to.storages ?? (to.storage === undefined ? [] : [to.storage]));
  const key = checkKey(
    'file' in to ? basename(to.file) : withEnding(to.name ?? archiveName(host.instance, new Date())),
  );
  await startClean(host);
  const lockedDump = async ({ id, onProgress, note }: JobContext) => {
    if (request.schedule !== undefined) await untilAnswering(storages, key, note, request.signal);
    const signer = await instanceSigner(host, note);
    const lock = await host.database.lock(id);
    try {
      const files = await host.files();
      if (request.files && files.unknown) throw refused('files-unknown', {});
      const keys = await keysOf(host, files);
      return await dump(host.database, storages, key, {
        job: id,
        selection: request.selection,
        app: host.app,
        instance: host.instance,
        origin: {
          instance: await instanceId(host),
          ...(request.schedule !== undefined && { schedule: request.schedule }),
          ...(request.next !== undefined && { next: request.next }),
        },
        version: host.version,
        ...(host.user !== undefined && { createdBy: host.user }),
        keys,
        signer,
        ...(request.encryptFor && { encryptFor: request.encryptFor }),
        ...(request.files && { files }),
        readers: host.workers,
        gzipLevel: host.environment.ARK_GZIP_LEVEL,
        signal: request.signal,
        onProgress,
        onWait: (storage, why, until) => note(waitingText(storage, why, until)),
      });
    } finally {
      await lock.release();
    }
  };
  let full: DumpResult | undefined;
  const { job } = await cleanAfter(
    host,
    runJob(
      host.jobs,
      { ...request, kind: 'backup', subject: key, by: host.user, database: host.database },
      async (context) => {
        const result = (full = await lockedDump(context));
        const { stored, manifest, warnings } = result;
        const { note } = context;
        const blemishes = blemishesOf(manifest);
        for (const warning of [
          ...warnings,
          ...blemishes.map(blemishText),
          ...hangingOf(manifest).map(hangingText),
        ])
          note(`! ${warning}`);
        if (request.note !== undefined && request.note !== '') {
          const marked = { name: stored.key, manifestSha256: result.manifestSha256 };
          await markBackup(host, marked, { note: request.note }, new Date()).catch((error: unknown) =>
            note(`! ${asBackupError(error).message}`),
          );
        }
        const remember = async (reached: readonly string[]) => {
          if ('file' in to) return;
          await rememberMade(
            host,
            reached.map((storage) => ({
              storage,
              name: stored.key,
              size: stored.size,
              createdAt: manifest.createdAt,
              ...(request.schedule !== undefined && { schedule: request.schedule }),
              encrypted: request.encryptFor !== undefined,
              id: manifest.id,
              manifestSha256: result.manifestSha256,
              holds: holdsOf(summaryOf(manifest)),
            })),
          ).catch((error: unknown) => context.note(`! ${asBackupError(error).message}`));
        };
        for (const outcome of result.outcomes)
          if ('stored' in outcome && outcome.storage.remote) note(comparedText(outcome));
        await remember(wholeIn(result.outcomes));
        await remember(await completeTargets(result, request.encryptFor, context));
        const names = storages.map((storage) => storage.name);
        // What killed uploads have left in a storage is looked for while it is in use anyway.
        await Promise.all(
          storages
            .filter((storage) => storage.remote)
            .map((storage) => soon(storage.name, (signal) => storage.clean(signal)).catch(() => 0)),
        );
        return {
          name: stored.key,
          ...(!('file' in to) && { storage: names[0], storages: names }),
          size: stored.size,
          warnings,
          blemishes,
          ...totals(manifest.collections),
        };
      },
    ),
  );
  return { job, result: full as DumpResult };
}

/** Which keys the app has, in a way that is of use to nobody who does not have them. */
async function keysOf(host: Host, files: AppFiles): Promise<Manifest['keys']> {
  const salt = newSalt();
  const [appKeyFingerprint, aesKeyFingerprint] = await Promise.all([
    host.appKeyFingerprint?.salted(salt),
    (await keyFingerprint(files.keyFile))?.salted(salt),
  ]);
  return {
    salt,
    ...(appKeyFingerprint !== undefined && { appKeyFingerprint }),
    ...(aesKeyFingerprint !== undefined && { aesKeyFingerprint }),
  };
}

const HOW: Record<Compared, string> = {
  digest: 'the digest of the storage is that of what was sent',
  bytes: 'every byte was read back and compared',
  directory:
    'size, directory and signature were compared; too large to be read back at once ("verify" reads every byte)',
};
const comparedText = ({ storage, compared }: Extract<ComparedOutcome, { compared: unknown }>): string =>
  `${storage.name}: ${HOW[compared]}`;

const wholeIn = (outcomes: DumpResult['outcomes']): string[] =>
  outcomes.filter((outcome) => 'stored' in outcome).map((outcome) => outcome.storage.name);
