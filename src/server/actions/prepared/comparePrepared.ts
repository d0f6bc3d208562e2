import type * as api from '../../api/api';
import type { Archive } from '../../dumper/archive/archive';
import { bookkeeping, withCounters } from '../../dumper/app/groups';
import { lossesOf, markBookkeeping } from '../../dumper/app/lost';
import { compare, type CompareSettings } from '../../dumper/compare/compare';
import { sideOf, withLiveSide } from '../../dumper/compare/sides';
import type { LentChunk, RowSource } from '../../dumper/dialect';
import { newJobId } from '../../dumper/job';
import { checkFits, fitTo } from '../../dumper/restore/fits';
import { missingBeside } from '../../dumper/restore/structures';
import { planOf } from '../../dumper/restore/plan';
import { refused } from '../../errors/errors';
import type { Host } from '../../host';
import { told } from '../compare/compareBackup';
import type { PreparedRestore } from './entry';

export type LookedAt = Omit<CompareSettings, 'workers'>;

/**
 * What is staged beside what is live, of which all is read in one moment: exactly what the swap would take away, change
 * and bring. Nothing is changed.
 */
export async function comparePrepared(
  host: Pick<Host, 'database' | 'app' | 'workers'>,
  archive: Archive,
  prepared: PreparedRestore,
  settings: LookedAt,
): Promise<api.PreparedComparison> {
  refuseOther(archive, prepared);
  const { selection } = prepared;
  const target = { app: host.app };
  const { fitted, chosen, app, counted } = await host.database.once(async (looks) => {
    const { archive: fitted, chosen: named } = await fitTo(
      looks,
      archive,
      target,
      selection,
      prepared.allowChanges,
      missingBeside,
    );
    await checkFits(fitted.manifest, named, looks, target);
    const { app } = await looks.app(host.app);
    const chosen = withCounters(named, fitted.manifest.collections, app);
    const plan = planOf(fitted.manifest, chosen, selection, prepared.noCode);
    const counted = markBookkeeping(app, (await looks.preview(plan)).collections);
    return { fitted, chosen, app, counted };
  });
  const names = new Set(chosen.map(({ name }) => name));
  const options = { readers: host.workers, app: host.app, job: newJobId(), signal: settings.signal };
  const comparison = await host.database.readPrepared(
    prepared.job,
    chosen.map(({ structure }) => structure),
    (staged) =>
      withLiveSide(host.database, names, options, async (here) => {
        const others = fitted.rows();
        const rows = (): RowSource => ({
          bytes: (name) => others.bytes(name),
          // What the app says of its fields may not be among what was staged.
          chunks: (name) => (names.has(name) ? asChunks(staged(name)) : others.chunks(name)),
        });
        const there = sideOf({ manifest: fitted.manifest, rows });
        return told(
          await compare(here, there, chosen, { ...settings, workers: host.workers }),
          chosen,
          selection,
        );
      }),
  );
  const isBookkeeping = bookkeeping(app);
  const exact = comparison.collections.filter(({ by }) => by === 'key' || by === 'rows');
  const known = new Set(exact.map(({ name }) => name));
  return {
    ...comparison,
    job: prepared.job,
    expiresAt: prepared.expiresAt.toISOString(),
    lost: {
      // What goes without being compared, as far as counting tells.
      ...lossesOf(counted.filter(({ name }) => !known.has(name))),
      ...Object.fromEntries(
        exact
          .filter(({ name, onlyHere, changed }) => onlyHere + changed > 0 && !isBookkeeping(name))
          .map(({ name, onlyHere, changed }) => [name, onlyHere + changed]),
      ),
    },
  };
}

/** A backup of the same name may have taken the place of the one that it was prepared from. */
export function refuseOther(
  { manifestSha256 }: Pick<Archive, 'manifestSha256'>,
  { job, backup, manifestSha256: then }: PreparedRestore,
): void {
  if (manifestSha256 !== then) throw refused('prepared-other', { job, backup });
}

async function* asChunks(rows: AsyncIterable<LentChunk>): AsyncGenerator<() => Promise<LentChunk>> {
  for await (const chunk of rows) yield () => Promise.resolve(chunk);
}
