import type { Client } from 'pg';
import { throwIfCancelled, refused } from '../../../../errors/errors';
import { refuseCode } from '../../../schema/code';
import type { RestoreOptions, RowSource, Undo } from '../../../dialect';
import type { Wanted } from '../neutral/wanted';
import { rows, type PostgresSettings } from '../connection/connection';
import type { Blemish } from '../../../schema/blemish';
import type { Relation } from '../structure/structure';
import { withParents } from '../build/blemish';
import { makeExtensions, planExtensions } from '../plan/extensions';
import { counterSteps } from '../build/counters';
import { lateSteps, outsideSteps } from '../build/late';
import { pathOf } from '../ddl/target';
import { databaseError } from '../connection/failure';
import { dropSchema } from '../swap/leftovers';
import { readLive, readTarget } from '../catalog/live';
import { awaitOlderSnapshots, serverNow } from '../connection/locks';
import { stageSchema, undoSchema } from '../sql/names';
import { parser } from '../sql/parser';
import { planSwap } from '../plan/plan';
import { planCode } from '../plan/planCode';
import { planMissing } from '../plan/planMissing';
import { previewSwap, thenOf } from './preview';
import { refusedCollations } from '../ddl/refused';
import { refuseBreaks } from '../../../app/warning';
import { narrow, replace, settle } from '../swap/replace';
import { loadOf, stage } from './stage';
import { readStaged } from './staged';
import { CommitLost } from '../swap/swap';
import { refuseTooManyLocks } from '../swap/swapLocks';
import { withWorkers } from '../connection/workers';

/** stage → check → swap, on a connection that holds the lock. */
export async function restore(
  settings: PostgresSettings,
  control: Client,
  job: string,
  wanted: Wanted,
  source: RowSource,
  options: RestoreOptions,
): Promise<Undo> {
  await checkMayCreateSchema(control, settings);
  // Making one runs its script: that is code, of the server's own, and comes only where code may come.
  const extensions = await planExtensions(control, wanted, {
    make: options.allowCode && !wanted.withoutCode,
    without: options.allowBreaks && (options.allowCode || wanted.withoutCode),
  });
  const made = await makeExtensions(control, extensions);
  const stageName = stageSchema(job);
  try {
    return await withWorkers(settings, control, job, options, loadOf(wanted.schema, source), (clients) => {
      options.onStage('stage');
      let seenBlemishes: readonly Blemish[] = [];
      let relations: readonly Relation[] = [];
      const onBlemishes = (more: readonly Blemish[]) =>
        options.onBlemishes(withParents([...seenBlemishes, ...more], relations));
      return replace(settings, control, job, 'restore', { ...options, onBlemishes }, async () => {
        const target = await readTarget(control);
        const { live, mark } = await readLive(control, settings.schema);
        const fitted = await planMissing(control, wanted, extensions);
        const coded = await planCode(fitted.wanted, live, target);
        refuseCode(coded.code, options.allowCode);
        options.onLeftOut(coded.leftOut);
        options.onMissing([...extensions.missing, ...fitted.missing]);
        const plan = planSwap(coded.schema, live, {
          selected: wanted.selected,
          all: wanted.all,
          target,
          parse: await parser(),
          refused: await refusedCollations(control, coded.schema.objects, live.objects),
        });
        await refuseTooManyLocks(control, plan, live.relations);
        options.onBreaks(
          refuseBreaks([...fitted.warnings, ...coded.warnings, ...plan.warnings], options.allowBreaks),
        );
        const { rows: counts, blemishes } = await stage(clients, plan, coded.schema, live, source, {
          stage: stageName,
          path: [settings.schema],
          target: narrow(target, plan),
          signal: options.signal,
          onRows: (rows, bytes) => options.onRows(rows, bytes),
          onStage: (stage) => options.onStage(stage),
        });
        await options.check(counts, (name) => readStaged(clients, stageName, plan.relations, name));
        await options.ready(
          async () => (await previewSwap(control, settings, plan, live, thenOf(wanted))).collections,
        );
        throwIfCancelled(options.signal);
        options.onStage('swap');
        options.onOlderSnapshots(
          await awaitOlderSnapshots(control, await serverNow(control), options.lockTimeoutMs, options.signal),
        );
        seenBlemishes = [...blemishes, ...plan.emptied];
        relations = plan.relations;
        const building = { plan, incoming: coded.schema, live, schema: settings.schema, target };
        const late = [
          ...lateSteps(building, stageName),
          ...counterSteps(plan, live, { schema: settings.schema, undo: undoSchema(job) }, options.counters),
        ];
        const outside = outsideSteps(building);
        return { plan, mark, rows: counts, late, outside, path: pathOf([settings.schema], target) };
      });
    });
  } catch (error) {
    if (error instanceof CommitLost) return await settle(settings, job, error);
    await dropSchema(control, stageName).catch(() => undefined);
    await made.takeAway().catch(() => undefined);
    throwIfCancelled(options.signal);
    throw databaseError(error, 'restoring');
  }
}

export async function checkMayCreateSchema(client: Client, settings: PostgresSettings): Promise<void> {
  const [may] = await rows<{ may: boolean; user: string }>(
    client,
    `SELECT has_database_privilege(current_database(), 'CREATE') AS may, current_user AS user`,
  );
  if (may?.may) return;
  throw refused('database-no-schemas', { user: may?.user ?? '?', database: settings.label });
}
