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
import { narrow, wholesIn } from '../app/narrow';
import { recordsLeft } from '../files/records';
import { notIncluded } from '../schema/notIncluded';
import { hasRows, isView, relationKey, relationOf, type Relation } from '../schema/structure';

interface Candidate {
  readonly relation: Relation;
  readonly classified: Classified;
  readonly name: string;
  readonly group: GroupName;
  readonly collection?: string;
}

interface Taken extends Candidate {
  readonly partOf: readonly string[];
}

export interface Chosen {
  readonly tables: readonly (Taken & {
    /** Its structure alone. */
    readonly bare: boolean;
  })[];
  /** What is not chosen and an app cannot do without where it is missing. */
  readonly structures: readonly Taken[];
  /** The app's uploaded files stay out: no row that tells of one is in it. */
  readonly withoutFiles: boolean;
  readonly notIncluded: Manifest['notIncluded'];
  readonly warnings: readonly string[];
}

/** Which collections go in, and what is left out and why. */
function choose(snapshot: Pick<Snapshot, 'schema' | 'facts'>, selection: Selection): Chosen {
  const classify = classifier(snapshot.facts.app);
  const left = [...snapshot.facts.notIncluded];
  const candidates = snapshot.schema.relations.flatMap((relation): Candidate[] => {
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
  const { app } = snapshot.facts;
  const { kept, bare, out } = narrow(
    withCounters(select(candidates, selection, 'database'), candidates, app),
    candidates,
    selection,
    {
      where: 'database',
      structure: ({ relation }) => relation,
      wholes: ({ name }) => wholesIn(app, name),
      hasSome: () => true,
    },
  );
  const tables = kept.map((table) => ({
    ...table,
    partOf: wholesIn(app, table.name),
    bare: bare.has(table.name),
  }));
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
  for (const { name, relation, bare } of tables)
    if (bare && hasRows(relation)) left.push(notIncluded('rows', name, { code: 'no-rows' }));
  const records = recordsLeft(
    candidates.map(({ name, relation }) => ({
      relation,
      left: out.has(name) || bare.has(name),
      comes: taken.has(name) && !bare.has(name),
    })),
  );
  const structures = unchosen(candidates, taken, out, selection, app).map((table) => ({
    ...table,
    partOf: wholesIn(app, table.name),
  }));
  return {
    tables,
    structures,
    notIncluded: left,
    withoutFiles: records === 'all',
    warnings: [
      ...missingNeeds(snapshot, taken, groups, app),
      ...rowsMissing(snapshot.schema, taken, bare, app),
      ...(records === 'some' ? [FILES_OF_ALL] : []),
    ],
  };
}

/**
 * The tables of an app that a choice by group leaves out. It knows of them by its plugins, and does not start without
 * them; what was named to stay out stays out.
 */
function unchosen(
  candidates: readonly Candidate[],
  taken: ReadonlySet<string>,
  out: ReadonlySet<string>,
  { collections }: Selection,
  app: AppInfo | undefined,
): Candidate[] {
  if (!app || collections) return [];
  const tables = candidates.filter(
    ({ name, relation }) => !taken.has(name) && !out.has(name) && !isView(relation),
  );
  const there = new Set([...taken, ...tables.map(({ name }) => name)]);
  return tables.filter(({ relation }) => relation.parents.every((parent) => there.has(parent)));
}

const FILES_OF_ALL =
  'Uploaded files are kept by storage, not by collection: where the backup has files, those of collections without rows are among them.';

/** Rows that name rows which were left out, where the database knows of no key. */
function rowsMissing(
  { relations }: Snapshot['schema'],
  taken: ReadonlySet<string>,
  bare: ReadonlySet<string>,
  app: AppInfo | undefined,
): string[] {
  const tables = new Set(relations.filter(hasRows).map(({ name }) => name));
  const from = new Map<string, Set<string>>();
  for (const link of app?.links ?? []) {
    const comes = taken.has(link.from) && tables.has(link.from) && !bare.has(link.from);
    if (comes && bare.has(link.to)) from.set(link.to, (from.get(link.to) ?? new Set()).add(link.from));
  }
  return [...from].map(
    ([to, those]) =>
      `The rows of ${to} are not in this backup, but those of ${[...those].slice(0, 5).join(', ')}${those.size > 5 ? ' and others' : ''} may point at them.`,
  );
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
  const { snapshot, taken: chosen } = await openHeld(database, options, (seen) => {
    const taken = choose(seen, selection);
    const hold = [...taken.tables, ...taken.structures]
      .filter((table) => table.relation.kind === 'table')
      .map((table) => table.name);
    return { taken, hold };
  });
  return { snapshot, chosen };
}

/** The same for whatever is `taken` of it and holds these tables. */
export async function openHeld<T>(
  database: Database,
  options: SnapshotOptions,
  take: (snapshot: Snapshot) => { readonly taken: T; readonly hold: readonly string[] },
): Promise<{ readonly snapshot: Snapshot; readonly taken: T }> {
  for (let attempt = 1; ; attempt += 1) {
    const snapshot = await database.snapshot(options);
    try {
      const { taken, hold } = take(snapshot);
      if (await snapshot.hold(hold)) return { snapshot, taken };
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
