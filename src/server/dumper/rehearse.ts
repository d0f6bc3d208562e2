import type { Archive } from './archive';
import type { Database, Rehearsed, RehearseOptions } from './dialect';
import type { ReportProgress } from './progress';
import { checkDialect } from './fits';
import type { Manifest } from './manifest';
import { planOf } from './plan';
import { archiveSource, checkRows } from './restore';
import { verify } from './verify';

export interface RehearseSettings {
  readonly job: string;
  readonly workers: number;
  readonly allowCode: boolean;
  readonly withoutCode: boolean;
  readonly onLeftOut: RehearseOptions['onLeftOut'];
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ReportProgress;
  readonly onSpace?: RehearseOptions['onSpace'];
}

/**
 * What a rehearsal has not shown. `files`: the archive of an app has none; `key`: the app has an AES key, and the
 * archive does not; `exchange`: it was built in a schema of its own, and nothing has changed places with what is live.
 */
export type Unproven = 'files' | 'key' | 'exchange';

export function unprovenOf({ app, files, keys, keyFile }: Manifest): Unproven[] {
  const hasKey = keys.aesKeyFingerprint !== undefined || keys.aesKey !== undefined;
  return [
    ...(app && !files ? (['files'] as const) : []),
    ...(hasKey && !keyFile ? (['key'] as const) : []),
    'exchange',
  ];
}

/** In words, for the command line and the log of the job. */
export const UNPROVEN: Record<Unproven, string> = {
  files: 'uploaded files: there are none in this backup',
  key: "the app's AES key: it goes into encrypted backups with files only, and encrypted fields cannot be read without it",
  exchange: 'the exchange with the live tables: it was built in a schema of its own',
};

/**
 * Proves that an archive can be restored into this database: all of it is built aside, each table's rows are
 * counted and compared with the archive's by digest, and everything is dropped again. Files and key are read whole
 * and compared with their digests. Nothing live is touched.
 */
export async function rehearse(
  database: Database,
  archive: Archive,
  settings: RehearseSettings,
): Promise<Rehearsed> {
  const { manifest } = archive;
  checkDialect(manifest, database);
  if (manifest.files ?? manifest.keyFile) {
    const { signal, onProgress } = settings;
    await verify(archive, {
      unpack: false,
      only: new Set(),
      files: true,
      signal,
      ...(onProgress && { onProgress }),
    });
  }
  const plan = await planOf(manifest, manifest.collections, { all: true }, settings.withoutCode);
  const source = archiveSource(archive);
  const total = manifest.collections.reduce((sum, one) => sum + source.bytes(one.name), 0);
  let stage: 'stage' | 'load' | 'finish' | 'read back' = 'stage';
  let [rows, bytes] = [0, 0];
  const report = () => {
    const done = stage === 'stage' ? 0 : Math.min(bytes, total);
    settings.onProgress?.({ stage, done, total, rows, bytes });
  };
  const lock = await database.lock(settings.job);
  try {
    return await lock.rehearse(plan, source, {
      workers: settings.workers,
      allowCode: settings.allowCode,
      onLeftOut: settings.onLeftOut,
      signal: settings.signal,
      check: (found) => checkRows(manifest.collections, found),
      onSpace: (space) => settings.onSpace?.(space),
      onStage(next) {
        if (next === 'read back') [rows, bytes] = [0, 0];
        stage = next;
        report();
      },
      onRows(moreRows, moreBytes) {
        rows += moreRows;
        bytes += moreBytes;
        report();
      },
    });
  } finally {
    await lock.release();
  }
}
