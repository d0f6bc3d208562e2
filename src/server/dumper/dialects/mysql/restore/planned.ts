import { throwIfCancelled } from '../../../../errors/errors';
import type { Lock, PrepareOptions, RestorePlan, Undo } from '../../../dialect';
import { refuseBreaks } from '../../../app/warning';
import type { Blemish } from '../../../schema/blemish';
import { describe } from '../catalog/describe';
import type { Client, MysqlSettings } from '../connection/connection';
import { liveOf, planRestore, refuseNewCode, type SwapPlan } from '../plan/plan';
import { keepCounters } from './counters';
import { previewSwap } from './preview';
import type { Staged } from './stage';
import { swap, type Swapping } from './swap';
import { without } from './tryOut';

export type SwapPreparedOptions = Parameters<Lock['swapPrepared']>[2];

/** Throws what the restore would be refused for. */
export async function planned(
  control: Client,
  wanted: RestorePlan,
  options: Pick<PrepareOptions, 'allowCode' | 'allowBreaks' | 'onLeftOut' | 'onMissing' | 'onBreaks'>,
): Promise<SwapPlan> {
  const live = await describe(control);
  const plan = planRestore(wanted, liveOf(live));
  refuseNewCode(plan, options.allowCode);
  options.onLeftOut(plan.leftOut);
  options.onMissing([]);
  options.onBreaks(refuseBreaks(plan.warnings, options.allowBreaks));
  return plan;
}

interface Waiting extends Staged {
  /** What cannot be made of views and triggers. */
  readonly unmade: readonly Blemish[];
  readonly nameOf: (table: string) => string;
}

/** Resolves to undefined if the live side is no longer what was planned for. */
export async function readyAndSwap(
  settings: MysqlSettings,
  control: Client,
  job: string,
  wanted: RestorePlan,
  plan: SwapPlan,
  { rows, keys, blemishes: ofRows, unmade, nameOf }: Waiting,
  options: SwapPreparedOptions,
  spent?: Swapping['spent'],
): Promise<Undo | undefined> {
  await options.ready(
    async () =>
      (await previewSwap(control, plan, await describe(control), wanted.rows ?? new Map(), wanted.createdAt))
        .collections,
  );
  throwIfCancelled(options.signal);
  options.onStage('swap');
  const blemishes = [...plan.blemishes, ...ofRows, ...unmade];
  options.onBlemishes(blemishes);
  const waiting = new Map(plan.tables.map(({ name }) => [name, nameOf(name)]));
  return swap(
    settings,
    control,
    {
      job,
      action: 'restore',
      plan: without(plan, unmade),
      keys,
      rows,
      waiting,
      ...(spent && { spent }),
    },
    {
      ...options,
      last: () => keepCounters(control, options.counters, plan, waiting),
      onUnmade: (more) => options.onBlemishes([...blemishes, ...more]),
    },
  );
}
