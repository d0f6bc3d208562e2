import { openArchive, storageSource } from '../dumper/archive';
import { asBackupError, BackupError } from '../errors';
import type { Host } from '../host';
import type { Watch } from '../jobs/jobs';
import type { Run } from '../jobs/runs';
import type { Clock } from '../jobs/scheduler';
import type { Storage, StoredObject } from '../storage/storage';
import { archiveName, createBackup } from './backups';
import type { Catalog } from './catalog';
import { pruneStorage, rememberMade } from './prune';
import { rememberProof } from './proofs';
import { rehearseBackup } from './rehearse';
import type { Schedule } from './schedules';
import { transferBackup } from './transfer';

/** What runs schedules works on. */
export interface Means {
  readonly host: Host;
  readonly catalog: Catalog;
  readonly clock: Clock;
  /** How a job is started: in the console where the page can follow it, on the command line under a bar. */
  start<T>(options: { writes: boolean }, work: (watch: Watch) => Promise<T>): Promise<T>;
  /** Names of backups that jobs work with. */
  inUse(): ReadonlySet<string>;
  /** This process is being stopped: what is cut short is made up at the next start. */
  stopping(): boolean;
  say?(line: string): void;
}

/** One backup, its copies, the proof, and the old ones that go. */
export async function execute(means: Means, schedule: Schedule, run: Run): Promise<Run> {
  const { host, catalog, clock } = means;
  const passphrase = schedule.passphrase === undefined ? undefined : host.seal.open(schedule.passphrase);
  const results: Run['storages'] = [];
  const failures: BackupError[] = [];
  let made: { storage: Storage; object: StoredObject; id: string } | undefined;
  const reached: Storage[] = [];

  const targets = schedule.storages.length > 0 ? schedule.storages : [(await host.storages.find()).name];
  for (const target of targets) {
    try {
      const storage = await host.storages.find(target);
      const object = made
        ? await copyTo(means, made.storage, storage, made.object.key, passphrase)
        : (made = await backUpTo(means, schedule, storage, passphrase)).object;
      results.push({ storage: storage.name, name: object.key, size: object.size });
      reached.push(storage);
      if (schedule.passphrase !== undefined || schedule.recipients) {
        const createdAt = object.modifiedAt.toISOString();
        const { key, size } = object;
        await rememberMade(host, schedule.name, { storage: storage.name, name: key, size, createdAt });
      }
    } catch (cause) {
      const failure = asBackupError(cause);
      const { code, message } = failure;
      results.push({ storage: target, error: { code, message } });
      if (code === 'JOB_CANCELLED') return { ...run, storages: results, error: { code, message } };
      failures.push(failure);
      // Another storage helps against what ails this one, not against what ails the database.
      if (!made && !/^STORAGE_|^BACKUP_EXISTS$/.test(code)) break;
    }
  }
  const ended: Run = { ...run, storages: results };
  if (!made) return { ...ended, ...failed(failures, results) };

  let rehearsed: boolean | undefined;
  if (schedule.prove) {
    try {
      await proveIt(means, made, results, passphrase);
      rehearsed = true;
    } catch (cause) {
      const failure = asBackupError(cause);
      rehearsed = false;
      failures.push(
        new BackupError(
          failure.code,
          `The backup was made, but the rehearsal of a restore failed: ${failure.message}`,
        ),
      );
    }
  }
  const removed: string[] = [];
  if (schedule.retention && rehearsed !== false) {
    for (const storage of reached) {
      try {
        const options = { now: clock.now(), dryRun: false, inUse: means.inUse() };
        const gone = await pruneStorage(host, catalog, schedule, storage, false, options);
        removed.push(...gone.removed);
      } catch (cause) {
        failures.push(asBackupError(cause));
      }
    }
  }
  return {
    ...ended,
    ...(rehearsed !== undefined && { rehearsed }),
    ...(removed.length > 0 && { removed }),
    ...failed(failures, results),
  };
}

function failed(failures: readonly BackupError[], results: Run['storages']): Pick<Run, 'error'> {
  const [first] = failures;
  if (!first) return {};
  const good = results.filter((one) => one.error === undefined).map((one) => one.storage);
  const bad = results.filter((one) => one.error !== undefined);
  const where = bad.length > 0 && results.length > 1 ? `${bad.map((one) => one.storage).join(', ')}: ` : '';
  const kept = bad.length > 0 && good.length > 0 ? ` The backup in ${good.join(', ')} is good.` : '';
  const message = failures.map((one) => one.message).join(' ');
  return { error: { code: first.code, message: `${where}${message}${kept}` } };
}

async function backUpTo(
  means: Means,
  schedule: Schedule,
  storage: Storage,
  passphrase: string | undefined,
): Promise<{ storage: Storage; object: StoredObject; id: string }> {
  const { host, clock } = means;
  const encryptFor =
    passphrase !== undefined ? { passphrase } : schedule.recipients && { recipients: schedule.recipients };
  const { groups, collections, all, name } = schedule;
  const { result } = await means.start({ writes: true }, (watch) =>
    createBackup(host, {
      selection: { ...(groups && { groups }), ...(collections && { collections }), ...(all && { all }) },
      to: { storage: storage.name, name: archiveName(`${host.instance}-${name}`, clock.now()) },
      schedule: name,
      ...(schedule.files && { files: true }),
      ...(encryptFor && { encryptFor }),
      ...watch,
    }),
  );
  return { storage, object: result.stored, id: result.manifest.id };
}

const copyTo = (
  means: Means,
  from: Storage,
  to: Storage,
  key: string,
  passphrase: string | undefined,
): Promise<StoredObject> =>
  means.start({ writes: false }, (watch) =>
    transferBackup(means.host, from, to, key, { ...watch, keys: { passphrase } }),
  );

async function proveIt(
  means: Means,
  made: { storage: Storage; object: StoredObject; id: string },
  results: Run['storages'],
  passphrase: string | undefined,
): Promise<void> {
  const { host, clock } = means;
  const { storage, object, id } = made;
  // Its copies are the same archive.
  const places = results
    .filter((one) => one.error === undefined)
    .map((one) => ({ storage: one.storage, name: object.key, size: object.size }));
  const archive = await openArchive(await storageSource(storage, object.key), { passphrase });
  await means.start({ writes: true }, (watch) =>
    rehearseBackup(host, archive, object.key, {
      ...watch,
      remember: () => rememberProof(host, { id, places }, { rehearsedAt: clock.now().toISOString() }),
    }),
  );
}
