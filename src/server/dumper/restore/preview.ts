import type { Archive } from '../archive/archive';
import type { CollectionPreview, Database, Looks, PreviewResult } from '../dialect';
import { forgotten, unknownNames } from './definitions';
import { definitionsAfter, refuseDangling, type Definitions } from './keepDefinitions';
import { checkFits, fitTo, type Target } from './fits';
import { missingBeside } from './structures';
import { withCounters, type Selection } from '../app/groups';
import { aboutCounters } from './counters';
import { markBookkeeping } from '../app/lost';
import { rowsGo, withoutRows } from './narrowFrom';
import { planOf } from './plan';
import { warn } from '../app/warning';

export interface RestorePreview extends PreviewResult {
  readonly definitions: Definitions;
  /** The storages whose uploaded files come, where files come at all. */
  readonly filesOf: readonly string[];
}

/**
 * What a restore would change. Reads the archive's manifest only; where it comes from another kind of database also the
 * rows that would be restored, to find values that have no place here. Throws VALUE_UNFIT where nothing can be made of
 * one.
 */
export const preview = (
  database: Pick<Database, 'once'>,
  archive: Archive,
  selection: Selection,
  target: Target,
  withoutCode = false,
): Promise<RestorePreview> => database.once((looks) => look(looks, archive, selection, target, withoutCode));

async function look(
  database: Looks,
  source: Archive,
  selection: Selection,
  target: Target,
  withoutCode: boolean,
): Promise<RestorePreview> {
  const {
    archive,
    chosen: named,
    structureOnly,
    lacking,
    warnings: fitting,
    changes,
  } = await fitTo(database, source, target, selection, true, missingBeside);
  const { manifest } = archive;
  const { app } = await database.app(target.app);
  const chosen = withCounters(named, manifest.collections, app);
  const misfits = await checkFits(manifest, named, database, target);
  const changed = await changes(new Set(chosen.map(({ name }) => name)));
  changed.refuseUnfit();
  const definitions = await definitionsAfter(manifest, named, selection, database, target.app);
  const result = await database.preview(planOf(manifest, chosen, selection, withoutCode));
  const groups = new Map(manifest.collections.map((collection) => [collection.name, collection.group]));
  const unknown = definitions === 'kept' ? await unknownNames(archive.rows(), chosen, app) : [];
  if (selection.keepDefinitions) refuseDangling(unknown);
  const hanging = unknown.map(({ table, kind, names }) =>
    warn('names-unknown', { table, definition: kind, names: [...names] }),
  );
  const bare = withoutRows(manifest);
  const collections = markBookkeeping(app, result.collections).map((preview) => {
    const group = groups.get(preview.name);
    return {
      ...(bare.has(preview.name) && preview.action !== 'aside' ? asBare(preview) : preview),
      ...(group && { group }),
    };
  });
  return {
    ...result,
    definitions,
    filesOf: (manifest.files ?? []).map(({ storage }) => storage),
    forgotten: await forgotten(archive.rows(), chosen, app),
    warnings: [
      ...result.warnings,
      ...fitting,
      ...misfits,
      ...lacking,
      ...changed.warnings,
      ...aboutCounters(app, manifest, chosen),
      ...hanging,
      ...rowsGo(collections, structureOnly),
    ],
    collections,
  };
}

/** How many rows there were is not known: that is not none. */
export function asBare({ rowsInBackup, ...preview }: CollectionPreview): CollectionPreview {
  return rowsInBackup === undefined ? preview : { ...preview, structureOnly: true };
}
