import type { Archive, Fitted } from '../archive/archive';
import type { Collection } from '../archive/manifest';
import { withCounters, type Selection } from '../app/groups';
import { markBookkeeping } from '../app/lost';
import type { Database } from '../dialect';
import type { AppFiles } from '../files/folders';
import type { ReportProgress } from '../progress';
import { unknownNames } from './definitions';
import { checkFits, fitTo, refuseMisfits, type FittedTo, type Target } from './fits';
import { missingBeside } from './structures';
import { definitionsAfter, refuseDangling } from './keepDefinitions';
import { rowsGo } from './narrowFrom';
import { planOf } from './plan';

/** Of a restore what it takes to know what comes. */
interface FittingSettings {
  readonly selection: Selection;
  readonly target: Target;
  readonly allowBreaks: boolean;
  readonly allowChanges?: boolean | undefined;
  readonly withoutCode: boolean;
  readonly files?: AppFiles | undefined;
}

interface FittedRestore extends Pick<FittedTo, 'sent' | 'structureOnly'> {
  readonly archive: Fitted['archive'];
  /** What comes, with what counts for it. */
  readonly chosen: readonly Collection[];
  /** Of the app, where the archive has any for it. */
  readonly files: AppFiles | undefined;
  /** Rejects where definitions that stay would no longer know what is there. */
  readonly keeping: () => Promise<void>;
}

/** The archive as it is to this app, and all that can be refused before anything of it is read whole. */
export async function fitted(
  database: Database,
  source: Archive,
  settings: FittingSettings,
): Promise<FittedRestore> {
  const { archive, sent, named, chosen, structureOnly, app, misfits } = await database.once(async (looks) => {
    const { target, selection, allowBreaks, allowChanges = false } = settings;
    const fitted = await fitTo(looks, source, target, selection, allowChanges, missingBeside);
    const { chosen: named, structureOnly } = fitted;
    const { manifest } = fitted.archive;
    const { app } = await looks.app(settings.target.app);
    const chosen = withCounters(named, manifest.collections, app);
    const misfits = [...(await checkFits(manifest, named, looks, target)), ...fitted.lacking];
    // Counted once more before the swap; it is better to know before anything is loaded.
    if (!allowBreaks && chosen.some(({ name }) => structureOnly.has(name))) {
      const { collections } = await looks.preview(planOf(manifest, chosen, selection, settings.withoutCode));
      misfits.push(...rowsGo(markBookkeeping(app, collections), structureOnly));
    }
    return { ...fitted, named, chosen, structureOnly, app, misfits };
  });
  const { manifest } = archive;
  const keeping = async (): Promise<void> => {
    if (!settings.selection.keepDefinitions) return;
    await definitionsAfter(manifest, named, settings.selection, database, settings.target.app);
  };
  await keeping();
  if (settings.selection.keepDefinitions) refuseDangling(await unknownNames(archive.rows(), chosen, app));
  refuseMisfits(misfits, settings.allowBreaks);
  const files = manifest.files || manifest.keyFile ? settings.files : undefined;
  return { archive, chosen, structureOnly, files, keeping, ...(sent && { sent }) };
}

export const verifyWhatComes = (
  archive: Fitted['archive'],
  chosen: readonly Collection[],
  files: boolean,
  { signal, onProgress }: { readonly signal?: AbortSignal | undefined; readonly onProgress?: ReportProgress },
): Promise<unknown> =>
  archive.verify({
    unpack: false,
    only: new Set(chosen.flatMap(({ name, structureOnly }) => (structureOnly ? [] : name))),
    files,
    signal,
    ...(onProgress && { onProgress }),
  });
