import { throwIfCancelled } from '../../../../errors/errors';
import type { PrepareOptions, RestorePlan, RowSource } from '../../../dialect';
import type { Client, MysqlSettings } from '../connection/connection';
import { databaseError } from '../connection/failure';
import { withWorkers } from '../load/workers';
import { prepared, staged as stagedName } from '../sql/names';
import { drop } from '../swap/leftovers';
import { digestOf, keepStage } from '../swap/prepared';
import { planned } from './planned';
import { naming, readStaged, stage } from './stage';
import { tryOut } from './tryOut';

/** stage → check, and what came waits for `swapPrepared`. */
export async function prepare(
  settings: MysqlSettings,
  control: Client,
  job: string,
  wanted: RestorePlan,
  source: RowSource,
  options: PrepareOptions,
): Promise<void> {
  let names: string[] = [];
  try {
    await withWorkers(settings, control, options, async (clients) => {
      const plan = await planned(control, wanted, options);
      const nameOf = naming(plan.tables, (at) => stagedName(job, at));
      names = plan.tables.map(({ name }) => nameOf(name));
      const { rows, blemishes } = await stage(clients, plan, nameOf, source, options);
      const spare = (at: number) => stagedName(job, plan.tables.length + at);
      const unmade = await tryOut(control, plan, nameOf, spare);
      options.onBlemishes([...plan.blemishes, ...blemishes, ...unmade]);
      await options.check(rows, (name) => readStaged(clients, plan.tables, nameOf, name));
      throwIfCancelled(options.signal);
      await keepStage(control, settings, {
        job,
        expiresAt: options.expiresAt.toISOString(),
        plan: digestOf(plan),
        waiting: plan.tables.map(({ name }) => [name, nameOf(name)]),
        rows: [...rows],
        blemishes: [...blemishes],
        entry: options.record(),
      });
    });
  } catch (error) {
    await drop(control, [...names, prepared(job)]).catch(() => undefined);
    throwIfCancelled(options.signal);
    throw databaseError(error);
  }
}
