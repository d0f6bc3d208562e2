import { existsSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename, dirname, sep } from 'node:path';
import { storageSource, type Archive } from '../dumper/archive';
import type { Keys, Recipients } from '../dumper/cipher';
import type { PreviewResult } from '../dumper/dialect';
import { openChosen } from '../dumper/choose';
import { nbdata, openBackup } from '../dumper/open';
import { hasNotes, leftovers, settleFiles } from '../dumper/files/exchange';
import { keyFingerprint } from '../dumper/files/folders';
import { previewFiles, type FolderPreview } from '../dumper/files/preview';
import { dump, type DumpResult, toManifest } from '../dumper/dump';
import type { GroupName, Selection } from '../dumper/groups';
import { newJobId } from '../dumper/job';
import { totals, type ArchivedFolder, type Totals } from '../dumper/manifest';
import { copy, preview, restore, type RestoreResult } from '../dumper/restore';
import { verify } from '../dumper/verify';
import { damaged, type ByteSource } from '../dumper/zip';
import { asBackupError, BackupError } from '../errors';
import type { Host } from '../host';
import { mendRecords, runJob, staleJobs, type Job, type JobContext, type Watch } from '../jobs/jobs';
import { isUnknown } from '../storage/failure';
import { checkKey, withEnding } from '../storage/key';
import { localStorage } from '../storage/local';
import { instanceId } from './instance';
import { swapAndReload } from './reload';
import { completeTargets, targets } from './targets';
import type { Storage, StoredObject } from '../storage/storage';

export type { Watch };

/** What an archive says of itself, without its structure. */
export interface Summary extends Totals {
  readonly name: string;
  readonly size: number;
  readonly id: string;
  readonly createdAt: string;
  readonly instance: string;
  readonly encrypted: boolean;
  readonly groups: { group: GroupName; collections: number; rows: number }[];
  /** Uploaded files by file storage, where the backup has them. */
  readonly files?: { storage: string; files: number; bytes: number }[];
}

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

const isRemote = (storage: Storage): boolean => storage.kind !== 'local';

