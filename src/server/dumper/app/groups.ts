import * as z from 'zod';
import systemCollections from '../../collections/nocobase.json';
import { refused, refusedNear, type BackupError } from '../../errors/errors';
import { nearest, plain } from '../../near';

/** The backup groups, in the order in which people read them. */
export const GroupName = z.enum(['required', 'user', 'custom', 'third-party', 'unknown', 'log', 'ignored']);
export type GroupName = z.infer<typeof GroupName>;

/** Without a selection: everything but logs. `ignored` is never dumped. */
export const DEFAULT_GROUPS: readonly GroupName[] = ['required', 'user', 'custom', 'third-party', 'unknown'];
export const ALL_GROUPS: readonly GroupName[] = [...DEFAULT_GROUPS, 'log'];

/**
 * Tables of Ark itself, in an app that it is a plugin of: they never leave, and a restore never overwrites them. In any
 * other database Ark has no tables, and one of such a name is somebody's own.
 */
export const OWN = ['arkBackups', 'arkJobs', 'arkStorages', 'arkSchedules', 'arkSettings'];

/** What a collection of NocoBase says of itself. Its word for `ignored` is `skipped`. */
export type DumpRules =
  | string
  | { group?: string | undefined; required?: boolean | undefined; skipped?: boolean | undefined }
  | undefined;

/** How the app names things, and what it knows of its tables. */
export interface AppFacts {
  readonly tablePrefix: string;
  readonly underscored: boolean;
  /** Tables that users made, by table name. */
  readonly custom: ReadonlyMap<string, { collection: string; title?: string }>;
  /**
   * Tables without rules of their own that are part of a collection, by its table: the paths of a tree, the pairs of a
   * relation. They go where it goes, or its rows would point at nothing.
   */
  readonly parts?: ReadonlyMap<string, string>;
  /** Of tables with the pairs of a relation, the tables that their rows point at. */
  readonly pairs?: ReadonlyMap<string, readonly string[]>;
  readonly counters?: Counters;
  /** From a running app: the rules of its live collections, by table name; they win over the table of facts. */
  readonly live?: ReadonlyMap<
    string,
    { collection: string; rules: DumpRules; origin?: string; title?: string }
  >;
}

/**
 * The table with the counters of all sequence fields, a row for each: it goes where the collection of the field goes,
 * or a number would be given twice.
 */
export interface Counters {
  readonly table: string;
  /** The column with the name of the collection. */
  readonly column: string;
  /** Tables of collections that have some. */
  readonly counted: ReadonlySet<string>;
  /** What the tables are called there. */
  readonly collectionOf: ReadonlyMap<string, string>;
}

export interface Classified {
  readonly group: GroupName;
  readonly collection?: string;
  readonly origin?: string;
  readonly title?: string;
}

/** The group that a collection's own rules put it into; no rule is `unknown`. */
export function groupOf(rules: DumpRules): GroupName {
  if (rules === undefined) return 'unknown';
  if (typeof rules === 'object') {
    if (rules.required) return 'required';
    if (rules.skipped) return 'ignored';
    return groupOf(rules.group);
  }
  if (rules === 'skipped') return 'ignored';
  const known = GroupName.safeParse(rules);
  return known.success ? known.data : 'unknown';
}

const systemByName = new Map(
  Object.entries(systemCollections).map(([name, [group, origin]]) => [
    name,
    { group: groupOf(group), origin },
  ]),
);

/** The collections of a plugin that no backup has. */
export const neverBackedUp = (plugin: string): string[] =>
  [...systemByName].flatMap(([name, { group, origin }]) =>
    group === 'ignored' && origin === plugin ? [name] : [],
  );

/** How an app names its tables, by the name of the one that a collection of it has; undefined: not of that collection. */
export function namingBy(
  table: string,
  collection: string,
): Pick<AppFacts, 'tablePrefix' | 'underscored'> | undefined {
  const name = [collection, snakeCase(collection)].find((end) => table.endsWith(end));
  return name === undefined
    ? undefined
    : { tablePrefix: table.slice(0, -name.length), underscored: name !== collection };
}

