import type { Client } from 'pg';
import { BackupError, refused } from '../../../../errors/errors';
import type { RestoreOptions, Undo } from '../../../dialect';
import { isView } from '../../../schema/structure';
import type { PostgresSettings } from '../connection/connection';
import { connectWorker } from '../connection/looker';
import { databaseError } from '../connection/failure';
import { counterSteps } from '../build/counters';
import { lateSteps, outsideSteps } from '../build/late';
import { pathOf, type Target } from '../ddl/target';
import type { Description } from '../catalog/describe';
import { dropSchema } from '../swap/leftovers';
import { readLive, readTarget, type Live } from '../catalog/live';
import { stageSchema, undoSchema } from '../sql/names';
import { parser } from '../sql/parser';
import { planSwap } from '../plan/plan';
import { refuseBreaks } from '../../../app/warning';
import { narrow, replace, settle } from '../swap/replace';
import { stage } from './stage';
import { type Fingerprint } from '../catalog/fingerprint';
import { CommitLost, type Journal } from '../swap/swap';
import { refuseTooManyLocks } from '../swap/swapLocks';
import type { Incoming, SwapPlan } from '../plan/swapPlan';
import { describeUndo } from '../swap/undos';

export const noUndo = (job: string): BackupError => refused('undo-gone', { job });

/** The swap the other way, with what a restore moved aside as the incoming side. */
export async function undo(
  settings: PostgresSettings,
  control: Client,
  job: string,
  undone: string,
  options: Pick<RestoreOptions, 'keepUndoDays' | 'lockTimeoutMs' | 'allowBreaks' | 'counters' | 'signal'>,
): Promise<Undo> {
  const stageName = stageSchema(job);
  const worker = await connectWorker(settings, job);
  try {
    const from = undoSchema(undone);
    return await replace(
      settings,
      control,
      job,
      'undo',
      { ...options, source: undone, onBlemishes: () => undefined, onTies: () => undefined },
      async () => {
        const { plan, mark, incoming, live, target } = await planUndo(control, settings, undone);
        await refuseTooManyLocks(control, plan, live.relations);
        refuseBreaks(plan.warnings, options.allowBreaks);
        // Nothing is loaded: only views on top of what changes place are made anew.
        await stageViews(worker, plan, incoming, live, {
          stage: stageName,
          path: [from, settings.schema],
          target: narrow(target, plan),
        });
        // Objects come back as they are; only views are made.
        const made = { ...plan, objects: [] };
        const building = { plan: made, incoming, live, schema: settings.schema, target };
        const late = [
          ...lateSteps(building, stageName),
          ...counterSteps(plan, live, { schema: settings.schema, undo: undoSchema(job) }, options.counters),
        ];
        const outside = outsideSteps(building);
        return { plan, mark, from, late, outside, path: pathOf([settings.schema], target) };
      },
    );
  } catch (error) {
    if (error instanceof CommitLost) return await settle(settings, job, error);
    await dropSchema(control, stageName).catch(() => undefined);
    throw databaseError(error, 'undoing');
  } finally {
    await worker.end().catch(() => undefined);
  }
}

/** What an undo would do, and all that it was decided from. Rejects with UNDO_UNKNOWN. */
export async function planUndo(
  client: Client,
  { schema }: PostgresSettings,
  undone: string,
): Promise<{
  readonly plan: SwapPlan;
  readonly mark: Fingerprint;
  readonly incoming: Incoming;
  readonly live: Live;
  readonly target: Target;
  readonly past: Journal;
}> {
  const described = await describeUndo(client, undone);
  if (!described) throw noUndo(undone);
  const { incoming, journal: past, leaving, redefined, attached } = described;
  const target = await readTarget(client);
  const { live, mark } = await readLive(client, schema);
  const planned = planSwap(incoming, live, {
    selected: new Set(incoming.relations.map((relation) => relation.name)),
    all: false,
    target,
    parse: await parser(),
    takeBack: new Set(past.brought),
  });
  const plan: SwapPlan = { ...planned, arriving: leaving, redefined, attached };
  return { plan, mark, incoming, live, target, past };
}

async function stageViews(
  worker: Client,
  plan: SwapPlan,
  incoming: Incoming,
  live: Description,
  names: { stage: string; path: readonly string[]; target: Target },
): Promise<void> {
  const none = { bytes: () => 0, chunks: async function* () {} };
  const views: SwapPlan = { ...plan, relations: plan.relations.filter(isView), objects: [] };
  await stage([worker], views, incoming, live, none, {
    ...names,
    onRows: () => undefined,
    onStage: () => undefined,
  });
}
