import type { Archive } from '../archive/archive';
import type { Database, Looks, PreviewResult } from '../dialect';
import { forgotten, unknownNames } from './definitions';
import { definitionsAfter, refuseDangling, type Definitions } from './keepDefinitions';
import { checkFits, fitTo, type Target } from './fits';
import { withCounters, type Selection } from '../app/groups';
import { aboutCounters } from './counters';
import { markBookkeeping } from '../app/lost';
import { chooseFrom, planOf } from './plan';
import { warn } from '../app/warning';

export interface RestorePreview extends PreviewResult {
  readonly definitions: Definitions;
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
  const { archive, warnings: fitting, changes } = await fitTo(database, source, target, selection, true);
  const { manifest } = archive;
  const named = chooseFrom(manifest, selection);
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
  return {
    ...result,
    definitions,
    forgotten: await forgotten(archive.rows(), chosen, app),
    warnings: [
      ...result.warnings,
      ...fitting,
      ...misfits,
      ...changed.warnings,
      ...aboutCounters(app, manifest, chosen),
      ...hanging,
    ],
    collections: markBookkeeping(app, result.collections).map((preview) => {
      const group = groups.get(preview.name);
      return group ? { ...preview, group } : preview;
    }),
  };
}
