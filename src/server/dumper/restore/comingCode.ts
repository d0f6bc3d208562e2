import type { Archive } from '../archive/archive';
import type { CodeItem } from '../schema/code';
import type { Database } from '../dialect';
import { fitTo, type Target } from './fits';
import type { Selection } from '../app/groups';
import { planOf } from './plan';
import { allBeside, missingBeside } from './structures';

/** The code that a restore of a selection would bring into a database, or a rehearsal would make there for a while. */
export async function comingCode(
  database: Database,
  source: Archive,
  selection: Selection,
  target: Target,
  rehearsal = false,
): Promise<readonly CodeItem[]> {
  const { archive, chosen: named } = await fitTo(
    database,
    source,
    target,
    rehearsal ? { all: true } : selection,
    true,
    rehearsal ? allBeside : missingBeside,
  );
  const { manifest } = archive;
  const chosen = rehearsal ? manifest.collections : named;
  return database.code(await planOf(manifest, chosen, selection), rehearsal);
}