/** NocoBase's own way from a collection's name to a table's: `userDataSync` → `user_data_sync`. */
export function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}

export function tableName(collection: string, naming: Pick<AppFacts, 'tablePrefix' | 'underscored'>): string {
  return naming.tablePrefix + (naming.underscored ? snakeCase(collection) : collection);
}

/** Whether a table is Ark's own, however the app names its tables. */
export function isOwn(table: string, naming: Pick<AppFacts, 'tablePrefix' | 'underscored'>): boolean {
  return OWN.some((name) => [tableName(name, naming), snakeCase(name), name].includes(table));
}

const asClassified = (kind: Classified | 'own'): Classified => (kind === 'own' ? { group: 'unknown' } : kind);

/** Sorts tables into groups. `app` is undefined for a database that is not NocoBase's: everything is unknown. */
export function classifier(app: AppFacts | undefined): (table: string) => Classified | 'own' {
  const system = new Map(
    app ? [...systemByName].map(([name, fact]) => [tableName(name, app), { ...fact, collection: name }]) : [],
  );
  const ownRules = (table: string): Classified | 'own' => {
    if (app && isOwn(table, app)) return 'own';
    const live = app?.live?.get(table);
    if (live) {
      return {
        group: groupOf(live.rules),
        collection: live.collection,
        ...(live.origin !== undefined && { origin: live.origin }),
        ...(live.title !== undefined && { title: live.title }),
      };
    }
    const fact = system.get(table);
    if (fact) return fact;
    const custom = app?.custom.get(table);
    if (custom) return { group: 'custom', ...custom };
    return { group: 'unknown' };
  };
  return (table) => {
    const rules = ownRules(table);
    const whole = app?.parts?.get(table);
    if (rules === 'own' || rules.group !== 'unknown' || whole === undefined) return rules;
    const { group } = asClassified(ownRules(whole));
    return { ...rules, group };
  };
}

/** The group of a table by the first of these apps that knows it. */
export function groupsIn(apps: readonly (AppFacts | undefined)[]): (table: string) => GroupName {
  const classifiers = apps.filter((app) => app !== undefined).map((app) => classifier(app));
  return (table) => {
    for (const classify of classifiers) {
      const classified = classify(table);
      if (classified !== 'own' && classified.group !== 'unknown') return classified.group;
    }
    return 'unknown';
  };
}

/**
 * What NocoBase writes by itself, beside its logs: at a sign-in, in the background, while pages are looked at. It goes
 * with a restore like everything else, but it is no loss that anybody would have to be asked about.
 */
const BOOKKEEPING = new Set([
  'aiUsageEvents',
  'asyncTasks',
  'issuedTokens',
  'localizationTexts',
  // Which upgrades have run: written whenever the app starts on another state.
  'migrations',
  'notificationSendLogs',
  'oidcStates',
  'sequences',
]);

/** Which tables an app fills by itself; none of those of a database that is not NocoBase's. */
export function bookkeeping(app: AppFacts | undefined): (table: string) => boolean {
  if (!app) return () => false;
  const classify = classifier(app);
  return (table) => {
    const classified = classify(table);
    return (
      classified !== 'own' && (classified.group === 'log' || BOOKKEEPING.has(classified.collection ?? ''))
    );
  };
}

/** The groups of tables that an app has, or NocoBase itself by any of these namings; undefined for others. */
export function knownGroups(
  namings: readonly Pick<AppFacts, 'tablePrefix' | 'underscored'>[],
  live?: AppFacts['live'],
): (table: string) => GroupName | undefined {
  const system = new Map(
    namings.flatMap((naming) =>
      [...systemByName].map(([name, { group }]) => [tableName(name, naming), group] as const),
    ),
  );
  return (table) => {
    const facts = live?.get(table);
    return facts ? groupOf(facts.rules) : system.get(table);
  };
}

