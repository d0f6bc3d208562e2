import { asBackupError, BackupError, throwIfCancelled, type ErrorCode } from '../errors';
import { announce, follow, withdraw, type Exchange } from './files/exchange';
import { keyFingerprint, type AppFiles } from './files/folders';
import { checkPlaces, stageFiles } from './files/stage';
import { damaged } from './zip';
import type { Archive, Legacy } from './archive';
import type {
  AppHints,
  AppInfo,
  Database,
  PreviewResult,
  RestoreOptions,
  RestorePlan,
  RowSource,
  Snapshot,
  Undo,
} from './dialect';
import { isOwn, select, type Selection } from './groups';
import type { Collection, Manifest } from './manifest';
import type { ReportProgress } from './progress';
import { hasRows } from './structure';
import { unpackChunk, verify } from './verify';
import { CHUNK_BYTES } from './dump';

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
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ReportProgress;
  /** Uploaded files come back with the rows, where the archive has them. */
  readonly files?: AppFiles | undefined;
  /** Awaited when everything is staged and checked; if it rejects nothing is swapped. */
  readonly beforeSwap?: () => Promise<void>;
  /** After it: there is no swap yet, because others changed the structure, and everything is staged anew. */
  readonly replanned?: () => void;
}

/** What is known of the app that is restored into, beside its database. */
export interface Target {
  readonly app: AppHints;
  /** The fingerprint of its key. */
  readonly appKey?: string | undefined;
  readonly files?: AppFiles | undefined;
}

export interface RestoreResult {
  readonly collections: readonly { name: string; group: string; rows: number }[];
  readonly undo: Undo;
  /** In words, what is restored only in part so far. */
  readonly warnings: readonly string[];
}

/** verify → stage → check → swap, and the undo is kept. Everything of the archive is verified first. */
export async function restore(
  database: Database,
  given: Archive,
  settings: RestoreSettings,
): Promise<RestoreResult> {
  const { archive } = await fitTo(database, given, settings.target);
  const { manifest } = archive;
  const chosen = chooseFrom(manifest, settings.selection);
  refuseMisfits(await checkFits(manifest, chosen, database, settings.target), settings.allowBreaks);
  const only = new Set(chosen.map((one) => one.name));
  const files = manifest.files || manifest.keyFile ? settings.files : undefined;
  await verify(archive, {
    unpack: false,
    only,
    files: files !== undefined,
    signal: settings.signal,
    ...progressOf(settings),
  });
  throwIfCancelled(settings.signal);
  const check = (rows: ReadonlyMap<string, number>) => checkRows(manifest.collections, rows);
  const beside = files && { app: files, archive };
  return run(database, manifest, chosen, archiveSource(archive), settings, check, beside);
}

/** The rows of an archive; each chunk is checked as it is read. */
export function archiveSource(archive: Archive): RowSource {
  if (archive.legacy) return archive.legacy.rows();
  const chunksOf = new Map(archive.manifest.collections.map((one) => [one.name, one.chunks]));
  return {
    bytes: (name) => (chunksOf.get(name) ?? []).reduce((sum, chunk) => sum + chunk.bytes, 0),
    async *chunks(name) {
      for (const chunk of chunksOf.get(name) ?? []) {
        yield async () => ({
          data: await unpackChunk(archive, chunk),
          rows: chunk.rows,
          release: () => undefined,
        });
      }
      await Promise.resolve();
    },
  };
}

/** An archive of another program takes what it lacks from the database that it comes into. */
async function fitTo(database: Database, archive: Archive, target: Target): ReturnType<Legacy['fit']> {
  if (!archive.legacy) return { archive, warnings: [] };
  return archive.legacy.fit(await database.describe(target.app));
}

/** Backup and restore without a file in between: rows go from one server to the other as they are. */
export async function copy(
  snapshot: Snapshot,
  manifest: Manifest,
  database: Database,
  settings: RestoreSettings,
): Promise<RestoreResult> {
  const misfits = await checkFits(manifest, manifest.collections, database, settings.target);
  refuseMisfits(misfits, settings.allowBreaks);
  const read = new Map<string, number>();
  const relations = new Map(manifest.collections.map((one) => [one.name, one.structure]));
  const source: RowSource = {
    bytes: (name) => snapshot.size(name).bytes,
    async *chunks(name) {
      const relation = relations.get(name);
      if (!relation) return;
      for await (const chunk of snapshot.read(relation, CHUNK_BYTES)) {
        read.set(name, (read.get(name) ?? 0) + chunk.rows);
        yield () => Promise.resolve(chunk);
      }
    },
  };
  return run(database, manifest, manifest.collections, source, settings, async (rows) => {
    await snapshot.confirm();
    checkRows(
      manifest.collections.map((one) => ({ ...one, rows: read.get(one.name) ?? 0 })),
      rows,
    );
  });
}

