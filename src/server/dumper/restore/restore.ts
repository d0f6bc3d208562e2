import { asBackupError, throwIfCancelled, refused } from '../../errors/errors';
import type { Archive } from '../archive/archive';
import type { Database, RowSource, Undo } from '../dialect';
import { dialectOf } from '../dialects/dialects';
import { blemishText, type Blemish } from '../schema/blemish';
import type { LeftOut } from '../schema/code';
import { announce, follow, withdraw, type Exchange } from '../files/exchange';
import type { AppFiles } from '../files/folders';
import { checkPlaces, stageFiles } from '../files/stage';
import { checkFits, fitTo, refuseMisfits, type Target } from './fits';
import { withCounters, type Selection } from '../app/groups';
import { sharedCounters } from './counters';
import { markBookkeeping, refuseMoreLost, type Losses } from '../app/lost';
import type { Collection, Manifest } from '../archive/manifest';
import { missingText, type Missing } from '../schema/missing';
import { unknownNames } from './definitions';
import { definitionsAfter, refuseDangling } from './keepDefinitions';
import { chooseFrom, planOf } from './plan';
import type { ReportProgress } from '../progress';
import { proving } from '../across/proving';
import { hasRows, type Relation } from '../schema/structure';
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
  const { archive, sent, named, app, misfits } = await database.once(async (looks) => {
    const { target, selection, allowChanges = false } = settings;
    const { archive, sent } = await fitTo(looks, source, target, selection, allowChanges);
    const named = chooseFrom(archive.manifest, settings.selection);
    const { app } = await looks.app(settings.target.app);
    return {
      archive,
      sent,
      named,
      app,
      misfits: await checkFits(archive.manifest, named, looks, settings.target),
    };
  });
  const { manifest } = archive;
  const chosen = withCounters(named, manifest.collections, app);
  const keeping = async (): Promise<void> => {
    if (!settings.selection.keepDefinitions) return;
    await definitionsAfter(manifest, named, settings.selection, database, settings.target.app);
  };
  await keeping();
  if (settings.selection.keepDefinitions) refuseDangling(await unknownNames(archive.rows(), chosen, app));
  refuseMisfits(misfits, settings.allowBreaks);
  const only = new Set(chosen.map((collection) => collection.name));
  const files = manifest.files || manifest.keyFile ? settings.files : undefined;
  await archive.verify({
    unpack: false,
    only,
    files: files !== undefined,
    signal: settings.signal,
    ...progressOf(settings),
  });
  throwIfCancelled(settings.signal);
  const check = async (rows: ReadonlyMap<string, number>): Promise<void> => {
    checkRows(manifest.collections, rows);
    // Others may have changed the structure meanwhile.
    await keeping();
  };
  const beside = files && { app: files, archive };
  return stageAndSwap(database, manifest, chosen, archive.rows(), settings, { check, sent }, beside);
}

interface Checks {
  readonly check: (rows: ReadonlyMap<string, number>) => Promise<void>;
  /** From another kind of database: its tables as their rows come, which are compared value by value. */
  readonly sent?: ReadonlyMap<string, Relation> | undefined;
}

/** stage → check → swap, for rows from wherever. */
export async function stageAndSwap(
  database: Database,
  manifest: Manifest,
  chosen: readonly Collection[],
  rowsFrom: RowSource,
  settings: RestoreSettings,
  { check, sent }: Checks,
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
    const undo = await lock.restore(plan, source, {
      workers: settings.workers,
      source: settings.source,
      keepUndoDays: settings.keepUndoDays,
      lockTimeoutMs: settings.lockTimeoutMs,
      allowBreaks: settings.allowBreaks,
      counters: sharedCounters(app, manifest, settings.selection),
      allowCode: settings.allowCode,
      onLeftOut: (left) => (leftOut = left),
      onTies: (what) => (ties = what),
      // The preview has said so, and it was allowed.
      onBreaks: () => undefined,
      onMissing: (items) => (missing = items),
      onBlemishes: (items) => (blemishes = items),
      onOlderSnapshots: (sessions) => (older = sessions),
      signal: settings.signal,
      async check(counted, staged) {
        await check(counted);
        await proof?.compare(staged, settings.signal);
      },
      async ready(count) {
        if (settings.acceptLost !== undefined) {
          const { app: now } = await database.app(settings.target.app);
          refuseMoreLost(settings.acceptLost, markBookkeeping(now, await count()));
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
      onStage(stage) {
        if (ready && stage === 'load') settings.replanned?.();
        if (stage === 'load') ready = false;
        report(stage);
      },
      onRows: (moreRows, moreBytes) => {
        rows += moreRows;
        bytes += moreBytes;
        report('load');
      },
    });
    const warnings = [
      ...missing.filter((item) => item.outcome !== 'unused').map(missingText),
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
    const groups = new Map(manifest.collections.map((collection) => [collection.name, collection.group]));
    return {
      collections: undo.collections.map((collection) => ({
        ...collection,
        group: groups.get(collection.name) ?? 'unknown',
      })),
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

/** What a restore does not even try to make. */
const invalidIndexes = ({ database }: Manifest, chosen: readonly Collection[]): Blemish[] =>
  dialectOf(database)
    .blemishes({ relations: chosen.map(({ structure }) => structure), objects: [] })
    .filter(({ outcome }) => outcome === 'left out');

export function checkRows(
  collections: readonly Pick<Collection, 'name' | 'rows' | 'structure'>[],
  rows: ReadonlyMap<string, number>,
): void {
  const expected = new Map(
    collections
      .filter((collection) => hasRows(collection.structure))
      .map((collection) => [collection.name, collection.rows]),
  );
  for (const [name, count] of rows) {
    if (expected.get(name) === count) continue;
    throw refused('rows-not-announced', {
      collection: name,
      rows: count,
      announced: expected.get(name) ?? 0,
    });
  }
}

const progressOf = ({ onProgress }: RestoreSettings): { onProgress?: ReportProgress } =>
  onProgress ? { onProgress } : {};
