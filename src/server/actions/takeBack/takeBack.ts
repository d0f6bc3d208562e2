import type { Archive } from '../../dumper/archive/archive';
import { placeFiles } from '../../dumper/takeBack/files';
import { keptRow } from '../../dumper/takeBack/kept';
import { changesOf, digestOf, type TakeBackAsked, type TakeBackPlan } from '../../dumper/takeBack/plan';
import { DAY } from '../../durations';
import { asBackupError, refused } from '../../errors/errors';
import type { Host } from '../../host';
import { runJob, type Job, type Watch } from '../../jobs/jobs';
import { cleanAfter, startClean } from '../clean';
import { refuseSuddenlyPlain } from '../trust/suddenlyPlain';
import { digestIn, recording, settled } from './keeping';
import { planRows, restartFor } from './plan';

export interface TakeBackRequest extends Watch {
  readonly asked: TakeBackAsked;
  /** Rows that are there and differ may be overwritten. */
  readonly overwrite: boolean;
  /** What a preview said that would happen; nothing else does then. */
  readonly expected?: string | undefined;
  readonly allowPlain?: boolean | undefined;
}

export interface TakeBackResult {
  readonly collection: string;
  /** As they were asked for. */
  readonly keys: readonly string[];
  readonly inserted: number;
  readonly overwritten: number;
  /** Rows that were there already as they are in the backup. */
  readonly same: number;
  /** What was written. */
  readonly collections: readonly { readonly name: string; readonly rows: number }[];
  readonly files: number;
  /** The job whose undo puts it back, and until when; absent: nothing was written. */
  readonly undo?: string;
  readonly expiresAt?: string;
  /** Tables that the app reads only when it starts. */
  readonly restart: readonly string[];
}

/** All rows in one transaction, or none; and with them, in the same one, how they were. */
export async function takeBack(
  host: Host,
  archive: Archive,
  name: string,
  { asked, overwrite, expected, allowPlain, ...watch }: TakeBackRequest,
): Promise<{ job: Job; result: TakeBackResult }> {
  await refuseSuddenlyPlain(host, archive, name, allowPlain);
  await startClean(host);
  return cleanAfter(
    host,
    runJob(
      host.jobs,
      { ...watch, kind: 'takeBack', subject: name, by: host.user, database: host.database },
      async ({ id, onProgress, signal, note }): Promise<TakeBackResult> => {
        const lock = await host.database.lock(id);
        try {
          onProgress({ stage: 'read', done: 0, total: 1, rows: 0, bytes: 0 });
          const { plan, files } = await planRows(host, archive, asked, signal);
          if (expected !== undefined && digestIn(host, expected) !== digestOf(plan))
            throw refused('rows-otherwise', {});
          refuseOverwriting(plan, overwrite);
          const changes = changesOf(plan);
          const told = summaryOf(plan, asked);
          note(`${told.collection}: ${told.inserted} rows come, ${told.overwritten} are overwritten`);
          if (changes.length === 0) return { ...told, files: 0 };
          const placed = await placeFiles(plan.archive, files, id, signal);
          onProgress({ stage: 'write', done: 0, total: changes.length, rows: changes.length, bytes: 0 });
          const keepUntil = new Date(Date.now() + host.keepUndoDays * DAY);
          const masked = maskedIn(plan);
          const record = recording(host, { job: id, action: 'takeBack', source: name }, (after) =>
            changes.map((change, at) => keptRow(change, after[at], masked.get(change.relation.name) ?? [])),
          );
          const writing = lock.writeRows(changes, {
            lockTimeoutMs: host.lockTimeoutMs,
            signal,
            keepUntil,
            record,
          });
          await settled(host, id, writing).catch(async (error: unknown) => {
            // Of a database that does not answer nobody knows whether the rows are there: then their files stay.
            if (asBackupError(error).code !== 'DATABASE_LOST') await placed.withdraw();
            throw error;
          });
          return { ...told, files: placed.placed, undo: id, expiresAt: keepUntil.toISOString() };
        } finally {
          await lock.release();
        }
      },
    ),
  );
}

function refuseOverwriting({ rows }: TakeBackPlan, allow: boolean): void {
  const over = rows.filter(({ does }) => does === 'overwrite');
  if (allow || over.length === 0) return;
  throw refused('rows-overwritten', {
    rows: over.map(({ relation, called }) => `${relation.name} ${called}`),
  });
}

function summaryOf(
  { collection, rows }: TakeBackPlan,
  { keys }: TakeBackAsked,
): Omit<TakeBackResult, 'files'> {
  const written = rows.filter(({ does }) => does !== 'same');
  const inserted = written.filter(({ does }) => does === 'insert').length;
  return {
    collection,
    keys: [...keys],
    inserted,
    overwritten: written.length - inserted,
    same: rows.length - written.length,
    collections: [...new Set(written.map(({ relation }) => relation.name))].map((name) => ({
      name,
      rows: written.filter(({ relation }) => relation.name === name).length,
    })),
    restart: restartFor(rows),
  };
}

const maskedIn = ({ rows }: TakeBackPlan): ReadonlyMap<string, readonly string[]> =>
  new Map(
    rows.map(({ relation, look }) => [
      relation.name,
      look.columns.flatMap(({ name, mask }) => (mask ? [name] : [])),
    ]),
  );
