import { forgottenByUndo } from '../../dumper/restore/definitions';
import type { PreviewResult, SharedCounters, Undo } from '../../dumper/dialect';
import { announce, exchangesBack, follow } from '../../dumper/files/exchange';
import { groupsIn } from '../../dumper/app/groups';
import { blemishText } from '../../dumper/schema/blemish';
import { markBookkeeping, mayLose, refuseMoreLost, type Losses } from '../../dumper/app/lost';
import { asBackupError, refused } from '../../errors/errors';
import type { Host } from '../../host';
import { cleanAfter, settle, startClean } from '../clean';
import { swapAndReload } from './reload';
import { runJob, type Job, type Watch } from '../../jobs/jobs';
import { without } from '../../jobs/runs';

export const listUndos = (host: Host): Promise<Undo[]> => host.database.undos();

/** The named undo, or the newest. */
export async function findUndo(host: Host, job?: string): Promise<Undo> {
  const all = await listUndos(host);
  const chosenUndo = job === undefined ? all[0] : all.find((undo) => undo.job === job);
  if (chosenUndo) return chosenUndo;
  throw job === undefined ? refused('undo-none', {}) : refused('undo-gone', { job });
}

export interface UndoPreview extends PreviewResult {
  /** Restores and undos since, of the same collections: their work would go as well. Newest first. */
  readonly later: readonly Undo[];
  /** Something of now would go: whoever confirms it writes a name. */
  readonly asksForName: boolean;
}

const look = async ({ database, app }: Host, undo: Undo): Promise<PreviewResult> => {
  const preview = await database.previewUndo(undo.job);
  // What only the app of then knows, and what only that of now does.
  const [now, then] = [await database.app(app), await database.app(without(app, 'collections'), undo.job)];
  const groupOf = groupsIn([now.app, then.app]);
  const rows = preview.collections.map((collection) => ({ ...collection, group: groupOf(collection.name) }));
  return {
    ...preview,
    collections: markBookkeeping(now.app, rows),
    forgotten: forgottenByUndo(now.app, then.app),
  };
};

export async function previewUndo(host: Host, undo: Undo): Promise<UndoPreview> {
  const [preview, all] = await Promise.all([look(host, undo), listUndos(host)]);
  const touched = new Set(preview.collections.map((collection) => collection.name));
  const touches = (other: Undo) =>
    [...other.collections.map((collection) => collection.name), ...(other.aside ?? [])].some((name) =>
      touched.has(name),
    );
  const later = all.filter((other) => other.at > undo.at && touches(other));
  return {
    ...preview,
    later,
    asksForName: mayLose(preview.collections) || preview.forgotten.length > 0 || later.length > 0,
  };
}

export async function applyUndo(
  host: Host,
  undo: Undo,
  request: Watch & { allowBreaks: boolean; acceptLost?: Losses | undefined },
): Promise<{ job: Job; result: Undo; warnings: readonly string[] }> {
  const warnings: string[] = [];
  const more = async (): Promise<void> => {
    const { acceptLost } = request;
    if (acceptLost !== undefined) refuseMoreLost(acceptLost, (await look(host, undo)).collections);
  };
  // Whoever is still looking can be asked at once.
  await more();
  await startClean(host);
  const done = await cleanAfter(
    host,
    runJob(
      host.jobs,
      { ...request, kind: 'undo', subject: undo.job, by: host.user, database: host.database },
      ({ id, onProgress, signal, note }) =>
        swapAndReload(host, {
          job: id,
          swap: async ({ beforeSwap }) => {
            const lock = await host.database.lock(id);
            try {
              onProgress({ stage: 'undo', done: 0, total: 1, rows: 0, bytes: 0 });
              const files = await host.files();
              const exchanges = await exchangesBack(files, undo.job, id);
              if (exchanges.length > 0) await announce(files, id, exchanges);
              await beforeSwap();
              await more();
              const done = await lock.undo(undo.job, {
                keepUndoDays: host.keepUndoDays,
                lockTimeoutMs: host.lockTimeoutMs,
                allowBreaks: request.allowBreaks,
                counters: await countersOf(host, undo),
                signal,
                onBlemishes: (blemishes) => warnings.push(...blemishes.map(blemishText)),
              });
              // The tables are back, so it is undone; whoever comes next finds the note and goes on.
              await follow(files, id, exchanges).catch((error: unknown) => {
                warnings.push(`uploaded files have not changed places yet: ${asBackupError(error).message}`);
              });
              for (const warning of warnings) note(`! ${warning}`);
              return done;
            } finally {
              await lock.release();
            }
          },
          undoOf: (result) => result,
          note,
        }),
    ),
  );
  return { ...done, warnings };
}

/** As both apps have them: what goes is known to one, what comes to the other. */
async function countersOf({ database, app }: Host, undo: Undo): Promise<SharedCounters | undefined> {
  const { app: now } = await database.app(app);
  const { app: then } = await database.app(without(app, 'collections'), undo.job);
  const counters = now?.counters ?? then?.counters;
  // Their table alone was restored, by its name.
  if (undo.collections.every((collection) => collection.name === counters?.table)) return undefined;
  const both = [...(then?.counters?.collectionOf ?? []), ...(now?.counters?.collectionOf ?? [])];
  return counters && { ...counters, collectionOf: new Map(both) };
}

/** Resolves with what was dropped with it, because it used what had been replaced. */
export async function dropUndo(
  host: Host,
  job: string,
  options: { readonly allowBreaks?: boolean } = {},
): Promise<readonly string[]> {
  await startClean(host);
  const lock = await host.database.lock(job);
  try {
    const along = await lock.dropUndo(job, options);
    await settle(host, await host.files());
    return along;
  } finally {
    await lock.release();
  }
}