/** What a caller picks: groups, or single collections by table or collection name, or everything. */
export interface Selection {
  readonly groups?: readonly GroupName[];
  readonly collections?: readonly string[];
  readonly all?: boolean;
  /** Of a restore: the group `required` stays as it is, and so what the app knows. */
  readonly keepDefinitions?: boolean;
  /** By the same names: what stays out of all that. */
  readonly exclude?: readonly string[];
  /** Of what is chosen, what comes with its structure alone. */
  readonly noRows?: readonly string[];
}

/** What NocoBase and the page call the groups, beside their own names; __tests__/dumper/groups.test.ts has both. */
const CALLED: Readonly<Record<GroupName, readonly string[]>> = {
  required: ['required data'],
  user: ['users', 'user data'],
  custom: ['custom data', 'custom collection data'],
  'third-party': [
    'third party',
    'third-party data',
    'third-party services',
    'third-party service information',
    'connections',
  ],
  unknown: ['other', 'others', 'unknown data'],
  log: ['logs', 'log data'],
  ignored: ['skipped', 'skipped data', 'not backed up', 'never backed up'],
};

const groupByName = new Map(
  GroupName.options.flatMap((group) =>
    [group, ...CALLED[group]].map((name) => [plain(name), group] as const),
  ),
);

const GROUP_WORDS = GroupName.options.flatMap((group) => [group, ...CALLED[group]]);

export function parseGroups(text: string): GroupName[] {
  return text.split(',').map((word) => {
    const name = word.trim();
    const group = groupByName.get(plain(name));
    if (group !== undefined) return group;
    const near = [...new Set(nearest(name, GROUP_WORDS).map((word) => groupByName.get(plain(word)) ?? ''))];
    const sought = { group: JSON.stringify(name), groups: [...GroupName.options] };
    throw refusedNear('group-none', sought, near);
  });
}

function noCollection(name: string, known: readonly string[], where: 'archive' | 'database'): BackupError {
  const [collection, near] = [JSON.stringify(name), nearest(name, known)];
  return refusedNear(
    where === 'database' ? 'collection-none' : 'collection-not-in-archive',
    { collection },
    near,
  );
}

/** Those that are called so, by table or by collection. Throws COLLECTION_UNKNOWN, with names like it. */
export function named<T extends { name: string; collection?: string | undefined; group: GroupName }>(
  candidates: readonly T[],
  name: string,
  where: 'archive' | 'database',
): T[] {
  const fitting = candidates.filter((candidate) => candidate.name === name || candidate.collection === name);
  if (fitting.length === 0) {
    const names = candidates.flatMap((candidate) => [candidate.name, candidate.collection ?? candidate.name]);
    throw noCollection(name, [...new Set(names)], where);
  }
  if (fitting.some(({ group }) => group === 'ignored'))
    throw refused('collection-ignored', { collection: name });
  return fitting;
}

/**
 * The members of `candidates` that a selection means. `required` belongs to every selection by group, because
 * the other groups are described by it. Throws COLLECTION_UNKNOWN for a name that matches nothing.
 */
export function select<T extends { name: string; collection?: string | undefined; group: GroupName }>(
  candidates: readonly T[],
  selection: Selection,
  where: 'archive' | 'database',
): T[] {
  if (selection.collections) {
    return [...new Set(selection.collections.flatMap((name) => named(candidates, name, where)))];
  }
  const groups = new Set<GroupName>(selection.all ? ALL_GROUPS : (selection.groups ?? DEFAULT_GROUPS));
  groups.add('required');
  groups.delete('ignored');
  return candidates.filter((candidate) => groups.has(candidate.group));
}

/** With the counters of those that have some, whatever was chosen. */
export function withCounters<T extends { readonly name: string }>(
  chosen: readonly T[],
  candidates: readonly T[],
  app: AppFacts | undefined,
): T[] {
  const counters = app?.counters;
  const wanted = counters && chosen.some((collection) => counters.counted.has(collection.name));
  if (!wanted || chosen.some((collection) => collection.name === counters.table)) return [...chosen];
  return [...chosen, ...candidates.filter((candidate) => candidate.name === counters.table)];
}
