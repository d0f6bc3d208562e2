import type { Client } from 'pg';
import { knownBlemishes } from '../../blemish';
import type { CollectionPreview, DatabasePreview, RestorePlan } from '../../dialect';
import { lostAtLeast } from '../../lost';
import type { Missing } from '../../missing';
import { hasRows, relationKey, type Relation } from '../../structure';
import { structureChanges } from '../../structureChanges';
import type { PostgresSettings } from './connection';
import { countRows } from './count';
import type { Target } from './ddl';
import type { Description } from './describe';
import { planExtensions } from './extensions';
import { readLive, readTarget } from './live';
import { undoSchema } from './names';
import { parser } from './parser';
import { families, planSwap } from './plan';
import { planCode, withoutCodeWarnings } from './planCode';
import { planMissing } from './planMissing';
import { refusedCollations } from './refused';
import type { SwapPlan } from './swapPlan';
import { planUndo } from './undo';

/** What a restore would change, without changing anything. Throws what the restore would be refused for. */
export async function previewRestore(
  client: Client,
  settings: PostgresSettings,
  wanted: RestorePlan,
): Promise<DatabasePreview> {
  const extensions = await planExtensions(client, wanted, { make: !wanted.withoutCode, without: true });
  const { live } = await readLive(client, settings.schema);
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
  const changes = await previewSwap(client, settings, plan, live, {
    since: wanted.createdAt,
    rowsThen: (relation) => Promise.resolve(wanted.rows?.get(relation.name)),
    brought: [],
  });
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
  const changes = await previewSwap(client, settings, plan, live, {
    since: new Date(past.at),
    rowsThen: async (relation) => (await countRows(client, undoSchema(job), relation, 0)).rowsNow,
    brought: live.relations.map((one) => one.name).filter((name) => past.brought.includes(relationKey(name))),
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
  readonly rowsThen: (relation: Relation) => Promise<number | undefined>;
  /** Live relations that go though nothing takes their place. */
  readonly brought: readonly string[];
}

async function previewSwap(
  client: Client,
  { schema }: PostgresSettings,
  plan: SwapPlan,
  live: Description,
  { since, rowsThen, brought }: Then,
): Promise<Pick<DatabasePreview, 'collections' | 'undoBytes'>> {
  const before = new Map(live.relations.map((one) => [one.name, one]));
  const collections: CollectionPreview[] = [];
  const add = (row: CollectionPreview) => {
    const lost = lostAtLeast(row);
    collections.push({ ...row, ...(lost !== undefined && { lostAtLeast: lost }) });
  };
  const counts = (now: Relation) =>
    countRows(client, schema, now, live.facts.get(now.name)?.estimate ?? -1, since);
  let undoBytes = 0;
  for (const relation of plan.relations) {
    const now = before.get(relation.name);
    undoBytes += live.facts.get(relation.name)?.bytes ?? 0;
    const then = hasRows(relation) ? await rowsThen(relation) : undefined;
    add({
      name: relation.name,
      kind: relation.kind,
      action: now ? 'replace' : 'create',
      ...(now && (await counts(now))),
      ...(then !== undefined && { rowsInBackup: then }),
      structure: now ? structureChanges(now, relation) : [],
    });
  }
  const coming = new Set(plan.relations.map((one) => one.name));
  for (const name of families(live.relations, [...coming, ...brought])) {
    const now = before.get(name);
    if (coming.has(name) || !now) continue;
    undoBytes += live.facts.get(name)?.bytes ?? 0;
    add({ name, kind: now.kind, action: 'aside', ...(await counts(now)), structure: [] });
  }
  return { collections, undoBytes };
}

function missingRoles(plan: SwapPlan, target: Target): Missing[] {
  const granted = new Set(
    plan.relations.flatMap((one) => (one.privileges ?? []).map((privilege) => privilege.grantee)),
  );
  return [...granted]
    .filter((role) => role !== 'PUBLIC' && !target.roles.has(role))
    .map((name) => ({ kind: 'role', name, outcome: 'no-grants', neededBy: [] }));
}
