import type { Client } from 'pg';
import { knownBlemishes } from '../structure/knownBlemishes';
import type { CollectionPreview, DatabasePreview } from '../../../dialect';
import type { Wanted } from '../neutral/wanted';
import { lostAtLeast } from '../../../app/lost';
import type { Missing } from '../../../schema/missing';
import { hasRows, relationKey } from '../../../schema/structure';
import type { Relation } from '../structure/structure';
import { structureChanges, type StructureChange } from '../../../schema/structureChanges';
import { shapeOf } from '../structure/shape';
import type { PostgresSettings } from '../connection/connection';
import { countRows } from '../catalog/count';
import type { Target } from '../ddl/target';
import type { Description } from '../catalog/describe';
import { planExtensions } from '../plan/extensions';
import { readLive, readTarget, type Live } from '../catalog/live';
import { undoSchema } from '../sql/names';
import { parser } from '../sql/parser';
import { families, planSwap } from '../plan/plan';
import { planCode, withoutCodeWarnings } from '../plan/planCode';
import { planMissing } from '../plan/planMissing';
import { refusedCollations } from '../ddl/refused';
import { refuseTooManyLocks } from '../swap/swapLocks';
import type { SwapPlan } from '../plan/swapPlan';
import { planUndo } from './undo';

/** What a restore would change, without changing anything. Throws what the restore would be refused for. */
export async function previewRestore(
  client: Client,
  settings: PostgresSettings,
  wanted: Wanted,
  known?: Live,
): Promise<DatabasePreview> {
  const extensions = await planExtensions(client, wanted, { make: !wanted.withoutCode, without: true });
  const live = known ?? (await readLive(client, settings.schema)).live;
  const target = await readTarget(client);
  const fitted = await planMissing(client, wanted, extensions);
  const coded = await planCode(fitted.wanted, live, target);
  const plan = planSwap(coded.schema, live, {
    selected: wanted.selected,
    all: wanted.all,
    target,
    parse: await parser(),
    refused: await refusedCollations(client, coded.schema.objects, live.objects),
  });
  await refuseTooManyLocks(client, plan, live.relations);
  const changes = await previewSwap(client, settings, plan, live, thenOf(wanted));
  const without = wanted.withoutCode ? await withoutCodeWarnings(coded, plan, live) : [];
  return {
    ...changes,
    warnings: [...fitted.warnings, ...coded.warnings, ...plan.warnings, ...without],
    missing: [
      ...extensions.missing,
      ...(live.oid === 0
        ? [{ kind: 'schema' as const, name: settings.schema, outcome: 'made' as const, neededBy: [] }]
        : []),
      ...missingRoles(plan, target),
      ...fitted.missing,
    ],
    blemishes: [...knownBlemishes(plan), ...plan.emptied],
    code: coded.code,
    leftOut: coded.leftOut,
  };
}

/** The same for an undo: what it brings back, and what of now it takes away. */
export async function previewUndo(
  client: Client,
  settings: PostgresSettings,
  job: string,
): Promise<DatabasePreview> {
  const { plan, live, past } = await planUndo(client, settings, job);
  await refuseTooManyLocks(client, plan, live.relations);
  const then = await countRows(
    client,
    undoSchema(job),
    plan.relations.map((relation) => ({ relation, estimate: 0, bytes: 0 })),
  );
  const changes = await previewSwap(client, settings, plan, live, {
    since: new Date(past.at),
    rowsThen: new Map([...then].map(([name, { rowsNow }]) => [name, rowsNow])),
    brought: live.relations
      .map((relation) => relation.name)
      .filter((name) => past.brought.includes(relationKey(name))),
  });
  // What went aside was here: none of its code is new.
  return {
    ...changes,
    warnings: plan.warnings,
    code: [],
    missing: [],
    leftOut: [],
    blemishes: [...knownBlemishes(plan), ...plan.emptied],
  };
}

interface Then {
  /** The moment that comes back. */
  readonly since: Date | undefined;
  /** By collection, the rows that come. */
  readonly rowsThen: ReadonlyMap<string, number | undefined>;
  /** Live relations that go though nothing takes their place. */
  readonly brought: readonly string[];
}

export const thenOf = ({ createdAt, rows }: Wanted): Then => ({
  since: createdAt,
  rowsThen: rows ?? new Map(),
  brought: [],
});

/** What changes with a plan, counted now. */
export async function previewSwap(
  client: Client,
  { schema }: PostgresSettings,
  plan: SwapPlan,
  live: Description,
  { since, rowsThen, brought }: Then,
): Promise<Pick<DatabasePreview, 'collections' | 'undoBytes'>> {
  const before = new Map(live.relations.map((relation) => [relation.name, relation]));
  const coming = new Set(plan.relations.map((relation) => relation.name));
  const going = [...families(live.relations, [...coming, ...brought])].flatMap((name) =>
    coming.has(name) ? [] : (before.get(name) ?? []),
  );
  const touched = [...plan.relations.flatMap(({ name }) => before.get(name) ?? []), ...going];
  const factsOf = ({ name }: Relation) => live.facts.get(name) ?? { estimate: -1, bytes: 0 };
  const counts = await countRows(
    client,
    schema,
    touched.map((relation) => ({ relation, ...factsOf(relation) })),
    since,
  );
  const changes: CollectionPreview[] = [
    ...plan.relations.map((relation): CollectionPreview => {
      const now = before.get(relation.name);
      const then = hasRows(relation) ? rowsThen.get(relation.name) : undefined;
      return {
        name: relation.name,
        kind: relation.kind,
        action: now ? 'replace' : 'create',
        ...counts.get(relation.name),
        ...(then !== undefined && { rowsInBackup: then }),
        structure: now ? changesOf(now, relation) : [],
      };
    }),
    ...going.map((now): CollectionPreview => ({
      name: now.name,
      kind: now.kind,
      action: 'aside',
      ...counts.get(now.name),
      structure: [],
    })),
  ];
  return {
    collections: changes.map((row) => {
      const lost = lostAtLeast(row);
      return { ...row, ...(lost !== undefined && { lostAtLeast: lost }) };
    }),
    undoBytes: touched.reduce((sum, relation) => sum + factsOf(relation).bytes, 0),
  };
}

function changesOf(now: Relation, then: Relation): StructureChange[] {
  // The columns of a view from an old archive are not known before it is made.
  const known = then.kind !== 'view' || then.columns.length > 0;
  return structureChanges(shapeOf(known ? now : { ...now, columns: [] }), shapeOf(then));
}

function missingRoles(plan: SwapPlan, target: Target): Missing[] {
  const granted = new Set(
    plan.relations.flatMap((relation) => (relation.privileges ?? []).map((privilege) => privilege.grantee)),
  );
  return [...granted]
    .filter((role) => role !== 'PUBLIC' && !target.roles.has(role))
    .map((name) => ({ kind: 'role', name, outcome: 'no-grants', neededBy: [] }));
}
