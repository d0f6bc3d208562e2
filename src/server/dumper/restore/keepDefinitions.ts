import { refused } from '../../errors/errors';
import type { UnknownNames } from './definitions';
import type { AppHints, AppInfo, Database } from '../dialect';
import type { Selection } from '../app/groups';
import type { Collection, Manifest } from '../archive/manifest';
import { dialectOf } from '../dialects/dialects';

/**
 * What a restore does with the definitions, the group `required`: it replaces them though they `could stay`, because
 * the app of now describes all that comes; it has to replace them; or it leaves them as they are.
 */
export type Definitions = 'could stay' | 'replaced' | 'kept';

/** Rejects with DEFINITIONS_DIFFER where they should stay and would not describe what comes. */
export async function definitionsAfter(
  manifest: Manifest,
  chosen: readonly Collection[],
  selection: Selection,
  database: Pick<Database, 'app' | 'structure'>,
  hints: AppHints,
): Promise<Definitions> {
  const comes = chosen.some((collection) => collection.group === 'required');
  if (!selection.keepDefinitions && (!comes || selection.collections)) return comes ? 'replaced' : 'kept';
  const others = chosen.filter((collection) => collection.group !== 'required');
  if (others.length === 0) return 'replaced';
  const undescribed = await notDescribed(manifest, others, database, hints);
  if (!selection.keepDefinitions) return undescribed.length === 0 ? 'could stay' : 'replaced';
  if (undescribed.length === 0) return 'kept';
  const named = (because: Undescribed['why']) =>
    undescribed.flatMap(({ name, why }) => (why === because ? name : []));
  throw refused('definitions-differ', {
    absent: named('absent'),
    other: named('other'),
    unknown: named('unknown'),
  });
}

/** A foreign key refuses rows that name what the app does not know: said before any row is loaded. */
export function refuseDangling(unknown: readonly UnknownNames[]): void {
  const held = unknown.find((unknownNames) => unknownNames.key !== undefined);
  if (!held) return;
  const { table, names, key = '' } = held;
  throw refused('definitions-unknown', { table, key, names: [...names] });
}

interface Undescribed {
  readonly name: string;
  /** It is not here, has another structure here, or the app does not know it. */
  readonly why: 'absent' | 'other' | 'unknown';
}

/** Of what comes, what the definitions of now would not describe. */
async function notDescribed(
  manifest: Manifest,
  chosen: readonly Collection[],
  database: Pick<Database, 'app' | 'structure'>,
  hints: AppHints,
): Promise<Undescribed[]> {
  const { relations } = await database.structure();
  const { app } = await database.app(hints);
  const here = new Map(relations.map((relation) => [relation.name, relation]));
  const { sameStructure } = dialectOf(manifest.database);
  return chosen.flatMap(({ name, group, structure }): Undescribed[] => {
    const now = here.get(name);
    if (!now) return [{ name, why: 'absent' }];
    if (!sameStructure(now, structure)) return [{ name, why: 'other' }];
    if (manifest.app && group === 'custom' && !isKnown(name, app)) return [{ name, why: 'unknown' }];
    return [];
  });
}

/** Whether an app says itself what this table is, or what it is a part of. */
export const isKnown = (table: string, app: AppInfo | undefined): boolean =>
  (app?.custom.has(table) ?? false) || (app?.live?.has(table) ?? false) || (app?.parts?.has(table) ?? false);
