import { asBackupError, BackupError } from '../errors';
import type { Host } from '../host';
import { retain, type Candidate, type Decision } from '../jobs/retention';
import { readBook } from '../jobs/runs';
import type { Storage } from '../storage/storage';
import type { Catalog } from './catalog';
import { instanceId } from './instance';
import { withProofs } from './proofs';
import type { Schedule } from './schedules';

export interface PrunedStorage {
  readonly storage: string;
  readonly decisions: readonly Decision[];
  /** Those that were deleted; none in a dry run. */
  readonly removed: readonly string[];
}

export interface PruneOptions {
  readonly now: Date;
  readonly dryRun: boolean;
  /** Names of backups that some job works with. */
  readonly inUse?: ReadonlySet<string>;
}

type Where = Pick<Host, 'settings' | 'storages' | 'instance'>;

/** Applies the rule of a schedule to its storages. Without a rule nothing goes. */
export async function prune(
  host: Where,
  catalog: Catalog,
  schedule: Schedule,
  options: PruneOptions,
): Promise<PrunedStorage[]> {
  if (!schedule.retention) {
    throw new BackupError(
      'USAGE',
      `The schedule ${schedule.name} has no rule for old backups: all are kept.`,
    );
  }
  const book = await readBook(host.settings, schedule.name);
  const names = schedule.storages.length > 0 ? schedule.storages : [(await host.storages.find()).name];
  const results: PrunedStorage[] = [];
  for (const name of names) {
    const storage = await host.storages.find(name);
    // A storage that the newest run did not reach has no newest backup.
    const reached = book?.last?.storages.find((one) => one.storage === name);
    const newestFailed =
      book?.last !== undefined && (book.last.state === 'failed' || reached?.name === undefined);
    results.push(await pruneStorage(host, catalog, schedule, storage, newestFailed, options));
  }
  return results;
}

export async function pruneStorage(
  host: Where,
  catalog: Catalog,
  schedule: Schedule,
  storage: Storage,
  newestFailed: boolean,
  options: PruneOptions,
): Promise<PrunedStorage> {
  const { retention, timeZone, name } = schedule;
  if (!retention) return { storage: storage.name, decisions: [], removed: [] };
  const candidates = await candidatesOf(host, catalog, storage, options.inUse ?? new Set());
  const decisions = retain(candidates, retention, {
    instance: { name: host.instance, id: await instanceId(host) },
    schedule: name,
    timeZone,
    now: options.now,
    newestFailed,
  });
  const removed: string[] = [];
  if (options.dryRun) return { storage: storage.name, decisions, removed };
  for (const one of decisions) {
    if (one.keep) continue;
    try {
      // What has come under that name since the decision is not what was decided on.
      const there = await storage.stat(one.name).catch(() => undefined);
      if (there?.size !== one.size) continue;
      await storage.remove(one.name);
    } catch (cause) {
      const done = removed.length === 0 ? '' : ` ${removed.length} others were deleted.`;
      throw new BackupError(
        'PRUNE_FAILED',
        `The old backup ${one.name} could not be deleted from ${storage.name}: ${asBackupError(cause).message}${done}`,
        { cause },
      );
    }
    removed.push(one.name);
  }
  return { storage: storage.name, decisions, removed };
}

async function candidatesOf(
  host: Where,
  catalog: Catalog,
  storage: Storage,
  inUse: ReadonlySet<string>,
): Promise<Candidate[]> {
  const listed = await catalog.list(host, storage.name);
  const [failure] = listed.failed;
  // What cannot be seen cannot be judged, and nothing is removed.
  if (failure) throw new BackupError('STORAGE_UNAVAILABLE', failure.message);
  const items = await withProofs(host, listed.items);
  const made = await readMade(host);
  return items.map((item): Candidate => {
    const about = {
      name: item.name,
      createdAt: item.createdAt,
      size: item.size,
      state: item.state,
      proven: item.verifiedAt !== undefined || item.rehearsedAt !== undefined,
      inUse: inUse.has(item.name),
    };
    if (item.state === 'ok' && item.instance !== undefined) {
      const instance = { name: item.instance, id: item.origin?.instance };
      return { ...about, instance, schedule: item.origin?.schedule };
    }
    // What an encrypted one says of itself is locked; this instance remembers those that it made.
    const own = made.find(
      (one) => one.storage === storage.name && one.name === item.name && one.size === item.size,
    );
    if (item.state !== 'locked' || !own) return about;
    return {
      ...about,
      createdAt: own.createdAt,
      instance: { name: own.instance, id: own.instanceId },
      schedule: own.schedule,
    };
  });
}

/** An encrypted backup that this instance made for a schedule. */
interface Made {
  readonly storage: string;
  readonly name: string;
  readonly size: number;
  readonly createdAt: string;
  readonly instance: string;
  readonly instanceId: string;
  readonly schedule: string;
}

const MADE_KEPT = 5000;

export async function readMade({ settings }: Pick<Host, 'settings'>): Promise<Made[]> {
  const value = await settings.get('settings', 'made');
  return Array.isArray(value) ? (value as Made[]) : [];
}

export async function rememberMade(
  host: Where,
  schedule: string,
  backup: Pick<Made, 'storage' | 'name' | 'size' | 'createdAt'>,
): Promise<void> {
  const made: Made = { ...backup, instance: host.instance, instanceId: await instanceId(host), schedule };
  await host.settings.save('settings', 'made', [...(await readMade(host)), made].slice(-MADE_KEPT));
}
