import { BackupError, throwIfCancelled, refused, failureOf } from '../../errors/errors';
import type { Archive } from '../archive/archive';
import type { Blemish } from '../schema/blemish';
import type { LeftOut } from '../schema/code';
import type { Database, Lock, NoFresh, RehearsalSpace, Rehearsed, RestorePlan } from '../dialect';
import { checkDialect, checkFits, refuseMisfits, type Target } from './fits';
import type { Manifest } from '../archive/manifest';
import type { Missing } from '../schema/missing';
import { asWhole } from './structures';
import { planOf } from './plan';
import type { Proof } from './proof';
import type { Progress, ReportProgress } from '../progress';
import { readBack } from './readBack';
import { checkRows } from './came';
import { digesting } from '../rows/digesting';
import type { RowDigest } from '../rows/rowDigest';
import type { Warning } from '../app/warning';

export interface RehearseSettings {
  readonly job: string;
  readonly target: Target;
  readonly workers: number;
  readonly lockTimeoutMs: number;
  readonly allowCode: boolean;
  readonly withoutCode: boolean;
  readonly onLeftOut: (leftOut: readonly LeftOut[]) => void;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ReportProgress;
  readonly onSpace?: (space: RehearsalSpace) => void;
}

/**
 * Why it was no fresh database. `part`: the backup is a part of an app, which comes beside the rest of it; `format`: it
 * is another program's, and takes what it lacks from the app's database.
 */
export type Beside = NoFresh['why'] | 'part' | 'format';

export interface Rehearsal extends Rehearsed {
  readonly proof: Proof;
  readonly beside?: Beside;
  /** What the server said, where it refused. */
  readonly said?: string;
  /** A database that could not be dropped; the next job tries again. */
  readonly left?: string;
}

/**
 * Proves that an archive can be restored: into an empty database of this server where there may be one, else into a
 * schema beside the app's. Each table's rows are counted and compared with the archive's by digest, and everything is
 * dropped again. Files and key are read whole and compared with their digests. Nothing live is touched.
 */
export async function rehearse(
  database: Database,
  archive: Archive,
  settings: RehearseSettings,
): Promise<Rehearsal> {
  // What a new server lacks is made too.
  const manifest = asWhole(archive.manifest);
  const { signal, onProgress } = settings;
  checkDialect(manifest, database);
  if (manifest.files ?? manifest.keyFile) {
    await archive.verify({
      unpack: false,
      only: new Set(),
      files: true,
      signal,
      ...(onProgress && { onProgress }),
    });
  }
  const plan = await planOf(manifest, manifest.collections, { all: true }, settings.withoutCode);
  const lock = await database.lock(settings.job);
  try {
    if (!archive.complete) return await besideTheApp(lock, plan, archive, settings, 'format');
    if (isPart(manifest)) return await besideTheApp(lock, plan, archive, settings, 'part');
    const fresh = await lock.fresh(plan, archive.rows(), {
      allowCode: settings.allowCode,
      onSpace: (space) => settings.onSpace?.(space),
    });
    if ('why' in fresh) {
      const { why, said } = fresh;
      return {
        ...(await besideTheApp(lock, plan, archive, settings, why)),
        ...(said !== undefined && { said }),
      };
    }
    let done: Rehearsal | undefined;
    try {
      done = { proof: 'database', ...(await intoEmpty(fresh.database, plan, archive, settings)) };
    } finally {
      // That one stays behind for a while says nothing about the backup.
      const left = await fresh.drop().then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      if (done && left !== undefined) done = { ...done, left };
    }
    return done;
  } finally {
    await lock.release();
  }
}

/** An empty database would not take a part: it names tables, or collections, that it does not have. */
function isPart({ app, collections }: Manifest): boolean {
  const names = new Set(collections.map((collection) => collection.name));
  const isAlone = collections.some(({ structure }) =>
    structure.foreignKeys.some(({ references }) => !names.has(references)),
  );
  return isAlone || (app !== undefined && collections.every((collection) => collection.group !== 'required'));
}

async function besideTheApp(
  lock: Lock,
  plan: RestorePlan,
  archive: Archive,
  settings: RehearseSettings,
  beside: Beside,
): Promise<Rehearsal> {
  const source = archive.rows();
  const report = reporting(archive, settings);
  const done = await lock.rehearse(plan, source, {
    workers: settings.workers,
    allowCode: settings.allowCode,
    onLeftOut: settings.onLeftOut,
    signal: settings.signal,
    check: (counted) => checkRows(asWhole(archive.manifest).collections, counted),
    onSpace: (space) => settings.onSpace?.(space),
    ...report,
  });
  return { ...done, proof: 'staging', beside };
}

/** As a restore into a new server goes, whole with its swap; then every row is read as a backup would read it. */
async function intoEmpty(
  database: Database,
  plan: RestorePlan,
  archive: Archive,
  settings: RehearseSettings,
): Promise<Rehearsed> {
  const manifest = asWhole(archive.manifest);
  const { signal, workers, job } = settings;
  let blemishes: readonly Blemish[] = [];
  let breaks: readonly Warning[] = [];
  let missing: readonly Missing[] = [];
  const sent = new Map<string, RowDigest>();
  const report = reporting(archive, settings);
  try {
    throwIfCancelled(signal);
    refuseMisfits(await checkFits(manifest, manifest.collections, database, settings.target), false);
    const lock = await database.lock(job);
    try {
      await lock.restore(plan, digesting(archive.rows(), sent), {
        workers,
        source: manifest.id,
        keepUndoDays: 1,
        lockTimeoutMs: settings.lockTimeoutMs,
        // What would want leave is done and told; of code the app's own database has been asked.
        allowBreaks: true,
        allowCode: true,
        signal,
        check: (counted) => checkRows(manifest.collections, counted),
        ready: () => undefined,
        onLeftOut: settings.onLeftOut,
        onTies: () => undefined,
        onBreaks: (what) => (breaks = what),
        onMissing: (items) => (missing = items),
        onBlemishes: (items) => (blemishes = items),
        onOlderSnapshots: () => undefined,
        onStage: (stage) => report.onStage(stage === 'swap' ? 'finish' : stage),
        onRows: report.onRows,
      });
    } finally {
      await lock.release();
    }
    report.onStage('read back');
    const loaded = plan.schema.relations.filter((relation) => sent.has(relation.name));
    await readBack(database, loaded, sent, { job, readers: workers, signal, onRows: report.onRows });
  } catch (error) {
    throwIfCancelled(signal);
    throw inEmpty(error);
  }
  return { blemishes, breaks, missing };
}

/** The words of a restore, which does not know where it restores into. */
function inEmpty(error: unknown): unknown {
  if (!(error instanceof BackupError)) return error;
  return refused('rehearsal-empty', { why: failureOf(error) }, { cause: error });
}

function reporting(archive: Archive, { onProgress }: RehearseSettings) {
  const source = archive.rows();
  const total = archive.manifest.collections.reduce(
    (sum, collection) => sum + source.bytes(collection.name),
    0,
  );
  let stage: Progress['stage'] = 'stage';
  let [rows, bytes] = [0, 0];
  const report = () => {
    const done = stage === 'stage' ? 0 : Math.min(bytes, total);
    onProgress?.({ stage, done, total, rows, bytes });
  };
  return {
    onStage: (next: Progress['stage']): void => {
      if (next === 'read back') [rows, bytes] = [0, 0];
      stage = next;
      report();
    },
    onRows: (moreRows: number, moreBytes: number): void => {
      rows += moreRows;
      bytes += moreBytes;
      report();
    },
  };
}