/** `shop-20261120-101500.ark`, from whatever the instance is called. */
export function archiveName(instance: string, at: Date): string {
  const safe = instance.replace(/[^\p{L}\p{N}_-]+/gu, '-').replace(/^-+|-+$/g, '') || 'ark';
  const stamp = at.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${safe.slice(0, 60)}-${stamp}.ark`;
}

/**
 * Records and unfinished files of processes that are gone. Whether a job that changes the database got through
 * only the database knows, and it knows for certain once the job's lock is free.
 */
export async function startClean(host: Host): Promise<void> {
  // Those on the network are looked after when they are used.
  const local = (await host.storages.list()).filter((one) => !isRemote(one));
  await Promise.all(local.map((one) => one.clean().catch(() => 0)));
  const stale = await staleJobs(host.jobs, host.database.label);
  const files = await host.files();
  const beside = (await hasNotes(files)) ? true : (await leftovers(files)).length > 0;
  if (stale.length === 0 && !beside) return;
  const lock = await host.database.lock(newJobId()).catch(() => undefined);
  if (!lock) return;
  try {
    const finished = new Set((await host.database.undos()).map((one) => one.job));
    await settleFiles(files, (id) => finished.has(id));
    await mendRecords(host.jobs, (id) => finished.has(id), host.database.label);
  } finally {
    await lock.release();
  }
}

/** While the lock was taken nothing could be said of a dead job's end; once this job has ended it can. */
export function cleanAfter<T>(host: Host, job: Promise<T>): Promise<T> {
  return job.finally(() => startClean(host).catch(() => undefined));
}

/** An archive of a storage by its name: never a file elsewhere, whatever the name says. */
export async function openStored(
  where: Where,
  key: string,
  storageName: string | undefined,
  keys: Keys = {},
): Promise<Archive> {
  const { storage, object } = await locate(where, key, storageName);
  return openBackup(await storageSource(storage, object.key), keys);
}

/** Without a storage's name, the first that has it. */
export async function locate(
  where: Where,
  reference: string,
  storageName?: string,
): Promise<{ storage: Storage; object: StoredObject }> {
  const key = checkKey(withEnding(reference));
  const candidates = await chosenStorages(where, storageName);
  let failure: { readonly error: unknown } | undefined;
  for (const storage of candidates) {
    const object = await storage.stat(key).catch((error: unknown) => {
      // Another storage may have it even if this one cannot be asked.
      if (!isUnknown(error)) failure ??= { error };
      return undefined;
    });
    if (object) return { storage, object };
  }
  if (failure) throw failure.error;
  throw new BackupError(
    'BACKUP_UNKNOWN',
    `There is no backup ${JSON.stringify(key)} in ${candidates.map((one) => one.name).join(', ')}.`,
  );
}

const chosenStorages = async (where: Where, name?: string): Promise<readonly Storage[]> =>
  name === undefined ? where.storages.list() : [await where.storages.find(name)];

export type Where = Pick<Host, 'storages'>;

/** An archive by file path, or by name in a storage; without a storage's name, in the first that has it. */
export async function findArchive(
  where: Where,
  reference: string,
  keys: Keys = {},
  storageName?: string,
): Promise<Archive> {
  if (storageName === undefined && (reference.includes(sep) || existsSync(reference))) {
    // An encrypted one does not show what it is.
    if (/\.nbdata$/i.test(reference)) throw nbdata();
    return openBackup(await fileSource(reference), keys);
  }
  return openStored(where, reference, storageName, keys).catch(async (error: unknown) => {
    if (!(error instanceof BackupError) || error.code !== 'BACKUP_UNKNOWN') throw error;
    const looked = await chosenStorages(where, storageName);
    throw new BackupError(
      'BACKUP_UNKNOWN',
      `There is no file ${reference}, and no backup of that name in ${looked.map((one) => one.name).join(', ')}. "ark list" shows what there is.`,
    );
  });
}

export async function fileSource(path: string): Promise<ByteSource> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new BackupError('BACKUP_UNKNOWN', `${path} cannot be opened: ${(cause as Error).message}`, {
      cause,
    });
  });
  if (!info.isFile()) throw new BackupError('ARCHIVE_NOT_ARK', `${path} is not a file.`);
  return {
    size: info.size,
    async read(start, end) {
      const handle = await open(path, 'r');
      try {
        const buffer = Buffer.allocUnsafe(end - start);
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
        if (bytesRead === buffer.length) return buffer;
        throw damaged(`it ends at ${start + bytesRead} bytes, within what was being read`);
      } finally {
        await handle.close();
      }
    },
  };
}

export function summarize(name: string, archive: Archive): Summary {
  const { manifest } = archive;
  const groups = [...new Set(manifest.collections.map((one) => one.group))].map((group) => {
    const members = manifest.collections.filter((one) => one.group === group);
    return { group, collections: members.length, rows: members.reduce((sum, one) => sum + one.rows, 0) };
  });
  return {
    name,
    id: manifest.id,
    createdAt: manifest.createdAt,
    instance: manifest.instance,
    encrypted: archive.encrypted,
    groups,
    ...(manifest.files && { files: manifest.files.map(filesOf) }),
    ...totals(manifest.collections),
    size: archive.size,
  };
}

const filesOf = ({ storage, files }: ArchivedFolder) => ({
  storage,
  files: files.length,
  bytes: files.reduce((sum, one) => sum + one.size, 0),
});

export interface Listed extends StoredObject {
  readonly storage: string;
}

/** What can be listed, and the storages that could not be asked. */
export interface BackupList {
  readonly backups: readonly Listed[];
  readonly failed: readonly StorageTrouble[];
}

export interface StorageTrouble {
  readonly storage: string;
  readonly code: string;
  readonly message: string;
}

/** How long a list waits for one of its storages. */
const LIST_MS = 20_000;

/** One storage that is out of reach does not keep the others from being listed, unless it alone was asked for. */
export async function listBackups(where: Where, storageName?: string): Promise<BackupList> {
  const storages = await chosenStorages(where, storageName);
  const failed: StorageTrouble[] = [];
  const lists = await Promise.all(
    storages.map(async (storage) => {
      try {
        const found = await soon(storage.list(), storage.name);
        return found.map((one) => ({ ...one, storage: storage.name }));
      } catch (error) {
        if (storageName !== undefined) throw error;
        const { code, message } = asBackupError(error);
        failed.push({ storage: storage.name, code, message });
        return [];
      }
    }),
  );
  const backups = lists.flat().sort((a, b) => b.modifiedAt.getTime() - a.modifiedAt.getTime());
  return { backups, failed };
}

async function soon<T>(work: Promise<T>, name: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new BackupError('STORAGE_UNAVAILABLE', `${name} has not answered within ${LIST_MS / 1000} seconds.`),
      );
    }, LIST_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

export async function verifyBackup(
  jobs: Host['jobs'],
  archive: Archive,
  name: string,
  watch: Watch & { by?: string | undefined; remember?: (() => Promise<void>) | undefined },
): Promise<{ job: Job; result: { entries: number; bytes: number } }> {
  return runJob(jobs, { ...watch, kind: 'verify', subject: name }, async ({ onProgress, signal }) => {
    const result = await verify(archive, { unpack: true, signal, onProgress });
    await watch.remember?.();
    return result;
  });
}

export async function previewBackup(
  host: Host,
  archive: Archive,
  selection: Selection,
): Promise<BackupPreview> {
  const files = await host.files();
  const [result, folders] = await Promise.all([
    preview(host.database, archive, selection, { app: host.app, appKey: host.appKey, files }),
    previewFiles(archive.manifest, files),
  ]);
  return { ...result, files: folders };
}

export interface BackupPreview extends PreviewResult {
  readonly files: readonly FolderPreview[];
}

export interface RestoreRequest extends Watch {
  readonly selection: Selection;
  readonly allowBreaks: boolean;
  /** False: the app's uploaded files stay as they are. */
  readonly files?: boolean | undefined;
}

export async function restoreBackup(
  host: Host,
  archive: Archive,
  name: string,
  request: RestoreRequest,
): Promise<{ job: Job; result: RestoreResult }> {
  await startClean(host);
  return cleanAfter(
    host,
    runJob(
      host.jobs,
      { ...request, kind: 'restore', subject: name, by: host.user, database: host.database.label },
      async ({ id, onProgress, signal, note }) => {
        const files = await host.files();
        const result = await swapAndReload(host, {
          swap: (around) =>
            restore(host.database, archive, {
              ...restoreSettings(host, id, name, request),
              target: { app: host.app, appKey: host.appKey, files },
              ...(request.files !== false && !request.selection.collections && { files }),
              signal,
              onProgress,
              ...around,
            }),
          undoOf: (done) => done.undo,
          note,
        });
        for (const warning of result.warnings) note(`! ${warning}`);
        return result;
      },
    ),
  );
}

const restoreSettings = (host: Host, job: string, source: string, request: RestoreRequest) => ({
  job,
  source,
  selection: request.selection,
  target: { app: host.app, appKey: host.appKey },
  workers: host.workers,
  keepUndoDays: host.keepUndoDays,
  lockTimeoutMs: host.lockTimeoutMs,
  allowBreaks: request.allowBreaks,
});

/** Backup of one database and restore into another in one go, without a file in between. */
export async function copyDatabase(
  from: Host,
  to: Host,
  request: RestoreRequest,
): Promise<{ job: Job; result: RestoreResult }> {
  if (from.database.label === to.database.label) {
    throw new BackupError('USAGE', `${to.database.label} cannot be copied into itself. Name two databases.`);
  }
  await startClean(to);
  return cleanAfter(
    to,
    runJob(
      to.jobs,
      { ...request, kind: 'copy', subject: from.database.label, by: to.user, database: to.database.label },
      async ({ id, onProgress, signal }) => {
        const { snapshot, chosen } = await openChosen(from.database, request.selection, {
          readers: from.workers,
          app: from.app,
          job: id,
          signal,
        });
        try {
          const manifest = toManifest(snapshot, chosen, new Map(), new Date(), {
            job: id,
            selection: request.selection,
            app: from.app,
            instance: from.instance,
            version: from.version,
            readers: from.workers,
          });
          const settings = { ...restoreSettings(to, id, from.database.label, request), signal, onProgress };
          return await copy(snapshot, manifest, to.database, settings);
        } finally {
          await snapshot.close();
        }
      },
    ),
  );
}