async function run(
  database: Database,
  manifest: Manifest,
  chosen: readonly Collection[],
  source: RowSource,
  settings: RestoreSettings,
  check: RestoreOptions['check'],
  files?: { readonly app: AppFiles; readonly archive: Archive },
): Promise<RestoreResult> {
  const total = chosen.reduce((sum, one) => sum + source.bytes(one.name), 0);
  let [rows, bytes] = [0, 0];
  let exchanges: Exchange[] = [];
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
  if (files) await checkPlaces(files.archive, files.app);
  const lock = await database.lock(settings.job);
  try {
    const undo = await lock.restore(planOf(manifest, chosen, settings.selection), source, {
      workers: settings.workers,
      source: settings.source,
      keepUndoDays: settings.keepUndoDays,
      lockTimeoutMs: settings.lockTimeoutMs,
      allowBreaks: settings.allowBreaks,
      signal: settings.signal,
      async check(found) {
        await check(found);
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
    const warnings: string[] = [];
    if (files) {
      // The tables are there, so the job is done; whoever comes next finds the note and goes on.
      await follow(files.app, settings.job, exchanges).catch((error: unknown) => {
        warnings.push(`uploaded files have not changed places yet: ${asBackupError(error).message}`);
      });
    }
    const groups = new Map(manifest.collections.map((one) => [one.name, one.group]));
    return {
      collections: undo.collections.map((one) => ({ ...one, group: groups.get(one.name) ?? 'unknown' })),
      undo,
      warnings,
    };
  } catch (error) {
    // Whether the tables were committed all the same only the database knows.
    const committed = await database.undos().then(
      (undos) => undos.some((one) => one.job === settings.job),
      () => undefined,
    );
    if (files && committed === false) await withdraw(files.app, settings.job, exchanges);
    throw error;
  } finally {
    await lock.release();
  }
}

/** What a restore would change. Reads the archive's manifest only, never its rows. */
export async function preview(
  database: Database,
  given: Archive,
  selection: Selection,
  target: Target,
): Promise<PreviewResult> {
  const { archive, warnings: fitting } = await fitTo(database, given, target);
  const { manifest } = archive;
  const chosen = chooseFrom(manifest, selection);
  const misfits = await checkFits(manifest, chosen, database, target);
  const result = await database.preview(planOf(manifest, chosen, selection));
  const groups = new Map(manifest.collections.map((one) => [one.name, one.group]));
  return {
    ...result,
    warnings: [...result.warnings, ...fitting, ...misfits],
    collections: result.collections.map((one) => {
      const group = groups.get(one.name);
      return group ? { ...one, group } : one;
    }),
  };
}

/** Without a selection everything that is in the archive. */
export function chooseFrom(manifest: Manifest, selection: Selection): Collection[] {
  const everything = !selection.groups && !selection.collections;
  const chosen = everything ? manifest.collections : select(manifest.collections, selection, 'The archive');
  if (chosen.length === 0) {
    const groups = [...new Set(manifest.collections.map((one) => one.group))].join(', ');
    throw new BackupError(
      'NOTHING_SELECTED',
      `The archive has no collection in the chosen groups. It has: ${groups}.`,
    );
  }
  return [...chosen];
}

export function planOf(manifest: Manifest, chosen: readonly Collection[], selection: Selection): RestorePlan {
  return {
    schema: {
      relations: manifest.collections.map((one) => one.structure),
      objects: manifest.objects,
      order: manifest.order,
      needs: manifest.needs,
      laterNeeds: manifest.laterNeeds,
    },
    selected: new Set(chosen.map((one) => one.name)),
    all: selection.all ?? false,
    rows: new Map(manifest.collections.map((one) => [one.name, one.rows])),
    createdAt: new Date(manifest.createdAt),
    extensions: manifest.database.extensions,
  };
}

export function checkDialect(manifest: Manifest, database: Database): void {
  if (manifest.database.dialect === database.dialect) return;
  throw new BackupError(
    'DIALECT_DIFFERS',
    `The archive is from ${manifest.database.dialect} and ${database.label} is ${database.dialect}. This Ark restores into the same kind of database only.`,
  );
}

type Misfit = PreviewResult['warnings'][number] & { readonly code?: ErrorCode };

function refuseMisfits(misfits: readonly Misfit[], allow: boolean): void {
  const worst = misfits.find((one) => one.kind === 'breaks');
  if (allow || !worst) return;
  throw new BackupError(
    worst.code ?? 'DEPENDENT_WOULD_BREAK',
    `${worst.message} Nothing was changed. Allow it explicitly (--allow-breaks) to go on.`,
  );
}

/** Collections made by users whose definition neither the app here nor what is restored has. */
function withoutDescription(
  manifest: Manifest,
  chosen: readonly Collection[],
  here: AppInfo | undefined,
): string[] {
  if (!manifest.app || chosen.some((one) => one.group === 'required')) return [];
  return chosen
    .filter((one) => one.group === 'custom' && !here?.custom.has(one.name))
    .map((one) => one.collection ?? one.name);
}

/** Refuses what could not work in this database; what could work but not well comes back as warnings. */
async function checkFits(
  manifest: Manifest,
  chosen: readonly Collection[],
  database: Database,
  target: Target,
): Promise<Misfit[]> {
  checkDialect(manifest, database);
  const warnings: Misfit[] = [];
  const { facts: here } = await database.describe(target.app);
  const own = manifest.collections.find(
    ({ name }) => isOwn(name, manifest.database) || isOwn(name, here.manifest),
  );
  if (own) throw damaged(`it holds ${own.name}, a table of Ark itself, which no backup has`);
  const named = here.app !== undefined || target.app.tablePrefix !== undefined;
  if (manifest.app && named) {
    const [from, to] = [manifest.database, here.manifest];
    if (from.tablePrefix !== to.tablePrefix || (here.app && from.underscored !== to.underscored)) {
      throw new BackupError(
        'PREFIX_DIFFERS',
        `The archive's tables are named with prefix ${JSON.stringify(from.tablePrefix)}, underscored ${from.underscored}, and this app's with ${JSON.stringify(to.tablePrefix)}, ${to.underscored}; the app would not find them. Set DB_TABLE_PREFIX and DB_UNDERSCORED as in the archive.`,
      );
    }
  }
  if (manifest.app && here.app) {
    const known = new Set(here.app.plugins.map((one) => one.name));
    const missing = manifest.app.plugins
      .filter((one) => one.enabled && !known.has(one.name))
      .map((one) => one.name);
    if (missing.length > 0) {
      warnings.push({
        kind: 'plugin',
        message: `These plugins are enabled in the backup and unknown here: ${missing.join(', ')}. Install them first, or the app may not start.`,
      });
    }
    const [from = '?', to = '?'] = [manifest.app.version, here.app.version];
    if (from.localeCompare(to, 'en', { numeric: true }) > 0) {
      warnings.push({
        kind: 'breaks',
        code: 'APP_TOO_OLD',
        message: `The backup is from NocoBase ${from} and this is ${to}, which may not start with it. Upgrade this app first.`,
      });
    } else if (from !== to) {
      warnings.push({
        kind: 'version',
        message: `The backup is from NocoBase ${from} and this is ${to}: the app's own upgrade has to run after the restore. NocoBase does so by itself; elsewhere run it.`,
      });
    }
  }
  const undescribed = withoutDescription(manifest, chosen, here.app);
  if (undescribed.length > 0) {
    warnings.push({
      kind: 'breaks',
      code: 'REQUIRED_MISSING',
      message: `${undescribed.slice(0, 5).join(', ')}${undescribed.length > 5 ? ` and ${undescribed.length - 5} more` : ''}: nothing here says what they are, and the backup lacks the group "required", which would. The app will not show them.`,
    });
  }
  const { appKey, aesKey } = manifest.keys;
  if (appKey !== undefined && target.appKey !== undefined && appKey !== target.appKey) {
    warnings.push({
      kind: 'key',
      message:
        'The backup was made with another APP_KEY: sign-ins end, and what was encrypted with that key cannot be read here.',
    });
  }
  const aesKeyHere = await keyFingerprint(target.files?.keyFile);
  if (aesKey !== undefined && aesKeyHere !== undefined && aesKey !== aesKeyHere && !manifest.keyFile) {
    warnings.push({
      kind: 'key',
      message:
        'The app the backup is from seals encrypted fields and secret variables with another AES key: they cannot be read here. Copy its aes_key.dat, or make the backup encrypted and with uploaded files: then the key is in it.',
    });
  }
  return warnings;
}

export function checkRows(
  collections: readonly Pick<Collection, 'name' | 'rows' | 'structure'>[],
  rows: ReadonlyMap<string, number>,
): void {
  const expected = new Map(
    collections.filter((one) => hasRows(one.structure)).map((one) => [one.name, one.rows]),
  );
  for (const [name, found] of rows) {
    if (expected.get(name) === found) continue;
    throw new BackupError(
      'CHECK_FAILED',
      `${name} has ${found} rows after loading, and ${expected.get(name) ?? 0} were announced. Nothing was changed.`,
    );
  }
}

const progressOf = ({ onProgress }: RestoreSettings): { onProgress?: ReportProgress } =>
  onProgress ? { onProgress } : {};
