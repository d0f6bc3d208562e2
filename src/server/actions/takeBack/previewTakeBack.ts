import type * as api from '../../api/api';
import type { Archive } from '../../dumper/archive/archive';
import type { Warning } from '../../dumper/app/warning';
import { digestOf, type TakeBackAsked } from '../../dumper/takeBack/plan';
import { failureOf } from '../../errors/errors';
import type { Host } from '../../host';
import { madeHere } from '../restore/previewBackup';
import { makerOf } from '../trust/maker';
import { planRows, restartFor, type Planned } from './plan';
import { Room, shownRow } from './shownRows';

/** For whoever is asked, with failures and warnings as they can be told. */
export interface TakeBackShown extends Omit<api.TakeBackPreview, 'refusals' | 'warnings'> {
  readonly refusals: readonly ReturnType<typeof failureOf>[];
  readonly warnings: readonly Warning[];
}

/** What taking rows back would do, as people may see it; `expected` stands for exactly that. Nothing is changed. */
export async function previewTakeBack(
  host: Host,
  archive: Archive,
  asked: TakeBackAsked,
  signal?: AbortSignal,
): Promise<TakeBackShown> {
  const planned = await planRows(host, archive, asked, signal);
  const maker = await makerOf(host, archive);
  return {
    ...shownPlan(planned),
    maker,
    asksForName: !madeHere(host, archive, maker),
    // Sealed: from a bare digest values that are not shown could be guessed.
    expected: host.seal.close(digestOf(planned.plan)),
  };
}

function shownPlan({ plan, files }: Planned): Omit<TakeBackShown, 'maker' | 'asksForName' | 'expected'> {
  const { rows, loose, triggers, warnings } = plan;
  const room = new Room();
  const count = (does: (typeof rows)[number]['does']) => rows.filter((row) => row.does === does).length;
  return {
    collection: plan.collection,
    rows: rows.map((row) => shownRow(row, room)),
    counts: { insert: count('insert'), overwrite: count('overwrite'), same: count('same') },
    refusals: plan.refusals.map(failureOf),
    loose: loose.map(({ row, link, inBackup }) => ({
      collection: row.relation.name,
      key: row.called,
      columns: [...link.columns],
      to: link.to,
      inBackup,
      author: link.author,
    })),
    children: plan.children.map((each) => ({ ...each })),
    uncounted: [...plan.uncounted],
    left: plan.left.map(({ collection, columns }) => ({ collection, columns: [...columns] })),
    files: files.map(({ row, storage, path, state, bytes }) => ({
      collection: row.relation.name,
      key: row.called,
      ...(storage !== undefined && { storage }),
      path,
      state,
      ...(bytes !== undefined && { bytes }),
    })),
    triggers: triggers.map(({ kind, collection = '', name }) => ({ kind, collection, name })),
    restart: restartFor(rows),
    warnings: [...warnings],
  };
}
