import type { Client } from 'pg';
import type { Blemish } from '../../../schema/blemish';
import { isView, relationKey } from '../../../schema/structure';
import type { Relation } from '../structure/structure';
import { tryStep } from './blemish';
import { type Step } from '../sql/step';
import { type Building } from './building';
import { checkSteps, fillSteps, finishSteps, jointSteps, keySteps } from '../ddl/steps';
import { foreignKeySteps, makersOf, moveRows, needsView, partCommentSteps } from './build';
import { BY_SAVEPOINTS, checkStrays } from './checkStage';
import { domainSteps, notValidSteps } from './domains';
import { OWN_PATH, searchPath } from '../sql/searchPath';
import { readingViews } from '../connection/connection';
import { run, sql, statement } from '../sql/sql';
import { waitsKey, waitsPart } from '../plan/waits';

export interface Late {
  /** What waited for everything to stand under its final name. */
  readonly late: readonly Step[];
  /** What other schemas have on top of it, to be made anew after that. */
  readonly outside: readonly Step[];
  /** Where the app's names are looked for. */
  readonly path: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** Told what rows do not hold of what is made now. */
  readonly onBlemishes: (blemishes: readonly Blemish[]) => void;
}

/** All that waited, to be made in the app's schema once everything else has moved there. */
export function lateSteps(building: Building, stage: string): Step[] {
  const { plan, schema, target } = building;
  const { waits } = plan;
  const { makers, order, needs } = makersOf(building);
  const all = [...plan.relations, ...plan.carried];
  const isLate = (relation: Relation) => waits.keys.has(relationKey(relation.name));
  const waiting = order.filter((key) => waits.keys.has(key));
  // As in staging: tables and what needs no view, then their keys, then the rest.
  const needView = new Set(waiting.filter((key) => needsView(key, needs, makers)));
  const makeOf = (key: string): Step[] => {
    const maker = makers.get(key);
    if (!maker) return [];
    const { view, table } = maker;
    const rows = table && {
      what: `moving the rows of ${table.name}`,
      statements: moveRows(table, stage, schema),
    };
    return [
      maker,
      ...(rows ? [rows] : []),
      ...(view?.kind === 'materialized' && !plan.outside.fills.has(view.name) ? fillSteps(view, schema) : []),
      ...(table && needView.has(key) ? keySteps(table, schema) : []),
    ];
  };
  const plain = waiting.filter((key) => !needView.has(key));
  const made = [
    ...plain.flatMap(makeOf),
    ...plain.flatMap((key) => {
      const table = makers.get(key)?.table;
      return table ? keySteps(table, schema) : [];
    }),
    ...waiting.filter((key) => needView.has(key)).flatMap(makeOf),
  ];
  return [
    ...made,
    ...order
      .map((key) => makers.get(key)?.view)
      .filter((view) => view && waits.fills.has(view.name) && !plan.outside.fills.has(view.name))
      .flatMap((view) => (view ? fillSteps(view, schema) : [])),
    ...plan.relations
      .filter((relation) => !isView(relation) && !isLate(relation))
      .flatMap((relation) => keySteps(relation, schema, (name) => waitsPart(waits, relation, name))),
    ...checkSteps(
      plan.relations,
      schema,
      (constraint, name) => isLate(constraint) || waitsPart(waits, constraint, name),
    ),
    ...domainSteps(building, waits.domains),
    ...notValidSteps(building),
    ...jointSteps(plan.relations, schema, (part, index) => isLate(part) || waitsPart(waits, part, index)),
    ...foreignKeySteps(building, (key, references) => waitsKey(waits, key, references)),
    ...finishSteps(
      all.filter((constraint) => isLate(constraint) || waits.finishing.has(constraint.name)),
      schema,
      target,
    ),
    ...partCommentSteps(building),
  ].filter((step) => step.statements.length > 0);
}

/** What other schemas have, made anew, and what of the app reads that. */
export function outsideSteps(building: Building): Step[] {
  const { plan, schema } = building;
  const { makers, order } = makersOf(building);
  return [
    ...plan.outside.remake,
    ...order
      .map((key) => makers.get(key)?.view)
      .flatMap((view) => (view && plan.outside.fills.has(view.name) ? fillSteps(view, schema) : [])),
  ];
}

/** Everything has its final name. What runs the app's routines is made now, and the catalog is asked what that did. */
export async function makeLate(
  client: Client,
  { late, outside, path, signal, onBlemishes }: Late,
  schemas: readonly string[],
): Promise<void> {
  const blemishes: Blemish[] = [];
  // A materialized view over a view is filled here too (see connectWorker).
  const views = (value: Parameters<typeof readingViews>[0]) => statement(readingViews(value, true));
  const make = async (steps: readonly Step[]): Promise<void> => {
    if (steps.length === 0) return;
    await run(client, [views('')]);
    for (const step of steps) {
      signal?.throwIfAborted();
      await run(client, [sql`SET LOCAL search_path = ${searchPath(path)}`]);
      const { blemish } = await tryStep(client, step, true);
      if (blemish) blemishes.push(blemish);
    }
    await run(client, [sql`SET LOCAL search_path = ${OWN_PATH}`, views('view, foreign-table')]);
  };
  await make(late);
  if (late.length > 0) await checkStrays(client, schemas, BY_SAVEPOINTS);
  await make(outside);
  onBlemishes(blemishes);
}
