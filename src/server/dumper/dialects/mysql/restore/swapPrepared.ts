import { refused, throwIfCancelled } from '../../../../errors/errors';
import type { RestorePlan, Undo } from '../../../dialect';
import type { Client, MysqlSettings } from '../connection/connection';
import { databaseError } from '../connection/failure';
import { journal, prepared as preparedName, staged as stagedName } from '../sql/names';
import { drop } from '../swap/leftovers';
import { digestOf, waitingStage } from '../swap/prepared';
import { planned, readyAndSwap, type SwapPreparedOptions } from './planned';
import { keysThatHold, naming } from './stage';
import { tryOut } from './tryOut';

/** The swap of what `prepare` has left: planned anew, and done only where that is the plan that it was staged for. */
export async function swapPrepared(
  settings: MysqlSettings,
  control: Client,
  job: string,
  prepared: string,
  wanted: RestorePlan,
  options: SwapPreparedOptions,
): Promise<Undo> {
  try {
    const kept = await waitingStage(control, settings, prepared);
    const plan = await planned(control, wanted, options);
    if (digestOf(plan) !== kept.plan) throw refused('prepared-void', { job: prepared });
    const nameOf = naming(plan.tables, (at) => stagedName(prepared, at));
    // Live rows that these point at may have gone meanwhile.
    const holding = await keysThatHold(control, plan, nameOf);
    const unmade = await tryOut(control, plan, nameOf, (at) => stagedName(job, at));
    const done = await readyAndSwap(
      settings,
      control,
      job,
      wanted,
      plan,
      { ...holding, rows: new Map(kept.rows), unmade, nameOf },
      options,
      { job: prepared, table: preparedName(prepared) },
    );
    if (done) return done;
    throw refused('prepared-void', { job: prepared });
  } catch (error) {
    await drop(control, [journal(job, 'ready')]).catch(() => undefined);
    throwIfCancelled(options.signal);
    throw databaseError(error);
  }
}
