import { openArchive } from '../../dumper/archive/readArchive';
import { storageSource } from '../../dumper/container/storageSource';
import type { DumpResult } from '../../dumper/backup/dump';
import type { Details } from '../../errors/details';
import { asBackupError, BackupError, failureOf, refused } from '../../errors/errors';
import type { Host } from '../../host';
import type { Watch } from '../../jobs/jobs';
import type { Run } from '../../jobs/runs';
import { nextRun } from '../../jobs/schedule';
import type { Clock } from '../../jobs/scheduler';
import type { Storage } from '../../storage/storage';
import { archiveName } from '../archiveName';
import { createBackup } from '../backups/createBackup';
import type { Catalog } from '../backups/catalog';
import { pruneStorage } from './prune';
import { rememberProof } from '../backups/proofs';
import { rehearseBackup, type RehearseResult } from '../restore/rehearse';
import { planOf, type Schedule } from './schedules';
import { PartlyStored } from '../backups/targets';
import { otherWarnings } from '../../dumper/app/warning';

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
  const { made, reached, results, failures } = await backUp(means, schedule, passphrase);
  const ended: Run = { ...run, storages: results };
  const cancelled = failures.find((failure) => failure.code === 'JOB_CANCELLED');
  if (cancelled) return { ...ended, error: failureOf(cancelled) };
  if (!made) return { ...ended, ...failed(failures, results) };

  let rehearsed: boolean | undefined;
  let proof: Run['proof'];
  if (schedule.prove) {
    try {
      proof = await proveIt(means, made, reached, passphrase);
      rehearsed = true;
    } catch (cause) {
      rehearsed = false;
      failures.push(refused('rehearsal-failed', { why: failureOf(cause) }, { cause }));
    }
  }
  const removed: string[] = [];
  if (schedule.retention && rehearsed !== false) {
    for (const storage of reached) {
      try {
        // What was just made stays, whatever the clocks and the rule say.
        const options = { now: clock.now(), dryRun: false, inUse: means.inUse(), justMade: made.stored.key };
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
    ...(proof && { proof }),
    ...(removed.length > 0 && { removed }),
    ...failed(failures, results),
  };
}

function failed(failures: readonly BackupError[], results: Run['storages']): Pick<Run, 'error'> {
  const [first] = failures;
  if (!first) return {};
  const good = results.filter((result) => result.error === undefined).map((result) => result.storage);
  const bad = results.filter((result) => result.error !== undefined);
  const where =
    bad.length > 0 && results.length > 1 ? `${bad.map((result) => result.storage).join(', ')}: ` : '';
  const kept = bad.length > 0 && good.length > 0 ? ` The backup in ${good.join(', ')} is good.` : '';
  const message = failures.map((failure) => failure.message).join(' ');
  const all = failures.map(failureOf);
  const details: Details | undefined =
    kept !== ''
      ? { code: 'run-partly', failures: all, storages: good }
      : failures.length === 1
        ? first.details
        : { code: 'run-failed', failures: all };
  return { error: { code: first.code, message: `${where}${message}${kept}`, ...(details && { details }) } };
}

interface BackedUp {
  readonly made: DumpResult | undefined;
  readonly reached: readonly Storage[];
  /** Of each storage of the schedule, in its order. */
  readonly results: Run['storages'];
  readonly failures: BackupError[];
}

/** Into every storage that there is; one that fails does not keep it from the others. */
async function backUp(means: Means, schedule: Schedule, passphrase: string | undefined): Promise<BackedUp> {
  const { host } = means;
  const targets = schedule.storages.length > 0 ? schedule.storages : [(await host.storages.find()).name];
  const errors = new Map<string, BackupError>();
  const storages: Storage[] = [];
  for (const target of targets) {
    await host.storages.find(target).then(
      (storage) => storages.push(storage),
      (error: unknown) => errors.set(target, asBackupError(error)),
    );
  }
  let made: DumpResult | undefined;
  if (storages.length > 0) {
    try {
      made = await create(means, schedule, storages, passphrase);
    } catch (cause) {
      if (cause instanceof PartlyStored) {
        made = cause.result;
        for (const { storage, error } of cause.failed) errors.set(storage, error);
      } else for (const { name } of storages) errors.set(name, asBackupError(cause));
    }
  }
  const reached = storages.filter(({ name }) => !errors.has(name));
  const results = targets.map((storage) => {
    const error = errors.get(storage);
    if (error) return { storage, error: failureOf(error) };
    return { storage, ...(made && { name: made.stored.key, size: made.stored.size }) };
  });
  return { made, reached, results, failures: [...new Set(errors.values())] };
}

async function create(
  means: Means,
  schedule: Schedule,
  storages: readonly Storage[],
  passphrase: string | undefined,
): Promise<DumpResult> {
  const { host, clock } = means;
  const encryptFor =
    passphrase !== undefined ? { passphrase } : schedule.recipients && { recipients: schedule.recipients };
  const { groups, collections, all, exclude, noRows, name } = schedule;
  const next = schedule.on ? nextRun(planOf(schedule), clock.now()) : undefined;
  const { result } = await means.start({ writes: true }, (watch) =>
    createBackup(host, {
      selection: {
        ...(groups && { groups }),
        ...(collections && { collections }),
        ...(all && { all }),
        ...(exclude && { exclude }),
        ...(noRows && { noRows }),
      },
      to: {
        storages: storages.map((storage) => storage.name),
        name: archiveName(`${host.instance}-${name}`, clock.now()),
      },
      schedule: name,
      ...(next && { next: next.toISOString() }),
      ...(schedule.files && { files: true }),
      ...(encryptFor && { encryptFor }),
      ...watch,
    }),
  );
  return result;
}

async function proveIt(
  means: Means,
  { stored: { key }, manifestSha256 }: DumpResult,
  reached: readonly Storage[],
  passphrase: string | undefined,
): Promise<RehearseResult['proof'] | undefined> {
  const { host, clock } = means;
  const [storage] = reached;
  if (!storage) return undefined;
  const archive = await openArchive(await storageSource(storage, key), { passphrase });
  const { result } = await means.start({ writes: true }, (watch) =>
    rehearseBackup(host, archive, key, {
      ...watch,
      remember: (shown) =>
        rememberProof(host, { manifestSha256 }, { rehearsedAt: clock.now().toISOString(), ...shown }),
    }),
  );
  // It does not bear that it is proven, and a restore of it would ask.
  if (result.breaks.length > 0) throw refused('rehearsal-breaks', { warnings: otherWarnings(result.breaks) });
  return result.proof;
}
