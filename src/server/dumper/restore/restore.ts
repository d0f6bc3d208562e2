import { asBackupError, throwIfCancelled } from '../../errors/errors';
import type { Archive } from '../archive/archive';
import type { CollectionPreview, Database, RowSource, Undo } from '../dialect';
import { checkRows, inGroups, invalidIndexes, lackingText } from './came';
import { fitted, verifyWhatComes } from './fitted';
import { blemishText, type Blemish } from '../schema/blemish';
import type { LeftOut } from '../schema/code';
import { announce, follow, withdraw, type Exchange } from '../files/exchange';
import type { AppFiles } from '../files/folders';
import { checkPlaces, stageFiles } from '../files/stage';
import { refuseMisfits, type Target } from './fits';
import { type Selection } from '../app/groups';
import { sharedCounters } from './counters';
import { markBookkeeping, refuseMoreLost, type Losses } from '../app/lost';
import type { Collection, Manifest } from '../archive/manifest';
import { type Missing } from '../schema/missing';
import { rowsGo } from './narrowFrom';
import { planOf } from './plan';
import type { ReportProgress } from '../progress';
import { proving } from '../across/proving';
import { type Relation } from '../schema/structure';
import { checkWorkers } from '../rows/workers';

export interface RestoreSettings {
  readonly job: string;
  readonly selection: Selection;
  /** The archive's name, for the record. */
  readonly source: string;
  readonly target: Target;
  readonly workers: number;
  readonly keepUndoDays: number;
  readonly lockTimeoutMs: number;
  readonly allowBreaks: boolean;
  /** From another kind of database: values that have no place here become what comes closest. */
  readonly allowChanges?: boolean | undefined;
  /** Rows that each collection may lose as the preview counts them; if one loses more by the time of the swap, nothing is swapped. */
  readonly acceptLost?: Losses | undefined;
  /** What is not here already of the code comes too. */
  readonly allowCode: boolean;
  /** Rows and tables come without it. */
  readonly withoutCode: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ReportProgress;
  /** Uploaded files come back with the rows, where the archive has them. */
  readonly files?: AppFiles | undefined;
  /** Awaited when everything is staged and checked; if it rejects nothing is swapped. */
  readonly beforeSwap?: () => Promise<void>;
  /** After it: there is no swap yet, because others changed the structure, and everything is staged anew. */
  readonly replanned?: () => void;
}

export interface RestoreResult {
  readonly collections: readonly { name: string; group: string; rows: number }[];
  readonly undo: Undo;
  /** In words, what is restored only in part so far. */
  readonly warnings: readonly string[];
  /** Of a restore without code. */
  readonly leftOut: readonly LeftOut[];
  /** What the rows do not hold, and as what it came. */
  readonly blemishes: readonly Blemish[];
}

/** verify → stage → check → swap, and the undo is kept. Everything of the archive is verified first. */
export async function restore(
  database: Database,
  source: Archive,
  settings: RestoreSettings,
): Promise<RestoreResult> {
  const { archive, chosen, sent, structureOnly, files, keeping } = await fitted(database, source, settings);
  const { manifest } = archive;
  await verifyWhatComes(archive, chosen, files !== undefined, settings);
  throwIfCancelled(settings.signal);
  const check = async (rows: ReadonlyMap<string, number>): Promise<void> => {
    checkRows(manifest.collections, rows);
    // Others may have changed the structure meanwhile.
    await keeping();
  };
  const beside = files && { app: files, archive };
  return stageAndSwap(
    database,
    manifest,
    chosen,
    archive.rows(),
    settings,
    { check, sent, structureOnly },
    beside,
  );
}

/**
 * The swap of what `prepare` has staged of this archive, with the same settings; files come only now. Rejects with
 * PREPARED_UNKNOWN and PREPARED_VOID.
 */
export async function restorePrepared(
  database: Database,
  source: Archive,
  prepared: string,
  settings: Omit<RestoreSettings, 'workers'>,
): Promise<RestoreResult> {
  const { archive, chosen, structureOnly, files, keeping } = await fitted(database, source, settings);
  if (files) await verifyWhatComes(archive, [], true, settings);
  return stageAndSwap(
    database,
    archive.manifest,
    chosen,
    archive.rows(),
    { ...settings, workers: 1 },
    { check: keeping, structureOnly, prepared },
    files && { app: files, archive },
  );
}

interface Checks {
  readonly check: (rows: ReadonlyMap<string, number>) => Promise<void>;
  /** From another kind of database: its tables as their rows come, which are compared value by value. */
  readonly sent?: ReadonlyMap<string, Relation> | undefined;
  /** Of these the archive has no rows: those of now go only where that is allowed. */
  readonly structureOnly?: ReadonlySet<string>;
  /** The job that has staged all of it already; then no rows are read, and `check` is asked of none. */
  readonly prepared?: string;
}

