import type * as api from '../../api/api';
import { keptRow, type KeptEntry } from '../../dumper/takeBack/kept';
import { digestOfUndo, planUndo, type UndoPlan } from '../../dumper/takeBack/undo';
import { DAY } from '../../durations';
import { refused } from '../../errors/errors';
import type { Host } from '../../host';
import { runJob, type Job, type Watch } from '../../jobs/jobs';
import { cleanAfter, startClean } from '../clean';
import { digestIn, readEntry, recording, settled } from './keeping';
import { Room, shownCell } from './shownRows';

/** What was written of single rows and can be put back as it was, newest first. */
export async function listTakeBacks(host: Host): Promise<api.TakeBackItem[]> {
  const now = Date.now();
  const kept = (await host.database.keptRows()).filter(({ expiresAt }) => expiresAt.getTime() > now);
  return Promise.all(
    kept.map(async ({ job, expiresAt, entry: text }) => {
      const entry = await readEntry(host, job, text);
      return {
        job,
        expiresAt: expiresAt.toISOString(),
        readable: entry !== undefined,
        ...(entry && { action: entry.action, at: entry.at, source: entry.source }),
        collections: entry ? collectionsOf(entry) : [],
      };
    }),
  );
}

const collectionsOf = ({ rows }: KeptEntry): { name: string; rows: number }[] =>
  [...new Set(rows.map(({ table }) => table))].map((name) => ({
    name,
    rows: rows.filter(({ table }) => table === name).length,
  }));

async function keptOf(host: Host, job: string): Promise<KeptEntry> {
  const kept = (await host.database.keptRows()).find((each) => each.job === job);
  if (!kept) throw refused('undo-gone', { job });
  const entry = await readEntry(host, job, kept.entry);
  if (!entry) throw refused('rows-kept-otherwise', { undo: job });
  return entry;
}

/** What putting back would do; `expected` stands for exactly that. */
export async function previewUndoRows(host: Host, job: string): Promise<api.TakeBackUndoPreview> {
  const plan = await planUndo(host.database, await keptOf(host, job));
  return { ...shownUndo(plan), expected: host.seal.close(digestOfUndo(plan)) };
}

function shownUndo({ rows, gone, pointing }: UndoPlan): Omit<api.TakeBackUndoPreview, 'expected'> {
  const room = new Room();
  return {
    rows: rows.map(({ kept, does, changed, columns }) => {
      const masked = new Set(kept.masked);
      const cells = columns.map(({ column, now, back }) => {
        const known = { name: column, type: 'text' as const, key: false, choices: new Map<string, string>() };
        const shown = (text: string | null) =>
          shownCell(masked.has(column) ? { ...known, mask: 'hidden' } : known, text);
        return {
          column,
          ...(does !== 'insert' && { from: shown(now) }),
          ...(does !== 'delete' && { to: shown(back) }),
        };
      });
      return {
        collection: kept.table,
        key: kept.called,
        does,
        changed,
        ...(room.takes(cells) ? { cells } : { cells: [], cut: true as const }),
      };
    }),
    gone: [...gone],
    pointing: pointing.map((each) => ({ ...each })),
  };
}

export interface UndoRowsRequest extends Watch {
  /** Rows that somebody has changed since may be overwritten. */
  readonly overwrite: boolean;
  readonly expected?: string | undefined;
}

export interface UndoRowsResult {
  readonly undone: string;
  readonly rows: number;
  /** The job whose undo takes the rows back again; absent: there was nothing to put back. */
  readonly undo?: string;
}

/** Puts rows back as they were, in one transaction; what was there until now is kept for an undo of its own. */
export async function undoRows(
  host: Host,
  job: string,
  { overwrite, expected, ...watch }: UndoRowsRequest,
): Promise<{ job: Job; result: UndoRowsResult }> {
  await startClean(host);
  return cleanAfter(
    host,
    runJob(
      host.jobs,
      { ...watch, kind: 'undo', subject: job, by: host.user, database: host.database },
      async ({ id, onProgress, signal }): Promise<UndoRowsResult> => {
        const lock = await host.database.lock(id);
        try {
          onProgress({ stage: 'undo', done: 0, total: 1, rows: 0, bytes: 0 });
          const entry = await keptOf(host, job);
          const plan = await planUndo(host.database, entry);
          if (expected !== undefined && digestIn(host, expected) !== digestOfUndo(plan))
            throw refused('rows-otherwise', {});
          refuseUndo(plan, overwrite);
          const { changes } = plan;
          if (changes.length === 0) {
            await lock.dropRows(job);
            return { undone: job, rows: 0 };
          }
          const masked = new Map(entry.rows.map((row) => [row.table, row.masked]));
          const record = recording(host, { job: id, action: 'undo', source: job }, (after) =>
            changes.map((change, at) => keptRow(change, after[at], masked.get(change.relation.name) ?? [])),
          );
          const writing = lock.writeRows(changes, {
            lockTimeoutMs: host.lockTimeoutMs,
            signal,
            keepUntil: new Date(Date.now() + host.keepUndoDays * DAY),
            replaces: job,
            record,
          });
          await settled(host, id, writing);
          return { undone: job, rows: changes.length, undo: id };
        } finally {
          await lock.release();
        }
      },
    ),
  );
}

function refuseUndo({ rows, gone, pointing }: UndoPlan, overwrite: boolean): void {
  const [table] = gone;
  if (table !== undefined) throw refused('rows-table-gone', { collection: table });
  if (pointing.length > 0)
    throw refused('rows-point', { rows: pointing.map(({ collection, at }) => `${collection} → ${at}`) });
  const changed = rows.filter((row) => row.changed);
  if (changed.length > 0 && !overwrite)
    throw refused('rows-since', { rows: changed.map(({ kept }) => `${kept.table} ${kept.called}`) });
}

/** What was kept goes for good. */
export async function dropTakeBack(host: Host, job: string): Promise<void> {
  await startClean(host);
  const lock = await host.database.lock(job);
  try {
    await lock.dropRows(job);
  } finally {
    await lock.release();
  }
}
