import { BackupError, refused, failureOf, again } from '../../errors/errors';
import type { Host } from '../../host';
import { retain, type Candidate, type Decision } from '../../jobs/retention';
import { readBook } from '../../jobs/runs';
import type { Storage } from '../../storage/storage';
import type { BackupItem } from '../../api/api';
import type { Catalog } from '../backups/catalog';
import { copied } from '../backups/copied';
import { removeBackup } from '../backups/deleteBackup';
import { backupItems, ownBackups } from '../backups/ownBackups';
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
  /** The backup that was just made. */
  readonly justMade?: string;
}

type Where = Pick<Host, 'settings' | 'storages' | 'instance' | 'jobs' | 'exclusive' | 'user'>;

/** Applies the rule of a schedule to its storages. Without a rule nothing goes. */
export async function prune(
  host: Where,
  catalog: Catalog,
  schedule: Schedule,
  options: PruneOptions,
): Promise<PrunedStorage[]> {
  if (!schedule.retention) {
    throw refused('schedule-no-rule', { schedule: schedule.name });
  }
  const book = await readBook(host.settings, schedule.name);
  const names = schedule.storages.length > 0 ? schedule.storages : [(await host.storages.find()).name];
  const results: PrunedStorage[] = [];
  for (const name of names) {
    const storage = await host.storages.find(name);
    // A storage that the newest run did not reach has no newest backup.
    const reached = book?.last?.storages.find((storage) => storage.storage === name);
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
    schedule: name,
    timeZone,
    now: options.now,
    newestFailed,
    justMade: options.justMade,
  });
  const removed: string[] = [];
  if (options.dryRun) return { storage: storage.name, decisions, removed };
  for (const decision of decisions) {
    if (decision.keep) continue;
    try {
      // What has come under that name since the decision is not what was decided on.
      const there = await storage.stat(decision.name).catch(() => undefined);
      if (there?.size !== decision.size) continue;
      await removeBackup(host, catalog, { storage, object: there });
    } catch (cause) {
      // Since the decision.
      if (cause instanceof BackupError && cause.code === 'BACKUP_PINNED') continue;
      throw refused(
        'prune-failed',
        { backup: decision.name, storage: storage.name, why: failureOf(cause), removed: removed.length },
        { cause },
      );
    }
    removed.push(decision.name);
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
  if (failure) throw again(failure);
  const [items, own] = await Promise.all([backupItems(host, listed.items), ownBackups(host)]);
  const strays = items.filter((item) => own.isStray(item));
  if (strays.length > 0) throw copied(strays);
  /** How often each is here under a name that it may have. */
  const copies = new Map<string, number>();
  for (const item of items)
    if (item.mine && item.id !== undefined && own.isInPlace(item))
      copies.set(item.id, (copies.get(item.id) ?? 0) + 1);
  return items.map((item): Candidate => {
    const facts = {
      name: item.name,
      createdAt: item.createdAt,
      size: item.size,
      state: item.state,
      proven: item.verifiedAt !== undefined || item.rehearsedAt !== undefined,
      inUse: inUse.has(item.name),
      pinned: item.pinned !== undefined,
    };
    if (item.state === 'damaged') return { ...facts, whose: own.isOurPlace(item) ? 'ours' : 'unknown' };
    const ours = own.ownOf(item);
    if (!ours || ours.by === 'job') return { ...facts, ...othersOf(item) };
    const { createdAt, schedule } = ours;
    // One backup takes one place, and which of several copies is whole is not known.
    const single = item.id === undefined || (own.isInPlace(item) && copies.get(item.id) === 1);
    return { ...facts, createdAt, schedule, whose: single ? 'ours' : 'copy' };
  });
}

function othersOf({ maker, instance }: BackupItem): Pick<Candidate, 'whose' | 'instance'> {
  switch (maker.kind) {
    case 'unknown':
      return { whose: 'unknown' };
    case 'own':
      return { whose: 'other', instance };
    case 'trusted':
      return { whose: 'other', instance: maker.name };
    case 'stranger':
      return { whose: 'other', instance: maker.fingerprint };
  }
}
