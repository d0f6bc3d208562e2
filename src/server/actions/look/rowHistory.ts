import type * as api from '../../api/api';
import type { StoredItem } from '../backups/storedItem';
import type { Catalog } from '../backups/catalog';
import { findSource } from '../backups/findBackup';
import type { Keys } from '../../dumper/container/cipher';
import type { Cell } from '../../dumper/look/cells';
import { changesOf } from '../../dumper/look/changes';
import { readRecord, type Known, type RecordSeen } from '../../dumper/look/record';
import { again, asBackupError, failureOf, throwIfCancelled, type BackupError } from '../../errors/errors';
import type { Host } from '../../host';
import { cellOf, columnsOf } from './lookAtRows';
import { openCounted } from './openCounted';
import { recordLook } from './recordLook';

export interface HistoryAsked {
  readonly collection: string;
  /** Of the primary key. */
  readonly key: string;
  readonly storage?: string | undefined;
  /** For the encrypted ones. */
  readonly keys?: Keys;
  /** So many backups, the newest of those that were made at `to` or before. */
  readonly limit: number;
  readonly to?: string | undefined;
  /** Milliseconds after which older backups are left for the next question. */
  readonly ms?: number;
}

interface Watch {
  readonly signal?: AbortSignal | undefined;
  readonly onBackup?: (done: number, of: number) => void;
}

/** Bytes of a value that are kept. */
const MOST = 4 * 1024;

const MISTAKES: ReadonlySet<string> = new Set(['COLLECTION_UNKNOWN', 'USAGE']);

/** One backup, wherever it lies. */
type Copies = readonly [StoredItem, ...StoredItem[]];
type Seen = { readonly item: StoredItem } & ({ readonly seen: RecordSeen } | { readonly error: BackupError });

/**
 * One record through all backups: when it appeared, what changed, when it was gone. What could not be read is said, and
 * what a backup does not hold is not gone. The newest are read first.
 */
export async function rowHistory(
  host: Pick<Host, 'storages' | 'jobs' | 'user'>,
  catalog: Catalog,
  { collection, key, storage, keys = {}, limit, to, ms = Infinity }: HistoryAsked,
  { signal, onBackup }: Watch = {},
): Promise<api.RowHistory> {
  const { items, failed } = await catalog.list(host, storage);
  const all = distinct(items.filter(({ createdAt }) => to === undefined || createdAt <= to));
  const known: Known = new Map();
  const seen: Seen[] = [];
  let fetched = 0;
  const began = performance.now();
  for (const copies of all.slice(0, limit)) {
    throwIfCancelled(signal);
    if (seen.length > 0 && performance.now() - began >= ms) break;
    seen.push(
      await firstThatReads(copies, async (item) => {
        if (item.state === 'damaged' && item.error) throw again(item.error);
        const source = await findSource(host, item.name, item.storage, signal);
        const opened = await openCounted(source, item.encrypted ? keys : {}, item.name);
        try {
          return await readRecord(opened.archive, collection, key, { most: MOST, known, signal });
        } finally {
          fetched += opened.fetched();
        }
      }),
    );
    onBackup?.(seen.length, Math.min(limit, all.length));
  }
  throwIfCancelled(signal);
  const read = seen.filter((backup) => 'seen' in backup);
  const errors = seen.flatMap((backup) => ('error' in backup ? [backup.error] : []));
  const [mistake] = errors;
  // All backups could be read, and none has it, or none can be asked for it so: that is no history.
  if (mistake && read.length === 0 && errors.every(({ code }) => MISTAKES.has(code))) throw mistake;
  if (read.length > 0) await recordLook(host, collection, collection);
  const oldest = seen.at(-1)?.item.createdAt;
  return {
    collection,
    key,
    columns: read[0] ? columnsOf(read[0].seen) : [],
    lives: livesOf(seen),
    unread: seen.flatMap(({ item, ...backup }) =>
      'error' in backup && backup.error.code !== 'COLLECTION_UNKNOWN'
        ? [
            {
              backup: item.name,
              storage: item.storage,
              createdAt: item.createdAt,
              error: failureOf(backup.error),
            },
          ]
        : [],
    ),
    failed: [...failed],
    fetched,
    ...(seen.length < all.length &&
      oldest !== undefined && { older: { backups: all.length - seen.length, to: oldest } }),
  };
}

