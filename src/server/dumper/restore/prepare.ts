import type { Archive } from '../archive/archive';
import type { Database } from '../dialect';
import { blemishText, type Blemish } from '../schema/blemish';
import type { LeftOut } from '../schema/code';
import type { Missing } from '../schema/missing';
import { proving } from '../across/proving';
import { throwIfCancelled } from '../../errors/errors';
import { checkRows, inGroups, invalidIndexes, lackingText } from './came';
import { fitted, verifyWhatComes } from './fitted';
import { planOf } from './plan';
import type { RestoreResult, RestoreSettings } from './restore';

export interface PrepareSettings extends Pick<
  RestoreSettings,
  | 'job'
  | 'selection'
  | 'target'
  | 'workers'
  | 'allowBreaks'
  | 'allowChanges'
  | 'allowCode'
  | 'withoutCode'
  | 'signal'
  | 'onProgress'
> {
  readonly expiresAt: Date;
  /** What is kept with it, by how many rows came of what. */
  readonly record: (collections: RestoreResult['collections']) => string;
}

export type PrepareResult = Omit<RestoreResult, 'undo'>;

/** verify → stage → check: all of a restore but the swap and the files. Nothing live is touched. */
export async function prepare(
  database: Database,
  source: Archive,
  settings: PrepareSettings,
): Promise<PrepareResult> {
  const { archive, chosen, sent, keeping } = await fitted(database, source, settings);
  const { manifest } = archive;
  await verifyWhatComes(archive, chosen, false, settings);
  throwIfCancelled(settings.signal);
  const structures = chosen.map(({ structure }) => structure);
  const proof = sent && proving(archive.rows(), sent, structures);
  const rowsFrom = proof?.source ?? archive.rows();
  const total = chosen.reduce((sum, { name }) => sum + rowsFrom.bytes(name), 0);
  let [rows, bytes] = [0, 0];
  const report = (stage: 'stage' | 'load' | 'finish') => {
    settings.onProgress?.({
      stage,
      done: stage === 'stage' ? 0 : Math.min(bytes, total),
      total,
      rows,
      bytes,
    });
  };
  let leftOut: readonly LeftOut[] = [];
  let missing: readonly Missing[] = [];
  let blemishes: readonly Blemish[] = [];
  let collections: RestoreResult['collections'] = [];
  const plan = await planOf(manifest, chosen, settings.selection, settings.withoutCode);
  const lock = await database.lock(settings.job);
  try {
    await lock.prepare(plan, rowsFrom, {
      workers: settings.workers,
      allowBreaks: settings.allowBreaks,
      allowCode: settings.allowCode,
      expiresAt: settings.expiresAt,
      record: () => settings.record(collections),
      signal: settings.signal,
      async check(counted, staged) {
        checkRows(manifest.collections, counted);
        await keeping();
        await proof?.compare(staged, settings.signal);
        collections = inGroups(
          manifest,
          structures.map(({ name }) => ({ name, rows: counted.get(name) ?? 0 })),
        );
      },
      onLeftOut: (left) => (leftOut = left),
      onBreaks: () => undefined,
      onMissing: (items) => (missing = items),
      onBlemishes: (items) => (blemishes = items),
      onStage: report,
      onRows: (moreRows, moreBytes) => {
        rows += moreRows;
        bytes += moreBytes;
        report('load');
      },
    });
  } finally {
    await lock.release();
  }
  return {
    collections,
    leftOut,
    warnings: [...lackingText(missing), ...blemishes.map(blemishText)],
    blemishes: [...invalidIndexes(manifest, chosen), ...blemishes],
  };
}
