import type { CollectionPreview, DatabasePreview, RestorePlan } from '../../../dialect';
import { lostAtLeast } from '../../../app/lost';
import { hasRows, type Relation } from '../../../schema/structure';
import { structureChanges } from '../../../schema/structureChanges';
import { describe, type Description } from '../catalog/describe';
import type { Client, MysqlSettings } from '../connection/connection';
import { countRows } from '../plan/count';
import { liveOf, planRestore, type SwapPlan } from '../plan/plan';
import { shapeOf } from '../structure/shape';
import { planUndo } from './undo';

/** What a restore would change, without changing anything. */
export async function previewRestore(client: Client, wanted: RestorePlan): Promise<DatabasePreview> {
  const live = await describe(client);
  const plan = planRestore(wanted, liveOf(live));
  const changes = await previewSwap(client, plan, live, wanted.rows ?? new Map(), wanted.createdAt);
  return {
    ...changes,
    warnings: plan.warnings,
    code: plan.code,
    missing: [],
    leftOut: plan.leftOut,
    blemishes: plan.blemishes,
  };
}

/** The same for an undo: what it brings back, and what of now it takes away. */
export async function previewUndo(
  client: Client,
  settings: MysqlSettings,
  job: string,
): Promise<DatabasePreview> {
  const { plan, live, past, waiting } = await planUndo(client, settings, job);
  const then = await countRows(
    client,
    plan.tables.map((relation) => ({ relation, table: waiting.get(relation.name) ?? '', estimate: 0 })),
  );
  const rowsThen = new Map([...then].map(([name, { rowsNow }]) => [name, rowsNow]));
  const changes = await previewSwap(client, plan, live, rowsThen, new Date(past.at));
  // What went aside was here: none of its code is new.
  return {
    ...changes,
    warnings: plan.warnings,
    code: [],
    missing: [],
    leftOut: [],
    blemishes: plan.blemishes,
  };
}

/** What changes with a plan, counted now. */
export async function previewSwap(
  client: Client,
  plan: Pick<SwapPlan, 'tables' | 'views' | 'aside'>,
  live: Description,
  rowsThen: ReadonlyMap<string, number | undefined>,
  since: Date | undefined,
): Promise<Pick<DatabasePreview, 'collections' | 'undoBytes'>> {
  const before = new Map(plan.aside.map((relation) => [relation.name, relation]));
  const coming = [...plan.tables, ...plan.views];
  const comes = new Set(coming.map(({ name }) => name));
  const sizeOf = ({ name }: Relation) => live.sizes.get(name) ?? { rows: -1, bytes: 0 };
  const counts = await countRows(
    client,
    plan.aside.map((relation) => ({ relation, table: relation.name, estimate: sizeOf(relation).rows })),
    since,
  );
  const changes: CollectionPreview[] = [
    ...coming.map((relation): CollectionPreview => {
      const now = before.get(relation.name);
      const then = hasRows(relation) ? rowsThen.get(relation.name) : undefined;
      return {
        name: relation.name,
        kind: relation.kind,
        action: now ? 'replace' : 'create',
        ...counts.get(relation.name),
        ...(then !== undefined && { rowsInBackup: then }),
        structure: now ? structureChanges(shapeOf(now), shapeOf(relation)) : [],
      };
    }),
    ...plan.aside.flatMap((now): CollectionPreview[] =>
      comes.has(now.name)
        ? []
        : [{ name: now.name, kind: now.kind, action: 'aside', ...counts.get(now.name), structure: [] }],
    ),
  ];
  return {
    collections: changes.map((row) => {
      const lost = lostAtLeast(row);
      return { ...row, ...(lost !== undefined && { lostAtLeast: lost }) };
    }),
    undoBytes: plan.aside.reduce((sum, relation) => sum + sizeOf(relation).bytes, 0),
  };
}