/** Each backup once, though it lies in several storages; newest first. */
function distinct(items: readonly StoredItem[]): Copies[] {
  const backups = new Map<string, [StoredItem, ...StoredItem[]]>();
  for (const item of items) {
    const id = item.manifestSha256 ?? `${item.storage}/${item.name}`;
    const copies = backups.get(id);
    if (copies) copies.push(item);
    else backups.set(id, [item]);
  }
  return [...backups.values()];
}

async function firstThatReads(
  copies: Copies,
  read: (item: StoredItem) => Promise<RecordSeen>,
): Promise<Seen> {
  let failure: { readonly item: StoredItem; readonly error: BackupError } | undefined;
  for (const item of copies) {
    try {
      return { item, seen: await read(item) };
    } catch (error) {
      failure ??= { item, error: asBackupError(error) };
    }
  }
  if (!failure) throw new Error('there is no backup without a copy');
  return failure;
}

type Moment = api.RowHistory['lives'][number]['moments'][number];

/** By instance: two apps may each have a record of that key. Oldest first. */
function livesOf(newestFirst: readonly Seen[]): api.RowHistory['lives'] {
  const lives = new Map<
    string,
    { moments: Moment[]; before?: { item: StoredItem; seen: RecordSeen }; unread: number }
  >();
  const inOrder = [...newestFirst].reverse();
  for (const backup of inOrder) {
    const name = 'seen' in backup ? backup.seen.instance : (backup.item.instance ?? '');
    const held = !('error' in backup);
    if (!held && backup.error.code !== 'COLLECTION_UNKNOWN') {
      // Of a locked backup nobody knows whose it is.
      for (const [instance, life] of lives) if (name === '' || name === instance) life.unread += 1;
      continue;
    }
    const life = lives.get(name) ?? { moments: [], unread: 0 };
    lives.set(name, life);
    const place = {
      backup: backup.item.name,
      storage: backup.item.storage,
      createdAt: backup.item.createdAt,
    };
    if (!held) {
      life.moments.push({ ...place, state: 'not held', changes: [] });
      continue;
    }
    const { before } = life;
    life.moments.push({
      ...place,
      ...stateOf(before?.seen, backup.seen),
      ...(before && { since: before.item.name }),
      ...(before && life.unread > 0 && { unreadBetween: life.unread }),
    });
    life.before = backup;
    life.unread = 0;
  }
  return [...lives].map(([instance, { moments }]) => ({ instance, moments }));
}

function stateOf(before: RecordSeen | undefined, now: RecordSeen): Pick<Moment, 'state' | 'changes'> {
  if (!now.values) return { state: before?.values ? 'vanished' : 'absent', changes: [] };
  if (!before) return { state: 'first', changes: [] };
  if (!before.values) return { state: 'appeared', changes: [] };
  const changes = changesOf(before, now).map(({ column, from, to }) => ({
    column,
    ...shown('from', before, column, from),
    ...shown('to', now, column, to),
  }));
  return { state: changes.length > 0 ? 'changed' : 'same', changes };
}

/** Absent where the collection had no such column. */
function shown<K extends 'from' | 'to'>(
  side: K,
  { columns }: RecordSeen,
  name: string,
  cell: Cell | null | undefined,
): Partial<Record<K, api.LookCell>> {
  const column = columns.find((known) => known.name === name);
  if (!column || cell === undefined) return {};
  return { [side]: cellOf(column, cell) } as Partial<Record<K, api.LookCell>>;
}
