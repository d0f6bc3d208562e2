import { BackupError, throwIfCancelled } from '../errors';
import type { Archive } from './archive';
import type {
  Database,
  PreviewResult,
  RestoreOptions,
  RestorePlan,
  RowSource,
  Snapshot,
  Undo,
} from './dialect';
import { select, type Selection } from './groups';
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
  /** The prefix of the target app's tables, when it is known. */
  readonly tablePrefix?: string | undefined;
  readonly workers: number;
  readonly keepUndoDays: number;
  readonly lockTimeoutMs: number;
  readonly allowBreaks: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ReportProgress;
}

export interface RestoreResult {
  readonly collections: readonly { name: string; group: string; rows: number }[];
  readonly undo: Undo;
}

/** verify → stage → check → swap, and the undo is kept. Everything of the archive is verified first. */
export async function restore(
  database: Database,
  archive: Archive,
  settings: RestoreSettings,
): Promise<RestoreResult> {
  const { manifest } = archive;
  checkFits(manifest, database, settings);
  const chosen = chooseFrom(manifest, settings.selection);
  const only = new Set(chosen.map((one) => one.name));
  await verify(archive, { unpack: false, only, signal: settings.signal, ...progressOf(settings) });
  throwIfCancelled(settings.signal);
  const chunksOf = new Map(manifest.collections.map((one) => [one.name, one.chunks]));
  const source: RowSource = {
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
  return run(database, manifest, chosen, source, settings, (rows) => checkRows(manifest.collections, rows));
}

/** Backup and restore without a file in between: rows go from one server to the other as they are. */
export async function copy(
  snapshot: Snapshot,
  manifest: Manifest,
  database: Database,
  settings: RestoreSettings,
): Promise<RestoreResult> {
  const read = new Map<string, number>();
  const relations = new Map(manifest.collections.map((one) => [one.name, one.structure]));
  await snapshot.hold(manifest.collections.filter((one) => hasRows(one.structure)).map((one) => one.name));
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
  return run(database, manifest, manifest.collections, source, settings, (rows) => {
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
): Promise<RestoreResult> {
  const total = chosen.reduce((sum, one) => sum + source.bytes(one.name), 0);
  let [rows, bytes] = [0, 0];
  const report = (stage: 'stage' | 'load' | 'finish' | 'swap') => {
    settings.onProgress?.({
      stage,
      done: stage === 'stage' ? 0 : Math.min(bytes, total),
      total,
      rows,
      bytes,
    });
  };
  const lock = await database.lock(settings.job);
  try {
    const undo = await lock.restore(planOf(manifest, chosen, settings.selection), source, {
      workers: settings.workers,
      source: settings.source,
      keepUndoDays: settings.keepUndoDays,
      lockTimeoutMs: settings.lockTimeoutMs,
      allowBreaks: settings.allowBreaks,
      signal: settings.signal,
      check,
      onStage: report,
      onRows: (moreRows, moreBytes) => {
        rows += moreRows;
        bytes += moreBytes;
        report('load');
      },
    });
    const groups = new Map(manifest.collections.map((one) => [one.name, one.group]));
    return {
      collections: undo.collections.map((one) => ({ ...one, group: groups.get(one.name) ?? 'unknown' })),
      undo,
    };
  } finally {
    await lock.release();
  }
}

/** What a restore would change. Reads the archive's manifest only, never its rows. */
export function preview(database: Database, archive: Archive, selection: Selection): Promise<PreviewResult> {
  const { manifest } = archive;
  checkFits(manifest, database, {});
  return database.preview(planOf(manifest, chooseFrom(manifest, selection), selection)).then((result) => {
    const groups = new Map(manifest.collections.map((one) => [one.name, one.group]));
    return {
      ...result,
      collections: result.collections.map((one) => {
        const group = groups.get(one.name);
        return group ? { ...one, group } : one;
      }),
    };
  });
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

function planOf(manifest: Manifest, chosen: readonly Collection[], selection: Selection): RestorePlan {
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

function checkFits(
  manifest: Manifest,
  database: Database,
  target: { tablePrefix?: string | undefined },
): void {
  if (manifest.database.dialect !== database.dialect) {
    throw new BackupError(
      'DIALECT_DIFFERS',
      `The archive is from ${manifest.database.dialect} and ${database.label} is ${database.dialect}. This Ark restores into the same kind of database only.`,
    );
  }
  const { tablePrefix } = manifest.database;
  if (target.tablePrefix !== undefined && manifest.app && target.tablePrefix !== tablePrefix) {
    throw new BackupError(
      'PREFIX_DIFFERS',
      `The archive's tables begin with ${JSON.stringify(tablePrefix)} and this app's with ${JSON.stringify(target.tablePrefix)}; the app would not find them. Set DB_TABLE_PREFIX to ${JSON.stringify(tablePrefix)}.`,
    );
  }
}

function checkRows(
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
