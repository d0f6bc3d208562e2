import { refused, throwIfCancelled } from '../../errors/errors';
import type { Archive } from '../archive/archive';
import type { Selection } from '../app/groups';
import { warn } from '../app/warning';
import { proving } from '../across/proving';
import type { Aside, Database } from '../dialect';
import type { ReportProgress } from '../progress';
import { digesting, refuseDifferent } from '../rows/digesting';
import { RowDigest } from '../rows/rowDigest';
import { checkWorkers } from '../rows/workers';
import { blemishText, type Blemish } from '../schema/blemish';
import type { LeftOut } from '../schema/code';
import { missingText, type Missing } from '../schema/missing';
import { hasRows } from '../schema/structure';
import { checkDialect, fitTo, type Target } from './fits';
import { withoutRows } from './narrowFrom';
import { planOf } from './plan';
import { asBare, type RestorePreview } from './preview';
import { checkRows } from './came';

export interface AsideSettings {
  readonly job: string;
  readonly selection: Selection;
  readonly target: Target;
  /** The schema, or on MySQL and MariaDB the database, that is made for it. */
  readonly into: string;
  readonly workers: number;
  readonly allowChanges?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ReportProgress;
}

export interface AsideResult {
  readonly into: string;
  readonly collections: Aside['tables'];
  /** The statement that takes it away again. */
  readonly drop: string;
  readonly leftOut: readonly LeftOut[];
  readonly blemishes: readonly Blemish[];
  readonly warnings: readonly string[];
}

/** Nobody's name by accident, in any database. Throws NAME_INVALID, and USAGE for what means nothing here. */
export function checkInto(into: string, { keepDefinitions }: Selection): void {
  if (keepDefinitions) throw refused('into-and-definitions', {});
  if (into.trim() === '' || /\p{C}/u.test(into)) throw refused('into-unfit', {});
  // What begins so is Ark's own, and the next job may remove it.
  if (/^_?ark_/i.test(into)) throw refused('into-reserved', { name: into });
}

/** What would come as tables of their own beside what is live. Nothing is changed. */
export function previewAside(
  database: Database,
  source: Archive,
  selection: Selection,
  target: Target,
  into: string,
): Promise<Omit<RestorePreview, 'filesOf'>> {
  checkInto(into, selection);
  return database.once(async (looks) => {
    const { archive, chosen, warnings, changes } = await fitTo(looks, source, target, selection, true);
    const { manifest } = archive;
    checkDialect(manifest, looks);
    const changed = await changes(new Set(chosen.map(({ name }) => name)));
    changed.refuseUnfit();
    const result = await database.previewAside(await planOf(manifest, chosen, selection, true), into);
    const bare = withoutRows(manifest);
    const groups = new Map(manifest.collections.map(({ name, group }) => [name, group]));
    return {
      ...result,
      collections: result.collections.map((collection) => {
        const group = groups.get(collection.name);
        return {
          ...(bare.has(collection.name) ? asBare(collection) : collection),
          ...(group && { group }),
        };
      }),
      warnings: [warn('into', { name: into }), ...result.warnings, ...warnings, ...changed.warnings],
      definitions: 'kept',
      forgotten: [],
    };
  });
}

/**
 * Tables of an archive beside the live ones, for people who look with their own tools: verified, loaded, read back and
 * compared, and there all at once or not at all. Nothing of the app is touched, and it knows nothing of them.
 */
export async function restoreAside(
  database: Database,
  source: Archive,
  settings: AsideSettings,
): Promise<AsideResult> {
  const { selection, into, signal, onProgress, workers } = settings;
  checkInto(into, selection);
  checkWorkers(workers);
  const { archive, chosen, sent } = await database.once((looks) =>
    fitTo(looks, source, settings.target, selection, settings.allowChanges ?? false),
  );
  const { manifest } = archive;
  checkDialect(manifest, database);
  const plan = await planOf(manifest, chosen, selection, true);
  await archive.verify({
    unpack: false,
    only: new Set(chosen.flatMap(({ name, structureOnly }) => (structureOnly ? [] : name))),
    files: false,
    signal,
    ...(onProgress && { onProgress }),
  });
  throwIfCancelled(signal);
  const proof =
    sent &&
    proving(
      archive.rows(),
      sent,
      chosen.map(({ structure }) => structure),
    );
  const went = new Map<string, RowDigest>();
  const rowsFrom = proof?.source ?? digesting(archive.rows(), went);
  const total = chosen.reduce((sum, { name }) => sum + rowsFrom.bytes(name), 0);
  let [rows, bytes] = [0, 0];
  let leftOut: readonly LeftOut[] = [];
  let missing: readonly Missing[] = [];
  let blemishes: readonly Blemish[] = [];
  const report = (stage: 'stage' | 'load' | 'finish') =>
    onProgress?.({ stage, done: stage === 'stage' ? 0 : Math.min(bytes, total), total, rows, bytes });
  const lock = await database.lock(settings.job);
  try {
    const { tables, drop } = await lock.aside(plan, rowsFrom, {
      into,
      workers,
      signal,
      async check(counted, staged) {
        // A table of which no chunk came was counted by nobody.
        const tables = chosen
          .filter(({ structure }) => hasRows(structure))
          .map(({ name }) => [name, 0] as const);
        checkRows(manifest.collections, new Map([...tables, ...counted]));
        await proof?.compare(staged, signal);
        for (const [name, digest] of went) {
          const read = new RowDigest();
          for await (const chunk of staged(name)) {
            throwIfCancelled(signal);
            read.add(chunk.data);
            chunk.release();
          }
          refuseDifferent(name, read, digest);
        }
      },
      onLeftOut: (items) => (leftOut = items),
      onMissing: (items) => (missing = items),
      onBlemishes: (items) => (blemishes = items),
      onStage: report,
      onRows: (moreRows, moreBytes) => {
        rows += moreRows;
        bytes += moreBytes;
        report('load');
      },
    });
    return {
      into,
      collections: tables,
      drop,
      leftOut,
      blemishes,
      warnings: [
        ...missing.filter((item) => item.outcome !== 'unused').map(missingText),
        ...blemishes.map(blemishText),
      ],
    };
  } finally {
    await lock.release();
  }
}
