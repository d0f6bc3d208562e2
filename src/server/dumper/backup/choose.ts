import { refused } from '../../errors/errors';
import type { AppInfo, Database, Snapshot, SnapshotOptions } from '../dialect';
import {
  classifier,
  select,
  withCounters,
  type Classified,
  type GroupName,
  type Selection,
} from '../app/groups';
import type { Manifest } from '../archive/manifest';
import { notIncluded } from '../schema/notIncluded';
import { relationKey, relationOf, type Relation } from '../schema/structure';

export interface Chosen {
  readonly tables: readonly {
    readonly relation: Relation;
    readonly classified: Classified;
    readonly name: string;
    readonly group: GroupName;
    readonly collection?: string;
  }[];
  readonly notIncluded: Manifest['notIncluded'];
  readonly warnings: readonly string[];
}

/** Which collections go in, and what is left out and why. */
function choose(snapshot: Pick<Snapshot, 'schema' | 'facts'>, selection: Selection): Chosen {
  const classify = classifier(snapshot.facts.app);
  const left = [...snapshot.facts.notIncluded];
  const candidates = snapshot.schema.relations.flatMap((relation) => {
    const classified = classify(relation.name);
    if (classified === 'own') {
      left.push(notIncluded('collection', relation.name, { code: 'own' }));
      return [];
    }
    return [
      {
        relation,
        classified,
        name: relation.name,
        group: classified.group,
        ...(classified.collection !== undefined && { collection: classified.collection }),
      },
    ];
  });
  const tables = withCounters(select(candidates, selection, 'database'), candidates, snapshot.facts.app);
  if (tables.length === 0) {
    throw refused('nothing-of-database', {});
  }
  const taken = new Set(tables.map((table) => table.name));
  for (const candidate of candidates) {
    if (taken.has(candidate.name)) continue;
    const { name, group } = candidate;
    left.push(
      notIncluded(
        'collection',
        name,
        group === 'ignored' ? { code: 'ignored' } : { code: 'not-chosen', group },
      ),
    );
  }
  const groups = new Map(candidates.map((candidate) => [candidate.name, candidate.group]));
  return { tables, notIncluded: left, warnings: missingNeeds(snapshot, taken, groups, snapshot.facts.app) };
}

/** Chosen collections that point at collections which were not chosen. */
function missingNeeds(
  { schema }: Pick<Snapshot, 'schema'>,
  taken: ReadonlySet<string>,
  groups: ReadonlyMap<string, GroupName>,
  app: AppInfo | undefined,
): string[] {
  const missing = new Map<string, { from: Set<string>; group: GroupName }>();
  const note = (from: string, to: string) => {
    const group = groups.get(to);
    if (!taken.has(from) || taken.has(to) || group === undefined || group === 'ignored') return;
    const gap = missing.get(to) ?? { from: new Set(), group };
    gap.from.add(from);
    missing.set(to, gap);
  };
  for (const relation of schema.relations) {
    for (const key of relation.foreignKeys) note(relation.name, key.references);
    for (const parent of relation.parents) note(relation.name, parent);
    for (const need of schema.needs.get(relationKey(relation.name)) ?? []) {
      const needed = relationOf(need);
      if (needed !== undefined) note(relation.name, needed);
    }
  }
  for (const { from, to } of app?.links ?? []) note(from, to);
  return [...missing].map(
    ([to, { from, group }]) =>
      `${to} (group ${group}) is not in this backup, but ${[...from].slice(0, 5).join(', ')}${from.size > 5 ? ' and others' : ''} points at it.`,
  );
}

const ATTEMPTS = 10;

/** A snapshot whose chosen tables nobody can alter any more. The caller closes it. */
export async function openChosen(
  database: Database,
  selection: Selection,
  options: SnapshotOptions,
): Promise<{ snapshot: Snapshot; chosen: Chosen }> {
  for (let attempt = 1; ; attempt += 1) {
    const snapshot = await database.snapshot(options);
    try {
      const chosen = choose(snapshot, selection);
      const tables = chosen.tables
        .filter((table) => table.relation.kind === 'table')
        .map((table) => table.name);
      if (await snapshot.hold(tables)) return { snapshot, chosen };
    } catch (error) {
      await snapshot.close();
      throw error;
    }
    await snapshot.close();
    if (attempt === ATTEMPTS) {
      throw refused('tables-rewritten', { database: database.label });
    }
  }
}
