import { basename, dirname } from 'node:path';
import type { Recipients } from '../dumper/cipher';
import { dump, type DumpResult } from '../dumper/dump';
import { keyFingerprint } from '../dumper/files/folders';
import type { Selection } from '../dumper/groups';
import { totals } from '../dumper/manifest';
import type { Host } from '../host';
import { runJob, type Job, type JobContext, type Watch } from '../jobs/jobs';
import { checkKey, withEnding } from '../storage/key';
import { localStorage } from '../storage/local';
import { cleanAfter, isRemote, startClean } from './clean';
import { instanceId } from './instance';
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
  /** The app's uploaded files too. */
  readonly files?: boolean | undefined;
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
  const lockedDump = async ({ id, onProgress }: JobContext) => {
    const lock = await host.database.lock(id);
    try {
      const files = await host.files();
      const aesKey = await keyFingerprint(files.keyFile);
      return await dump(host.database, storages, key, {
        job: id,
        selection: request.selection,
        app: host.app,
        instance: host.instance,
        origin: {
          instance: await instanceId(host),
          ...(request.schedule !== undefined && { schedule: request.schedule }),
        },
        version: host.version,
        ...(host.user !== undefined && { createdBy: host.user }),
        ...(host.appKey !== undefined && { appKey: host.appKey }),
        ...(request.encryptFor && { encryptFor: request.encryptFor }),
        ...(aesKey !== undefined && { aesKey }),
        ...(request.files && { files }),
        readers: host.workers,
        gzipLevel: host.environment.ARK_GZIP_LEVEL,
        signal: request.signal,
        onProgress,
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
      { ...request, kind: 'backup', subject: key, by: host.user, database: host.database.label },
      async (context) => {
        full = await lockedDump(context);
        const { stored, manifest, warnings } = full;
        for (const warning of warnings) context.note(`! ${warning}`);
        await completeTargets(full, request.encryptFor, context);
        const names = storages.map((one) => one.name);
        // What killed uploads have left in a storage is looked for while it is in use anyway.
        await Promise.all(storages.filter(isRemote).map((one) => one.clean().catch(() => 0)));
        return {
          name: stored.key,
          ...(!('file' in to) && { storage: names[0], storages: names }),
          size: stored.size,
          warnings,
          ...totals(manifest.collections),
        };
      },
    ),
  );
  return { job, result: full as DumpResult };
}

/** `shop-20261120-101500.ark`, from whatever the instance is called. */
export function archiveName(instance: string, at: Date): string {
  const safe = instance.replace(/[^\p{L}\p{N}_-]+/gu, '-').replace(/^-+|-+$/g, '') || 'ark';
  const stamp = at.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${safe.slice(0, 60)}-${stamp}.ark`;
}