/** stage → check → swap, for rows from wherever. */
export async function stageAndSwap(
  database: Database,
  manifest: Manifest,
  chosen: readonly Collection[],
  rowsFrom: RowSource,
  settings: RestoreSettings,
  { check, sent, structureOnly = new Set(), prepared }: Checks,
  files?: { readonly app: AppFiles; readonly archive: Archive },
): Promise<RestoreResult> {
  checkWorkers(settings.workers);
  const structures = chosen.map(({ structure }) => structure);
  const proof = sent && proving(rowsFrom, sent, structures);
  const source = proof?.source ?? rowsFrom;
  const total = chosen.reduce((sum, collection) => sum + source.bytes(collection.name), 0);
  let [rows, bytes] = [0, 0];
  let exchanges: Exchange[] = [];
  let leftOut: readonly LeftOut[] = [];
  let ties: readonly string[] = [];
  let missing: readonly Missing[] = [];
  let blemishes: readonly Blemish[] = [];
  let older: readonly string[] = [];
  let ready = false;
  const report = (stage: 'stage' | 'load' | 'finish' | 'files' | 'swap') => {
    settings.onProgress?.({
      stage,
      done: stage === 'stage' ? 0 : Math.min(bytes, total),
      total,
      rows,
      bytes,
    });
  };
  const plan = await planOf(manifest, chosen, settings.selection, settings.withoutCode);
  const { app } = await database.app(settings.target.app);
  if (files) await checkPlaces(files.archive, files.app);
  const lock = await database.lock(settings.job);
  try {
    const options = {
      source: settings.source,
      keepUndoDays: settings.keepUndoDays,
      lockTimeoutMs: settings.lockTimeoutMs,
      allowBreaks: settings.allowBreaks,
      counters: sharedCounters(app, manifest, settings.selection),
      allowCode: settings.allowCode,
      onLeftOut: (left: readonly LeftOut[]) => (leftOut = left),
      onTies: (what: readonly string[]) => (ties = what),
      // The preview has said so, and it was allowed.
      onBreaks: () => undefined,
      onMissing: (items: readonly Missing[]) => (missing = items),
      onBlemishes: (items: readonly Blemish[]) => (blemishes = items),
      onOlderSnapshots: (sessions: readonly string[]) => (older = sessions),
      signal: settings.signal,
      async ready(count: () => Promise<readonly CollectionPreview[]>) {
        if (prepared !== undefined) await check(new Map());
        const guards = !settings.allowBreaks && chosen.some(({ name }) => structureOnly.has(name));
        if (settings.acceptLost !== undefined || guards) {
          const { app: now } = await database.app(settings.target.app);
          const counted = markBookkeeping(now, await count());
          if (guards) refuseMisfits(rowsGo(counted, structureOnly), false);
          if (settings.acceptLost !== undefined) refuseMoreLost(settings.acceptLost, counted);
        }
        // Others changed the structure, and it was staged anew: the files were there already.
        if (files && exchanges.length === 0) {
          report('files');
          exchanges = await stageFiles(files.archive, files.app, {
            job: settings.job,
            signal: settings.signal,
            onBytes: () => report('files'),
          });
          await announce(files.app, settings.job, exchanges);
        }
        ready = true;
        await settings.beforeSwap?.();
      },
      onStage(stage: 'stage' | 'load' | 'finish' | 'swap') {
        if (ready && stage === 'load') settings.replanned?.();
        if (stage === 'load') ready = false;
        report(stage);
      },
    };
    const undo =
      prepared === undefined
        ? await lock.restore(plan, source, {
            ...options,
            workers: settings.workers,
            async check(counted, staged) {
              await check(counted);
              await proof?.compare(staged, settings.signal);
            },
            onRows: (moreRows, moreBytes) => {
              rows += moreRows;
              bytes += moreBytes;
              report('load');
            },
          })
        : await lock.swapPrepared(prepared, plan, options);
    const warnings = [
      ...lackingText(missing),
      ...ties.map((tie) => `${tie} stays tied to what went aside, and goes on with its rows.`),
      ...blemishes.map(blemishText),
      ...older.map(
        (session) => `${session} began before the restore, and sees the new tables empty until it ends.`,
      ),
    ];
    if (files) {
      // The tables are there, so the job is done; whoever comes next finds the note and goes on.
      await follow(files.app, settings.job, exchanges).catch((error: unknown) => {
        warnings.push(`uploaded files have not changed places yet: ${asBackupError(error).message}`);
      });
    }
    return {
      collections: inGroups(manifest, undo.collections),
      undo,
      warnings,
      leftOut,
      blemishes: [...invalidIndexes(manifest, chosen), ...blemishes],
    };
  } catch (error) {
    // Whether the tables were committed all the same only the database knows.
    const committed = await database.undos().then(
      (undos) => undos.some((undo) => undo.job === settings.job),
      () => undefined,
    );
    if (files && committed === false) await withdraw(files.app, settings.job, exchanges);
    throw error;
  } finally {
    await lock.release();
  }
}
